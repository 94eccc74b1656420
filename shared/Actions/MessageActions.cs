using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Events;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Notices;
using PostfixNet.Queue;
using PostfixNet.Selection;

namespace PostfixNet.Actions;

/// <summary>Acts on single messages, and counts. Every change is one system call on one name: a crash leaves the message
/// in the old place or in the new one.</summary>
/// <remarks>Of all messages, several are acted on at once: most of the time goes into the file system, which serves as many.</remarks>
/// <param name="queues">Where messages are.</param>
/// <param name="report">Told what was done.</param>
/// <param name="changes">Told what must be on stable storage at the end.</param>
/// <param name="clock">The present, for requeued mail.</param>
public sealed class MessageActions(QueueDirectories queues, Report report, Changes changes, TimeProvider clock)
{
    // The order of the summary, and the order of actions on one message.
    private static readonly (MessageAction Action, string Done, string Summary)[] s_actions =
    [
        (MessageAction.Requeue, "requeued", "Requeued"),
        (MessageAction.Delete, "removed", "Deleted"),
        (MessageAction.Expire, "expired", "Force-expired"),
        (MessageAction.Hold, "placed on hold", "Placed on hold"),
        (MessageAction.Release, "released from hold", "Released from hold"),
    ];

    private static readonly QueueName[] s_logs = [QueueName.Bounce, QueueName.Defer, QueueName.Trace];

    // Marks a message in the sample of a dry run.
    private const int SampleSize = 10;

    // Taken from a directory at once; and deletions whose events are flushed at once.
    private const int Some = 64, Together = 256;
    private const int MostHands = 4;
    private readonly Lock _events = new();

    private readonly int[] _counts = new int[s_actions.Length];
    private int _shown;

    /// <summary>Only these messages, wherever they are named; null: all that are named.</summary>
    public Filter? Filter { get; init; }

    /// <summary>For filters that ask where mail goes; null: they get no answer.</summary>
    public IRoutes? Routes { get; init; }

    /// <summary>Nothing is changed: it is counted, and some messages go to this; null: it is done.</summary>
    public Action<QueuedMail>? Show { get; init; }

    /// <summary>Is told what is done, before it is; null: nobody wants to know.</summary>
    public EventLog? Events { get; init; }

    /// <summary>Messages that an action was done to, or would be.</summary>
    public int Total => _counts.Sum();

    /// <summary>Queues that are searched when none is named.</summary>
    public static IReadOnlyList<QueueName> DefaultQueues { get; } =
        [QueueName.Maildrop, QueueName.Hold, QueueName.Incoming, QueueName.Active, QueueName.Deferred];

    /// <summary>Acts on one message, wherever it is.</summary>
    /// <param name="text">As given; what is no queue id is warned of.</param>
    public void ActOn(MessageAction wanted, string text, IReadOnlyList<QueueName> where)
    {
        if (!QueueId.TryParse(text, out QueueId id))
        {
            report.Warn($"invalid mail queue id: {text}");
            return;
        }
        for (int i = 0; i < s_actions.Length; i++)
        {
            MessageAction action = s_actions[i].Action;
            if (action == MessageAction.Requeue && wanted.HasFlag(action) && IsOwedNotice(id))
                continue;
            // Twice, since a message may change queue behind our back.
            if (wanted.HasFlag(action) && (Find(action, id, where) || Find(action, id, where)))
            {
                _counts[i]++;
                if (Show is null)
                    report.Say($"{id}: {s_actions[i].Done}");
            }
        }
    }

    /// <summary>Acts on all complete messages.</summary>
    /// <param name="foreign">Is told names that are no queue ids.</param>
    public void ActOnAll(MessageAction wanted, IReadOnlyList<QueueName> where, Action<string> foreign)
    {
        ActOnAll(wanted, where, where, foreign);
        // What went there from deferred meanwhile was met in neither.
        if (Show is null)
            ActOnAll(wanted, where, where.Where(static queue => queue is QueueName.Incoming or QueueName.Active), static _ => { });
    }

