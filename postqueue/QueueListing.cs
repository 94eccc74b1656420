using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Queue;
using PostfixNet.Selection;

namespace PostfixNet.Postqueue;

/// <summary>One message of a listing.</summary>
/// <param name="Queue">Directory name, e.g. "deferred".</param>
/// <param name="Id">Queue id.</param>
/// <param name="Time">Arrival, seconds since 1970.</param>
/// <param name="Size">Octets.</param>
/// <param name="IsExpired">Will be returned at its next attempt (postsuper -e).</param>
/// <param name="Sender">External form; empty_address_recipient for the null sender.</param>
internal sealed record ListedMessage(string Queue, string Id, long Time, long Size, bool IsExpired, string Sender)
{
    /// <summary>Next attempt, seconds since 1970; null: none is planned.</summary>
    internal long? NextAttempt { get; init; }

    /// <summary>What is wanted of TLS: "yes" or "no"; null: nothing.</summary>
    internal string? RequireTls { get; init; }

    /// <summary>Attempts that were made; 0: none, or it is not known.</summary>
    internal int Attempts { get; init; }
}

/// <summary>One recipient of a listing.</summary>
/// <param name="Address">External form.</param>
/// <param name="Reason">Why it was not delivered; null: unknown.</param>
/// <param name="Code">The status code of that, e.g. "4.4.1"; null likewise.</param>
/// <param name="Route">Where it goes; null: not asked for, or unknown.</param>
internal readonly record struct ListedRecipient(string Address, string? Reason, string? Code = null, MailRoute? Route = null);

/// <summary>Takes a listing in, piece by piece, so that nobody must hold a message with all its recipients.</summary>
internal interface IListingOutput
{
    public void Begin(ListedMessage message);

    public void Recipient(in ListedRecipient recipient);

    public void EndMessage();
}

/// <summary>Goes through the queues and tells what is there.</summary>
/// <param name="queues">Where messages are.</param>
/// <param name="emptyAddress">What stands for the null address (empty_address_recipient).</param>
/// <param name="clock">The present.</param>
internal sealed class QueueListing(QueueDirectories queues, string emptyAddress, TimeProvider? clock = null)
{
    // A message on its way from incoming or active to deferred would be met twice. The active queue is limited by qmgr.
    private const int RememberedLimit = 100_000;

    private const int MostTogether = 32, ChunksAhead = 2;

    // In Postfix's order.
    private static readonly QueueName[] s_queues =
        [QueueName.Maildrop, QueueName.Active, QueueName.Incoming, QueueName.Deferred, QueueName.Hold];

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly HashSet<QueueId> _remembered = [];
    private string? _paused;

    /// <summary>Only these are told; null: all.</summary>
    internal Filter? Filter { get; init; }

    /// <summary>Tells where mail goes, too; null: it does not.</summary>
    internal IRoutes? Routes { get; init; }

    /// <summary>The earliest next attempt goes first (S3-07); else as they are found.</summary>
    internal bool ByNextAttempt { get; init; }

    /// <summary>Tells how often delivery was tried, too.</summary>
    internal bool WithAttempts { get; init; } = true;

    /// <summary>Tell also what is damaged: for those who may read the queue itself.</summary>
    internal bool WithCorrupt { get; init; }

    /// <summary>Lists all complete messages.</summary>
    /// <exception cref="IOException">A queue cannot be read.</exception>
    internal void Run(IListingOutput output)
    {
        _paused = PauseList.Read(queues.Root).IsEverything ? "all deliveries are paused by the operator" : null;
        _remembered.Clear();
        if (ByNextAttempt)
            RunInOrder(output);
        else
            TellAll(Entries(), output);
    }

    private IEnumerable<(QueueName Queue, QueueEntry Entry)> Entries()
    {
        foreach (QueueName queue in WithCorrupt ? [.. s_queues, QueueName.Corrupt] : s_queues)
        {
            foreach (QueueEntry entry in queues.ScanEntries(queue))
            {
                if (queue == QueueName.Maildrop || !_remembered.Contains(entry.Id))
                    yield return (queue, entry);
            }
        }
    }

