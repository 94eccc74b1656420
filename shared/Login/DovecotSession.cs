using System.Globalization;
using PostfixNet.Mail;

namespace PostfixNet.Login;

/// <summary>A reply to a request.</summary>
/// <param name="Verb">OK, FAIL or CONT.</param>
/// <param name="Fields">What follows the number of the request.</param>
internal sealed record DovecotReply(string Verb, string[] Fields)
{
    /// <summary>The value of a field "name=value"; null: there is none.</summary>
    internal string? Value(string name)
    {
        foreach (string field in Fields)
        {
            if (field.Length > name.Length && field[name.Length] == '=' && field.StartsWith(name, StringComparison.Ordinal))
                return Unescaped(field[(name.Length + 1)..]);
        }
        return null;
    }

    // What would break the line stands behind 0x01.
    private static string Unescaped(string value) => !value.Contains('\x01', StringComparison.Ordinal) ? value
        : value.Replace("\u0001t", "\t", StringComparison.Ordinal).Replace("\u0001n", "\n", StringComparison.Ordinal).Replace("\u0001r", "\r", StringComparison.Ordinal)
            .Replace("\u00010", "\0", StringComparison.Ordinal).Replace("\u00011", "\u0001", StringComparison.Ordinal);
}

/// <summary>Dovecot's authentication protocol for clients, version 1, over one connection: many requests at once, each with a number.</summary>
/// <remarks>Lines of fields with tabs between them: https://doc.dovecot.org/2.3/developer_manual/design/auth_protocol/</remarks>
internal sealed class DovecotSession : IDisposable
{
    private const int MajorVersion = 1, MinorVersion = 0;

    // A challenge has the length of a line of SMTP; more is no line of Dovecot.
    private const int LongestLine = 16384, MostGreetingLines = 200;

    private static readonly TimeSpan s_greetingLimit = TimeSpan.FromSeconds(10);

    /// <summary>For a reply. Dovecot itself holds back refusals, up to 17 seconds where somebody guesses passwords.</summary>
    private static readonly TimeSpan s_replyLimit = TimeSpan.FromSeconds(30);

    private readonly Stream _stream;
    private readonly Action<string> _warn;
    private readonly TimeProvider _clock;
    private readonly Dictionary<uint, TaskCompletionSource<DovecotReply?>> _waiting = [];
    private readonly Queue<byte[]> _toWrite = new();
    private readonly List<DovecotMechanism> _mechanisms = [];
    private readonly byte[] _buffer = new byte[LongestLine];
    private int _start, _end;
    private bool _isWriting;
    private uint _lastId;

    private DovecotSession(Stream stream, Action<string> warn, TimeProvider clock) => (_stream, _warn, _clock) = (stream, warn, clock);

    internal IReadOnlyList<DovecotMechanism> Mechanisms => _mechanisms;

    /// <summary>Nothing more comes over this connection.</summary>
    internal bool IsBroken { get; private set; }

