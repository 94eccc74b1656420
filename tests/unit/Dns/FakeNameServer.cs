using System.Net;
using System.Net.Sockets;
using PostfixNet.Dns;

namespace PostfixNet.UnitTests.Dns;

/// <summary>One query as the server saw it.</summary>
internal sealed record SeenQuery(ushort Id, string Name, DnsType Type, bool WithEdns, bool ByTcp, int Port);

/// <summary>A name server on loopback, UDP and TCP on the same port, that says what the test wants it to.</summary>
internal sealed class FakeNameServer : IDisposable
{
    private readonly Socket _udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Socket _tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Func<SeenQuery, IEnumerable<byte[]>> _answer;
    private readonly Thread _udpThread, _tcpThread;

    /// <param name="answer">The messages to send for a query, none or several.</param>
    /// <param name="noTcp">Nobody listens on the TCP port.</param>
    internal FakeNameServer(Func<SeenQuery, IEnumerable<byte[]>> answer, bool noTcp = false)
    {
        _answer = answer;
        // The kernel picks a UDP port; in the rare case that it is taken for TCP the next one is tried.
        for (int i = 0; ; i++)
        {
            _tcp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            try
            {
                _udp.Bind(_tcp.LocalEndPoint!);
                break;
            }
            catch (SocketException) when (i < 10)
            {
                _tcp.Dispose();
                _tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            }
        }
        if (!noTcp)
            _tcp.Listen(16);
        _udpThread = new Thread(ServeUdp) { IsBackground = true };
        _tcpThread = new Thread(ServeTcp) { IsBackground = true };
        _udpThread.Start();
        if (!noTcp)
            _tcpThread.Start();
    }

    internal IPEndPoint Address => (IPEndPoint)_udp.LocalEndPoint!;

    internal List<SeenQuery> Seen { get; } = [];

    /// <summary>Sends a message from here to whoever put a question to another server.</summary>
    internal void Tell(SeenQuery query, byte[] message) => _udp.SendTo(message, new IPEndPoint(IPAddress.Loopback, query.Port));

    public void Dispose()
    {
        _udp.Dispose();
        _tcp.Dispose();
    }

    private void ServeUdp()
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (true)
            {
                EndPoint from = new IPEndPoint(IPAddress.Any, 0);
                int n = _udp.ReceiveFrom(buffer, ref from);
                foreach (byte[] message in _answer(See(buffer.AsSpan(0, n), byTcp: false, ((IPEndPoint)from).Port)))
                    _udp.SendTo(message, from);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void ServeTcp()
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (true)
            {
                using Socket client = _tcp.Accept();
                int n = 0;
                while (n < 2 || n < 2 + (buffer[0] << 8 | buffer[1]))
                    n += client.Receive(buffer, n, buffer.Length - n, SocketFlags.None) is int k and > 0 ? k : throw new SocketException();
                foreach (byte[] message in _answer(See(buffer.AsSpan(2, n - 2), byTcp: true, ((IPEndPoint)client.RemoteEndPoint!).Port)))
                {
                    // In two pieces, to show that the reader puts them together.
                    client.Send([(byte)(message.Length >> 8)]);
                    client.Send([(byte)message.Length, .. message]);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private SeenQuery See(ReadOnlySpan<byte> query, bool byTcp, int port)
    {
        int at = 12;
        Assert.True(DnsName.TryRead(query, ref at, out string? name));
        SeenQuery seen = new((ushort)(query[0] << 8 | query[1]), name, (DnsType)(query[at] << 8 | query[at + 1]), query[11] == 1, byTcp, port);
        lock (Seen)
            Seen.Add(seen);
        return seen;
    }
}
