using Microsoft.Win32.SafeHandles;

namespace PostfixNet.Native;

/// <summary>Takes rights away from this thread, and from all that it makes, for good: what an error in a service could reach.</summary>
/// <remarks>Landlock, landlock(7), since Linux 5.19 (before, it forbids every move between directories). Reading, the network and what is open
/// already stay as they are.</remarks>
public static unsafe class Confinement
{
    // Of the rights to files, landlock.h: bits.
    private const ulong Execute = 1 << 0, WriteFile = 1 << 1, RemoveDirectory = 1 << 4, RemoveFile = 1 << 5, MakeCharacterDevice = 1 << 6, MakeDirectory = 1 << 7,
        MakeFile = 1 << 8, MakeSocket = 1 << 9, MakeFifo = 1 << 10, MakeBlockDevice = 1 << 11, MakeLink = 1 << 12, MoveElsewhere = 1 << 13, Truncate = 1 << 14;

    private const ulong Queue = WriteFile | RemoveDirectory | RemoveFile | MakeDirectory | MakeFile | MakeSocket | MoveElsewhere | Truncate;
    private const ulong Handled = Queue | Execute | MakeCharacterDevice | MakeFifo | MakeBlockDevice | MakeLink;
    private const int VersionThatMoves = 2, VersionThatTruncates = 3;

    /// <summary>From now on no program is called and none gives more rights; files are made, written and removed below some directories only.</summary>
    /// <param name="queue">There, with all that is done in a queue.</param>
    /// <param name="written">There files are only made and written; what is not there is passed over.</param>
    /// <returns>False: the system cannot do that; set-id programs give no rights all the same.</returns>
    /// <exception cref="SystemCallException">The queue cannot be opened.</exception>
    public static bool To(string queue, params ReadOnlySpan<string> written)
    {
        if (LibC.PrCtl(LibC.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
            throw SystemCallException.Last("prctl");
        long version = LibC.SystemCall(LibC.LandlockCreateRuleset, 0, 0, LibC.LANDLOCK_CREATE_RULESET_VERSION, 0);
        if (version < VersionThatMoves)
            return false;
        ulong handled = version < VersionThatTruncates ? Handled & ~Truncate : Handled;
        long ruleset = LibC.SystemCall(LibC.LandlockCreateRuleset, (nint)(&handled), sizeof(ulong), 0, 0);
        if (ruleset < 0)
            return false;
        using SafeFileHandle rules = new((nint)ruleset, ownsHandle: true);
        if (!TryAllow(rules, queue, Queue & handled))
            throw SystemCallException.Last($"confine to {queue}");
        foreach (string directory in written)
            _ = TryAllow(rules, directory, (WriteFile | MakeFile | Truncate) & handled);
        return LibC.SystemCall(LibC.LandlockRestrictSelf, (nint)ruleset, 0, 0, 0) == 0;
    }

    private static bool TryAllow(SafeFileHandle rules, string directory, ulong rights)
    {
        int fd = LibC.Open(directory, LibC.O_PATH | LibC.O_DIRECTORY | LibC.O_CLOEXEC, 0);
        if (fd < 0)
            return false;
        using SafeFileHandle handle = new(fd, ownsHandle: true);
        LibC.PathBeneath rule = new() { Rights = rights, Parent = fd };
        return LibC.SystemCall(LibC.LandlockAddRule, rules.DangerousGetHandle(), LibC.LANDLOCK_RULE_PATH_BENEATH, (nint)(&rule), 0) == 0;
    }
}
