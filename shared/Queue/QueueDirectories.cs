using PostfixNet.Configuration;
using PostfixNet.Native;

namespace PostfixNet.Queue;

/// <summary>The directories that hold queue files and their logs.</summary>
public enum QueueName
{
    /// <summary>Dropped by the sendmail command.</summary>
    Maildrop,
    /// <summary>Written by cleanup, not yet seen by qmgr.</summary>
    Incoming,
    /// <summary>In delivery.</summary>
    Active,
    /// <summary>Waiting for the next attempt, which is the file's modification time.</summary>
    Deferred,
    /// <summary>Damaged; kept for the operator.</summary>
    Corrupt,
    /// <summary>Held by the operator.</summary>
    Hold,
    /// <summary>Logs of failed recipients.</summary>
    Bounce,
    /// <summary>Logs of delayed recipients.</summary>
    Defer,
    /// <summary>Logs of what to report otherwise.</summary>
    Trace,
    /// <summary>Logs of the flush service.</summary>
    Flush,
    /// <summary>Kept from ancient versions.</summary>
    Saved,
}

/// <summary>One file that a scan found.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Path">Where it is, which is not where it belongs when the hashing was changed.</param>
public readonly record struct QueueEntry(QueueId Id, string Path);

/// <summary>Where queue files are, and how they move.</summary>
/// <remarks>Paths are absolute when queue_directory is. A move is one rename(2): there is never a moment with no copy or
/// with two. Scans hold no list: memory does not grow with the queue.</remarks>
public sealed class QueueDirectories
{
    private static readonly QueueName[] s_all = Enum.GetValues<QueueName>();

    private const int DirectoryMode = 0x1C0; // 0700

    // Files are found in subdirectories also after hashing was configured otherwise. Users can make directories in
    // maildrop, so there a scan does not go down.
    private const int MaximumScanDepth = 8;
    private static readonly QueueName[] s_messageQueues =
        [QueueName.Incoming, QueueName.Active, QueueName.Deferred, QueueName.Hold, QueueName.Maildrop, QueueName.Corrupt, QueueName.Saved];

    private readonly string[] _directories;
    private readonly int[] _depths;

    // Subdirectories that are on stable storage, as far as this process knows: whoever made one may have been killed before that.
    private readonly HashSet<string> _durable = [];

    /// <summary>Directory of notices that wait to be joined, below <see cref="Root"/>.</summary>
    public const string Digest = "digest";

    /// <summary>Directory of the operator's standing rules, below <see cref="Root"/>.</summary>
    public const string Rules = "rules";

    /// <summary>Directory of the MTA-STS policies that are kept, below <see cref="Root"/>.</summary>
    public const string Policies = "mtasts";

    /// <summary>Directory of results of TLS and the reports made of them, below <see cref="Root"/>.</summary>
    public const string TlsReports = "tlsrpt";

    /// <summary>Directory of the files of events, below <see cref="Root"/>: there when events are recorded, or have been.</summary>
    public const string Events = "events";

    /// <summary>Directory of what the SMTP client's logins need beyond main.toml, below <see cref="Root"/>.</summary>
    public const string Logins = "logins";

    /// <summary>Directory of the history, below <see cref="Root"/>.</summary>
    public const string History = "history";

    /// <summary>Directory of the suppression list, below <see cref="Root"/>.</summary>
    public const string Suppression = "suppression";

    /// <summary>Directory of the key of return paths, and of mail that left with them, below <see cref="Root"/>.</summary>
    public const string Reports = "reports";

    /// <summary>Directory of the service metrics, below <see cref="Root"/>.</summary>
    public const string Metrics = "metrics";

    /// <summary>Directory of the service webhooks, below <see cref="Root"/>.</summary>
    public const string Webhooks = "webhooks";

    /// <summary>Directory of the service web, below <see cref="Root"/>.</summary>
    public const string Web = "web";

    /// <summary>Plain values.</summary>
    /// <param name="root">queue_directory.</param>
    /// <param name="hashedQueues">hash_queue_names, e.g. "deferred", "defer".</param>
    /// <param name="hashDepth">hash_queue_depth, levels of subdirectories of hashed queues.</param>
    public QueueDirectories(string root, IEnumerable<string> hashedQueues, int hashDepth)
    {
        Root = root.Length > 1 ? root.TrimEnd('/') : root;
        QueueName[] names = s_all;
        _directories = new string[names.Length];
        _depths = new int[names.Length];
        foreach (QueueName name in names)
            _directories[(int)name] = $"{Root}/{NameOf(name)}";
        foreach (string hashed in hashedQueues)
        {
            if (TryParse(hashed, out QueueName name))
                _depths[(int)name] = Math.Max(0, hashDepth);
        }
    }

