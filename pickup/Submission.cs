using Microsoft.Win32.SafeHandles;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Pickup;

/// <summary>What became of a file in maildrop.</summary>
internal enum Outcome
{
    /// <summary>It is mail in the queue now, or damaged and put away: gone from maildrop.</summary>
    Gone,
    /// <summary>Not complete yet, or not ours to touch.</summary>
    LeftAlone,
    /// <summary>To be tried again later.</summary>
    Kept,
    /// <summary>It is mail in the queue, but its file cannot be removed: it must not be taken again.</summary>
    Stuck,
    /// <summary>To be tried again later, and so would be every other, because cleanup cannot be reached.</summary>
    Unreachable,
}

/// <summary>Takes one file from maildrop to cleanup; several threads may do so at once, with a connection each.</summary>
internal sealed class Submission(PickupOptions options, QueueDirectories queues, TimeProvider clock, WarnedNames warned, Log log)
{
    private const int Day = 86400, FutureTolerance = 2 * 3600;

    private readonly CorruptShare _corrupt = new(queues);

    /// <summary>Does all that can be done for a file now.</summary>
    internal Outcome Submit(QueueEntry entry, CleanupConnection cleanup)
    {
        try
        {
            // Who copies the queue must find this mail in maildrop or in the queue, and not in both.
            using QueueGate? gate = QueueGate.TryPassMaildrop(queues);
            if (gate is null)
            {
                log.Trouble("maildrop is being copied by postsuper backup; mail stays there meanwhile");
                return Outcome.Unreachable;
            }
            // Looked at before it is opened: what a user is still writing may not even be readable for us.
            if (FileSystem.Status(entry.Path) is not { } seen || !IsReady(entry, seen))
                return Outcome.LeftAlone;
            using SafeFileHandle file = FileSystem.Open(entry.Path);
            FileStatus status = FileSystem.Status(file);
            return IsReady(entry, status) ? Submit(entry, file, status, cleanup) : Outcome.LeftAlone;
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            return Outcome.LeftAlone;
        }
        catch (SystemCallException e) when (e.IsForbidden)
        {
            if (warned.IsNew(entry.Path))
                log.Trouble($"{NameOf(entry)}: {e.Message}");
            return Outcome.LeftAlone;
        }
        catch (IOException e)
        {
            cleanup.Abandon();
            log.Trouble($"{NameOf(entry)}: {e.Message}");
            return Outcome.Kept;
        }
    }

    // With two names for one file a user could have another user's queue file, or the same mail time and again, delivered.
    private bool IsReady(QueueEntry entry, FileStatus status)
    {
        if (status.Kind != FileKind.Regular)
        {
            if (warned.IsNew(entry.Path))
                log.NotRegular(NameOf(entry));
            return false;
        }
        if (!QueueFileMode.IsReady(status.Mode))
            return false;
        if (status.IsPinned)
        {
            if (warned.IsNew(entry.Path))
                log.Pinned(NameOf(entry));
            return false;
        }
        if (status.LinkCount > 1 && warned.IsNew(entry.Path))
            log.Linked(NameOf(entry), status.LinkCount);
        return status.LinkCount == 1;
    }

    private Outcome Submit(QueueEntry entry, SafeFileHandle file, FileStatus status, CleanupConnection cleanup)
    {
        bool isRequeued = status.Uid == options.OwnerUid && (status.Mode & QueueFileMode.BySubmission) == 0;
        QueueId id;
        try
        {
            // Milters have seen what comes back from the queue.
            id = cleanup.Begin(isRequeued ? options.Reception with { Overrides = options.Reception.Overrides | ReceiveOverrides.Milters } : options.Reception);
        }
        catch (IpcException e)
        {
            log.Trouble(e.Message);
            return Outcome.Unreachable;
        }
        try
        {
            CheckAge(id, status);
            RecordReader input = isRequeued ? new RecordReader(file)
                : new RecordReader(file, options.LineLengthLimit, followPointers: false) { MayGrow = false };
            MaildropRecords records = new(input, cleanup.Records, isRequeued);
            bool hasSender = records.CopyEnvelope(status.ModifiedSeconds, sender =>
            {
                if (isRequeued)
                    log.Requeued(id, status.Uid, sender, entry.Id);
                else
                    log.Submitted(id, status.Uid, sender);
            });
            if (!hasSender)
            {
                log.NoSender(id, status.Uid);
                return PutAway(entry, cleanup);
            }
            records.CopyContent(
                $"Received: by {options.MyHostname} ({options.MailName}, from userid {status.Uid})",
                $"\tid {id}; {MailTime.HeaderDate(status.ModifiedSeconds)}");
            records.CopyExtracted();
        }
        catch (BadRecordException e)
        {
            log.BadRecord(status.Uid, e.Type);
            return PutAway(entry, cleanup);
        }
        catch (QueueFileException e)
        {
            log.DamagedFile(NameOf(entry), e.Message);
            log.BadRecord(status.Uid, BadRecordException.NoRecord);
            return PutAway(entry, cleanup);
        }
        (CleanupVerdict verdict, string reason, _) = cleanup.Finish();
        switch (verdict)
        {
            case CleanupVerdict.Accepted:
                // Until this call returns there are two copies: a crash just here delivers twice, never zero times.
                return Remove(entry, id);
            case CleanupVerdict.Refused when isRequeued && HasNobodyLeft(file):
                // It was delivered while postsuper took it away.
                log.NobodyLeft(NameOf(entry));
                return Remove(entry, id);
            case CleanupVerdict.Refused:
                log.NotTaken(NameOf(entry), id, reason);
                // Damaged it is not, so sendmail may have taken it: never lost.
                Save(entry);
                return Outcome.Gone;
            default:
                log.NotTaken(NameOf(entry), id, reason);
                return Outcome.Kept;
        }
    }

