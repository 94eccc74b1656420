using PostfixNet.Events;

namespace PostfixNet.Webhooks;

/// <summary>Which events say nothing any more once there is a newer one: those that tell of a state that is over (S3-49).</summary>
/// <remarks>What ends a recipient, and what is no state, is sent in any case.</remarks>
internal static class Supersession
{
    /// <summary>Kinds of undelivered events of the same message that a new one takes the place of.</summary>
    internal static EventKind[] Of(EventKind newer) => newer switch
    {
        EventKind.Deleted or EventKind.Requeued => [EventKind.Deferred, EventKind.Held, EventKind.Released],
        EventKind.Held or EventKind.Released => [EventKind.Held, EventKind.Released],
        EventKind.Deferred or EventKind.Redirected => [EventKind.Deferred],
        _ => newer.IsEnd() ? [EventKind.Deferred] : [],
    };

    /// <summary>Only of the same recipient; of the whole message, when the newer one is about that.</summary>
    internal static string? RecipientOf(MailEvent newer) => newer.Kind == EventKind.Redirected ? newer.OriginalRecipient ?? newer.Recipient : newer.Recipient;
}