    /// <summary>Greets.</summary>
    /// <param name="stream">Closed with the session, or now if that fails.</param>
    /// <exception cref="IOException">The other side is no Dovecot, or not the right one.</exception>
    internal static async Task<DovecotSession> OpenAsync(Stream stream, Action<string> warn, TimeProvider clock)
    {
        DovecotSession session = new(stream, warn, clock);
        bool isLate = false;
        try
        {
            using (clock.CreateTimer(_ =>
            {
                isLate = true;
                stream.Dispose();
            }, null, s_greetingLimit, Timeout.InfiniteTimeSpan))
            {
                await stream.WriteAsync(ByteText.Encode(string.Create(CultureInfo.InvariantCulture, $"VERSION\t{MajorVersion}\t{MinorVersion}\nCPID\t{Environment.ProcessId}\n")));
                await session.GreetAsync();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or TimeoutException)
        {
            session.Break();
            throw isLate || e is TimeoutException ? new IOException("no greeting in time") : e as IOException ?? new IOException("connection lost");
        }
        _ = session.ReadRepliesAsync();
        return session;
    }

    private async Task GreetAsync()
    {
        for (int lines = 0; lines < MostGreetingLines; lines++)
        {
            string[] fields = await LineAsync() ?? throw new IOException("connection lost in the greeting");
            switch (fields[0])
            {
                case "VERSION" when fields.Length < 3 || fields[1] != MajorVersion.ToString(CultureInfo.InvariantCulture):
                    throw new IOException("another version of the protocol");
                case "MECH":
                    if (DovecotMechanism.Read(fields.AsSpan(1)) is { } mechanism)
                        _mechanisms.Add(mechanism);
                    break;
                case "SPID" when _mechanisms.Count == 0:
                    // The sockets auth-master and auth-userdb greet so; on them a reply would never come.
                    throw new IOException("no mechanisms, as on auth-master: this is not the socket for clients");
                case "DONE":
                    return;
            }
        }
        throw new IOException("no end of the greeting");
    }

    /// <summary>Sends a request and waits for its reply.</summary>
    /// <param name="id">Of <see cref="NewId"/>.</param>
    /// <param name="line">Without line end.</param>
    /// <returns>null: none came; if the connection is whole, because of the time.</returns>
    internal async ValueTask<DovecotReply?> AskAsync(uint id, string line)
    {
        if (IsBroken)
            return null;
        TaskCompletionSource<DovecotReply?> reply = new();
        _waiting.Add(id, reply);
        Write(line);
        DovecotReply? got;
        using (_clock.CreateTimer(_ => reply.TrySetResult(null), null, s_replyLimit, Timeout.InfiniteTimeSpan))
            got = await reply.Task;
        _ = _waiting.Remove(id);
        return got;
    }

    /// <summary>A number for a request.</summary>
    internal uint NewId() => ++_lastId;

    /// <summary>Nobody waits for the reply any more.</summary>
    internal void Cancel(uint id)
    {
        if (!IsBroken)
            Write(string.Create(CultureInfo.InvariantCulture, $"CANCEL\t{id}"));
    }

    private void Write(string line)
    {
        _toWrite.Enqueue(ByteText.Encode(line + "\n"));
        if (!_isWriting)
            _ = WriteAllAsync();
    }

    // One write at a time; what is asked for meanwhile goes next.
    private async Task WriteAllAsync()
    {
        _isWriting = true;
        try
        {
            while (_toWrite.TryDequeue(out byte[]? line))
                await _stream.WriteAsync(line);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or TimeoutException)
        {
            Break();
        }
        _isWriting = false;
    }

    private async Task ReadRepliesAsync()
    {
        try
        {
            while (await NextLineAsync() is { } fields)
            {
                // Replies to what nobody waits for any more, and what newer versions say besides, are passed over.
                if (fields is ["OK" or "FAIL" or "CONT", var number, ..] && uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out uint id)
                    && _waiting.TryGetValue(id, out TaskCompletionSource<DovecotReply?>? waiting))
                    _ = waiting.TrySetResult(new DovecotReply(fields[0], fields[2..]));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            if (!IsBroken)
                _warn($"SASL: connection to Dovecot auth socket: {e.Message}");
        }
        Break();
    }

    // Some streams do not wait for ever. Here they are to: between logins nothing is said, and each reply has its own limit.
    private async ValueTask<string[]?> NextLineAsync()
    {
        while (true)
        {
            try
            {
                return await LineAsync();
            }
            catch (TimeoutException)
            {
                continue;
            }
        }
    }

    // The fields of the next line; null: the connection has ended.
    private async ValueTask<string[]?> LineAsync()
    {
        int searched = 0;
        while (true)
        {
            int length = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                string line = ByteText.Decode(_buffer.AsSpan(_start, searched + length));
                _start += searched + length + 1;
                return line.Split('\t');
            }
            searched = _end - _start;
            if (_start > 0)
            {
                _buffer.AsSpan(_start, searched).CopyTo(_buffer);
                (_start, _end) = (0, searched);
            }
            if (_end == _buffer.Length)
                throw new IOException("a line without end");
            int n = await _stream.ReadAsync(_buffer.AsMemory(_end));
            if (n == 0)
                return null;
            _end += n;
        }
    }

    private void Break()
    {
        if (IsBroken)
            return;
        IsBroken = true;
        _stream.Dispose();
        foreach (TaskCompletionSource<DovecotReply?> waiting in (TaskCompletionSource<DovecotReply?>[])[.. _waiting.Values])
            _ = waiting.TrySetResult(null);
    }

    /// <summary>Closes the connection.</summary>
    public void Dispose() => Break();
}
