using Microsoft.Win32.SafeHandles;

namespace PostfixNet.Native;

/// <summary>Takes rights away from this thread, and from all that it makes, for good: what an error in a service could reach.</summary>
/// <remarks>Landlock, landlock(7), since Linux 5.19 (before, it forbids every move between directories). Reading, the network and what is open
/// already stay as they are.</remarks>
public static unsafe class Confinement
{
    // Of the rights to files, landlock.h: bits.
    private const ulong Execute = 1 << 0, WriteFile = 1 << 1, ReadFile = 1 << 2, ReadDirectory = 1 << 3, RemoveDirectory = 1 << 4, RemoveFile = 1 << 5, MakeCharacterDevice = 1 << 6, MakeDirectory = 1 << 7,
        MakeFile = 1 << 8, MakeSocket = 1 << 9, MakeFifo = 1 << 10, MakeBlockDevice = 1 << 11, MakeLink = 1 << 12, MoveElsewhere = 1 << 13, Truncate = 1 << 14;

    private const ulong Queue = WriteFile | RemoveDirectory | RemoveFile | MakeDirectory | MakeFile | MakeSocket | MoveElsewhere | Truncate;
    private const ulong Handled = Queue | Execute | MakeCharacterDevice | MakeFifo | MakeBlockDevice | MakeLink;
    private const int VersionThatMoves = 2, VersionThatTruncates = 3;

    /// <summary>From now on no program is called and none gives more rights; files are made, written and removed below some directories only.</summary>
    /// <param name="queue">There, with all that is done in a queue.</param>
    /// <param name="written">There files are only made and written; what is not there is passed over.</param>
    /// <returns>False: the system cannot do that; set-id programs give no rights all the same.</returns>
    /// <exception cref="SystemCallException">The queue cannot be opened.</exception>
    public static bool To(string queue, params ReadOnlySpan<string> written) => To(queue, [], 0, written);

    /// <summary>From now on besides: of the queue, nothing but one directory in it can be read, listed or written.</summary>
    /// <param name="queue">Of which the rest is shut; "." where a link may lead there.</param>
    /// <param name="own">The directory that is left, below <paramref name="queue"/>.</param>
    /// <param name="readToo">Others there, that can be read all the same; what is not there is passed over.</param>
    /// <param name="written">There files are only made and written; what is not there is passed over.</param>
    /// <returns>As <see cref="To(string, ReadOnlySpan{string})"/>.</returns>
    /// <exception cref="SystemCallException">The directory cannot be opened.</exception>
    public static bool ToPartOf(string queue, string own, IReadOnlyList<string> readToo, params ReadOnlySpan<string> written) =>
        To($"{queue}/{own}", [.. Beside(Path.GetFullPath(queue)), .. readToo.Select(directory => $"{queue}/{directory}")], ReadFile | ReadDirectory, written);

    // Rights can only be given, not taken: so whatever is not on the way to a directory is given, as it is now.
    private static List<string> Beside(string directory)
    {
        List<string> beside = [];
        for (string at = directory; Path.GetDirectoryName(at) is { } above; at = above)
        {
            string prefix = above.Length > 1 ? above : "";
            try
            {
                beside.AddRange(FileSystem.Names(above).Select(name => $"{prefix}/{name}").Where(path => path != at));
            }
            catch (SystemCallException)
            {
                // What cannot be listed is not read later either.
            }
        }
        return beside;
    }

    private static bool To(string own, List<string> read, ulong reading, ReadOnlySpan<string> written)
    {
        if (LibC.PrCtl(LibC.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
            throw SystemCallException.Last("prctl");
        long version = LibC.SystemCall(LibC.LandlockCreateRuleset, 0, 0, LibC.LANDLOCK_CREATE_RULESET_VERSION, 0);
        if (version < VersionThatMoves)
            return false;
        ulong handled = (version < VersionThatTruncates ? Handled & ~Truncate : Handled) | reading;
        long ruleset = LibC.SystemCall(LibC.LandlockCreateRuleset, (nint)(&handled), sizeof(ulong), 0, 0);
        if (ruleset < 0)
            return false;
        using SafeFileHandle rules = new((nint)ruleset, ownsHandle: true);
        if (!TryAllow(rules, own, (Queue | reading) & handled))
            throw SystemCallException.Last($"confine to {own}");
        // Where a link leads is what counts, and has its own place among these; one that leads back beside the way would undo all.
        foreach (string path in read.Where(static path => FileSystem.Status(path) is not { Kind: FileKind.Link }))
            _ = TryAllow(rules, path, reading) || TryAllow(rules, path, ReadFile, isDirectory: false);
        foreach (string directory in written)
            _ = TryAllow(rules, directory, (WriteFile | MakeFile | Truncate) & handled);
        return LibC.SystemCall(LibC.LandlockRestrictSelf, (nint)ruleset, 0, 0, 0) == 0;
    }

    private static bool TryAllow(SafeFileHandle rules, string path, ulong rights, bool isDirectory = true)
    {
        int fd = LibC.Open(path, LibC.O_PATH | (isDirectory ? LibC.O_DIRECTORY : 0) | LibC.O_CLOEXEC, 0);
        if (fd < 0)
            return false;
        using SafeFileHandle handle = new(fd, ownsHandle: true);
        LibC.PathBeneath rule = new() { Rights = rights, Parent = fd };
        return LibC.SystemCall(LibC.LandlockAddRule, rules.DangerousGetHandle(), LibC.LANDLOCK_RULE_PATH_BENEATH, (nint)(&rule), 0) == 0;
    }
}
