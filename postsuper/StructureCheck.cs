using Microsoft.Win32.SafeHandles;
using PostfixNet.Actions;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Postsuper;

/// <summary>Repairs the queue's directories: files in the wrong subdirectory, names that do not match the inode number,
/// remains of crashes.</summary>
/// <remarks>Only renames, never over an existing name, so a crash at any moment leaves every file under one name; the next
/// run finishes the work. A file whose name is wrong first takes the right name with a suffix, since the plain name may be
/// the wrong one of another file; when no wrong name is left, the suffix goes. The logs of a message are renamed before
/// the message, and lose the suffix before it: a message never stands without what was logged of it.</remarks>
internal sealed class StructureCheck
{
    private const string FixSuffix = "#FIX";
    private const long PurgeAgeSeconds = 7 * 24 * 3600, DeferLogAgeSeconds = 3600, WrittenAgeSeconds = 3600;

    private static readonly QueueName[] s_logs = [QueueName.Bounce, QueueName.Defer, QueueName.Trace];

    private readonly QueueDirectories _queues;
    private readonly Report _report;
    private readonly Changes _changes;
    private readonly TimeProvider _clock;
    private readonly bool _longIds;

    /// <param name="queues">Where files are.</param>
    /// <param name="report">Told what is odd.</param>
    /// <param name="changes">Told what must be on stable storage at the end.</param>
    /// <param name="clock">The present.</param>
    /// <param name="longIds">enable_long_queue_ids; when off, long names become short ones.</param>
    internal StructureCheck(QueueDirectories queues, Report report, Changes changes, TimeProvider clock, bool longIds)
    {
        _queues = queues;
        _report = report;
        _changes = changes;
        _clock = clock;
        _longIds = longIds;
    }

    /// <summary>Messages whose name was changed.</summary>
    internal int Renamed { get; private set; }

    /// <summary>Messages are there that the queue manager has not seen as such.</summary>
    internal bool HasRepaired { get; private set; }

    private long Now => MailTime.Microseconds(_clock) / 1_000_000;

    /// <summary>Checks and repairs.</summary>
    /// <param name="where">Message queues; the directories of logs are always included.</param>
    internal void Repair(IReadOnlyList<QueueName> where)
    {
        foreach (QueueName queue in where)
            ForEach(queue, entry => RepairMessage(queue, entry), OnForeign);
        foreach (QueueName log in s_logs)
            ForEach(log, entry => Place(entry.Path, log, entry.Id), OnForeign);
        foreach (QueueName log in s_logs)
            ForEach(log, null, path => FinishFix(log, path));
        foreach (QueueName queue in where)
            ForEach(queue, null, path => FinishFix(queue, path));
        foreach (QueueName queue in (QueueName[])[.. where, .. s_logs])
            RemoveEmptyDirectories(_queues.DirectoryOf(queue), 1, _queues.DepthOf(queue));
        TellOfCorrupt();
        _changes.Flush(_report);
        if (Renamed > 0)
        {
            HasRepaired = true;
            _report.SayCount("Renamed to match inode number", Renamed);
            _report.Warn("QUEUE FILE NAMES WERE CHANGED TO MATCH INODE NUMBERS");
        }
    }

    private void TellOfCorrupt()
    {
        string? example = null;
        int count = 0;
        ForEach(QueueName.Corrupt, entry => (example, count) = (example ?? entry.Id.ToString(), count + 1), static _ => { });
        if (example is not null)
            _report.Warn($"damaged mail in corrupt: {count}, {example} for one; \"postsuper -u\" takes back what can be read");
    }

