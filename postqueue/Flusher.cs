using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Selection;

namespace PostfixNet.Postqueue;

/// <summary>Makes deferred mail due now: as flush(8) of Postfix, dead destinations forgotten (the mode says so), and into
/// incoming.</summary>
/// <param name="queues">Where messages are.</param>
/// <param name="wakeQueueManager">Makes qmgr look into incoming.</param>
/// <param name="log">Told of what could not be done.</param>
internal sealed class Flusher(QueueDirectories queues, Action wakeQueueManager, Log log)
{
    /// <summary>One message.</summary>
    /// <returns>How many were touched: 1, or 0 when it is not deferred (any more); null: it could not be done, see the log.</returns>
    internal int? One(string text)
    {
        if (!QueueId.TryParse(text, out QueueId id))
            return null;
        if (Move(id, queues.PathOf(QueueName.Deferred, id), takesScheduled: true) is not { } moved)
            return null;
        if (moved)
            wakeQueueManager();
        return moved ? 1 : 0;
    }

    /// <summary>All deferred mail, but what its sender or an operator has scheduled, with a recipient in a domain that still waits.</summary>
    /// <param name="domain">Compared without regard to case; not with the domains below it.</param>
    /// <inheritdoc cref="All" path="/*[not(self::param)]"/>
    internal int? Site(string domain) => All(domain, mail => mail.Recipients().Any(recipient => Address.DomainOf(recipient.Address).Equals(domain, StringComparison.OrdinalIgnoreCase)), null);

    /// <summary>All deferred mail that a filter means, with the same exception.</summary>
    /// <inheritdoc cref="All" path="/*[not(self::param)]"/>
    internal int? Matching(Filter filter, IRoutes routes) => All(filter.Text, filter.Fits, routes);

    /// <summary>Deferred mail.</summary>
    /// <remarks>Looks into every deferred file, in bounded memory; what is due anyway needs no help.</remarks>
    /// <returns>How many messages were touched; null: some could not be, see the log.</returns>
    private int? All(string what, Func<QueuedMail, bool> isWanted, IRoutes? routes)
    {
        int count = 0;
        bool failed = false;
        try
        {
            foreach (QueueEntry entry in queues.ScanEntries(QueueName.Deferred))
            {
                using (QueuedMail? mail = QueuedMail.Open(queues, QueueName.Deferred, entry, MailTime.NowMicroseconds, routes))
                {
                    if (mail is not { WrongMode: null } || !isWanted(mail))
                        continue;
                }
                bool? moved = Move(entry.Id, entry.Path, takesScheduled: false);
                failed |= moved is null;
                if (moved == true && ++count % 100 == 0)
                    wakeQueueManager();
            }
        }
        catch (IOException e)
        {
            log.NotFlushed(what, e);
            failed = true;
        }
        if (count % 100 != 0)
            wakeQueueManager();
        return failed ? null : count;
    }

    // Mail that has a time of its own goes before it when it is meant itself.
    private bool? Move(QueueId id, string path, bool takesScheduled)
    {
        try
        {
            if (FileSystem.Status(path) is not { Kind: FileKind.Regular, LinkCount: 1 })
                return false;
            using SafeFileHandle file = FileSystem.Open(path, write: true);
            if (FileSystem.Status(file) is not { Kind: FileKind.Regular, LinkCount: 1 } status || !QueueFileMode.IsReady(status.Mode)
                || (!takesScheduled && (status.Mode & QueueFileMode.Scheduled) != 0 && status.ModifiedNanoseconds / 1000 > MailTime.NowMicroseconds)
                || !FileSystem.TrySetTime(path, MailTime.NowMicroseconds * 1000))
                return false;
            FileSystem.ChangeMode(file, set: QueueFileMode.FlushFirst, clear: 0);
            return queues.Rename(path, QueueName.Incoming, id);
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            return false; // qmgr was quicker
        }
        catch (IOException e)
        {
            log.NotFlushed(id, e);
            return null;
        }
    }
}
