using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PostfixNet.Native;

/// <summary>Where lines go whose writer must never wait for their reader: a file, a pipe, a terminal, or a socket such as that of syslog.</summary>
/// <remarks>A reader that does not read is waited for once, for a tenth of a second; from then on lines are refused until there is
/// room again. For use by one thread at a time.</remarks>
public sealed unsafe class LineOutput : IDisposable
{
    private const int MSG_DONTWAIT = 0x40, MSG_NOSIGNAL = 0x4000, ENOTSOCK = 88, EPROTOTYPE = 91;
    private const int Patience = 100;

    private readonly int _fd;
    private readonly bool _isOurs;
    private bool _isSocket, _isStream, _isStalled;

    private LineOutput(int fd, bool isOurs, bool isSocket) => (_fd, _isOurs, _isSocket) = (fd, isOurs, isSocket);

    /// <summary>Standard output, or what has its number.</summary>
    /// <remarks>Where the system lets us, as an open file of our own, so that not waiting is our choice alone and not that of
    /// others who write to it.</remarks>
    public static LineOutput StandardOutput()
    {
        int fd = LibC.Open("/proc/self/fd/1", LibC.O_WRONLY | LibC.O_APPEND | LibC.O_NONBLOCK | LibC.O_CLOEXEC | LibC.O_NOCTTY, 0);
        return fd >= 0 ? new LineOutput(fd, isOurs: true, isSocket: false) : new LineOutput(1, isOurs: false, isSocket: true);
    }

    /// <summary>A file, for appending; made when it is missing, whatever the mask with exactly this mode. Root follows no link to it.</summary>
    /// <exception cref="SystemCallException">It cannot be opened.</exception>
    public static LineOutput ToFile(string path, uint mode)
    {
        int flags = LibC.O_WRONLY | LibC.O_APPEND | LibC.O_CLOEXEC | LibC.O_NONBLOCK | LibC.O_NOCTTY | (Users.EffectiveUid == 0 ? LibC.O_NOFOLLOW : 0);
        int fd = LibC.Open(path, flags, 0);
        if (fd < 0 && Marshal.GetLastPInvokeError() == LibC.ENOENT)
        {
            fd = LibC.Open(path, flags | LibC.O_CREAT | LibC.O_EXCL, mode);
            if (fd >= 0)
            {
                using SafeFileHandle file = new(fd, ownsHandle: false);
                _ = LibC.FChMod(file, mode);
            }
            else if (Marshal.GetLastPInvokeError() == LibC.EEXIST)
            {
                fd = LibC.Open(path, flags, 0); // somebody else was quicker
            }
        }
        return fd >= 0 ? new LineOutput(fd, isOurs: true, isSocket: false) : throw SystemCallException.Last($"open {path}");
    }

    /// <summary>A socket that takes lines, as that of syslog(3) or of a service manager, sd_notify(3): a datagram, or in a stream what ends
    /// with NUL, is a line.</summary>
    /// <param name="path">Its path; or "@" and a name that is in no directory, unix(7).</param>
    /// <returns>null when nobody listens there.</returns>
    public static LineOutput? ToSocket(string path)
    {
        byte* address = stackalloc byte[110];
        uint length = Descriptor.Address(path, address);
        if (path.StartsWith('@'))
            (address[sizeof(ushort)], length) = (0, length - 1);
        foreach (int type in (ReadOnlySpan<int>)[LibC.SOCK_DGRAM, LibC.SOCK_STREAM])
        {
            int fd = LibC.NewSocket(LibC.AF_UNIX, type);
            if (fd < 0)
                return null;
            if (LibC.Connect(fd, address, length) == 0)
                return new LineOutput(fd, isOurs: true, isSocket: true) { _isStream = type == LibC.SOCK_STREAM };
            bool isOfOtherType = Marshal.GetLastPInvokeError() == EPROTOTYPE;
            _ = LibC.Close(fd);
            if (!isOfOtherType)
                return null;
        }
        return null;
    }

    /// <summary>The reader is gone: what comes now can only be written elsewhere.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Writes a line; part of it may be lost when there is little room.</summary>
    /// <returns>False: it is not written, see <see cref="SystemCallException.Last"/>.</returns>
    public bool TryWrite(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        byte[] bytes = Encoding.UTF8.GetBytes(_isStream ? line + '\0' : line);
        int patience = _isStalled ? 0 : Patience;
        ReadOnlySpan<byte> rest = bytes;
        while (rest.Length > 0)
        {
            int n = Write(rest);
            if (n > 0)
            {
                rest = rest[n..];
                continue;
            }
            int error = Marshal.GetLastPInvokeError();
            if (error == LibC.EINTR)
                continue;
            IsBroken = error is not (LibC.EAGAIN or LibC.ENOBUFS or LibC.ENOSPC);
            if (IsBroken || patience == 0 || !HasRoom(patience))
            {
                _isStalled = !IsBroken;
                Marshal.SetLastPInvokeError(error);
                return false;
            }
            patience = 0;
        }
        (_isStalled, IsBroken) = (false, false);
        return true;
    }

    private int Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* p = bytes)
        {
            if (_isSocket)
            {
                int n = (int)LibC.Send(_fd, p, bytes.Length, MSG_DONTWAIT | MSG_NOSIGNAL);
                if (n >= 0 || _isOurs || Marshal.GetLastPInvokeError() != ENOTSOCK)
                    return n;
                _isSocket = false;
            }
            // With a descriptor that others have too, room for a little is as much as can be known beforehand.
            if (!_isOurs && !HasRoom(0))
            {
                Marshal.SetLastPInvokeError(LibC.EAGAIN);
                return -1;
            }
            return (int)LibC.Write(_fd, p, bytes.Length);
        }
    }

    private bool HasRoom(int milliseconds)
    {
        LibC.PollFd fd = new() { Fd = _fd, Events = (short)Readiness.Writable };
        return LibC.Poll(&fd, 1, milliseconds) > 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isOurs)
            _ = LibC.Close(_fd);
    }
}
