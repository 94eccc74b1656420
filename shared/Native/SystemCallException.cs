using System.Runtime.InteropServices;

namespace PostfixNet.Native;

/// <summary>The system could not do what was asked: what was tried, and why it failed.</summary>
public sealed class SystemCallException : IOException
{
    /// <param name="what">What was tried, e.g. "open incoming/4jWh". The message is this and the reason.</param>
    /// <param name="error">The error number, as of errno(3).</param>
    public SystemCallException(string what, int error) : this(what, Words(error)) => Error = error;

    /// <summary>For what is refused before the system is asked.</summary>
    /// <param name="what">What was tried.</param>
    /// <param name="reason">E.g. "not a regular file".</param>
    public SystemCallException(string what, string reason) : base($"{what}: {reason}") => Reason = reason;

    /// <summary>The error number; 0 when the system was not asked.</summary>
    public int Error { get; }

    /// <summary>Why, in the system's words or ours, e.g. "No such file or directory".</summary>
    public string Reason { get; }

    /// <summary>There is nothing of that name (ENOENT).</summary>
    public bool IsMissing => Error == LibC.ENOENT;

    /// <summary>It is there, but not for us (EACCES, EPERM).</summary>
    public bool IsForbidden => Error is LibC.EACCES or LibC.EPERM;

    /// <summary>A file would be larger than its system or ulimit(1) allows (EFBIG).</summary>
    public bool IsFileTooBig => Error == LibC.EFBIG;

    /// <summary>This machine has no such address, or none of the kind (EAFNOSUPPORT, EADDRNOTAVAIL).</summary>
    public bool IsNoSuchAddress => Error is 97 or 99;

    /// <summary>Not now (EAGAIN).</summary>
    public bool IsTryAgain => Error == LibC.EAGAIN;

    /// <summary>Nobody reads at the other end (EPIPE).</summary>
    public bool IsReaderGone => Error == LibC.EPIPE;

    /// <summary>That of the last failed call of this thread.</summary>
    /// <param name="what">What was tried.</param>
    public static SystemCallException Last(string what) => new(what, Marshal.GetLastPInvokeError());

    /// <summary>The system's words for an error number, e.g. "Connection refused".</summary>
    public static string Words(int error) => Marshal.GetPInvokeErrorMessage(error);
}
