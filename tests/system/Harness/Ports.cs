using System.Net;
using System.Net.Sockets;

namespace PostfixNet.SystemTests.Harness;

/// <summary>
/// Loopback ports that belong to one test. A port stays taken until the tests end, also while nobody listens on it: else it
/// would be given to the next server that asks for any, and a mail system that still believes in its own would send its mail there.
/// </summary>
internal static class Ports
{
    // Bound and never listening: connections are refused, and a server that sets SO_REUSEADDR (all do) can listen there.
    private static readonly List<Socket> s_taken = [];

    /// <summary>A TCP and UDP port that nobody else gets on these addresses.</summary>
    public static int Take(params string[] addresses)
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            List<Socket> sockets = [];
            int port = 0;
            bool isFree = addresses.All(address =>
            {
                if (Bind(address, port, ProtocolType.Tcp) is not { } socket)
                    return false;
                sockets.Add(socket);
                port = ((IPEndPoint)socket.LocalEndPoint!).Port;
                using Socket? datagrams = Bind(address, port, ProtocolType.Udp);
                return datagrams != null;
            });
            if (isFree)
            {
                lock (s_taken)
                    s_taken.AddRange(sockets);
                return port;
            }
            sockets.ForEach(socket => socket.Dispose());
        }
        throw new XunitException("no free port on " + string.Join(", ", addresses));
    }

    /// <summary>A receiver on a port of its own, at 127.0.0.1.</summary>
    public static SmtpReceiver Receiver(ReceiverOptions? options = null) =>
        new((options ?? new ReceiverOptions()) with { Listen = new IPEndPoint(IPAddress.Loopback, Take("127.0.0.1")) });

    private static Socket? Bind(string address, int port, ProtocolType protocol)
    {
        Socket socket = new(AddressFamily.InterNetwork, protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram, protocol);
        try
        {
            if (protocol == ProtocolType.Tcp)
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(IPAddress.Parse(address), port));
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }
}
