using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PostfixNet.Native;

namespace PostfixNet.Tables;

/// <summary>A server that answers for a table: connections are kept for the next question, one for each that is under way.</summary>
/// <param name="name">For messages.</param>
/// <param name="path">A Unix-domain socket; null: it is a host.</param>
internal sealed class TableServer(string name, string? path, string host, int port)
{
    // Connecting, asking and answering together.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_longestIdle = TimeSpan.FromSeconds(10);
    private const int MostKept = 20;

    private readonly Stack<(Descriptor Socket, Deadline IdleEnd)> _kept = new();

    /// <summary>How many octets of what has come are the reply; -1: it is not there yet.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    internal delegate int ReplyLength(ReadOnlySpan<byte> come);

    /// <param name="name">For messages.</param>
    /// <param name="place">"host:port".</param>
    /// <exception cref="TableException">It is none.</exception>
    internal static TableServer OfHost(string name, string place)
    {
        int colon = place.LastIndexOf(':');
        string host = colon > 0 ? place[..colon].Trim('[', ']') : "";
        return host.Length > 0 && int.TryParse(place.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= ushort.MaxValue
            ? new TableServer(name, null, host, port) : throw new TableException($"no server is named: give a host and a port number, e.g. \"127.0.0.1:2527\"");
    }

    /// <summary>Asks, and waits for the reply. What broke before a reply came is tried once more.</summary>
    /// <exception cref="LookupException">There is none.</exception>
    internal byte[] Ask(ReadOnlySpan<byte> question, ReplyLength replyLength)
    {
        Deadline end = Deadline.In(s_patience);
        for (bool isFirst = true; ; isFirst = false)
        {
            Descriptor? socket = null;
            try
            {
                socket = Kept() ?? Connect(end);
                if (Exchange(socket, question, replyLength, end) is { } reply)
                {
                    Keep(socket);
                    return reply;
                }
                socket.Dispose();
                if (!isFirst)
                    throw new LookupException($"{name} lookup error: the server ended the connection");
            }
            catch (Exception e) when (e is IOException or FormatException or SocketException)
            {
                socket?.Dispose();
                // A server that began anew, maybe, which shows with the first connection.
                if (!isFirst || socket is null || e is FormatException)
                    throw new LookupException($"{name} lookup error: {e.Message}");
            }
        }
    }

    private Descriptor? Kept()
    {
        lock (_kept)
        {
            while (_kept.TryPop(out (Descriptor Socket, Deadline IdleEnd) kept))
            {
                if (!kept.IdleEnd.IsOver)
                    return kept.Socket;
                kept.Socket.Dispose();
            }
        }
        return null;
    }

    private void Keep(Descriptor socket)
    {
        lock (_kept)
        {
            if (_kept.Count < MostKept)
            {
                _kept.Push((socket, Deadline.In(s_longestIdle)));
                return;
            }
        }
        socket.Dispose();
    }

    private Descriptor Connect(Deadline end)
    {
        if (path is not null)
            return Descriptor.ConnectUnix(path, TimeSpan.FromMilliseconds(end.RemainingMilliseconds));
        Exception? why = null;
        foreach (IPAddress address in AddressesOf(host, end))
        {
            try
            {
                return Descriptor.ConnectTcp(new IPEndPoint(address, port), end);
            }
            catch (IOException e)
            {
                why = e;
            }
        }
        throw why ?? new IOException($"{host} has no address");
    }

    // The resolver of the system has limits of its own, which can be longer.
    private static IPAddress[] AddressesOf(string host, Deadline end)
    {
        Task<IPAddress[]> lookup = System.Net.Dns.GetHostAddressesAsync(host);
        return Task.WaitAny([lookup], end.RemainingMilliseconds) == 0 ? lookup.GetAwaiter().GetResult() : throw new IOException($"the addresses of {host} are not found in time");
    }

    // null: the server closed.
    private static byte[]? Exchange(Descriptor socket, ReadOnlySpan<byte> question, ReplyLength replyLength, Deadline end)
    {
        while (question.Length > 0)
        {
            int written = socket.Write(question);
            if (written < 0)
                Wait(socket, Readiness.Writable, end);
            else
                question = question[written..];
        }
        byte[] come = new byte[1024];
        int count = 0;
        while (true)
        {
            int read = socket.Read(come.AsSpan(count));
            if (read == 0)
                return null;
            if (read < 0)
            {
                Wait(socket, Readiness.Readable, end);
                continue;
            }
            count += read;
            if (replyLength(come.AsSpan(0, count)) is >= 0 and int length)
                return length == count ? come[..count] : throw new FormatException("more than one reply");
            if (count == come.Length)
                Array.Resize(ref come, 2 * count);
        }
    }

    private static void Wait(Descriptor socket, Readiness want, Deadline end)
    {
        if (socket.Wait(want, end.RemainingMilliseconds).This == Readiness.None)
            throw new IOException("no answer in time");
    }
}
