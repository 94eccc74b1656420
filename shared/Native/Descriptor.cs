using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace PostfixNet.Native;

/// <summary>What <see cref="Descriptor.Wait"/> found.</summary>
[Flags]
public enum Readiness
{
    /// <summary>Nothing, until the deadline.</summary>
    None = 0,
    /// <summary>There are bytes, a connection, or the end.</summary>
    Readable = 1,
    /// <summary>There is room for bytes, or a connect has ended.</summary>
    Writable = 4,
    /// <summary>The other end is gone, or the descriptor is in error.</summary>
    Broken = 8,
}

/// <summary>An open socket or pipe, non-blocking; owns it. All waiting is by <see cref="Wait"/>, with a limit.</summary>
public sealed unsafe class Descriptor : IDisposable
{
    private const int SOL_SOCKET = 1, SO_REUSEADDR = 2, SO_ERROR = 4, IPPROTO_IPV6 = 41, IPV6_V6ONLY = 26;
    private const int MSG_NOSIGNAL = 0x4000, SO_PEERCRED = 17, F_GETFL = 3, F_SETFL = 4, F_SETFD = 2;
    private int _fd;

    /// <summary>Takes over an open descriptor and makes it non-blocking.</summary>
    public Descriptor(int fd)
    {
        _fd = fd;
        int flags = LibC.FCntl(fd, F_GETFL, 0);
        if (flags < 0 || ((flags & LibC.O_NONBLOCK) == 0 && LibC.FCntl(fd, F_SETFL, flags | LibC.O_NONBLOCK) < 0))
            throw SystemCallException.Last($"descriptor {fd}");
    }

    /// <summary>The number, for epoll and posix_spawn; -1 after disposal.</summary>
    public int Number => _fd;

    /// <summary>Gives the descriptor away; this one is as good as disposed.</summary>
    /// <returns>The number, which whoever takes it closes.</returns>
    public int Release() => Interlocked.Exchange(ref _fd, -1);

    /// <summary>Children started by exec do not get this descriptor.</summary>
    public void CloseOnExec() => _ = LibC.FCntl(_fd, F_SETFD, 1);

    /// <summary>/dev/null, for reading and writing.</summary>
    public static Descriptor OpenDevNull()
    {
        int fd = LibC.Open("/dev/null", LibC.O_RDWR | LibC.O_CLOEXEC, 0);
        return fd >= 0 ? new Descriptor(fd) : throw SystemCallException.Last("open /dev/null");
    }

    /// <summary>Waits without a descriptor: a short pause between two looks.</summary>
    public static void Pause(int milliseconds) => _ = LibC.Poll(null, 0, milliseconds);

    /// <summary>Two connected ends, both closed on exec.</summary>
    public static (Descriptor Ours, Descriptor Theirs) Pair()
    {
        int* fds = stackalloc int[2];
        if (LibC.SocketPair(LibC.AF_UNIX, LibC.SOCK_STREAM | LibC.SOCK_CLOEXEC | LibC.SOCK_NONBLOCK, 0, fds) < 0)
            throw SystemCallException.Last("socketpair");
        return (new Descriptor(fds[0]), new Descriptor(fds[1]));
    }

    /// <summary>A pipe, both ends closed on exec. Only the first end can be read, and <see cref="Write"/> is for sockets: the
    /// second is for a child.</summary>
    public static (Descriptor Reading, Descriptor Writing) Pipe()
    {
        int* fds = stackalloc int[2];
        if (LibC.Pipe2(fds, LibC.O_CLOEXEC) < 0)
            throw SystemCallException.Last("pipe");
        return (new Descriptor(fds[0]), new Descriptor(fds[1]));
    }

