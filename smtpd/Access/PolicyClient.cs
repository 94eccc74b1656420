using System.Globalization;
using System.Net;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Net;

namespace PostfixNet.Smtpd;

/// <summary>Asks a policy service, over connections that are used again: Postfix's SMTPD_POLICY_README. One request at a time is on a connection.</summary>
internal sealed class PolicyClient(PolicyOptions options, EventLoop loop, NameLookups names, Log log)
{
    private const int LongestReply = 16 * 1024, MostResting = 10;

    private readonly Stack<Connection> _resting = new();

    /// <summary>One connection.</summary>
    private sealed record Connection(LoopStream Stream, long Since)
    {
        internal int Requests { get; set; }

        internal long LastUse { get; set; }
    }

    /// <summary>Asks.</summary>
    /// <param name="request">Lines "name=value", and an empty one.</param>
    /// <returns>The action; null: there was no answer, of which the log was told.</returns>
    internal async ValueTask<string?> Ask(string request)
    {
        byte[] octets = ByteText.Encode(request);
        string trouble = "";
        for (int turn = 1; turn <= options.TryLimit; turn++)
        {
            if (turn > 1 && options.RetryDelay > TimeSpan.Zero)
                await loop.Pause(options.RetryDelay);
            try
            {
                // A connection that rested may have been closed meanwhile: that is no attempt.
                while (Rested() is { } known)
                {
                    if (await TryAsk(known, octets) is { } answer)
                        return answer;
                }
                return await TryAsk(await Connect(), octets) ?? throw new IOException("it closed the connection");
            }
            catch (Exception e) when (e is IOException or TimeoutException)
            {
                trouble = e is TimeoutException ? "it does not answer in time" : e.Message;
            }
        }
        log.Warning($"problem talking to server {options.Text}: {PrintableText.Of(trouble)}");
        return null;
    }

    // null: the connection was gone.
    private async ValueTask<string?> TryAsk(Connection connection, byte[] request)
    {
        bool isKept = false;
        try
        {
            connection.Stream.Limit = Deadline.In(options.Timeout);
            try
            {
                await connection.Stream.WriteAsync(request);
            }
            catch (IOException) when (connection.Requests > 0)
            {
                return null;
            }
            byte[] buffer = new byte[1024];
            int length = 0;
            while (!IsWhole(buffer.AsSpan(0, length)))
            {
                if (length == LongestReply)
                    throw new IOException("its answer is too long");
                if (length == buffer.Length)
                    Array.Resize(ref buffer, 2 * length);
                int n = await connection.Stream.ReadAsync(buffer.AsMemory(length));
                if (n == 0 && length == 0 && connection.Requests > 0)
                    return null;
                if (n == 0)
                    throw new IOException("it closed the connection");
                length += n;
            }
            connection.Requests++;
            connection.LastUse = loop.Now;
            isKept = _resting.Count < MostResting && (options.RequestLimit == 0 || connection.Requests < options.RequestLimit);
            return Action(ByteText.Decode(buffer.AsSpan(0, length)));
        }
        finally
        {
            if (isKept)
                _resting.Push(connection);
            else
                await connection.Stream.DisposeAsync();
        }
    }

    private static bool IsWhole(ReadOnlySpan<byte> text) => text.EndsWith("\n\n"u8) || text.EndsWith("\n\r\n"u8);

    private static string Action(string reply)
    {
        foreach (string line in reply.Split('\n'))
        {
            if (line.StartsWith("action=", StringComparison.Ordinal))
                return line[7..].Trim();
        }
        throw new IOException("its answer has no action");
    }

    private Connection? Rested()
    {
        while (_resting.TryPop(out Connection? connection))
        {
            if (!connection.Stream.IsClosed && !connection.Stream.HasInput && loop.Now - connection.LastUse < options.MaxIdle.TotalMilliseconds
                && loop.Now - connection.Since < options.MaxAge.TotalMilliseconds)
                return connection;
            connection.Stream.Dispose();
        }
        return null;
    }

    private async ValueTask<Connection> Connect()
    {
        if (options.Path is { } path)
            return new Connection(new LoopStream(loop, Descriptor.ConnectUnix(path, TimeSpan.Zero), options.Timeout), loop.Now);
        IReadOnlyList<IPAddress> addresses = await names.AddressesOf(options.Host);
        string trouble = $"{options.Host} has no address";
        // The time is for all addresses together.
        Deadline end = Deadline.In(options.Timeout);
        foreach (IPAddress address in addresses)
        {
            LoopStream? stream = null;
            try
            {
                stream = new LoopStream(loop, TcpConnection.Begin(address, options.Port, null, static _ => { }), options.Timeout) { Limit = end };
                await stream.Connected();
                TcpConnection.Finish(stream.Socket);
                return new Connection(stream, loop.Now);
            }
            catch (Exception e) when (e is IOException or TimeoutException)
            {
                if (stream is not null)
                    await stream.DisposeAsync();
                trouble = string.Create(CultureInfo.InvariantCulture, $"connect to {address} port {options.Port}: {e.Message}");
            }
        }
        throw new IOException(trouble);
    }
}
