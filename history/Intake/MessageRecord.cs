using PostfixNet.Events;

namespace PostfixNet.History;

/// <summary>A row about a message, and how events change it.</summary>
/// <param name="number">Ours: names of queue files may come again.</param>
/// <param name="queueId">Name of its queue file.</param>
internal sealed class MessageRecord(long number, string queueId)
{
    internal const string Queued = "queued", Deferred = "deferred", Held = "held", Sent = "sent", Failed = "failed";

    internal long Number => number;

    internal string QueueId => queueId;

    internal string? MessageId { get; set; }

    internal string? Sender { get; set; }

    internal long? Size { get; set; }

    internal string? Client { get; set; }

    internal string? Origin { get; set; }

    internal string? EnvelopeId { get; set; }

    /// <summary>Queue ID of the message that this one is a notice about.</summary>
    internal string? NoticeFor { get; set; }

    /// <summary>Microseconds since 1970, as the next two.</summary>
    internal long Arrived { get; set; } = long.MaxValue;

    internal long Changed { get; set; }

    internal long? Finished { get; set; }

    /// <summary>Of the envelope, as far as known; 0: not told yet.</summary>
    internal long Recipients { get; set; }

    /// <summary>Those that there are rows of; the next three are among them.</summary>
    internal long Seen { get; set; }

    internal long Ended { get; set; }

    internal long FailedRecipients { get; set; }

    internal long DeferredRecipients { get; set; }

    internal bool IsHeld { get; set; }

    /// <summary>What ended the message as a whole: "deleted", "requeued" ...; null: its recipients did, or will.</summary>
    internal string? Fate { get; set; }

    /// <summary>About what it takes in the database.</summary>
    internal long Bytes { get; set; }

    /// <summary>In a word.</summary>
    internal string State => Fate ?? (Finished is not null ? FailedRecipients > 0 ? Failed : Sent : IsHeld ? Held : DeferredRecipients > 0 ? Deferred : Queued);

    /// <summary>An event of the same queue ID is about another message: short IDs come again.</summary>
    internal bool IsAnother(MailEvent told) => told.Kind == EventKind.Accepted && Finished < told.Time;

    /// <summary>Goes on by an event that was not seen before.</summary>
    /// <param name="recipient">The row that it is about, which goes on, too; null: it is about the message.</param>
    /// <param name="replaced">The row of the recipient that this one takes the place of.</param>
    internal void Take(MailEvent told, RecipientRecord? recipient, RecipientRecord? replaced = null)
    {
        MessageId ??= ColumnText.MessageId(told.MessageId);
        Sender ??= ColumnText.Of(told.Sender);
        Size ??= told.Size;
        Client ??= told.Client is { } client ? ColumnText.Of($"{client.Name}[{client.Address}]") : null;
        Origin ??= ColumnText.Of(told.Origin);
        EnvelopeId ??= ColumnText.Of(told.EnvelopeId);
        Recipients = Math.Max(Recipients, told.Recipients ?? 0);
        Arrived = Math.Min(Arrived, told.Time);
        Changed = Math.Max(Changed, told.Time);
        if (replaced is not null)
        {
            Count(told, replaced);
            // The other has an end of its own.
            Recipients += Recipients > 0 ? 1 : 0;
        }
        else if (told.Kind == EventKind.Redirected && recipient is not null)
        {
            // It takes the place of all that were left.
            (Recipients, Seen, DeferredRecipients) = (Ended + 1, Ended + 1, 0);
        }
        if (recipient is not null)
            Count(told, recipient);
        else
            TakeWhole(told);
        // One more may be seen, which an alias brought.
        Finished = Fate is not null || (Ended > 0 && Ended >= Math.Max(Recipients, Seen)) ? Finished ?? told.Time : null;
    }

    /// <summary>An event about another message has to do with this one.</summary>
    internal void Note(MailEvent told) => (Arrived, Changed) = (Math.Min(Arrived, told.Time), Math.Max(Changed, told.Time));

    private void Count(MailEvent told, RecipientRecord recipient)
    {
        (bool wasEnded, bool wasFailed, bool wasDeferred) = (RecipientState.IsEnd(recipient.State), RecipientState.IsFailure(recipient.State), recipient.State == RecipientState.Deferred);
        if (told.Kind == EventKind.Redirected && recipient.Address == ColumnText.Of(told.OriginalRecipient))
            recipient.GiveWay(told);
        else
            recipient.Take(told);
        Ended += Change(wasEnded, RecipientState.IsEnd(recipient.State));
        FailedRecipients += Change(wasFailed, RecipientState.IsFailure(recipient.State));
        DeferredRecipients += Change(wasDeferred, recipient.State == RecipientState.Deferred);
    }

    private static int Change(bool before, bool now) => (now ? 1 : 0) - (before ? 1 : 0);

    private void TakeWhole(MailEvent told)
    {
        if (told.Kind is EventKind.Held or EventKind.Released)
            IsHeld = told.Kind == EventKind.Held;
        else if (told.Kind == EventKind.Requeued || told.Kind.IsEnd())
            Fate = told.Kind.Word();
    }
}
