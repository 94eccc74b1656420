namespace PostfixNet.Native;

/// <summary>The clock of the machine.</summary>
public static unsafe class SystemClock
{
    // struct timex of 64-bit Linux; all zero, it changes nothing.
    private const int TimexSize = 208, TimeError = 5;

    /// <summary>Something keeps it right (NTP), as the kernel knows; null: the kernel does not tell.</summary>
    public static bool? IsKept
    {
        get
        {
            byte* timex = stackalloc byte[TimexSize];
            new Span<byte>(timex, TimexSize).Clear();
            return LibC.AdjustTime(timex) switch { < 0 => null, TimeError => false, _ => true };
        }
    }
}
