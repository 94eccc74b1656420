using System.Net;
using System.Runtime.InteropServices;
using PostfixNet.Native;

namespace PostfixNet.Net;

/// <summary>Opens TCP connections.</summary>
public static class TcpConnection
{
    private const int ETIMEDOUT = 110, ECONNRESET = 104;

    /// <summary>Begins to connect. When the descriptor is writable, <see cref="Finish"/> tells the result.</summary>
    /// <param name="address">IPv4 or IPv6 address of the server.</param>
    /// <param name="port">1..65535.</param>
    /// <param name="source">Local address to come from; null: the system chooses. Ignored when of the other family.</param>
    /// <param name="sourceFails">Called with the system's reason when <paramref name="source"/> cannot be used; the
    /// connection then comes from where the system chooses, unless this throws.</param>
    /// <exception cref="IOException">The message is the system's reason alone, e.g. "Network is unreachable".</exception>
    public static Descriptor Begin(IPAddress address, int port, IPAddress? source, Action<string> sourceFails)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(sourceFails);
        // The system reaches such an address over IPv4, too, but needs IPv6 for it.
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        Descriptor socket = SocketCalls.Open(address, LibC.SOCK_STREAM) ?? throw Failure(Marshal.GetLastPInvokeError());
        try
        {
            socket.SendAtOnce();
            if (source is not null && source.AddressFamily == address.AddressFamily && SocketCalls.Bind(socket, source) is not 0 and var reason)
                sourceFails(SystemCallException.Words(reason));
            if (SocketCalls.Connect(socket, new IPEndPoint(address, port)) is var error and not (0 or LibC.EINPROGRESS or LibC.EINTR))
                throw Failure(error);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects, and waits until that is done.</summary>
    /// <exception cref="ConnectionException">The time is over.</exception>
    /// <exception cref="IOException">The message is the system's reason alone, e.g. "Connection refused".</exception>
    /// <exception cref="StoppingException">This program was told to stop.</exception>
    public static SocketStream Open(IPEndPoint server, Deadline deadline, StopSignal stop)
    {
        ArgumentNullException.ThrowIfNull(server);
        SocketStream stream = new(Begin(server.Address, server.Port, null, static _ => { }), stop);
        try
        {
            stream.FinishConnecting(deadline);
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Tells whether the connection was made.</summary>
    /// <exception cref="IOException">It was not; the message is the system's reason alone, e.g. "Connection refused".</exception>
    public static void Finish(Descriptor socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        int error = socket.TakeError();
        // Reset by a server that had accepted already: the first read tells.
        if (error is not (0 or ECONNRESET))
            throw Failure(error);
    }

    /// <summary>The failure of a connection that took too long.</summary>
    public static IOException TimedOut() => Failure(ETIMEDOUT);

    private static IOException Failure(int error) =>
        new(SystemCallException.Words(error), error);
}