    private QueueDirectories(string root, int[] depths)
    {
        Root = root;
        _directories = [.. s_all.Select(name => $"{root}/{NameOf(name)}")];
        _depths = depths;
    }

    /// <summary>The same by shorter names, for a process that works within <see cref="Root"/>: of long ones the system goes every step, for every file.</summary>
    public QueueDirectories FromWithin() => new(".", _depths);

    /// <summary>The queue of a configuration: queue_directory, hash_queue_names, hash_queue_depth.</summary>
    public static QueueDirectories FromConfig(MainConfig config) => new(
        config.Get(Parameters.QueueDirectory), config.Get(Parameters.HashQueueNames), config.Get(Parameters.HashQueueDepth));

    /// <summary>queue_directory.</summary>
    public string Root { get; }

    /// <summary>The directory of a queue.</summary>
    public string DirectoryOf(QueueName queue) => _directories[(int)queue];

    /// <summary>Levels of subdirectories of a queue; 0 when it is not hashed.</summary>
    public int DepthOf(QueueName queue) => _depths[(int)queue];

    /// <summary>The directory's own name, as in log lines, e.g. "incoming".</summary>
    public static string NameOf(QueueName queue) => queue switch
    {
        QueueName.Maildrop => "maildrop",
        QueueName.Incoming => "incoming",
        QueueName.Active => "active",
        QueueName.Deferred => "deferred",
        QueueName.Corrupt => "corrupt",
        QueueName.Hold => "hold",
        QueueName.Bounce => "bounce",
        QueueName.Defer => "defer",
        QueueName.Trace => "trace",
        QueueName.Flush => "flush",
        QueueName.Saved => "saved",
        _ => throw new ArgumentOutOfRangeException(nameof(queue), queue, null),
    };

    /// <summary>The directories that nobody but mail_owner may enter.</summary>
    public IEnumerable<string> Private => Closed(withEvents: FileSystem.Status($"{Root}/{Events}") is not null);

    private IEnumerable<string> Closed(bool withEvents) =>
        [.. s_all.Where(queue => queue != QueueName.Maildrop).Select(DirectoryOf), $"{Root}/private", $"{Root}/{Digest}", $"{Root}/{Rules}", $"{Root}/{Policies}", $"{Root}/{TlsReports}", $"{Root}/{Logins}", $"{Root}/{History}", $"{Root}/{Suppression}", $"{Root}/{Reports}", $"{Root}/{Metrics}", $"{Root}/{Webhooks}", $"{Root}/{Web}",
            .. withEvents ? (string[])[$"{Root}/{Events}"] : []];

    /// <summary>The queue of a directory name.</summary>
    public static bool TryParse(string name, out QueueName queue)
    {
        for (queue = QueueName.Maildrop; queue <= QueueName.Saved; queue++)
        {
            if (NameOf(queue) == name)
                return true;
        }
        queue = default;
        return false;
    }

    /// <summary>Where the file of an id belongs; whether it is there is not looked at.</summary>
    public string PathOf(QueueName queue, QueueId id)
    {
        int depth = _depths[(int)queue];
        if (depth == 0)
            return $"{_directories[(int)queue]}/{id}";
        if (depth == 1)
            return $"{_directories[(int)queue]}/{id.HashDigits(depth)}/{id}";
        string path = _directories[(int)queue];
        foreach (char c in id.HashDigits(depth))
            path = $"{path}/{c}";
        return $"{path}/{id}";
    }

    /// <summary>Makes the subdirectories that <see cref="PathOf"/> names, when missing; the queue's own directory must exist.</summary>
    public void MakeHashDirectories(QueueName queue, QueueId id)
    {
        string path = _directories[(int)queue];
        foreach (char c in id.HashDigits(_depths[(int)queue]))
        {
            string parent = path;
            path = $"{path}/{c}";
            _ = FileSystem.MakeDirectory(path, DirectoryMode);
            lock (_durable)
            {
                if (_durable.Add(path))
                    Flush(parent, path);
            }
        }
    }

