using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

using PostfixNet.Native;

namespace PostfixNet.Net;

/// <summary>One Internet socket that never blocks: a connected UDP socket, or a TCP connection being made or in use.</summary>
/// <remarks>For the short exchanges of services that must not pay for loading System.Net.Sockets at start-up. Not for use
/// by several threads at once. Failures are <see cref="IOException"/> with the system's reason.</remarks>
public sealed unsafe class InternetSocket : IDisposable
{
    private const int AF_INET = 2, AF_INET6 = 10, SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_NONBLOCK = 0x800, SOCK_CLOEXEC = 0x80000;
    private const int MSG_NOSIGNAL = 0x4000, MSG_TRUNC = 0x20, SOL_SOCKET = 1, SO_ERROR = 4;
    private const short POLLIN = 1, POLLOUT = 4;

    private readonly bool _isDatagram;
    private readonly IPAddress _address;
    private readonly int _port;
    private int _fd;

    private InternetSocket(int fd, bool isDatagram, IPAddress address, int port)
    {
        _fd = fd;
        _isDatagram = isDatagram;
        _address = address;
        _port = port;
    }

    // Made only when there is trouble to tell of.
    private string Peer => _address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{_address}]:{_port}" : $"{_address}:{_port}";

    /// <summary>What <see cref="Wait"/> waits for: room to send (or the end of connecting) instead of something to receive.</summary>
    public bool WantsWrite { get; set; }

    /// <summary>Set by <see cref="Wait"/>: what was waited for, or an error, is there.</summary>
    public bool IsReady { get; private set; }

    /// <summary>A UDP socket that sends to, and receives from, this one peer only. The kernel picks a random source port
    /// (RFC 6056 section 3.3).</summary>
    /// <exception cref="IOException">E.g. no route to the peer's network.</exception>
    public static InternetSocket OpenDatagram(IPAddress address, int port)
    {
        InternetSocket socket = Open(address, port, isDatagram: true);
        return socket.Connect();
    }

    /// <summary>Begins a TCP connection. <see cref="WantsWrite"/> is set: when ready, call <see cref="FinishConnect"/>.</summary>
    /// <exception cref="IOException">Refused at once.</exception>
    public static InternetSocket BeginStream(IPAddress address, int port)
    {
        InternetSocket socket = Open(address, port, isDatagram: false);
        socket.WantsWrite = true;
        return socket.Connect();
    }

    /// <summary>Learns how connecting ended.</summary>
    /// <exception cref="IOException">It failed: e.g. "connect to 192.0.2.1:53: Connection refused".</exception>
    public void FinishConnect()
    {
        int error = 0;
        uint length = sizeof(int);
        if (LibC.GetSockOpt(_fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
            throw UnixError.Last($"connect to {Peer}");
        if (error != 0)
            throw UnixError.From(error, $"connect to {Peer}");
    }

    /// <summary>Sends what the system takes now.</summary>
    /// <returns>Octets taken; 0 when there is no room yet.</returns>
    /// <exception cref="IOException">The connection broke, or the peer's host refused an earlier datagram.</exception>
    public int Send(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* p = bytes)
        {
            nint n = LibC.Send(_fd, p, bytes.Length, MSG_NOSIGNAL);
            return n >= 0 ? (int)n
                : Marshal.GetLastPInvokeError() is LibC.EAGAIN or LibC.EINTR ? 0 : throw UnixError.Last($"send to {Peer}");
        }
    }

    /// <summary>Receives what is there now: of a datagram socket, one datagram.</summary>
    /// <returns>Octets received; of a datagram its whole length, even when <paramref name="buffer"/> was too small for it;
    /// 0 at the orderly end of a connection; -1 when there is nothing yet.</returns>
    /// <exception cref="IOException">The connection broke, or the peer's host refused an earlier datagram.</exception>
    public int Receive(Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            nint n = LibC.Recv(_fd, p, buffer.Length, _isDatagram ? MSG_TRUNC : 0);
            return n >= 0 ? (int)n
                : Marshal.GetLastPInvokeError() is LibC.EAGAIN or LibC.EINTR ? -1 : throw UnixError.Last($"receive from {Peer}");
        }
    }

    /// <summary>Waits until one of the sockets is ready or the time is over, and sets <see cref="IsReady"/> of each.</summary>
    /// <param name="sockets">At most 64.</param>
    /// <param name="milliseconds">Longest wait. A signal may end it early, with nothing ready.</param>
    /// <param name="other">Ends the wait when it is readable or broken; null: nothing else does.</param>
    /// <returns>Whether the other one is.</returns>
    public static bool Wait(ReadOnlySpan<InternetSocket> sockets, int milliseconds, Descriptor? other)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sockets.Length, 64);
        LibC.PollFd* fds = stackalloc LibC.PollFd[65];
        for (int i = 0; i < sockets.Length; i++)
            fds[i] = new LibC.PollFd { Fd = sockets[i]._fd, Events = sockets[i].WantsWrite ? POLLOUT : POLLIN };
        fds[sockets.Length] = new LibC.PollFd { Fd = other?.Number ?? -1, Events = POLLIN };
        int ready = LibC.Poll(fds, (ulong)sockets.Length + 1, milliseconds);
        if (ready < 0 && Marshal.GetLastPInvokeError() != LibC.EINTR)
            throw UnixError.Last("poll");
        for (int i = 0; i < sockets.Length; i++)
            sockets[i].IsReady = ready > 0 && fds[i].Revents != 0;
        return ready > 0 && fds[sockets.Length].Revents != 0;
    }

    /// <summary>Closes; more than once is harmless.</summary>
    public void Dispose()
    {
        if (_fd >= 0)
            _ = LibC.Close(_fd);
        _fd = -1;
    }

    private static InternetSocket Open(IPAddress address, int port, bool isDatagram)
    {
        int fd = LibC.Socket(address.AddressFamily == AddressFamily.InterNetworkV6 ? AF_INET6 : AF_INET,
            (isDatagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        return fd >= 0 ? new InternetSocket(fd, isDatagram, address, port) : throw UnixError.Last("socket");
    }

    private InternetSocket Connect()
    {
        // struct sockaddr_in is 16 octets, sockaddr_in6 28; the family is in host order, the port in network order.
        Span<byte> name = stackalloc byte[28];
        name.Clear();
        bool isV6 = _address.AddressFamily == AddressFamily.InterNetworkV6;
        BitConverter.TryWriteBytes(name, (ushort)(isV6 ? AF_INET6 : AF_INET));
        BinaryPrimitives.WriteUInt16BigEndian(name[2..], (ushort)_port);
        if (isV6)
        {
            _address.TryWriteBytes(name[8..], out _);
            BitConverter.TryWriteBytes(name[24..], (uint)_address.ScopeId);
        }
        else
        {
#pragma warning disable CS0618 // Discouraged because only IPv4 has it; TryWriteBytes is not precompiled for IPv4, which costs a start.
            BitConverter.TryWriteBytes(name[4..], (uint)_address.Address);
#pragma warning restore CS0618
        }
        fixed (byte* p = name)
        {
            if (LibC.Connect(_fd, p, isV6 ? 28u : 16u) == 0 || Marshal.GetLastPInvokeError() == LibC.EINPROGRESS)
                return this;
        }
        Exception error = UnixError.Last($"connect to {Peer}");
        Dispose();
        throw error;
    }
}
