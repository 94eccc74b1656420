using System.Runtime.InteropServices;

namespace PostfixNet.Native;

/// <summary>Turns the error of a failed system call into the exception that callers know.</summary>
public static class UnixError
{
    /// <summary>The exception for the last failed call of this thread.</summary>
    /// <param name="what">What was tried, e.g. "open incoming/4jWh"; the system's reason is appended.</param>
    /// <returns><see cref="FileNotFoundException"/> for ENOENT, <see cref="UnauthorizedAccessException"/> for EACCES and
    /// EPERM, else <see cref="IOException"/>. HResult holds the errno.</returns>
    public static Exception Last(string what) => From(Marshal.GetLastPInvokeError(), what);

    /// <summary>As <see cref="Last"/>, for a call that returns its error number.</summary>
    public static Exception From(int errno, string what)
    {
        string text = $"{what}: {Text(errno)}";
        return errno switch
        {
            LibC.ENOENT => new FileNotFoundException(text),
            LibC.EACCES or LibC.EPERM => new UnauthorizedAccessException(text),
            _ => new IOException(text, errno),
        };
    }

    /// <summary>The system's words for an error number, e.g. "Connection refused".</summary>
    public static string Text(int errno) => Marshal.GetPInvokeErrorMessage(errno);
}
