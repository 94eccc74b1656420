using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Queue;
using PostfixNet.Selection;

namespace PostfixNet.Listing;

/// <summary>Goes through the queues and tells what is there.</summary>
/// <param name="queues">Where messages are.</param>
/// <param name="emptyAddress">What stands for the null address (empty_address_recipient).</param>
/// <param name="clock">The present.</param>
public sealed class QueueListing(QueueDirectories queues, string emptyAddress, TimeProvider? clock = null)
{
    // A message on its way from incoming or active to deferred would be met twice. The active queue is limited by qmgr.
    private const int RememberedLimit = 100_000;

    private const int MostTogether = 32, ChunksAhead = 2, NamesKept = 10_000;

    // In Postfix's order.
    private static readonly QueueName[] s_queues =
        [QueueName.Maildrop, QueueName.Active, QueueName.Incoming, QueueName.Deferred, QueueName.Hold];

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly HashSet<QueueId> _remembered = [];
    private string? _paused;

    /// <summary>Only these are told; null: all.</summary>
    public Filter? Filter { get; init; }

    /// <summary>Tells where mail goes, too; null: it does not.</summary>
    public IRoutes? Routes { get; init; }

    /// <summary>The earliest next attempt goes first (S3-07); else as they are found.</summary>
    public bool ByNextAttempt { get; init; }

    /// <summary>Tells how often delivery was tried, too.</summary>
    public bool WithAttempts { get; init; } = true;

    /// <summary>Tell also what is damaged: for those who may read the queue itself.</summary>
    public bool WithCorrupt { get; init; }

    /// <summary>Recipients that are looked at of a message.</summary>
    public int MostRecipients { get; init; } = int.MaxValue;

    /// <summary>Who asks has waited long enough: what is not told by then is left out.</summary>
    public Func<bool> MustEnd { get; init; } = static () => false;

    /// <summary>The operator has paused all deliveries; who cannot read the list of pauses says it.</summary>
    public Func<bool>? IsPaused { get; init; }

    /// <summary>Lists all complete messages.</summary>
    /// <exception cref="IOException">A queue cannot be read.</exception>
    public void Run(IListingOutput output)
    {
        Begin();
        if (ByNextAttempt)
            RunInOrder(output);
        else
            TellAll(Entries(), output);
    }

    /// <summary>Lists some complete messages, in the order of their IDs: of long IDs the oldest first. However many there are, that takes memory for some thousand names.</summary>
    /// <param name="after">Only messages behind this ID; null: from the first one.</param>
    /// <param name="most">Messages at most.</param>
    /// <returns>The ID to go on behind; null: that was all.</returns>
    /// <exception cref="IOException">A queue cannot be read.</exception>
    public string? RunPage(IListingOutput output, string? after, int most)
    {
        Begin();
        int told = 0, kept = Filter is null ? Math.Min(NamesKept, most + MostTogether) : NamesKept;
        while (true)
        {
            (List<(string Id, QueueName Queue)> behind, bool isAll) = NamesBehind(after, kept);
            foreach ((string Id, QueueName Queue)[] some in behind.Chunk(Filter is null ? Math.Min(MostTogether, most) : MostTogether))
            {
                QueuedMail?[] opened = OpenAll([.. some.Select(Locate)]);
                try
                {
                    for (int i = 0; i < opened.Length; i++)
                    {
                        if (told == most)
                            return after;
                        if (opened[i] is { } mail && TryTell(mail, output))
                            told++;
                        after = some[i].Id;
                    }
                }
                finally
                {
                    Close(opened);
                }
                if (MustEnd())
                    return after;
            }
            if (isAll)
                return null;
        }
    }

    private void Begin()
    {
        _paused = IsPaused?.Invoke() ?? PauseList.Read(queues.Root).IsEverything ? "all deliveries are paused by the operator" : null;
        _remembered.Clear();
    }

