using Microsoft.Win32.SafeHandles;
using PostfixNet.Actions;
using PostfixNet.Events;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Selection;

namespace PostfixNet.Postsuper;

/// <summary>What is changed of messages that wait.</summary>
/// <param name="Envelope">In their files; null: nothing.</param>
/// <param name="At">The time of the next attempt, seconds since 1970; null: as it is.</param>
internal sealed record MessageChange(EnvelopeChange? Envelope, long? At);

/// <summary>Changes where waiting mail goes, how, and when it is tried next. What an agent has is left alone; what is active and waits there is given back by the queue manager first.</summary>
/// <param name="queues">Where messages are.</param>
/// <param name="report">Told what was done.</param>
/// <param name="changes">Told what must be on stable storage at the end.</param>
/// <param name="change">What.</param>
/// <param name="giveBack">Asks the queue manager for messages that are active.</param>
internal sealed class MessageChanges(QueueDirectories queues, Report report, Changes changes, MessageChange change, Action<IReadOnlyList<string>> giveBack)
{
    private const int AskedTogether = 500, Looks = 100;
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);
    private static readonly QueueName[] s_waiting = [QueueName.Hold, QueueName.Incoming, QueueName.Deferred];

    /// <summary>Queues that are searched when none is named.</summary>
    internal static IReadOnlyList<QueueName> DefaultQueues { get; } = [QueueName.Hold, QueueName.Incoming, QueueName.Active, QueueName.Deferred];

    internal Filter? Filter { get; init; }

    /// <summary>Told of other recipients; null: events are not recorded.</summary>
    internal EventLog? Events { get; init; }

    internal IRoutes? Routes { get; init; }

    /// <summary>Nothing is changed: messages go to this; null: it is done.</summary>
    internal Action<QueuedMail>? Show { get; init; }

    /// <summary>Messages changed, or that would be.</summary>
    internal int Changed { get; private set; }

    /// <summary>Changes those messages.</summary>
    internal void Run(IEnumerable<string> ids, IReadOnlyList<QueueName> where)
    {
        List<QueueId> wanted = [];
        foreach (string text in ids)
        {
            if (QueueId.TryParse(text, out QueueId id))
                wanted.Add(id);
            else
                report.Warn($"invalid mail queue id: {text}");
        }
        List<QueueId> active = [];
        foreach (QueueId id in wanted)
        {
            if (!ChangeWaiting(id, where, isNamed: true) && where.Contains(QueueName.Active) && IsMeant(QueueName.Active, id))
                active.Add(id);
        }
        ChangeActive(active, where, isNamed: true);
    }

    /// <summary>Changes all that the filter means.</summary>
    internal void RunAll(IReadOnlyList<QueueName> where, Action<string> foreign)
    {
        List<QueueId> active = [];
        foreach (QueueName queue in where)
        {
            try
            {
                foreach (QueueEntry entry in queues.ScanEntries(queue, foreign))
                {
                    report.Advance();
                    if (!IsMeant(queue, entry.Id))
                        continue;
                    if (queue == QueueName.Active)
                        active.Add(entry.Id);
                    else if (TryChange(queue, entry.Id, entry.Path))
                        Changed++;
                }
            }
            catch (IOException e)
            {
                report.Fail(e.Message);
            }
        }
        ChangeActive(active, where, isNamed: false);
    }

    private bool IsMeant(QueueName queue, QueueId id)
    {
        if (Filter is null && Show is null)
            return FileSystem.Status(queues.PathOf(queue, id)) is not null;
        using QueuedMail? mail = QueuedMail.Open(queues, queue, new QueueEntry(id, queues.PathOf(queue, id)), MailTime.NowMicroseconds, Routes);
        if (mail is null || (Filter is not null && !Filter.Fits(mail)))
            return false;
        Show?.Invoke(mail);
        return true;
    }

    private bool ChangeWaiting(QueueId id, IReadOnlyList<QueueName> where, bool isNamed)
    {
        foreach (QueueName queue in s_waiting.Where(where.Contains))
        {
            if (!IsMeant(queue, id) || !TryChange(queue, id, queues.PathOf(queue, id)))
                continue;
            Changed++;
            if (isNamed && Show is null)
                report.Say($"{id}: changed");
            return true;
        }
        return false;
    }

    private void ChangeActive(List<QueueId> active, IReadOnlyList<QueueName> where, bool isNamed)
    {
        if (Show is not null)
        {
            Changed += active.Count;
            return;
        }
        IReadOnlyList<QueueName> everywhere = [.. where, QueueName.Deferred, QueueName.Incoming];
        foreach (QueueId[] some in active.Chunk(AskedTogether))
        {
            giveBack([.. some.Select(static id => id.ToString())]);
            List<QueueId> left = [.. some];
            for (int look = 0; look < Looks && left.Count > 0; look++)
            {
                left.RemoveAll(id => ChangeWaiting(id, everywhere, isNamed));
                if (left.Count > 0)
                    Thread.Sleep(s_look);
            }
            foreach (QueueId id in left.Where(id => FileSystem.Status(queues.PathOf(QueueName.Active, id)) is not null))
                report.Fail($"{id}: not changed: it is being delivered");
        }
    }

    // False: it is not there any more, or in use.
    private bool TryChange(QueueName queue, QueueId id, string path)
    {
        if (Show is not null)
            return true;
        try
        {
            using SafeFileHandle file = FileSystem.Open(path, write: true);
            FileStatus status = FileSystem.Status(file);
            // With the lock the queue manager leaves it alone; and nobody has taken it away before that.
            if (status.Kind != FileKind.Regular || status.LinkCount != 1 || !QueueFileMode.IsReady(status.Mode) || !FileSystem.TryLock(file) || FileSystem.Status(path)?.Inode != status.Inode)
                return false;
            if (change.Envelope?.Redirect is { Length: > 0 } recipient)
                Events?.Write(new MailEvent(EventKind.Redirected, MailEvent.IdOf(id, EventKind.Redirected, MailTime.NowMicroseconds)) { QueueId = id.ToString(), Recipient = recipient });
            if (change.Envelope is not null)
                EnvelopeEdit.Apply(file, path, change.Envelope, isFlushed: false);
            if (change.At is { } at)
                FileSystem.ChangeMode(file, set: QueueFileMode.Scheduled, clear: 0);
            FileSystem.SetTime(file, change.At is { } seconds ? seconds * 1_000_000_000 : status.ModifiedNanoseconds);
            changes.File();
            // Whoever looks into incoming thinks that it is due.
            if (change.At is not null && queue == QueueName.Incoming)
                queues.Rename(path, QueueName.Deferred, id);
            return true;
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            return false;
        }
        catch (Exception e) when (e is QueueFileException or IOException)
        {
            report.Fail($"{QueueDirectories.NameOf(queue)}/{id}: not changed: {e.Message}");
            return false;
        }
    }
}