    /// <summary>Removes what crashes left behind: files that were never completed, things that are no files, and logs without a
    /// message, older than a week (of deferred recipients: than an hour); in maildrop also what users put there under names that no mail has. Files that are
    /// marked as corrupt stay, and whatever their mode whole messages, and files that we cannot read.</summary>
    /// <param name="where">Message queues.</param>
    /// <param name="warn">Tell of names that are no queue ids.</param>
    internal void Purge(IReadOnlyList<QueueName> where, bool warn)
    {
        long oldest = Now - PurgeAgeSeconds;
        foreach (QueueName queue in where)
            ForEach(queue, entry =>
            {
                if (!PurgeOne(entry.Path, oldest, warn && queue == QueueName.Maildrop) && queue == QueueName.Maildrop
                    && FileSystem.Status(entry.Path) is { Kind: FileKind.Directory })
                    PurgeJunk(entry.Path, oldest);
            }, path =>
            {
                if (!PurgeOne(path, oldest, warn: false) && !(queue == QueueName.Maildrop && PurgeJunk(path, oldest)) && warn)
                    WarnOfName(path);
            });
        // Not of bounce: what failed for good, and was not told, is for people to look at.
        foreach (QueueName log in (QueueName[])[QueueName.Defer, QueueName.Trace])
            ForEach(log, entry => PurgeLog(entry, log == QueueName.Defer ? Now - DeferLogAgeSeconds : oldest), static _ => { });
        _changes.Flush(_report);
    }

    // cleanup puts an alias on record before its message has a name in the queue, and may die between the two.
    private void PurgeLog(QueueEntry entry, long oldest)
    {
        // Looked for twice: a message may change queue behind our back.
        if (FileSystem.Status(entry.Path) is { Kind: FileKind.Regular } status && status.ModifiedSeconds <= oldest
            && _queues.Locate(entry.Id) is null && _queues.Locate(entry.Id) is null)
            Remove(entry.Path);
    }

    private bool Remove(string path)
    {
        _changes.Name(path);
        return FileSystem.TryRemove(path);
    }

    // Nobody takes it for mail, whatever its mode. Of directories only those without content: what is in there is not ours.
    private bool PurgeJunk(string path, long oldest)
    {
        if (FileSystem.Status(path) is not { } status || status.ModifiedSeconds > oldest)
            return false;
        return status.Kind == FileKind.Directory ? FileSystem.TryRemoveEmptyDirectory(path) : Remove(path);
    }

    private bool PurgeOne(string path, long oldest, bool warn)
    {
        if (FileSystem.Status(path) is not { } status || status.Kind == FileKind.Directory || status.ModifiedSeconds > oldest)
            return false;
        if (status.Kind != FileKind.Regular)
            return Remove(path);
        if ((status.Mode & QueueFileMode.Ready) is QueueFileMode.Ready or QueueFileMode.Corrupt)
            return false;
        if (!MayBeWhole(path))
            return Remove(path);
        if (warn)
            _report.Warn($"{RelativeName(path)}: whole, or closed to us, but of mode {Convert.ToString(status.Mode, 8)}: not taken as mail; with mode {Convert.ToString(QueueFileMode.Submitted, 8)} it is");
        return false;
    }