    private void Flush(string parent, string path)
    {
        try
        {
            FileSystem.FlushDirectory(parent);
        }
        catch (IOException)
        {
            _durable.Remove(path);
            throw;
        }
    }

    /// <summary>Moves a file to another queue by one rename.</summary>
    /// <returns>False when it is not in <paramref name="from"/> (any more).</returns>
    /// <remarks>Nothing is replaced. Names hold inode numbers, so the name is free, unless the queue was restored from a copy, or a loss of
    /// power has left the file under both names.</remarks>
    /// <exception cref="IOException">The rename failed, or another file has the name.</exception>
    public bool Move(QueueId id, QueueName from, QueueName to) => Rename(PathOf(from, id), to, id);

    /// <summary>Moves a file that a scan found, perhaps in the wrong place, to where <paramref name="id"/> belongs.</summary>
    /// <returns>False when it is not there (any more).</returns>
    /// <exception cref="IOException">As of <see cref="Move"/>.</exception>
    public bool Rename(string path, QueueName to, QueueId id)
    {
        string target = PathOf(to, id);
        for (bool isMade = _depths[(int)to] == 0; ; isMade = true)
        {
            try
            {
                return FileSystem.TryRenameNoReplace(path, target) || Joins(path, target);
            }
            catch (SystemCallException e) when (e.IsMissing)
            {
                if (FileSystem.Status(path) is null)
                    return false;
                if (isMade)
                    throw;
                MakeHashDirectories(to, id);
            }
        }
    }

    /// <summary>Moves a file to corrupt, under another name when its own is taken there.</summary>
    /// <returns>False when it is not there (any more).</returns>
    /// <exception cref="IOException">The rename failed.</exception>
    public bool SetAside(string path, QueueId id)
    {
        const int NamesTried = 100;
        string target = PathOf(QueueName.Corrupt, id), free = target;
        MakeHashDirectories(QueueName.Corrupt, id);
        try
        {
            for (int i = 1; !FileSystem.TryRenameNoReplace(path, free); i++)
                free = i <= NamesTried ? $"{target}_{i}" : throw new IOException($"rename {path}: no free name in corrupt");
            return true;
        }
        catch (SystemCallException e) when (e.IsMissing && FileSystem.Status(path) is null)
        {
            return false;
        }
    }

    // The name is taken. By the same file: then one of its two names goes.
    private static bool Joins(string path, string target)
    {
        if (FileSystem.Status(path) is not { } source)
            return false;
        return FileSystem.Status(target) is { } there && there.Inode == source.Inode && source.LinkCount > 1 ? FileSystem.TryRemove(path)
            : throw new IOException($"rename {path}: {target} is another file");
    }

    /// <summary>The queue that has a message now; null when none has. It may move at any moment.</summary>
    public QueueName? Locate(QueueId id)
    {
        foreach (QueueName queue in s_messageQueues)
        {
            if (FileSystem.Status(PathOf(queue, id)) is { Kind: FileKind.Regular })
                return queue;
        }
        return null;
    }

    /// <summary>The ids in a queue, in no order, hashed subdirectories included, as they are found.</summary>
    /// <remarks>Files may come, go and move during the scan; names that are no ids are passed over.</remarks>
    /// <exception cref="SystemCallException">The queue's directory is missing.</exception>
    public IEnumerable<QueueId> Scan(QueueName queue)
    {
        foreach (QueueEntry entry in ScanEntries(queue))
            yield return entry.Id;
    }

    /// <summary>How many names of messages are in a queue; 0 also when it is not there.</summary>
    public long Count(QueueName queue)
    {
        try
        {
            return Scan(queue).LongCount();
        }
        catch (SystemCallException)
        {
            return 0;
        }
    }

    /// <summary>As <see cref="Scan"/>, telling where the files are.</summary>
    /// <param name="foreign">Is told the path of each name that is no id.</param>
    public IEnumerable<QueueEntry> ScanEntries(QueueName queue, Action<string>? foreign = null) =>
        ScanDirectory(_directories[(int)queue], queue == QueueName.Maildrop && _depths[(int)queue] == 0 ? 0 : MaximumScanDepth, isTop: true, foreign);

