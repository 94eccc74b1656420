using Microsoft.Win32.SafeHandles;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Notices;
using PostfixNet.Queue;

namespace PostfixNet.Postqueue;

/// <summary>Tells why mail waits: what its file says, and what the queue manager has in memory.</summary>
/// <param name="queues">Where messages are.</param>
/// <param name="emptyAddress">What stands for the null address.</param>
/// <param name="askQueueManager">Puts a question to qmgr; null: it does not answer.</param>
/// <param name="clock">The present.</param>
internal sealed class Explainer(QueueDirectories queues, string emptyAddress, Func<WaitQuestion, WaitAnswer?> askQueueManager, TimeProvider clock)
{
    private const int RecipientBatch = 200, RecipientsTold = 400, MessagesTold = 100;

    /// <summary>There is room for more mail; else none is taken from maildrop.</summary>
    internal Func<bool> HasRoom { get; init; } = static () => true;

    /// <summary>What is asked for is the ID of a message, never a domain or an address.</summary>
    internal bool ByIdAlone { get; init; }

    // Clocks of hosts that share the queue may differ a little.
    private const long ToleranceMicroseconds = 1_000_000;

    private static readonly QueueName[] s_queues =
        [QueueName.Maildrop, QueueName.Active, QueueName.Incoming, QueueName.Deferred, QueueName.Hold, QueueName.Corrupt];

    /// <summary>Of all that was looked at, by reason.</summary>
    internal WaitSummary Summary { get; } = new();

    /// <summary>Explains one message, or, when there is none of that name, all mail for a domain, or from or to an address.</summary>
    /// <param name="what">Queue id, domain or address.</param>
    /// <param name="tell">Gets what is to be told of each message.</param>
    /// <returns>How many messages there are; only some of very many are told.</returns>
    /// <exception cref="IOException">A queue cannot be read.</exception>
    internal int Run(string what, Action<ExplainedMessage> tell)
    {
        if (QueueId.TryParse(what, out QueueId id))
        {
            // Twice, since it may change queue behind our back.
            foreach (QueueName queue in (QueueName[])[.. s_queues, .. s_queues])
            {
                if (Explain(queue, new QueueEntry(id, queues.PathOf(queue, id)), null) is { } message)
                {
                    tell(message);
                    return 1;
                }
            }
        }
        if (ByIdAlone)
            return 0;
        int count = 0;
        HashSet<string> met = [];
        foreach (QueueName queue in s_queues)
        {
            foreach (QueueEntry entry in queues.ScanEntries(queue))
            {
                if (count < MessagesTold && met.Contains(entry.Id.ToString()))
                    continue;
                if (Explain(queue, entry, what, isTold: count < MessagesTold) is not { } message)
                    continue;
                if (count++ >= MessagesTold)
                    continue;
                met.Add(entry.Id.ToString());
                tell(message);
            }
        }
        return count;
    }

    // null: not there, no message, or nothing for that domain.
    private ExplainedMessage? Explain(QueueName queue, QueueEntry entry, string? wanted, bool isTold = true)
    {
        try
        {
            using SafeFileHandle handle = FileSystem.Open(entry.Path);
            FileStatus status = FileSystem.Status(handle);
            if (status.Kind != FileKind.Regular || (queue != QueueName.Corrupt && !QueueFileMode.IsReady(status.Mode)))
                return null;
            using QueueFile? file = UsersFiles.Open(queue, handle, status);
            if (file is null)
                return null;
            List<Recipient> recipients = [];
            Envelope envelope = file.ReadWhatIsThere(recipients, RecipientBatch, out long next);
            string sender = envelope.Sender ?? "";
            int more = ReadOn(file, recipients, next, IsWanted(wanted, sender));
            if (recipients.Count == 0 && wanted is not null)
                return null;
            List<ExplainedRecipient> told = Tell(queue, entry.Id, status, sender, recipients, isTold, TlsNote.Of(handle));
            Summary.Add(External(sender), told);
            return new ExplainedMessage(
                QueueDirectories.NameOf(queue), entry.Id.ToString(), envelope.ArrivalSeconds > 0 ? envelope.ArrivalSeconds : status.ModifiedSeconds,
                envelope.Size?.ContentSize is > 0 and long size ? size : status.Size, External(sender), told, more)
            {
                IsExpired = QueueFileMode.IsForceExpired(status.Mode),
            };
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            return null;
        }
        catch (IOException e) when (e is not IpcException)
        {
            return null; // a link, a user's own, or a bad spot of the disk
        }
    }

