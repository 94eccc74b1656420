using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Qmgr;

/// <summary>How a queue file becomes a message of the active queue: if it is complete and due, it is moved to active and read.</summary>
internal sealed class Admission(
    QueueDirectories directories, ActiveFiles files, ActiveQueue active, Dispatch dispatch, Settings settings, ITimers timers, TimeProvider clock, Log log)
{
    // Clocks of other hosts that share the queue may be a little ahead.
    private const long FutureToleranceMicroseconds = 1_000_000;
    private static readonly TimeSpan s_clockTolerance = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_lockedRetry = TimeSpan.FromSeconds(60);
    private const int LinkedLimit = 1000;
    private readonly HashSet<string> _linked = [];

    /// <summary>At start: what an earlier process had in work goes back to incoming, and is tried again.</summary>
    internal void TakeBackLeftovers()
    {
        foreach (QueueEntry entry in directories.ScanEntries(QueueName.Active))
        {
            try
            {
                directories.Rename(entry.Path, QueueName.Incoming, entry.Id);
            }
            catch (IOException e)
            {
                log.Trouble(e);
            }
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
            if (status.Kind != FileKind.Regular || !QueueFileMode.IsReady(status.Mode))
                return;
            long now = MailTime.Microseconds(clock);
            long wait = status.ModifiedNanoseconds / 1000 - now;
            // No pause is that long: the clock has gone back, and the mail would wait as long as it went.
            bool isClockTrouble = wait > (long)(settings.LongestPause + s_clockTolerance).TotalMicroseconds;
            bool isTaken = (takes & NotDue.All) != 0 || ((takes & NotDue.Paused) != 0 && (status.Mode & QueueFileMode.Paused) != 0);
            if (!isTaken && wait > FutureToleranceMicroseconds && !isClockTrouble)
                return;
            if (isClockTrouble && !isTaken)
                log.FromFuture(entry.Id, wait / 1_000_000);
            if (status.LinkCount != 1)
            {
                // Once: it is met again in every scan.
                if (_linked.Count < LinkedLimit && _linked.Add(entry.Path))
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

    private void Activate(QueueId id, FileStatus status, long now)
    {
        List<Recipient> recipients = [];
        Envelope envelope;
        long next;
        bool flush = (status.Mode & QueueFileMode.FlushFirst) != 0;
        try
        {
            string path = files.PathOf(id);
            using QueueFile file = QueueFile.Open(path);
            if (!FileSystem.TryLock(file.Handle))
            {
                // An agent of an earlier queue manager still delivers it (S5-06).
                FileSystem.TrySetTime(path, (now + (long)s_lockedRetry.TotalMicroseconds) * 1000);
                directories.Move(id, QueueName.Active, QueueName.Incoming);
                log.StillDelivered(id);
                return;
            }
            const int UsedUp = QueueFileMode.FlushFirst | QueueFileMode.Paused;
            if ((status.Mode & UsedUp) != 0)
                FileSystem.ChangeMode(file.Handle, status.Mode & ~UsedUp);
            envelope = file.ReadEnvelope(recipients, active.FirstBatch, out next);
        }
        catch (QueueFileException e)
        {
            log.Trouble(id, e);
            files.SaveCorrupt(id);
            return;
        }
        if (envelope.Redirect is { Length: > 0 } redirect && recipients.Count > 0)
        {
            // One copy, on behalf of the first who is left; the others are done with it.
            recipients = [recipients[0] with { Address = redirect }];
            next = 0;
        }
        Message message = new(active, id, envelope, now) { IgnoresDeadDestinations = flush };
        log.Activated(message);
        // The reasons of the last attempt are of no interest once there is a new one.
        FileSystem.TryRemove(directories.PathOf(QueueName.Defer, id));
        active.Add(message);
        message.Read(recipients.Count, next, timers.Now);
        dispatch.Sort(message, recipients);
    }
}