    // A user may have changed the mode of mail that was accepted of him. What is unfinished, by a crash, can be read.
    private static bool MayBeWhole(string path)
    {
        try
        {
            using QueueFile file = QueueFile.Open(path);
            return file.IsWhole();
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    // A whole one: with the right mode it would be mail.
    private static bool IsMessage(string path)
    {
        try
        {
            using QueueFile file = QueueFile.Open(path);
            _ = file.ReadEnvelope();
            return true;
        }
        catch (Exception e) when (e is QueueFileException or IOException)
        {
            return false;
        }
    }

    private void RepairMessage(QueueName queue, QueueEntry entry)
    {
        if (FileSystem.Status(entry.Path) is not { Kind: FileKind.Regular } status)
            return;
        if (status.LinkCount > 1)
        {
            if (!JoinNames(entry, status))
                _report.Warn($"{entry.Path}: {status.LinkCount} hard links, left alone");
            return;
        }
        if (queue != QueueName.Maildrop)
            status = RepairMode(queue, entry, status);
        if (RightName(entry.Id, status.Inode) is not { } right || right == entry.Id)
        {
            Place(entry.Path, queue, entry.Id);
            return;
        }
        // No name that holds an inode number must be touched while its file is still written.
        if (!QueueFileMode.IsReady(status.Mode))
            return;
        // The queue manager leaves a locked file alone: it cannot find the message in between, without its logs.
        using SafeFileHandle file = FileSystem.Open(entry.Path);
        if (!FileSystem.TryLock(file))
        {
            _report.Warn($"{entry.Path}: its name is not that of its file, but it is being delivered; left alone for now");
            return;
        }
        using QueueGate? gate = QueueGate.TryRename(_queues);
        if (gate is null)
            _report.Warn($"{entry.Path}: its name is not that of its file, but a backup is being made; left alone for now");
        else if (Rename(queue, entry, right))
            Renamed++;
    }

    // False: it is gone, or its name is taken. Its logs have their names back then.
    private bool Rename(QueueName queue, QueueEntry entry, QueueId right)
    {
        // A name in maildrop is its user's choice, and says nothing about whose logs those are.
        List<(string From, string To)> renamed = [];
        bool isDone = false;
        try
        {
            foreach (QueueName log in queue == QueueName.Maildrop ? [] : s_logs)
            {
                _queues.MakeHashDirectories(log, right);
                (string from, string to) = (_queues.PathOf(log, entry.Id), _queues.PathOf(log, right) + FixSuffix);
                if (FileSystem.Status(from) is not null && Rename(from, to))
                    renamed.Add((from, to));
            }
            _queues.MakeHashDirectories(queue, right);
            return isDone = Rename(entry.Path, _queues.PathOf(queue, right) + FixSuffix);
        }
        finally
        {
            if (!isDone)
                renamed.ForEach(log => FileSystem.TryRenameNoReplace(log.To, log.From));
        }
    }

    // Two renames of which a loss of power has kept the halves: the file is ours, under one and the same name in two queues. It stays where
    // least is done to it: mail on hold is not delivered because of that.
    private bool JoinNames(QueueEntry entry, FileStatus status)
    {
        List<(QueueName Queue, string Path)> names = [];
        foreach (QueueName queue in (QueueName[])[QueueName.Maildrop, QueueName.Hold, QueueName.Deferred, QueueName.Incoming, QueueName.Active, QueueName.Corrupt])
        {
            string path = _queues.PathOf(queue, entry.Id);
            if (FileSystem.Status(path) is { Kind: FileKind.Regular } found && found.Inode == status.Inode)
                names.Add((queue, path));
        }
        if (names.Count != status.LinkCount || (names[0].Queue == QueueName.Maildrop && status.Uid != Users.EffectiveUid))
            return false;
        using SafeFileHandle file = FileSystem.Open(names[0].Path);
        if (!FileSystem.TryLock(file))
            return false;
        foreach ((_, string path) in names.Skip(1))
            Remove(path);
        HasRepaired = true;
        _report.Warn($"{entry.Id}: one file in {string.Join(" and ", names.Select(static name => QueueDirectories.NameOf(name.Queue)))}; "
            + $"now in {QueueDirectories.NameOf(names[0].Queue)} alone");
        return true;
    }

    // What chmod -R has done: files that are no mail any more by their mode, and bits that are no orders of ours.
    private FileStatus RepairMode(QueueName queue, QueueEntry entry, FileStatus status)
    {
        const int Ours = QueueFileMode.Ready | QueueFileMode.FlushFirst | QueueFileMode.ForceExpired | QueueFileMode.Paused | QueueFileMode.Scheduled;
        int mode = status.Mode, expiry = mode & QueueFileMode.ForceExpired;
        bool isReady = QueueFileMode.IsReady(mode);
        if ((isReady && (mode & ~Ours) == 0 && expiry is 0 or QueueFileMode.ForceExpired) || mode == QueueFileMode.Corrupt
            || (!isReady && queue == QueueName.Incoming && status.ModifiedSeconds > Now - WrittenAgeSeconds))
            return status;
        // Whether it is a message, only who may read it can tell.
        if (!isReady)
            FileSystem.ChangeMode(entry.Path, QueueFileMode.Building);
        int right = isReady || IsMessage(entry.Path) ? QueueFileMode.Ready | (expiry == QueueFileMode.ForceExpired ? expiry : 0) : mode;
        FileSystem.ChangeMode(entry.Path, right);
        _changes.File();
        if (right != mode)
        {
            HasRepaired |= !isReady;
            _report.Warn($"{RelativeName(entry.Path)}: mode {Convert.ToString(mode, 8)}, now {Convert.ToString(right, 8)}");
        }
        return status with { Mode = right };
    }

    private QueueId? RightName(QueueId id, ulong inode)
    {
        if (!id.TryGetInode(out ulong named) || !id.TryGetMicroseconds(out int microseconds))
            return null;
        if (id.IsLong && !_longIds && microseconds <= 999_999)
            return QueueId.Create(0, microseconds, inode, longForm: false);
        if (named == inode)
            return id;
        return id.TryWithInode(inode, out QueueId right) ? right : null;
    }

    // Moves a file to the subdirectory where its name belongs.
    private void Place(string path, QueueName queue, QueueId id)
    {
        string target = _queues.PathOf(queue, id);
        if (path == target || FileSystem.Status(path) is not { Kind: FileKind.Regular })
            return;
        _queues.MakeHashDirectories(queue, id);
        Rename(path, target);
    }

    private void FinishFix(QueueName queue, string path)
    {
        if (!path.EndsWith(FixSuffix, StringComparison.Ordinal))
            return;
        string name = path[(path.LastIndexOf('/') + 1)..^FixSuffix.Length];
        if (!QueueId.TryParse(name, out QueueId id) || FileSystem.Status(path) is not { Kind: FileKind.Regular })
        {
            WarnOfName(path);
            return;
        }
        _queues.MakeHashDirectories(queue, id);
        Rename(path, _queues.PathOf(queue, id));
    }

    private bool Rename(string from, string to)
    {
        if (FileSystem.TryRenameNoReplace(from, to))
        {
            _changes.Name(from, to);
            return true;
        }
        _report.Fail($"{to}: the name is taken; {from} stays where it is");
        return false;
    }

    private void OnForeign(string path)
    {
        if (!path.EndsWith(FixSuffix, StringComparison.Ordinal))
            WarnOfName(path);
    }

    /// <summary>Tells of a name that is no queue id; not of one under which a user's file is being made just now.</summary>
    internal void WarnOfName(string path)
    {
        string maildrop = _queues.DirectoryOf(QueueName.Maildrop) + "/";
        bool isBeingMade = path.StartsWith(maildrop, StringComparison.Ordinal) && NewQueueFile.IsTemporaryName(path[maildrop.Length..])
            && (FileSystem.Status(path) is not { } status || status.ModifiedSeconds > Now - WrittenAgeSeconds);
        if (!isBeingMade)
            _report.Warn($"bogus file name: {RelativeName(path)}");
    }

    /// <summary>A path as the operator knows it, below the queue directory.</summary>
    private string RelativeName(string path) =>
        path.StartsWith(_queues.Root + "/", StringComparison.Ordinal) ? path[(_queues.Root.Length + 1)..] : path;

    private void ForEach(QueueName queue, Action<QueueEntry>? act, Action<string> foreign)
    {
        try
        {
            // What the renames of one scan put elsewhere in the same directory may come up again: it is right by then.
            foreach (QueueEntry entry in _queues.ScanEntries(queue, path => Guard(() => foreign(path))))
            {
                if (act is not null)
                    Guard(() => act(entry));
            }
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            // Not made yet: nothing to check.
        }
        catch (IOException e)
        {
            _report.Fail(e.Message);
        }
    }

    private void Guard(Action act)
    {
        try
        {
            act();
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            // Gone meanwhile: the system may be running.
        }
        catch (IOException e)
        {
            _report.Fail(e.Message);
        }
    }

    // Only below the depth in use: what running programs use they would make again, and might miss once.
    private void RemoveEmptyDirectories(string directory, int level, int depth) => Guard(() =>
    {
        foreach (string name in (string[])[.. FileSystem.Names(directory)])
        {
            string path = $"{directory}/{name}";
            // Users may make directories in maildrop, and put a link in the place of theirs at any moment; ours they cannot move.
            if (name.Length != 1 || FileSystem.Status(path) is not { Kind: FileKind.Directory } status || status.Uid != Users.EffectiveUid)
                continue;
            RemoveEmptyDirectories(path, level + 1, depth);
            if (level > depth)
                FileSystem.TryRemoveEmptyDirectory(path);
        }
    });
}