    private static IEnumerable<QueueEntry> ScanDirectory(string directory, int depthLeft, bool isTop, Action<string>? foreign)
    {
        using IEnumerator<string> names = FileSystem.Names(directory).GetEnumerator();
        while (true)
        {
            try
            {
                if (!names.MoveNext())
                    yield break;
            }
            catch (SystemCallException e) when (e.IsMissing && !isTop)
            {
                yield break; // an empty subdirectory that was removed meanwhile
            }
            catch (IOException) when (!isTop)
            {
                // Its neighbours are not to wait for a directory that cannot be read.
                foreign?.Invoke(directory);
                yield break;
            }
            string name = names.Current;
            string path = $"{directory}/{name}";
            // Subdirectories have one character; only those names cost a system call.
            if (name.Length == 1 && depthLeft > 0 && FileSystem.Status(path) is { Kind: FileKind.Directory })
            {
                foreach (QueueEntry entry in ScanDirectory(path, depthLeft - 1, isTop: false, foreign))
                    yield return entry;
            }
            else if (QueueId.TryParse(name, out QueueId id))
            {
                yield return new QueueEntry(id, path);
            }
            else
            {
                foreign?.Invoke(path);
            }
        }
    }

    /// <summary>Makes the directories that are missing, with the owners and modes they need, and takes those of Postfix over. For master.</summary>
    /// <param name="owner">mail_owner; null when an ordinary user runs a private instance: then everything is closed to others.</param>
    /// <param name="group">setgid_group: who may talk to the public services, and the group of dropped mail.</param>
    /// <param name="withEvents">events_enable: theirs, too; what is there of before stays in any case.</param>
    /// <exception cref="IOException">A directory cannot be made.</exception>
    public void CreateMissing(uint? owner, uint group, bool withEvents = false)
    {
        MakeRoot();
        foreach (Place place in Places(owner, group, withEvents))
        {
            if (place.TryMake() || place.IsAsPostfixHasIt())
                place.SetPermissions();
        }
    }

    /// <summary>As <see cref="CreateMissing"/>, and gives those that are there their owners and modes back. For an administrator.</summary>
    /// <inheritdoc cref="CreateMissing"/>
    public void SetPermissions(uint? owner, uint group, bool withEvents = false)
    {
        MakeRoot();
        foreach (Place place in Places(owner, group, withEvents))
        {
            _ = place.TryMake();
            place.SetPermissions();
        }
    }

    private void MakeRoot()
    {
        if (FileSystem.Status(Root) is null)
            FileSystem.MakeDirectory(Root, 0x1ED); // 0755
    }

    private IEnumerable<Place> Places(uint? owner, uint group, bool withEvents) =>
    [
        .. (withEvents ? Closed(withEvents) : Private).Select(path => new Place(path, DirectoryMode, owner, Group: null)),
        // Any user may drop a file and none may see or remove another's; set-group-id hands the group on to the files,
        // so that no program needs privileges to drop mail.
        new Place(DirectoryOf(QueueName.Maildrop), owner is null ? DirectoryMode : 0x7DB, owner, group) { PostfixMode = 0x1D8 }, // 03733, 0730
        new Place($"{Root}/public", owner is null ? DirectoryMode : 0x1C9, owner, group) { PostfixMode = 0x1C8 }, // 0711, 0710
        new Place($"{Root}/pid", 0x1ED, Owner: null, Group: null), // 0755, root's
    ];

    /// <summary>A directory below the root, and whose it is.</summary>
    private sealed record Place(string Path, int Mode, uint? Owner, uint? Group)
    {
        /// <summary>Its mode in a queue of Postfix, where it is for set-group-id programs alone: who submits mail here has no privileges.</summary>
        internal int? PostfixMode { get; init; }

        /// <summary>It is there as Postfix made it.</summary>
        internal bool IsAsPostfixHasIt()
        {
            const int StickyOrSetGroupId = 0x600;
            return Owner is { } uid && PostfixMode is not null && FileSystem.Status(Path) is { Kind: FileKind.Directory } status
                && status.Uid == uid && (status.Mode & ~StickyOrSetGroupId) == PostfixMode;
        }

        /// <returns>False: it is there.</returns>
        internal bool TryMake()
        {
            if (FileSystem.Status(Path) is not null)
                return false;
            FileSystem.MakeDirectory(Path, DirectoryMode);
            return true;
        }

        internal void SetPermissions()
        {
            if (Owner is { } uid)
                FileSystem.ChangeOwner(Path, uid, Group ?? uint.MaxValue, FileKind.Directory);
            // After the owner: changing that clears set-id bits.
            FileSystem.ChangeMode(Path, Mode);
        }
    }
}