    /// <summary>A listening Unix-domain socket. An older socket of that name is removed first.</summary>
    /// <param name="mode">Permission bits of the name; connecting needs write permission.</param>
    public static Descriptor ListenUnix(string path, int mode, int backlog = 4096)
    {
        FileStatus? old = FileSystem.Status(path);
        if (old is { Kind: not FileKind.Other })
            throw new SystemCallException($"bind {path}", "the name is taken by something that is not a socket");
        if (old is not null)
            FileSystem.TryRemove(path);
        Descriptor socket = NewUnix();
        try
        {
            byte* address = stackalloc byte[110];
            uint length = Address(path, address);
            // The mode comes from the mask at the bind: a chmod by name could hit what somebody else put there meanwhile.
            int mask = Unix.SetCreationMask(~mode & 0x1FF);
            SystemCallException? failure = LibC.Bind(socket._fd, address, length) < 0 ? SystemCallException.Last($"bind {path}") : null;
            _ = Unix.SetCreationMask(mask);
            if (failure is not null)
                throw failure;
            if (LibC.Listen(socket._fd, backlog) < 0)
                throw SystemCallException.Last($"listen {path}");
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A listening TCP socket; one for IPv6 takes no IPv4.</summary>
    /// <exception cref="SystemCallException">E.g. the port is taken, or only root may have it.</exception>
    public static Descriptor ListenTcp(IPEndPoint where, int backlog = 4096)
    {
        ArgumentNullException.ThrowIfNull(where);
        bool isIPv6 = where.AddressFamily == AddressFamily.InterNetworkV6;
        int fd = LibC.NewSocket(isIPv6 ? LibC.AF_INET6 : LibC.AF_INET, LibC.SOCK_STREAM);
        if (fd < 0)
            throw SystemCallException.Last($"listen on {where}");
        Descriptor socket = new(fd);
        try
        {
            int one = 1;
            // Connections of an earlier process may linger.
            _ = LibC.SetSockOpt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(int));
            if (isIPv6)
                _ = LibC.SetSockOpt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(int));
            SocketAddress name = where.Serialize();
            fixed (byte* p = name.Buffer.Span)
            {
                if (LibC.Bind(fd, p, (uint)name.Size) < 0)
                    throw SystemCallException.Last($"listen on {where}");
            }
            return LibC.Listen(fd, backlog) < 0 ? throw SystemCallException.Last($"listen on {where}") : socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Address and port of this end of a TCP socket; null: it is of another kind.</summary>
    public IPEndPoint? LocalEnd => End(LibC.GetSockName);

    /// <summary>Likewise of the other end; null, too, when it is gone.</summary>
    public IPEndPoint? PeerEnd => End(LibC.GetPeerName);

    private delegate int NameCall(int fd, byte* name, uint* length);

    private IPEndPoint? End(NameCall call)
    {
        SocketAddress name = new(AddressFamily.InterNetworkV6, 28);
        uint length = 28;
        fixed (byte* p = name.Buffer.Span)
        {
            if (call(_fd, p, &length) < 0)
                return null;
        }
        return name.Family switch
        {
            AddressFamily.InterNetwork => (IPEndPoint)new IPEndPoint(IPAddress.Any, 0).Create(name),
            AddressFamily.InterNetworkV6 => (IPEndPoint)new IPEndPoint(IPAddress.IPv6Any, 0).Create(name),
            _ => null,
        };
    }

    /// <summary>What is written goes at once: the peer waits for it.</summary>
    public void SendAtOnce()
    {
        int one = 1;
        _ = LibC.SetSockOpt(_fd, 6 /* IPPROTO_TCP */, 1 /* TCP_NODELAY */, &one, sizeof(int));
        _ = LibC.SetSockOpt(_fd, SOL_SOCKET, 9 /* SO_KEEPALIVE */, &one, sizeof(int));
    }

    /// <summary>Connects to a Unix-domain socket; waits while its backlog is full.</summary>
    /// <exception cref="SystemCallException">No such socket, nobody listens, or no place in the backlog within the time.</exception>
    public static Descriptor ConnectUnix(string path, TimeSpan timeout)
    {
        Descriptor socket = NewUnix();
        try
        {
            byte* address = stackalloc byte[110];
            uint length = Address(path, address);
            Deadline end = Deadline.In(timeout);
            while (LibC.Connect(socket._fd, address, length) < 0)
            {
                int error = Marshal.GetLastPInvokeError();
                // EAGAIN on a Unix-domain socket means a full backlog; poll cannot wait for room in it.
                if (error != LibC.EINTR && (error != LibC.EAGAIN || timeout <= TimeSpan.Zero || end.IsOver))
                    throw SystemCallException.Last($"connect to {path}");
                _ = LibC.Poll(null, 0, 2);
            }
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects to a TCP port, and waits until that is done.</summary>
    /// <exception cref="IOException">Nobody listens, or not in time.</exception>
    public static Descriptor ConnectTcp(IPEndPoint where, Deadline end)
    {
        ArgumentNullException.ThrowIfNull(where);
        int fd = LibC.NewSocket(where.AddressFamily == AddressFamily.InterNetworkV6 ? LibC.AF_INET6 : LibC.AF_INET, LibC.SOCK_STREAM);
        if (fd < 0)
            throw SystemCallException.Last($"connect to {where}");
        Descriptor socket = new(fd);
        try
        {
            SocketAddress name = where.Serialize();
            int error;
            fixed (byte* p = name.Buffer.Span)
                error = LibC.Connect(fd, p, (uint)name.Size) < 0 ? Marshal.GetLastPInvokeError() : 0;
            if (error is LibC.EINPROGRESS or LibC.EINTR)
            {
                if (socket.Wait(Readiness.Writable, end.RemainingMilliseconds).This == Readiness.None)
                    throw new SystemCallException($"connect to {where}", "no answer in time");
                error = socket.TakeError();
            }
            return error == 0 ? socket : throw new SystemCallException($"connect to {where}", error);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Accepts one waiting connection; null when another process was quicker or none waits.</summary>
    public Descriptor? TryAccept()
    {
        int fd = LibC.Accept4(_fd, null, null, LibC.SOCK_CLOEXEC | LibC.SOCK_NONBLOCK);
        if (fd >= 0)
            return new Descriptor(fd);
        // ECONNABORTED and the like concern the connection that went away, not us.
        return Marshal.GetLastPInvokeError() is LibC.EBADF or 22 ? throw SystemCallException.Last("accept") : null;
    }

    /// <summary>This process, or the machine, had no descriptor left at the last <see cref="TryAccept"/>.</summary>
    public static bool IsExhausted => Marshal.GetLastPInvokeError() is 23 or 24; // ENFILE, EMFILE

    /// <summary>User id of the process at the other end of a Unix-domain connection.</summary>
    public uint PeerUid
    {
        get
        {
            uint* credentials = stackalloc uint[3]; // pid, uid, gid
            uint length = 12;
            return LibC.GetSockOpt(_fd, SOL_SOCKET, SO_PEERCRED, credentials, &length) == 0 ? credentials[1] : throw SystemCallException.Last("peer credentials");
        }
    }

    /// <summary>Reads what is there.</summary>
    /// <returns>Number of bytes; 0 at the end or when the connection broke; -1 when nothing is there yet.</returns>
    public int Read(Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            nint n;
            do
            {
                n = LibC.Read(_fd, p, buffer.Length);
            }
            while (n < 0 && Marshal.GetLastPInvokeError() == LibC.EINTR);
            return n >= 0 ? (int)n : Marshal.GetLastPInvokeError() == LibC.EAGAIN ? -1 : 0;
        }
    }

    /// <summary>Writes what there is room for.</summary>
    /// <returns>Number of bytes; -1 when there is no room now.</returns>
    /// <exception cref="IOException">The other end is gone.</exception>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* p = bytes)
        {
            nint n;
            do
            {
                n = LibC.Send(_fd, p, bytes.Length, MSG_NOSIGNAL);
            }
            while (n < 0 && Marshal.GetLastPInvokeError() == LibC.EINTR);
            return n >= 0 ? (int)n : Marshal.GetLastPInvokeError() == LibC.EAGAIN ? -1 : throw SystemCallException.Last("write");
        }
    }

    /// <summary>Most descriptors that go in one message.</summary>
    public const int MostPassed = 64;

    // struct cmsghdr: a length of the machine's size, a level and a type; what follows is aligned likewise.
    private const int SCM_RIGHTS = 1, ControlHeader = 16, MSG_CMSG_CLOEXEC = 0x40000000, MSG_CTRUNC = 8;

    /// <summary>Gives other processes' ends: one octet, with descriptors, over a Unix-domain connection. They stay open here, too.</summary>
    /// <param name="passed">1 to <see cref="MostPassed"/>.</param>
    /// <returns>False: there is no room now.</returns>
    /// <exception cref="IOException">The other end is gone.</exception>
    public bool TryPass(IReadOnlyList<Descriptor> passed)
    {
        ArgumentNullException.ThrowIfNull(passed);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(passed.Count, MostPassed);
        byte octet = 0;
        int length = ControlHeader + passed.Count * sizeof(int);
        byte* control = stackalloc byte[ControlHeader + (MostPassed + 1) * sizeof(int)];
        *(nuint*)control = (nuint)length;
        ((int*)control)[2] = SOL_SOCKET;
        ((int*)control)[3] = SCM_RIGHTS;
        for (int i = 0; i < passed.Count; i++)
            ((int*)(control + ControlHeader))[i] = passed[i]._fd;
        LibC.IoVector vector = new() { Base = &octet, Length = 1 };
        LibC.MessageHeader message = new() { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = (nuint)((length + 7) & ~7) };
        nint n;
        do
        {
            n = LibC.SendMsg(_fd, &message, MSG_NOSIGNAL);
        }
        while (n < 0 && Marshal.GetLastPInvokeError() == LibC.EINTR);
        return n >= 0 || (Marshal.GetLastPInvokeError() == LibC.EAGAIN ? false : throw SystemCallException.Last("pass descriptors"));
    }

    /// <summary>Takes what <see cref="TryPass"/> gave.</summary>
    /// <returns>null: nothing is there yet. Empty: the other end is gone, or sent something else.</returns>
    public IReadOnlyList<Descriptor>? TryTakePassed()
    {
        byte octet;
        byte* control = stackalloc byte[ControlHeader + (MostPassed + 1) * sizeof(int)];
        LibC.IoVector vector = new() { Base = &octet, Length = 1 };
        LibC.MessageHeader message = new() { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = ControlHeader + MostPassed * sizeof(int) };
        nint n;
        do
        {
            n = LibC.RecvMsg(_fd, &message, MSG_CMSG_CLOEXEC);
        }
        while (n < 0 && Marshal.GetLastPInvokeError() == LibC.EINTR);
        if (n < 0 && Marshal.GetLastPInvokeError() == LibC.EAGAIN)
            return null;
        List<Descriptor> taken = [];
        if (n <= 0 || message.ControlLength < ControlHeader || ((int*)control)[2] != SOL_SOCKET || ((int*)control)[3] != SCM_RIGHTS)
            return taken;
        int count = (int)(*(nuint*)control - ControlHeader) / sizeof(int);
        for (int i = 0; i < count; i++)
            taken.Add(new Descriptor(((int*)(control + ControlHeader))[i]));
        if ((message.Flags & MSG_CTRUNC) == 0)
            return taken;
        foreach (Descriptor lost in taken)
            lost.Dispose();
        return [];
    }

    /// <summary>Waits until this descriptor is ready, or <paramref name="other"/> is readable, or the time is over.</summary>
    /// <param name="want">Readable, Writable or both.</param>
    /// <param name="milliseconds">At most so long; 0: just look; negative: no limit (only for a service waiting for work).</param>
    /// <param name="other">A second descriptor to watch for reading, e.g. the lifeline to master.</param>
    /// <returns>State of this descriptor, and whether the other one is readable or broken.</returns>
    public (Readiness This, bool Other) Wait(Readiness want, int milliseconds, Descriptor? other = null)
    {
        LibC.PollFd* fds = stackalloc LibC.PollFd[2];
        fds[0] = new LibC.PollFd { Fd = _fd, Events = (short)((int)want & 5) };
        fds[1] = new LibC.PollFd { Fd = other?._fd ?? -1, Events = 1 };
        _ = Poll(fds, 2, milliseconds);
        return ((Readiness)(fds[0].Revents & 5) | ((fds[0].Revents & ~5) != 0 ? Readiness.Broken : 0), fds[1].Revents != 0);
    }

    /// <summary>Waits until one of several descriptors is ready, or <paramref name="other"/> is readable, or the time is over.</summary>
    /// <param name="descriptors">1..16; a null is passed over.</param>
    /// <param name="want">Readable, Writable or both.</param>
    /// <param name="milliseconds">At most so long.</param>
    /// <param name="other">As for <see cref="Wait"/>.</param>
    /// <returns>Index of the first that is ready or broken, -1 for none; and whether the other one is readable or broken.</returns>
    public static (int Ready, bool Other) WaitAny(ReadOnlySpan<Descriptor?> descriptors, Readiness want, int milliseconds, Descriptor? other)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, 16);
        LibC.PollFd* fds = stackalloc LibC.PollFd[17];
        int count = descriptors.Length;
        for (int i = 0; i < count; i++)
            fds[i] = new LibC.PollFd { Fd = descriptors[i]?._fd ?? -1, Events = (short)((int)want & 5) };
        fds[count] = new LibC.PollFd { Fd = other?._fd ?? -1, Events = 1 };
        if (Poll(fds, count + 1, milliseconds) == 0)
            return (-1, false);
        int ready = 0;
        while (ready < count && fds[ready].Revents == 0)
            ready++;
        return (ready < count ? ready : -1, fds[count].Revents != 0);
    }

    // How many are ready. A negative number of a descriptor is passed over; a signal does not end the wait.
    private static int Poll(LibC.PollFd* fds, int count, int milliseconds)
    {
        long end = Environment.TickCount64 + milliseconds;
        int n;
        while ((n = LibC.Poll(fds, (ulong)count, milliseconds)) < 0)
        {
            if (Marshal.GetLastPInvokeError() != LibC.EINTR)
                throw SystemCallException.Last("poll");
            if (milliseconds > 0)
                milliseconds = (int)Math.Max(0, end - Environment.TickCount64);
        }
        return n;
    }

    /// <summary>The result of a connect that was in progress: 0 or an error number.</summary>
    public int TakeError()
    {
        int value = 0;
        uint length = 4;
        return LibC.GetSockOpt(_fd, SOL_SOCKET, SO_ERROR, &value, &length) == 0 ? value : Marshal.GetLastPInvokeError();
    }

    /// <summary>Says that nothing more will be read: the other end can write no more.</summary>
    public void FinishReading() => _ = LibC.Shutdown(_fd, 0);

    /// <summary>Ends the connection in both directions, for every process that has it.</summary>
    public void Break() => _ = LibC.Shutdown(_fd, 2);

    /// <summary>Says that nothing more will be written; reading goes on.</summary>
    public void FinishWriting() => _ = LibC.Shutdown(_fd, 1);

    /// <inheritdoc/>
    public void Dispose()
    {
        int fd = Interlocked.Exchange(ref _fd, -1);
        if (fd >= 0)
            _ = LibC.Close(fd);
    }

    private static Descriptor NewUnix()
    {
        int fd = LibC.NewSocket(LibC.AF_UNIX, LibC.SOCK_STREAM);
        return fd >= 0 ? new Descriptor(fd) : throw SystemCallException.Last("socket");
    }

    // struct sockaddr_un: two bytes of family, then the path, at most 107 bytes and a NUL.
    internal static uint Address(string path, byte* address)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(path);
        if (bytes.Length > 107)
            throw new SystemCallException($"socket {path}", "the name is too long (107 bytes at most)");
        *(ushort*)address = LibC.AF_UNIX;
        bytes.CopyTo(new Span<byte>(address + 2, bytes.Length));
        address[2 + bytes.Length] = 0;
        return (uint)(2 + bytes.Length + 1);
    }
}