    private void ActOnAll(MessageAction wanted, IReadOnlyList<QueueName> where, IEnumerable<QueueName> scanned, Action<string> foreign)
    {
        foreach (QueueName queue in scanned.Where(queue => s_actions.Any(known => wanted.HasFlag(known.Action) && Applies(known.Action, queue))))
        {
            // What is deleted is on record before; many share a flush.
            bool isTogether = Events is not null && Show is null && Filter is null && wanted.HasFlag(MessageAction.Delete) && queue != QueueName.Maildrop;
            IEnumerable<QueueEntry[]> all = queues.ScanEntries(queue, foreign).Chunk(isTogether ? Together : Some);
            try
            {
                // A sample is shown in its order.
                if (Show is not null)
                {
                    foreach (QueueEntry[] some in all)
                        Act(some);
                }
                else
                {
                    Parallel.ForEach(Partitioner.Create(all, EnumerablePartitionerOptions.NoBuffering),
                        new ParallelOptions { MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, MostHands) }, Act);
                }
            }
            catch (IOException e)
            {
                report.Fail(e.Message);
            }
            catch (AggregateException e) when (e.InnerExceptions.All(static one => one is IOException))
            {
                report.Fail(e.InnerExceptions[0].Message);
            }

            void Act(QueueEntry[] some)
            {
                HashSet<QueueId> told = isTogether ? TellDeleted(some) : [];
                foreach (QueueEntry entry in some)
                {
                    ActOnEntry(wanted, queue, entry, where, told);
                    report.Advance();
                }
            }
        }
    }

    private HashSet<QueueId> TellDeleted(QueueEntry[] some)
    {
        HashSet<QueueId> told = [.. some.Where(static entry => FileSystem.Status(entry.Path) is { Kind: FileKind.Regular } status && QueueFileMode.IsReady(status.Mode)).Select(static entry => entry.Id)];
        lock (_events)
            Events!.WriteDurably([.. told.Select(Deleted)]);
        return told;
    }

    /// <summary>The number of messages for each action asked for, in Postfix's order, once all of it is on stable storage.</summary>
    public void Summarize(MessageAction asked)
    {
        changes.Flush(report);
        for (int i = 0; i < s_actions.Length; i++)
        {
            if (asked.HasFlag(s_actions[i].Action))
                report.SayCount(s_actions[i].Summary, _counts[i], isDryRun: Show is not null);
        }
    }

    private void ActOnEntry(MessageAction wanted, QueueName queue, QueueEntry entry, IReadOnlyList<QueueName> where, HashSet<QueueId> told)
    {
        if (!IsMeant(queue, entry))
            return;
        bool moved = false;
        for (int i = 0; i < s_actions.Length && !moved; i++)
        {
            MessageAction action = s_actions[i].Action;
            // Deletion goes before requeueing when both are wanted of everything.
            if (!wanted.HasFlag(action) || !Applies(action, queue)
                || (action == MessageAction.Requeue && (wanted.HasFlag(MessageAction.Delete) || IsOwedNotice(entry.Id))))
                continue;
            // It may have been looked at where it is no more; there is only one of that name.
            if (Try(action, queue, entry.Id, entry.Path, onlyReady: true, told)
                || (Filter is not null && queue != QueueName.Maildrop && FileSystem.Status(entry.Path) is null && Find(action, entry.Id, where)))
            {
                Interlocked.Increment(ref _counts[i]);
                moved = action is not MessageAction.Expire;
            }
        }
    }

    // What the filter says, and of a dry run the sample.
    private bool IsMeant(QueueName queue, in QueueEntry entry)
    {
        if (Filter is null && (Show is null || _shown >= SampleSize))
            return true;
        using QueuedMail? mail = QueuedMail.Open(queues, queue, entry, MailTime.Microseconds(clock), Routes);
        if (mail is null || (Filter is not null && !Filter.Fits(mail)))
            return Filter is null;
        if (Show is not null && _shown++ < SampleSize)
            Show(mail);
        return true;
    }

    private bool Find(MessageAction action, QueueId id, IReadOnlyList<QueueName> where)
    {
        bool found = false;
        foreach (QueueName queue in where)
        {
            string path = queues.PathOf(queue, id);
            if (Applies(action, queue) && (Filter is null && Show is null || IsMeant(queue, new QueueEntry(id, path))) && Try(action, queue, id, path, onlyReady: action != MessageAction.Delete))
                found = true;
            // A user may have put a file of the same name into maildrop; that one must not hide the message.
            if (found && action != MessageAction.Delete)
                break;
        }
        return found;
    }

    // Mail in maildrop is its sender's until pickup has looked at it: it can only be deleted.
    private static bool Applies(MessageAction action, QueueName queue) => action switch
    {
        MessageAction.Delete => true,
        MessageAction.Hold => queue is not (QueueName.Maildrop or QueueName.Hold),
        MessageAction.Release => queue == QueueName.Hold,
        _ => queue != QueueName.Maildrop,
    };

    private bool Try(MessageAction action, QueueName queue, QueueId id, string path, bool onlyReady, HashSet<QueueId>? told = null)
    {
        try
        {
            if (FileSystem.Status(path) is not { Kind: FileKind.Regular } status || (onlyReady && !QueueFileMode.IsReady(status.Mode)))
                return false;
            // Two names for one file: one of them is not ours, and moving or changing it changes the other.
            if (status.LinkCount > 1 && action != MessageAction.Delete)
            {
                report.Warn($"{path}: {status.LinkCount} hard links, left alone");
                return false;
            }
            if (Show is not null)
                return action != MessageAction.Expire || !QueueFileMode.IsForceExpired(status.Mode);
            // Not of requeueing, which may be refused. In maildrop it is no mail yet.
            if (queue != QueueName.Maildrop && action is MessageAction.Hold or MessageAction.Release)
                Tell(id, action == MessageAction.Hold ? EventKind.Held : EventKind.Released);
            else if (queue != QueueName.Maildrop && action == MessageAction.Delete && told?.Contains(id) != true)
                Tell(Deleted(id), isDurable: true);
            return action switch
            {
                MessageAction.Delete => Delete(queue, id, path, status),
                MessageAction.Hold => Move(id, path, QueueName.Hold),
                MessageAction.Release => Move(id, path, QueueName.Deferred),
                MessageAction.Requeue => Requeue(queue, id, path),
                MessageAction.Expire => Expire(path),
                _ => false,
            };
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            return false; // the system may be running
        }
        catch (IOException e)
        {
            report.Fail($"{QueueDirectories.NameOf(queue)}/{id}: {e.Message}");
            return false;
        }
    }

    private static MailEvent Deleted(QueueId id) => new(EventKind.Deleted, MailEvent.IdOf(id, EventKind.Deleted)) { QueueId = id.ToString() };

    private void Tell(QueueId id, EventKind kind) =>
        Tell(new MailEvent(kind, MailEvent.IdOf(id, kind, MailTime.Microseconds(clock))) { QueueId = id.ToString() }, isDurable: false);

    private void Tell(MailEvent told, bool isDurable)
    {
        if (Events is null)
            return;
        lock (_events)
        {
            if (isDurable)
                Events.WriteDurably(told);
            else
                Events.Write(told);
        }
    }

    // A requeued message gets another name, and is without its recipients that are done: nobody would tell of them.
    private bool IsOwedNotice(QueueId id)
    {
        foreach (QueueName log in (QueueName[])[QueueName.Bounce, QueueName.Trace])
        {
            if (FileSystem.Status(queues.PathOf(log, id)) is not { Size: > 0 })
                continue;
            report.Warn($"{id}: not requeued: a notice to its sender is still to be sent ({QueueDirectories.NameOf(log)}/{id})");
            return true;
        }
        return false;
    }

    // Processed anew it would go to its first recipients again.
    private bool IsRedirected(QueueId id, string path)
    {
        try
        {
            using QueueFile file = QueueFile.Open(path);
            if (file.ReadEnvelope().Redirect is not { Length: > 0 } redirect)
                return false;
            report.Warn($"{id}: not requeued: it is redirected to {Address.ToExternal(redirect)}, and would go to its first recipients; to have that, \"postsuper change {id} --redirect nobody\" first");
            return true;
        }
        catch (QueueFileException)
        {
            return false;
        }
    }

    private bool Requeue(QueueName queue, QueueId id, string path)
    {
        if (IsRedirected(id, path))
            return false;
        using QueueGate? gate = QueueGate.TryRename(queues);
        if (gate is null)
        {
            report.Fail($"{id}: not requeued: a backup is being made, which must not meet it under two names");
            return false;
        }
        // An agent that comes now finds the file locked, and one that comes later does not find it any more. What one that is at
        // work still records goes to the logs of the old name: from there it is told.
        using SafeFileHandle? file = queue == QueueName.Active ? FileSystem.Open(path) : null;
        if (file is not null && !FileSystem.TryLock(file))
        {
            foreach (QueueName log in (QueueName[])[QueueName.Bounce, QueueName.Trace])
            {
                queues.MakeHashDirectories(log, id);
                RecipientLog.NoteRequeued(queues.PathOf(log, id));
            }
        }
        Tell(id, EventKind.Requeued);
        // Marks of former attempts have no meaning there, and what tells files of users from ours has.
        if (FileSystem.Status(path) is { } status && QueueFileMode.IsReady(status.Mode) && status.Mode != QueueFileMode.Ready)
            FileSystem.ChangeMode(path, QueueFileMode.Ready);
        if (!FileSystem.TrySetTime(path, MailTime.Microseconds(clock) * 1000) || !Move(id, path, QueueName.Maildrop))
            return false;
        changes.File();
        // It is tried anew, under another name. Nobody will ask for these reasons.
        FileSystem.TryRemove(queues.PathOf(QueueName.Defer, id));
        return true;
    }

    private bool Delete(QueueName queue, QueueId id, string path, in FileStatus status)
    {
        // The message first: a log without a message harms nobody, a message without its log forgets what to report.
        if (!FileSystem.TryRemove(path))
            return false;
        changes.Name(path);
        // The logs may be those of another file of that name; a file that was named after itself has them.
        if ((queue == QueueName.Maildrop || !id.TryGetInode(out ulong inode) || inode != status.Inode) && queues.Locate(id) is not null)
            return true;
        foreach (QueueName log in s_logs)
        {
            if (FileSystem.TryRemove(queues.PathOf(log, id)))
                changes.Name(queues.PathOf(log, id));
        }
        return true;
    }

    private bool Move(QueueId id, string path, QueueName to)
    {
        string target = queues.PathOf(to, id);
        if (path == target)
            return false;
        queues.MakeHashDirectories(to, id);
        // In maildrop a stranger may have taken the name; whatever is there, it is not replaced.
        if (FileSystem.TryRenameNoReplace(path, target))
        {
            changes.Name(path, target);
            return true;
        }
        report.Warn($"{target}: the name is taken; {path} stays where it is");
        return false;
    }

    private bool Expire(string path)
    {
        using SafeFileHandle file = FileSystem.Open(path, write: true);
        if (QueueFileMode.IsForceExpired(FileSystem.Status(file).Mode))
            return false;
        FileSystem.ChangeMode(file, set: QueueFileMode.ForceExpired, clear: 0);
        changes.File();
        return true;
    }
}
