using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace PostfixNet.Dns;

/// <summary>Sends one query to one name server and receives what it answers.</summary>
internal static class NameServerExchange
{
    // More than we tell servers to send.
    private const int BufferLength = 4096;

    /// <summary>Asks by UDP and, where the answer does not fit, by TCP.</summary>
    /// <param name="restart">Called before the second question, which has a time limit of its own.</param>
    /// <returns>The answer: not truncated, and to this query. Null: what came by TCP is neither.</returns>
    /// <exception cref="SocketException">Nobody listens there, or no way leads there.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="OperationCanceledException">The time is over; by then no answer had come, though anything else may have.</exception>
    internal static async Task<byte[]?> AskAsync(IPEndPoint server, DnsQuery query, Action restart, CancellationToken stop)
    {
        if (await AskByDatagramAsync(server, query, stop) is { } whole)
            return whole;
        restart();
        byte[] answer = await AskByStreamAsync(server, query, stop);
        return query.IsAnsweredBy(answer) && !DnsQuery.IsTruncated(answer) ? answer : null;
    }

    // RFC 5452 section 9: a new socket each time, for a new random source port; connected, so that the kernel passes on what
    // comes from this server alone, and says when nobody listens there.
    private static async Task<byte[]?> AskByDatagramAsync(IPEndPoint server, DnsQuery query, CancellationToken stop)
    {
        using Socket socket = new(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, stop);
        await socket.SendAsync(query.Message, stop);
        byte[] buffer = new byte[BufferLength];
        while (true)
        {
            // A flood of strays would never let the receiver wait, and so never look at the time.
            stop.ThrowIfCancellationRequested();
            int length = await socket.ReceiveAsync(buffer, stop);
            // What is not the response to our question is as if it had not come.
            if (!query.IsAnsweredBy(buffer.AsSpan(0, length)))
                continue;
            return length < buffer.Length && !DnsQuery.IsTruncated(buffer) ? buffer[..length] : null;
        }
    }

    // RFC 7766 section 8: a length of two octets stands before each message.
    private static async Task<byte[]> AskByStreamAsync(IPEndPoint server, DnsQuery query, CancellationToken stop)
    {
        using Socket socket = new(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server, stop);
        using NetworkStream stream = new(socket);
        byte[] length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)query.Message.Length);
        await stream.WriteAsync((byte[])[.. length, .. query.Message.Span], stop);
        await stream.ReadExactlyAsync(length, stop);
        byte[] answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        await stream.ReadExactlyAsync(answer, stop);
        return answer;
    }
}