    private static Func<Recipient, bool> IsWanted(string? wanted, string sender)
    {
        if (wanted is null || Address.FromExternal(wanted).Equals(sender, StringComparison.OrdinalIgnoreCase))
            return static _ => true;
        return wanted.Contains('@', StringComparison.Ordinal)
            ? recipient => recipient.Address.Equals(Address.FromExternal(wanted), StringComparison.OrdinalIgnoreCase)
            : recipient => Address.DomainOf(recipient.Address).Equals(wanted, StringComparison.OrdinalIgnoreCase);
    }

    // Leaves those that are wanted, at most as many as are told; returns how many are not.
    private static int ReadOn(QueueFile file, List<Recipient> recipients, long next, Func<Recipient, bool> isWanted)
    {
        int more = 0;
        List<Recipient> batch = [.. recipients];
        recipients.Clear();
        while (true)
        {
            foreach (Recipient recipient in batch)
            {
                if (!isWanted(recipient))
                    continue;
                if (recipients.Count < RecipientsTold)
                    recipients.Add(recipient);
                else
                    more++;
            }
            if (next == 0)
                return more;
            batch.Clear();
            try
            {
                next = file.ReadRecipients(next, batch, RecipientBatch);
            }
            catch (QueueFileException)
            {
                next = 0; // what was read before the damage is still told
            }
        }
    }

    private List<ExplainedRecipient> Tell(QueueName queue, QueueId id, FileStatus status, string sender, List<Recipient> recipients, bool isTold, TlsNote? tls)
    {
        Dictionary<long, string> replies = [];
        foreach ((Recipient recipient, Dsn dsn) in RecipientLog.ReadUnlocked(queues.PathOf(QueueName.Defer, id), DsnClass.Transient))
            replies[recipient.Offset] = dsn.Reason;
        // Of what is only counted, the files tell enough.
        WaitAnswer? answer = queue is QueueName.Maildrop or QueueName.Corrupt || !isTold ? null
            : askQueueManager(new WaitQuestion(id.ToString(), sender, [.. recipients.Select(static recipient => recipient.Address)]));
        List<ExplainedRecipient> told = new(recipients.Count);
        for (int i = 0; i < recipients.Count; i++)
        {
            WaitState? state = answer?.States.ElementAtOrDefault(i);
            (WaitCode code, long until) = CodeOf(queue, status, answer, state);
            told.Add(new ExplainedRecipient(
                External(recipients[i].Address), code, until > 0 ? until / 1_000_000 : null, replies.GetValueOrDefault(recipients[i].Offset), state)
            {
                Tls = tls is not null && (state is null || state.NextHop == tls.NextHop) ? tls.Use : null,
            });
        }
        return told;
    }

    /// <summary>What holds a recipient up, and until when (microseconds since 1970; 0: no time decides).</summary>
    /// <param name="queue">Where the file is.</param>
    /// <param name="status">Of the file: its time is that of the next attempt.</param>
    /// <param name="answer">Of the queue manager; null: none.</param>
    /// <param name="state">What it says of this recipient; null: nothing.</param>
    private (WaitCode Code, long Until) CodeOf(QueueName queue, FileStatus status, WaitAnswer? answer, WaitState? state)
    {
        long now = MailTime.Microseconds(clock), modified = status.ModifiedNanoseconds / 1000;
        long until = state?.Left is { } left ? now + left * 1000 : 0;
        switch (queue)
        {
            case QueueName.Maildrop:
                return (HasRoom() ? WaitCode.NotAccepted : WaitCode.NoRoom, 0);
            case QueueName.Hold:
                return (WaitCode.Held, 0);
            case QueueName.Corrupt:
                return (WaitCode.Corrupt, 0);
            case QueueName.Active:
                return (answer is { IsKnown: true } ? state?.Code ?? WaitCode.Finishing : WaitCode.NotSeen, until);
            default:
                if (state?.Code == WaitCode.Paused)
                    return (WaitCode.Paused, 0);
                if (state?.Code == WaitCode.QuietHours)
                    return (WaitCode.QuietHours, until);
                if (state?.Code == WaitCode.DeadDestination && until > modified)
                    return (WaitCode.DeadDestination, until);
                if (modified > now + ToleranceMicroseconds)
                    return ((status.Mode & QueueFileMode.Scheduled) != 0 ? WaitCode.Scheduled : WaitCode.Backoff, modified);
                return (answer is { IsActiveFull: true } ? WaitCode.ActiveFull : queue == QueueName.Incoming ? WaitCode.NotSeen : WaitCode.Due, 0);
        }
    }

    private string External(string address) => address.Length == 0 ? emptyAddress : Address.ToExternal(address);
}
