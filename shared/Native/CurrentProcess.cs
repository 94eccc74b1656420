namespace PostfixNet.Native;

/// <summary>This process.</summary>
public static class CurrentProcess
{
    /// <summary>Ends the process at once, as _exit(2): nothing is flushed, no finalizer runs. Does not return.</summary>
    /// <param name="status">Exit status, 0..255.</param>
    public static void End(int status) => LibC.ExitNow(status);
}
