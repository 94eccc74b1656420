using System.Runtime.InteropServices;

namespace PostfixNet.Native;

/// <summary>Numbers that an outsider cannot guess.</summary>
/// <remarks>Straight from the kernel: the base library's generator loads OpenSSL first, which takes longer than all the rest of a start.</remarks>
public static unsafe class RandomNumber
{
    /// <summary>16 random bits.</summary>
    public static ushort NextUInt16()
    {
        ushort value;
        // So few octets are never returned in part; only a signal before the kernel's pool is ready interrupts.
        while (LibC.GetRandom(&value, sizeof(ushort), 0) != sizeof(ushort))
        {
            if (Marshal.GetLastPInvokeError() != LibC.EINTR)
                throw SystemCallException.Last("getrandom");
        }
        return value;
    }
}
