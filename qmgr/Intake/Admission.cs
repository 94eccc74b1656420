using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Selection;

namespace PostfixNet.Qmgr;

/// <summary>How a queue file becomes a message of the active queue: if it is complete and due, it is moved to active and read.</summary>
internal sealed class Admission(
    QueueDirectories directories, ActiveFiles files, ActiveQueue active, Dispatch dispatch, RuleBook rules, ReturnPathBook returnPaths, EventBook events, Appointments appointments, Settings settings,
    ITimers timers, TimeProvider clock, Log log)
{
    // Clocks of other hosts that share the queue may be a little ahead.
    private const long FutureToleranceMicroseconds = 1_000_000;
    private static readonly TimeSpan s_clockTolerance = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_lockedRetry = TimeSpan.FromSeconds(60);
    private const int ToldLimit = 1000;

    // 2025: no such file was made before.
    private const long Earliest = 1_735_689_600;
    private readonly HashSet<string> _told = [];

    /// <summary>At start: what an earlier process had in work goes back to incoming, and is tried again.</summary>
    internal void TakeBackLeftovers()
    {
        foreach (QueueEntry entry in directories.ScanEntries(QueueName.Active))
        {
            files.Insist(entry.Id, () => directories.Rename(entry.Path, QueueName.Incoming, entry.Id));
        }
    }

    /// <summary>Takes one file in, if it is ready and due.</summary>
    internal void Feed(QueueEntry entry, NotDue takes)
    {
        bool isMoved = false;
        try
        {
            if (FileSystem.Status(entry.Path) is not { } status)
                return; // gone meanwhile: an operator's, or another walk's
            if (status.Kind == FileKind.Regular && status.Mode == QueueFileMode.Corrupt)
            {
                // Found damaged by an agent, whose report did not reach us.
                if (directories.Rename(entry.Path, QueueName.Active, entry.Id))
                    files.SaveCorrupt(entry.Id);
                return;
            }
            if (status.Kind != FileKind.Regular)
                return;
            if (!QueueFileMode.IsReady(status.Mode))
            {
                // In incoming it is still written. What got here was complete: somebody has changed its mode.
                if (IsDeferred(entry) && ToldOnce(entry.Path))
                    log.WrongMode(entry.Path, status.Mode);
                return;
            }
            long now = MailTime.Microseconds(clock);
            long wait = status.ModifiedNanoseconds / 1000 - now;
            // No pause is that long: the clock has gone back, and the mail would wait as long as it went.
            bool isScheduled = (status.Mode & QueueFileMode.Scheduled) != 0;
            bool isClockTrouble = wait > (long)(settings.LongestPause + s_clockTolerance).TotalMicroseconds && !isScheduled;
            bool isTaken = ((takes & NotDue.All) != 0 && !isScheduled) || ((takes & NotDue.Paused) != 0 && (status.Mode & QueueFileMode.Paused) != 0);
            if (!isTaken && wait > (isScheduled ? 0 : FutureToleranceMicroseconds) && !isClockTrouble
                && !((takes & NotDue.Ruled) != 0 && rules.Of(QueueOf(entry), entry) is not null))
            {
                if (isScheduled)
                    appointments.Make(entry, wait);
                return;
            }
            if (isClockTrouble && !isTaken)
                log.FromFuture(entry.Id, wait / 1_000_000);
            if (status.LinkCount != 1)
            {
                if (ToldOnce(entry.Path))
                    log.Linked(entry.Path, status.LinkCount);
                return;
            }
            if (!directories.Rename(entry.Path, QueueName.Active, entry.Id))
            {
                log.Vanished(entry.Path);
                return;
            }
            isMoved = true;
            // An operator took the file away and put it back while it is worked on: that goes on, and once is enough.
            if (active.Find(entry.Id) is not null)
                return;
            Activate(entry.Id, status, now);
        }
        catch (IOException e)
        {
            log.Trouble(entry.Id, e);
            if (isMoved)
                files.PutBack(entry.Id);
        }
    }

    private QueueName QueueOf(QueueEntry entry) => IsDeferred(entry) ? QueueName.Deferred : QueueName.Incoming;

    private bool IsDeferred(QueueEntry entry) => entry.Path.StartsWith(directories.DirectoryOf(QueueName.Deferred), StringComparison.Ordinal);

    // Such a file is met again in every scan.
    private bool ToldOnce(string path) => _told.Count < ToldLimit && _told.Add(path);

    private void Activate(QueueId id, FileStatus status, long now)
    {
        List<Recipient> recipients = [];
        Envelope envelope;
        long next;
        int attempts;
        StandingRule? rule;
        bool flush = (status.Mode & QueueFileMode.FlushFirst) != 0;
        try
        {
            string path = files.PathOf(id);
            using QueueFile file = QueueFile.Open(path, write: true);
            if (FileSystem.IsLockedByAnother(file.Handle))
            {
                // An agent of an earlier queue manager still delivers it (S5-06).
                FileSystem.TrySetTime(path, (now + (long)s_lockedRetry.TotalMicroseconds) * 1000);
                directories.Move(id, QueueName.Active, QueueName.Incoming);
                log.StillDelivered(id);
                return;
            }
            attempts = AttemptCount.Of(file.Handle);
            envelope = file.ReadEnvelope(recipients, active.FirstBatch, out next);
            // What an operator orders comes before anything is done to it, and he sees why it waited.
            rule = recipients.Count > 0 ? rules.Of(QueueName.Active, new QueueEntry(id, path)) : null;
            // Once: what comes back from deferred had that time, or another one that an operator chose.
            if (rule is null && attempts == 0 && (status.Mode & (QueueFileMode.Scheduled | QueueFileMode.FlushFirst)) == 0 && envelope.ReleaseTime * 1_000_000 > now)
            {
                files.Schedule(id, envelope.ReleaseTime * 1_000_000);
                log.Scheduled(id, envelope.ReleaseTime);
                appointments.Make(new QueueEntry(id, directories.PathOf(QueueName.Deferred, id)), envelope.ReleaseTime * 1_000_000 - now);
                return;
            }
            const int UsedUp = QueueFileMode.FlushFirst | QueueFileMode.Paused | QueueFileMode.Scheduled;
            if ((status.Mode & UsedUp) != 0)
                FileSystem.ChangeMode(file.Handle, set: 0, clear: UsedUp);
            CorrectTime(id, file, envelope, now);
        }
        catch (QueueFileException e)
        {
            log.Trouble(id, e);
            files.SaveCorrupt(id);
            return;
        }
        long spokesman = 0;
        if (rule is null && envelope.Redirect is { Length: > 0 } redirect && recipients.Count > 0)
        {
            // One copy, on behalf of the first who is left.
            (spokesman, next) = (recipients[0].Offset, 0);
            recipients = [recipients[0] with { Address = redirect }];
        }
        Message message = new(active, id, envelope, now) { IgnoresDeadDestinations = flush, Attempts = attempts, SpokesmanOffset = spokesman, ReturnPaths = returnPaths.IsFor(envelope) ? returnPaths : null };
        log.Activated(message);
        if (events.IsOn && attempts == 0)
            events.Tell(EventBook.Queued(message));
        active.Add(message);
        if (rule is not null)
            message.Divert(new Diversion(rule));
        message.Read(recipients.Count, next, timers.Now);
        if (rule is not null)
        {
            message.SettleDiverted(recipients.Count);
            return;
        }
        // The reasons of the last attempt are of no interest once there is a new one.
        string reasons = directories.PathOf(QueueName.Defer, id);
        if (next == 0 && dispatch.IsPaused(message, recipients) && FileSystem.Status(reasons) is { Size: > 0 })
        {
            dispatch.LeavePaused(message, recipients);
            return;
        }
        FileSystem.TryRemove(reasons);
        dispatch.Sort(message, recipients);
    }

    /// <summary>Messages that somebody wants to change are given back to deferred, but those that an agent has.</summary>
    /// <returns>How many are.</returns>
    internal int GiveBack(IEnumerable<QueueId> ids)
    {
        int count = 0;
        foreach (QueueId id in ids)
        {
            if (active.Find(id) is not { Diversion: null } message || message.Jobs.Any(static job => job.UnderWay.Any()))
                continue;
            message.Divert(new Diversion(null));
            count++;
        }
        dispatch.SortAnew();
        return count;
    }

    /// <summary>There are other rules: what is in the active queue, and has not been handed out, is looked at again.</summary>
    internal void DivertActive()
    {
        foreach (Message message in active.Messages)
        {
            if (message.Diversion is not null)
                continue;
            try
            {
                if (rules.Of(QueueName.Active, new QueueEntry(message.Id, files.PathOf(message.Id))) is { } rule)
                    message.Divert(new Diversion(rule));
            }
            catch (IOException e)
            {
                log.Trouble(message.Id, e);
                message.Divert(new Diversion(null));
            }
        }
        dispatch.SortAnew();
    }

    // Mail that was written under another clock, of a machine that has just been switched on for instance, would never be too old, or
    // be too old at once. Its age begins now.
    private void CorrectTime(QueueId id, QueueFile file, Envelope envelope, long now)
    {
        long seconds = now / 1_000_000;
        if ((envelope.CreateTime < Earliest || envelope.CreateTime > seconds + (long)s_clockTolerance.TotalSeconds)
            && QueueFile.TrySetCreateTime(file.Handle, envelope.CreateTimeOffset, seconds))
        {
            log.OtherClock(id, envelope.CreateTime - seconds);
            envelope.CreateTime = seconds;
        }
    }
}
