using System.Net;
using System.Runtime.InteropServices;
using PostfixNet.Native;

namespace PostfixNet.Net;

/// <summary>Opens UDP sockets.</summary>
public static class DatagramSocket
{
    /// <summary>A socket that sends to, and receives from, this one peer only. The kernel picks a random source port
    /// (RFC 6056 section 3.3).</summary>
    /// <remarks>Each read takes one datagram, and of a longer one its beginning. <see cref="ThrowIfRefused"/> before each tells what the
    /// peer's host said of earlier ones.</remarks>
    /// <exception cref="IOException">E.g. no route to the peer's network.</exception>
    public static Descriptor Connect(IPEndPoint peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        Descriptor socket = SocketCalls.Open(peer.Address, LibC.SOCK_DGRAM) ?? throw new IOException(SystemCallException.Words(Marshal.GetLastPInvokeError()));
        int error = SocketCalls.Connect(socket, peer);
        if (error == 0)
            return socket;
        socket.Dispose();
        throw new IOException(SystemCallException.Words(error), error);
    }

    /// <summary>Looks for an error, which is then forgotten.</summary>
    /// <exception cref="IOException">E.g. "Connection refused": nobody listens there.</exception>
    public static void ThrowIfRefused(Descriptor socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        if (socket.TakeError() is not 0 and var error)
            throw new IOException(SystemCallException.Words(error), error);
    }
}
