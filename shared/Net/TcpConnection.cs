using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

using PostfixNet.Native;

namespace PostfixNet.Net;

/// <summary>Opens TCP connections, without the weight of System.Net.Sockets in a process that starts often.</summary>
public static unsafe class TcpConnection
{
    private const int AF_INET = 2, AF_INET6 = 10, SOCK_STREAM = 1, SOCK_CLOEXEC = 0x80000, SOCK_NONBLOCK = 0x800;
    private const int IPPROTO_TCP = 6, TCP_NODELAY = 1, SOL_SOCKET = 1, SO_KEEPALIVE = 9, ETIMEDOUT = 110, ECONNRESET = 104;

    /// <summary>Begins to connect. When the descriptor is writable, <see cref="Finish"/> tells the result.</summary>
    /// <param name="address">IPv4 or IPv6 address of the server.</param>
    /// <param name="port">1..65535.</param>
    /// <param name="source">Local address to come from; null: the system chooses. Ignored when of the other family.</param>
    /// <param name="sourceFails">Called with the system's reason when <paramref name="source"/> cannot be used; the
    /// connection then comes from where the system chooses, unless this throws.</param>
    /// <exception cref="IOException">The message is the system's reason alone, e.g. "Network is unreachable".</exception>
    public static Descriptor Begin(IPAddress address, int port, IPAddress? source, Action<string> sourceFails)
    {
        int family = address.AddressFamily == AddressFamily.InterNetworkV6 ? AF_INET6 : AF_INET;
        int fd = LibC.Socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
            throw Failure(Marshal.GetLastPInvokeError());
        Descriptor socket = new(fd);
        try
        {
            int one = 1;
            // A reply is waited for after each batch: there is nothing that the kernel should collect.
            _ = LibC.SetSockOpt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(int));
            _ = LibC.SetSockOpt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(int));
            byte* name = stackalloc byte[28];
            if (source is not null && source.AddressFamily == address.AddressFamily
                && LibC.Bind(fd, name, SocketName(source, 0, name)) < 0)
                sourceFails(UnixError.Text(Marshal.GetLastPInvokeError()));
            if (LibC.Connect(fd, name, SocketName(address, port, name)) < 0
                && Marshal.GetLastPInvokeError() is var error and not (LibC.EINPROGRESS or LibC.EINTR))
                throw Failure(error);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Tells whether the connection was made.</summary>
    /// <exception cref="IOException">It was not; the message is the system's reason alone, e.g. "Connection refused".</exception>
    public static void Finish(Descriptor socket)
    {
        int error = socket.TakeError();
        // Reset by a server that had accepted already: the first read tells.
        if (error is not (0 or ECONNRESET))
            throw Failure(error);
    }

    /// <summary>The failure of a connection that took too long.</summary>
    public static IOException TimedOut() => Failure(ETIMEDOUT);

    // struct sockaddr_in or sockaddr_in6: family in host order, port in network order, then the address.
    private static uint SocketName(IPAddress address, int port, byte* name)
    {
        bool six = address.AddressFamily == AddressFamily.InterNetworkV6;
        Span<byte> bytes = new(name, 28);
        bytes.Clear();
        *(ushort*)name = (ushort)(six ? AF_INET6 : AF_INET);
        bytes[2] = (byte)(port >> 8);
        bytes[3] = (byte)port;
        _ = address.TryWriteBytes(bytes[(six ? 8 : 4)..], out _);
        if (six)
            *(uint*)(name + 24) = (uint)address.ScopeId;
        return six ? 28U : 16U;
    }

    private static IOException Failure(int error) =>
        new(UnixError.Text(error), error);
}
