namespace PostfixNet.Events;

/// <summary>What a step of a message is. Readers pass over kinds that they do not know.</summary>
public enum EventKind
{
    /// <summary>One that this version does not know.</summary>
    Unknown,
    /// <summary>It became mail.</summary>
    Accepted,
    /// <summary>The queue manager took it up for the first time.</summary>
    Queued,
    /// <summary>A delivery to one next hop came to its end, whatever that was.</summary>
    Attempt,
    /// <summary>A recipient is tried again later.</summary>
    Deferred,
    /// <summary>A message waits for its next attempt.</summary>
    Scheduled,
    /// <summary>A server of the recipient's domain has it, or one that speaks LMTP.</summary>
    Delivered,
    /// <summary>A relay has it, that is, a next hop that was given here.</summary>
    Relayed,
    /// <summary>A recipient became others: an alias, or a list.</summary>
    Expanded,
    /// <summary>A recipient was refused for good, and its sender will be told.</summary>
    Bounced,
    /// <summary>A recipient was given up because of the message's age.</summary>
    Expired,
    /// <summary>A recipient was thrown away, as a rule of this system says, and nobody is told.</summary>
    Discarded,
    /// <summary>A message was put on hold.</summary>
    Held,
    /// <summary>A message is on hold no more.</summary>
    Released,
    /// <summary>A message was removed, by an operator.</summary>
    Deleted,
    /// <summary>A message left the queue: all its recipients are at their end.</summary>
    Removed,
    /// <summary>A message is processed anew, under another queue ID.</summary>
    Requeued,
    /// <summary>A message, or a recipient, got another recipient.</summary>
    Redirected,
    /// <summary>A recipient was not tried because it is on a list of those that get no mail.</summary>
    Suppressed,
    /// <summary>A notice to a sender was queued.</summary>
    Notice,
    /// <summary>A notice that came back from elsewhere was read.</summary>
    Report,
    /// <summary>A complaint of a recipient was read.</summary>
    Complaint,
    /// <summary>Events are missing here, <see cref="MailEvent.Count"/> of them: they could not be written.</summary>
    Gap,
}

/// <summary>The words of kinds.</summary>
public static class EventKinds
{
    private static readonly string[] s_words = [.. Enum.GetNames<EventKind>().Select(static name => name.ToLowerInvariant())];

    /// <summary>As in an event, e.g. "delivered".</summary>
    public static string Word(this EventKind kind) => s_words[(int)kind];

    /// <summary>The kind of a word; Unknown when there is none.</summary>
    public static EventKind Parse(string word) => (EventKind)Math.Max(0, Array.IndexOf(s_words, word));

    /// <summary>It is the last of its recipient; of its message, when it names no recipient. Durable before the mark, or the removal, that ends it.</summary>
    public static bool IsEnd(this EventKind kind) => kind is EventKind.Delivered or EventKind.Relayed or EventKind.Expanded or EventKind.Bounced or EventKind.Expired
        or EventKind.Discarded or EventKind.Deleted or EventKind.Suppressed;
}
