using System.Net.Security;
using PostfixNet.Ipc;
using PostfixNet.Native;

namespace PostfixNet.Smtpd;

/// <summary>What a client sent up to LF.</summary>
/// <param name="Octets">Without LF or CR LF, as far as its limit goes.</param>
/// <param name="IsTooLong">There was more.</param>
/// <param name="HasEnd">False: it went on and on without an end, and nothing can be understood any more.</param>
internal readonly record struct ClientLine(byte[] Octets, bool IsTooLong, bool HasEnd);

/// <summary>The conversation with one client: lines in, replies out. Replies to commands that came together go together (RFC 2920).</summary>
/// <param name="connection">The connection below all; owned.</param>
internal sealed class Chat(LoopStream connection) : IDisposable
{
    // Enough for the commands of one transaction; content is read by more.
    private const int SmallBuffer = 4096, LargeBuffer = 16 * 1024;

    // A line so much longer than it may be is none.
    private const int Endless = 100 * 1024;

    private readonly List<byte> _output = new(512);
    private Stream _stream = connection;
    private byte[] _input = [];
    private int _start, _end;
    private bool _isSending;
    private Reply? _lastWord;

    /// <summary>TLS, once it is there; else the connection.</summary>
    internal Stream Stream => _stream;

    internal LoopStream Connection => connection;

    /// <summary>Octets of the client that were read and not taken yet.</summary>
    internal bool HasInput => _start < _end;

    /// <summary>That.</summary>
    internal ReadOnlySpan<byte> Input => _input.AsSpan(_start, _end - _start);

    /// <summary>soft_bounce: what is refused for good is refused for now.</summary>
    internal bool IsSoft { get; set; }

    /// <summary>Longest wait for the client.</summary>
    internal TimeSpan Timeout
    {
        get => connection.Patience;
        set => connection.Patience = value;
    }

    /// <summary>Is told each line that is said to the client; null: nobody wants to know.</summary>
    internal Action<string>? Said { get; set; }

    /// <summary>Adds a reply to those that go out before anything is waited for.</summary>
    internal void Say(Reply reply)
    {
        Reply told = IsSoft ? reply.Softened() : reply;
        told.AppendTo(_output);
        if (Said is null)
            return;
        foreach (string line in told.Shown())
            Said(line);
    }

    /// <summary>Adds octets.</summary>
    internal void Say(ReadOnlySpan<byte> octets) => _output.AddRange(octets);

    /// <summary>Sends what was said.</summary>
    /// <exception cref="ClientGoneException">The client takes nothing.</exception>
    internal async ValueTask Flush()
    {
        if (_output.Count == 0)
            return;
        byte[] octets = [.. _output];
        _output.Clear();
        _isSending = true;
        try
        {
            connection.Limit = Deadline.In(Timeout);
            await _stream.WriteAsync(octets);
        }
        catch (Exception e) when (_stream is SslStream || e is IOException or TimeoutException or ObjectDisposedException)
        {
            // Over TLS, a client can bring about exceptions of any kind.
            throw new ClientGoneException(e is TimeoutException);
        }
        finally
        {
            _isSending = false;
        }
    }

    /// <summary>Says a last word without waiting for anything, from outside of the session's own course; while something is being sent, before the next line is
    /// waited for.</summary>
    internal async Task SayAndClose(Reply reply)
    {
        if (connection.IsClosed)
            return;
        if (_isSending)
        {
            _lastWord = reply;
            return;
        }
        Say(reply);
        try
        {
            connection.Patience = TimeSpan.FromSeconds(1);
            await Flush();
        }
        catch (ClientGoneException)
        {
            // It will notice.
        }
        await connection.DisposeAsync();
    }

