namespace PostfixNet.Native;

/// <summary>Standard output and error without System.Console, whose loading costs more than a service's whole start.</summary>
public static unsafe class StandardError
{
    /// <summary>Writes to standard error; failure has nowhere to be reported.</summary>
    public static void Write(string text) => WriteTo(2, text);

    /// <summary>Writes to a descriptor, waiting as long as its reader makes us.</summary>
    /// <returns>False when it cannot be written.</returns>
    public static bool WriteTo(int fd, string text)
    {
        byte[] bytes = ShortText.ToUtf8(text);
        fixed (byte* p = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                nint n = LibC.Write(fd, p + done, bytes.Length - done);
                if (n < 0 && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() != LibC.EINTR)
                    return false;
                done += (int)Math.Max(n, 0);
            }
        }
        return true;
    }
}