    // Several are opened ahead, on other threads, and told in their order; the first ones are not to wait for many.
    private void TellAll(IEnumerable<(QueueName Queue, QueueEntry Entry)> entries, IListingOutput output)
    {
        Queue<Task<QueuedMail?[]>> ahead = [];
        List<(QueueName Queue, QueueEntry Entry)> chunk = [];
        int limit = 1;
        try
        {
            foreach ((QueueName, QueueEntry) entry in entries)
            {
                chunk.Add(entry);
                if (chunk.Count < limit)
                    continue;
                (QueueName, QueueEntry)[] some = [.. chunk];
                ahead.Enqueue(Task.Run(() => OpenAll(some)));
                if (limit < MostTogether || ahead.Count > ChunksAhead)
                    TellTogether(ahead.Dequeue().GetAwaiter().GetResult(), output);
                chunk.Clear();
                limit = Math.Min(2 * limit, MostTogether);
            }
            while (ahead.TryDequeue(out Task<QueuedMail?[]>? opened))
                TellTogether(opened.GetAwaiter().GetResult(), output);
            TellTogether(OpenAll(chunk), output);
        }
        finally
        {
            foreach (Task<QueuedMail?[]> opened in ahead)
                Close(opened.GetAwaiter().GetResult());
        }
    }

    private QueuedMail?[] OpenAll(IReadOnlyList<(QueueName Queue, QueueEntry Entry)> chunk)
    {
        QueuedMail?[] opened = new QueuedMail?[chunk.Count];
        for (int i = 0; i < opened.Length; i++)
            opened[i] = Open(chunk[i].Queue, chunk[i].Entry);
        return opened;
    }

    private void TellTogether(QueuedMail?[] opened, IListingOutput output)
    {
        try
        {
            Routes?.Prepare([.. opened.SelectMany(static mail => mail is null ? [] : mail.FirstPairs)]);
            foreach (QueuedMail? mail in opened)
            {
                if (mail is not null)
                    Tell(mail, output);
            }
        }
        finally
        {
            Close(opened);
        }
    }

    private static void Close(QueuedMail?[] opened)
    {
        foreach (QueuedMail? mail in opened)
            mail?.Dispose();
    }

    private QueuedMail? Open(QueueName queue, in QueueEntry entry)
    {
        QueuedMail? mail = QueuedMail.Open(queues, queue, entry, MailTime.Microseconds(_clock), Routes);
        mail?.ReadDelays();
        return mail;
    }

    private void Tell(QueuedMail mail, IListingOutput output)
    {
        // Opened ahead, perhaps, when it had not been told yet where it was before.
        if ((mail.Queue is QueueName.Deferred or QueueName.Hold && _remembered.Contains(mail.QueueId)) || (Filter is not null && !Filter.Fits(mail)))
            return;
        output.Begin(new ListedMessage(mail.State, mail.Id, mail.Arrival, mail.Size, mail.IsForceExpired, External(mail.Sender))
        {
            NextAttempt = mail.NextAttempt,
            RequireTls = mail.RequireTls.Word(),
            Attempts = WithAttempts ? mail.Attempts : 0,
        });
        string? usual = mail.WrongMode ?? (mail.Queue is QueueName.Maildrop or QueueName.Hold or QueueName.Corrupt ? null : _paused);
        foreach (WaitingRecipient recipient in mail.Recipients())
        {
            output.Recipient(new ListedRecipient(External(recipient.Address), recipient.Delay?.Reason ?? usual, recipient.Delay?.Status,
                Routes is null ? null : mail.RouteOf(recipient.Address)));
        }
        output.EndMessage();
        if (mail.Queue is QueueName.Active or QueueName.Incoming && _remembered.Count < RememberedLimit)
            _remembered.Add(mail.QueueId);
    }

    private void RunInOrder(IListingOutput output)
    {
        AttemptOrder order = new(Entries().Count());
        foreach ((QueueName queue, QueueEntry entry) in Entries())
        {
            if (Open(queue, entry) is not { } mail)
                continue;
            using (mail)
            {
                if (Filter is null || Filter.Fits(mail))
                    order.Add(queue, mail.QueueId, mail.NextAttempt ?? (mail.Wait is null ? long.MaxValue : 0), LastAttempt(mail.QueueId));
            }
        }
        TellAll(order.Sorted().Select(found => (found.Queue, new QueueEntry(found.Id, queues.PathOf(found.Queue, found.Id)))), output);
    }

    // When the reasons of the last attempt were recorded; 0: there was none.
    private long LastAttempt(QueueId id) => Native.FileSystem.Status(queues.PathOf(QueueName.Defer, id))?.ModifiedSeconds ?? 0;

    private string External(string address) => address.Length == 0 ? emptyAddress : Address.ToExternal(address);
}
