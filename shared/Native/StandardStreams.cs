using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PostfixNet.Native;

/// <summary>Standard input, output and error of the commands.</summary>
/// <remarks>Not those of System.Console: its writers and its input take over the terminal and the signals, and its output does
/// not tell when the reader is gone. A stream that the caller had closed has nothing to read and takes no words: what has its number then
/// is a file that the runtime, or we, opened.</remarks>
public static unsafe class StandardStreams
{
    /// <summary>Reads what is there, waiting for something.</summary>
    /// <returns>Number of bytes; 0 at the end.</returns>
    /// <exception cref="SystemCallException">It cannot be read.</exception>
    public static int ReadInput(Span<byte> buffer)
    {
        if (!IsCallers(0))
            return 0;
        fixed (byte* p = buffer)
        {
            while (true)
            {
                nint n = LibC.Read(0, p, buffer.Length);
                if (n >= 0)
                    return (int)n;
                if (!MayRepeat(0, 1 /* POLLIN */))
                    throw SystemCallException.Last("read standard input");
            }
        }
    }

    /// <summary>Standard input is a connection of a network.</summary>
    public static bool IsNetworkInput
    {
        get
        {
            byte* name = stackalloc byte[128];
            uint length = 128;
            return IsCallers(0) && LibC.GetSockName(0, name, &length) == 0 && *(ushort*)name is LibC.AF_INET or LibC.AF_INET6;
        }
    }

    /// <summary>Reads up to the end of a line, and no further.</summary>
    /// <param name="limit">Bytes; of a longer line the rest is thrown away.</param>
    /// <returns>Without line end; null: the input was at its end.</returns>
    /// <exception cref="SystemCallException">It cannot be read.</exception>
    public static byte[]? ReadLine(int limit)
    {
        byte[] line = new byte[limit];
        Span<byte> one = stackalloc byte[1];
        for (int length = 0; ;)
        {
            if (ReadInput(one) == 0)
                return length > 0 ? line[..length] : null;
            if (one[0] == '\n')
                return line[..length];
            if (length < limit)
                line[length++] = one[0];
        }
    }

    /// <summary>Standard input as a stream.</summary>
    public static Stream Input() => IsCallers(0) ? new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read) : Stream.Null;

    /// <summary>Writes to standard output, waiting as long as its reader makes us.</summary>
    /// <returns>False when it cannot be written: see <see cref="SystemCallException.Last"/>.</returns>
    public static bool TryWriteOutput(string text) => TryWrite(1, Encoding.UTF8.GetBytes(text));

    /// <inheritdoc cref="TryWriteOutput(string)"/>
    public static bool TryWriteOutput(ReadOnlySpan<byte> octets) => TryWrite(1, octets);

    /// <summary>Writes to standard error; failure has nowhere to be reported.</summary>
    public static void WriteError(string text) => _ = TryWrite(2, Encoding.UTF8.GetBytes(text));

    // After a signal, or when the caller has made his end so that calls do not wait: then we do.
    private static bool MayRepeat(int fd, short events)
    {
        int error = Marshal.GetLastPInvokeError();
        if (error == LibC.EAGAIN)
        {
            LibC.PollFd ready = new() { Fd = fd, Events = events };
            _ = LibC.Poll(&ready, 1, -1);
        }
        return error is LibC.EAGAIN or LibC.EINTR;
    }

    // What was handed over at the start of the program does not close at such a start; all that is opened since does.
    private static bool IsCallers(int fd) => LibC.FCntl(fd, LibC.F_GETFD, 0) is var flags and >= 0 && (flags & LibC.FD_CLOEXEC) == 0;

    private static bool TryWrite(int fd, ReadOnlySpan<byte> rest)
    {
        if (!IsCallers(fd))
            return true;
        while (rest.Length > 0)
        {
            nint n;
            fixed (byte* p = rest)
                n = LibC.Write(fd, p, rest.Length);
            if (n < 0 && !MayRepeat(fd, 4 /* POLLOUT */))
                return false;
            rest = rest[(int)Math.Max(n, 0)..];
        }
        return true;
    }
}
