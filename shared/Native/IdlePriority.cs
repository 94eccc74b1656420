using System.Runtime.InteropServices;

namespace PostfixNet.Native;

/// <summary>For work that can wait: sched(7), ioprio_set(2).</summary>
public static unsafe class IdlePriority
{
    private const int SCHED_IDLE = 5, IOPRIO_WHO_PROCESS = 1, IOPRIO_CLASS_IDLE = 3 << 13;

    // The C library has no function for the one, and in some kinds none that works for the other.
    private static readonly (nint Scheduler, nint InputOutput) s_calls = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? (144, 251) : (119, 30);

    /// <summary>From now on this thread gets a processor and the disk only when nobody else wants them.</summary>
    /// <returns>False: the system does not allow it; all goes on as before.</returns>
    public static bool Take()
    {
        int priority = 0;
        bool isTaken = LibC.SystemCall(s_calls.Scheduler, 0, SCHED_IDLE, (nint)(&priority), 0) == 0;
        return LibC.SystemCall(s_calls.InputOutput, IOPRIO_WHO_PROCESS, 0, IOPRIO_CLASS_IDLE, 0) == 0 && isTaken;
    }
}