    // The first of them, in order. One that goes on to another queue meanwhile may be met there, too.
    private (List<(string Id, QueueName Queue)> Names, bool IsAll) NamesBehind(string? after, int most)
    {
        PriorityQueue<(string Id, QueueName Queue), string> first = new(Comparer<string>.Create(static (a, b) => string.CompareOrdinal(b, a)));
        foreach ((QueueName queue, QueueEntry entry) in Entries())
        {
            string id = entry.Id.ToString();
            if (after is not null && string.CompareOrdinal(id, after) <= 0)
                continue;
            if (first.Count < most)
                first.Enqueue((id, queue), id);
            else if (string.CompareOrdinal(id, first.Peek().Id) < 0)
                first.EnqueueDequeue((id, queue), id);
        }
        List<(string Id, QueueName Queue)> names = [.. first.UnorderedItems.Select(static item => item.Element)];
        names.Sort(static (a, b) => string.CompareOrdinal(a.Id, b.Id) is not 0 and var order ? order : a.Queue.CompareTo(b.Queue));
        List<(string Id, QueueName Queue)> once = [.. names.Where((name, i) => i == 0 || name.Queue == QueueName.Maildrop || names[i - 1].Queue == QueueName.Maildrop || name.Id != names[i - 1].Id)];
        return (once, names.Count < most);
    }

    private (QueueName Queue, QueueEntry Entry) Locate((string Id, QueueName Queue) name)
    {
        _ = QueueId.TryParse(name.Id, out QueueId id);
        QueueName queue = name.Queue == QueueName.Maildrop ? name.Queue : queues.Locate(id) ?? name.Queue;
        return (queue, new QueueEntry(id, queues.PathOf(queue, id)));
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
                if (MustEnd())
                    break;
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

    // Those that are meant; on several threads at once.
    private QueuedMail?[] OpenAll(IReadOnlyList<(QueueName Queue, QueueEntry Entry)> chunk)
    {
        QueuedMail?[] opened = new QueuedMail?[chunk.Count];
        try
        {
            for (int i = 0; i < opened.Length; i++)
                opened[i] = Open(chunk[i].Queue, chunk[i].Entry);
            Routes?.Prepare([.. opened.SelectMany(static mail => mail is null ? [] : mail.FirstPairs)]);
            for (int i = 0; i < opened.Length; i++)
            {
                if (opened[i] is not { } mail)
                    continue;
                if (Filter is null || Filter.Fits(mail))
                {
                    mail.Release(WithAttempts);
                    continue;
                }
                mail.Dispose();
                opened[i] = null;
            }
            return opened;
        }
        catch
        {
            Close(opened);
            throw;
        }
    }

    private void TellTogether(QueuedMail?[] opened, IListingOutput output)
    {
        try
        {
            foreach (QueuedMail? mail in opened)
            {
                if (mail is not null)
                    _ = TryTell(mail, output);
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

    // False: it is not meant, or was told before.
    private bool TryTell(QueuedMail mail, IListingOutput output)
    {
        // Opened ahead, perhaps, when it had not been told yet where it was before.
        if (mail.Queue is QueueName.Deferred or QueueName.Hold && _remembered.Contains(mail.QueueId))
            return false;
        output.Begin(new ListedMessage(mail.State, mail.Id, mail.Arrival, mail.Size, mail.IsForceExpired, External(mail.Sender))
        {
            NextAttempt = mail.NextAttempt,
            RequireTls = mail.RequireTls.Word(),
            Attempts = WithAttempts ? mail.Attempts : 0,
        });
        string? usual = mail.WrongMode ?? (mail.Queue is QueueName.Maildrop or QueueName.Hold or QueueName.Corrupt ? null : _paused);
        foreach (WaitingRecipient recipient in mail.Recipients().Take(MostRecipients))
        {
            output.Recipient(new ListedRecipient(External(recipient.Address), recipient.Delay?.Reason ?? usual, recipient.Delay?.Status,
                Routes is null ? null : mail.RouteOf(recipient.Address)));
        }
        output.EndMessage();
        if (mail.Queue is QueueName.Active or QueueName.Incoming && _remembered.Count < RememberedLimit)
            _remembered.Add(mail.QueueId);
        return true;
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
