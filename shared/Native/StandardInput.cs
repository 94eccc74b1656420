using System.Runtime.InteropServices;

namespace PostfixNet.Native;

/// <summary>Standard input without System.Console.</summary>
public static unsafe class StandardInput
{
    /// <summary>Reads what is there, waiting for something.</summary>
    /// <returns>0 at the end.</returns>
    /// <exception cref="IOException">It cannot be read, e.g. because it is closed.</exception>
    public static int Read(Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            while (true)
            {
                nint n = LibC.Read(0, p, buffer.Length);
                if (n >= 0)
                    return (int)n;
                if (Marshal.GetLastPInvokeError() != LibC.EINTR)
                    throw UnixError.Last("read standard input");
            }
        }
    }
}
