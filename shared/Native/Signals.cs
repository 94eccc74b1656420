namespace PostfixNet.Native;

/// <summary>Signals to this process.</summary>
public static class Signals
{
    /// <summary>Ends a process at once.</summary>
    public const int Kill = 9;

    /// <summary>Tells master to read its configuration anew.</summary>
    public const int HangUp = 1;

    /// <summary>Tells master to end everything at once.</summary>
    public const int Quit = 3;

    /// <summary>Asks a process to end.</summary>
    public const int Terminate = 15;

    /// <summary>Makes hang-up, interrupt, quit and terminate do nothing: master alone decides when a service ends (S1-04).</summary>
    public static void IgnoreAll()
    {
        foreach (int signal in (ReadOnlySpan<int>)[1, 2, 3, 15])
            Unix.Ignore(signal);
    }

    /// <summary>Signals by which master is told what to do are heard, whatever whoever started it ignores: nohup(1) hang-up, a shell quit in the background. The
    /// runtime leaves an ignored one alone.</summary>
    public static void HearOrders()
    {
        foreach (int signal in (ReadOnlySpan<int>)[HangUp, Quit, Terminate])
            _ = LibC.Signal(signal, 0 /* SIG_DFL */);
    }

    /// <summary>A file that grows beyond the limit of ulimit(1) is an error to be told, not the end of the process.</summary>
    public static void IgnoreFileSizeLimit() => _ = LibC.Signal(25 /* SIGXFSZ */, 1 /* SIG_IGN */);

    /// <summary>Sends a signal. False when there is no such process.</summary>
    public static bool TrySend(int pid, int signal)
    {
        if (Unix.Send(pid, signal) == 0)
            return true;
        return System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == LibC.ESRCH ? false : throw SystemCallException.Last($"kill {pid}");
    }
}
