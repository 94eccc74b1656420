using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using PostfixNet.Native;

namespace PostfixNet.Net;

/// <summary>What TCP and UDP sockets begin with. Each call returns its error number, or 0.</summary>
/// <remarks>Not with <see cref="Socket"/>: to begin to connect without waiting it throws an exception each time, which costs more
/// than the connection, unless it is given threads of its own.</remarks>
internal static unsafe class SocketCalls
{
    /// <summary>A new socket for a peer.</summary>
    /// <returns>null: there is none; the thread's error number says why.</returns>
    internal static Descriptor? Open(IPAddress peer, int type)
    {
        int fd = LibC.NewSocket(peer.AddressFamily == AddressFamily.InterNetworkV6 ? LibC.AF_INET6 : LibC.AF_INET, type);
        return fd >= 0 ? new Descriptor(fd) : null;
    }

    internal static int Bind(Descriptor socket, IPAddress address) => Call(LibC.Bind, socket, new IPEndPoint(address, 0));

    /// <summary>EINPROGRESS of TCP: the socket becomes writable when it is known how connecting ended.</summary>
    internal static int Connect(Descriptor socket, IPEndPoint peer) => Call(LibC.Connect, socket, peer);

    private delegate int SocketCall(int fd, byte* name, uint length);

    private static int Call(SocketCall call, Descriptor socket, IPEndPoint where)
    {
        SocketAddress name = where.Serialize();
        fixed (byte* p = name.Buffer.Span)
            return call(socket.Number, p, (uint)name.Size) < 0 ? Marshal.GetLastPInvokeError() : 0;
    }
}
