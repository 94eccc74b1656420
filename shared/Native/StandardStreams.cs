using System.Runtime.InteropServices;
using System.Text;

namespace PostfixNet.Native;

/// <summary>Standard input, output and error of the commands.</summary>
/// <remarks>Not those of System.Console: its writers and its input take over the terminal and the signals, and its output does
/// not tell when the reader is gone.</remarks>
public static unsafe class StandardStreams
{
    /// <summary>Reads what is there, waiting for something.</summary>
    /// <returns>Number of bytes; 0 at the end.</returns>
    /// <exception cref="SystemCallException">It cannot be read, e.g. because it is closed.</exception>
    public static int ReadInput(Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            while (true)
            {
                nint n = LibC.Read(0, p, buffer.Length);
                if (n >= 0)
                    return (int)n;
                if (Marshal.GetLastPInvokeError() != LibC.EINTR)
                    throw SystemCallException.Last("read standard input");
            }
        }
    }

    /// <summary>Writes to standard output, waiting as long as its reader makes us.</summary>
    /// <returns>False when it cannot be written: see <see cref="SystemCallException.Last"/>.</returns>
    public static bool TryWriteOutput(string text) => TryWrite(1, text);

    /// <summary>Writes to standard error; failure has nowhere to be reported.</summary>
    public static void WriteError(string text) => _ = TryWrite(2, text);

    private static bool TryWrite(int fd, string text)
    {
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(text);
        while (rest.Length > 0)
        {
            nint n;
            fixed (byte* p = rest)
                n = LibC.Write(fd, p, rest.Length);
            if (n < 0 && Marshal.GetLastPInvokeError() != LibC.EINTR)
                return false;
            rest = rest[(int)Math.Max(n, 0)..];
        }
        return true;
    }
}