    /// <summary>Takes the next line.</summary>
    /// <param name="limit">Octets, the line end not counted; what goes beyond is lost, and the line counts as too long.</param>
    /// <returns>Null when the client has closed, or was told the last word.</returns>
    /// <exception cref="ClientGoneException">Timeout.</exception>
    internal async ValueTask<ClientLine?> ReadLine(int limit)
    {
        byte[]? begun = null;
        int length = 0;
        long passed = 0;
        Deadline? time = null;
        while (true)
        {
            int end = _input.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (end >= 0)
            {
                ReadOnlySpan<byte> rest = _input.AsSpan(_start, end);
                _start += end + 1;
                byte[] line;
                if (begun is null)
                {
                    line = rest[..Math.Min(rest.Length, limit + 1)].ToArray();
                    length = rest.Length;
                }
                else
                {
                    Append(ref begun, ref length, rest, limit);
                    line = begun[..Math.Min(length, limit + 1)];
                }
                bool hasCr = length <= limit + 1 && line is [.., (byte)'\r'];
                if (hasCr)
                    line = line[..^1];
                return new ClientLine(line.Length > limit ? line[..limit] : line, length > limit + (hasCr ? 1 : 0), HasEnd: true);
            }
            if (HasInput)
            {
                begun ??= [];
                Append(ref begun, ref length, _input.AsSpan(_start, _end - _start), limit);
                passed += _end - _start;
                _start = _end = 0;
                if (passed > limit + Endless)
                    return new ClientLine(begun[..Math.Min(begun.Length, limit)], IsTooLong: true, HasEnd: false);
            }
            // Before anything is waited for, the client hears what it was told; and the time is for the whole line.
            await Flush();
            if (_lastWord is { } word)
            {
                _lastWord = null;
                await SayAndClose(word);
                return null;
            }
            connection.Limit = time ??= Deadline.In(Timeout);
            if (await Fill(SmallBuffer) == 0)
                return null;
        }
    }

    private static void Append(ref byte[] line, ref int length, ReadOnlySpan<byte> octets, int limit)
    {
        int kept = Math.Clamp(limit + 1 - length, 0, octets.Length);
        if (kept > 0)
        {
            Array.Resize(ref line, length + kept);
            octets[..kept].CopyTo(line.AsSpan(length));
        }
        // How much too long it is does not matter.
        length = (int)Math.Min((long)length + octets.Length, limit + 2);
    }

    /// <summary>What is there of content, at least one octet; taken by <see cref="Taken"/>.</summary>
    /// <returns>Empty: the client has closed.</returns>
    /// <exception cref="ClientGoneException">Timeout.</exception>
    internal async ValueTask<ReadOnlyMemory<byte>> ReadContent()
    {
        if (!HasInput)
        {
            await Flush();
            if (await Fill(LargeBuffer) == 0)
                return default;
        }
        return _input.AsMemory(_start, _end - _start);
    }

    /// <summary>What is there, with some octets more: not more than are wanted.</summary>
    /// <inheritdoc cref="ReadContent"/>
    internal async ValueTask<ReadOnlyMemory<byte>> ReadMore(int wanted) =>
        await Fill(SmallBuffer, wanted) == 0 ? default : _input.AsMemory(_start, _end - _start);

    /// <summary>So many octets of it were used.</summary>
    internal void Taken(int octets) => _start += octets;

    /// <summary>What came before a handshake belongs to nobody: RFC 3207 section 6.</summary>
    internal void DropInput() => _start = _end = 0;

    /// <summary>Says that nothing more follows, where TLS has a word for that (RFC 8446 section 6.1).</summary>
    internal async ValueTask Finish()
    {
        if (_stream is not SslStream tls || connection.IsClosed)
            return;
        try
        {
            connection.Limit = Deadline.In(TimeSpan.FromSeconds(1));
            await tls.ShutdownAsync();
        }
        catch (Exception)
        {
            // It knows from the last reply.
        }
    }

    /// <summary>Goes on over TLS.</summary>
    internal void Continue(Stream tls) => _stream = tls;

    /// <summary>While nothing is said for long, the buffer is not kept.</summary>
    internal void ReleaseBuffer()
    {
        if (_start < _end || _input.Length <= SmallBuffer)
            return;
        _input = [];
        _start = _end = 0;
    }

    private async ValueTask<int> Fill(int size, int most = int.MaxValue)
    {
        if (_start == _end)
            _start = _end = 0;
        if (_input.Length < size)
            Array.Resize(ref _input, size);
        if (_end == _input.Length)
            throw new InvalidOperationException("no room to read into");
        try
        {
            int n = await _stream.ReadAsync(_input.AsMemory(_end, Math.Min(most, _input.Length - _end)));
            _end += n;
            return n;
        }
        catch (TimeoutException)
        {
            throw new ClientGoneException(isTimeout: true);
        }
        catch (Exception e) when (_stream is SslStream || e is IOException or ObjectDisposedException)
        {
            // Broken, by TLS of any kind too.
            return 0;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!ReferenceEquals(_stream, connection))
            _stream.Dispose();
        connection.Dispose();
    }
}