    private static bool HasNobodyLeft(SafeFileHandle file)
    {
        try
        {
            // Reads on: the handle stays the caller's.
            using QueueFile message = new(new SafeFileHandle(file.DangerousGetHandle(), ownsHandle: false));
            return message.ReadEnvelope() is { PendingRecipients: 0, TotalRecipients: > 0 };
        }
        catch (Exception e) when (e is QueueFileException or IOException)
        {
            return false;
        }
    }

    // As the log has it, without the queue directory.
    private string NameOf(QueueEntry entry) => entry.Path[(queues.Root.Length + 1)..];

    private void CheckAge(QueueId id, FileStatus status)
    {
        long age = MailTime.Microseconds(clock) / 1_000_000 - status.ModifiedSeconds;
        if (age < -FutureTolerance)
            log.FromFuture(id, -age);
        else if (age > Day)
            log.Old(id, age / Day);
    }

    private Outcome PutAway(QueueEntry entry, CleanupConnection cleanup)
    {
        cleanup.Abandon();
        PutAway(entry);
        return Outcome.Gone;
    }

    private Outcome Remove(QueueEntry entry, QueueId id)
    {
        try
        {
            _ = FileSystem.TryRemove(entry.Path);
            return Outcome.Gone;
        }
        catch (IOException e)
        {
            log.Trouble($"{NameOf(entry)}: queued as {id} but cannot be removed: {e.Message}");
            return Outcome.Stuck;
        }
    }

    // What is no mail at all, and comes from no program of ours.
    private void PutAway(QueueEntry entry)
    {
        if (FileSystem.Status(entry.Path) is { } status && status.Uid != options.OwnerUid && !_corrupt.HasRoomFor(status))
        {
            log.CorruptIsFull(NameOf(entry), status.Uid);
            _ = FileSystem.TryRemove(entry.Path);
            return;
        }
        Save(entry);
    }

    // Users choose the names of their files, so the name may be taken in corrupt, and must not replace what is there.
    private void Save(QueueEntry entry)
    {
        log.SavedCorrupt(entry.Id);
        string path = queues.PathOf(QueueName.Corrupt, entry.Id);
        queues.MakeHashDirectories(QueueName.Corrupt, entry.Id);
        // No other file of that file system has its inode number.
        string free = $"{path}_{FileSystem.Status(entry.Path)?.Inode}";
        if (!FileSystem.TryRenameNoReplace(entry.Path, path) && !FileSystem.TryRenameNoReplace(entry.Path, free))
            throw new IOException($"rename {entry.Path}: {free} is taken");
    }
}

/// <summary>Remembers what the log has already been told, so that a file that stays is not reported at every scan.</summary>
/// <remarks>Of more files than <see cref="Limit"/> nothing more is told for an hour, and then of all of them anew: a user can make any number.</remarks>
internal sealed class WarnedNames(TimeProvider clock)
{
    internal const int Limit = 1000;
    private static readonly TimeSpan s_memory = TimeSpan.FromHours(1);
    private readonly HashSet<string> _names = [];
    private long _fullSince;

    internal bool IsNew(string name)
    {
        lock (_names)
        {
            if (_names.Count == Limit && clock.GetElapsedTime(_fullSince) >= s_memory)
                _names.Clear();
            if (_names.Count == Limit || !_names.Add(name))
                return false;
            if (_names.Count == Limit)
                _fullSince = clock.GetTimestamp();
            return true;
        }
    }
}
