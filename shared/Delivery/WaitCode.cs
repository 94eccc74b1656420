namespace PostfixNet.Delivery;

/// <summary>Why a recipient of queued mail has not been delivered to: a fixed set of words, for programs and people.</summary>
public static class WaitCode
{
    /// <summary>In maildrop; pickup has yet to take it.</summary>
    public const string NotAccepted = "not_accepted";

    /// <summary>In incoming; the queue manager has yet to look at it.</summary>
    public const string NotSeen = "not_seen";

    /// <summary>The queue manager has as many messages in work as it may.</summary>
    public const string ActiveFull = "active_full";

    /// <summary>Between two attempts.</summary>
    public const string Backoff = "backoff";

    /// <summary>The next attempt is due, and comes with the next scan of the deferred queue.</summary>
    public const string Due = "due";

    /// <summary>An operator holds the message.</summary>
    public const string Held = "held";

    /// <summary>The file is damaged and was set aside.</summary>
    public const string Corrupt = "corrupt";

    /// <summary>An operator has paused such deliveries.</summary>
    public const string Paused = "paused";

    /// <summary>The transport cannot be reached, or is listed in defer_transports.</summary>
    public const string TransportSuspended = "transport_suspended";

    /// <summary>The next hop could not be reached, and is left alone for a while.</summary>
    public const string DeadDestination = "dead_destination";

    /// <summary>As many deliveries to the next hop as there may be are under way.</summary>
    public const string DestinationFull = "destination_full";

    /// <summary>A limit of deliveries in time.</summary>
    public const string RateLimit = "rate_limit";

    /// <summary>All processes of the transport are at work.</summary>
    public const string NoFreeAgent = "no_free_agent";

    /// <summary>A process was asked for and has not answered yet.</summary>
    public const string NoProcess = "no_process";

    /// <summary>Others come first.</summary>
    public const string InTurn = "in_turn";

    /// <summary>A process has it.</summary>
    public const string Delivering = "delivering";

    /// <summary>The attempt is over, and its result is being recorded.</summary>
    public const string Finishing = "finishing";

    /// <summary>A sentence for people.</summary>
    public static string Text(string code) => code switch
    {
        NotAccepted => "waits for pickup",
        NotSeen => "not yet seen by the queue manager",
        ActiveFull => "the active queue is full",
        Backoff => "waits for its next attempt",
        Due => "due, at the next scan of the deferred queue",
        Held => "held by an operator",
        Corrupt => "damaged, and set aside",
        Paused => "paused by an operator",
        TransportSuspended => "the transport is suspended",
        DeadDestination => "the next hop is left alone after failures",
        DestinationFull => "as many deliveries to the next hop as may be are under way",
        RateLimit => "held back by a rate limit",
        NoFreeAgent => "all processes of the transport are busy",
        NoProcess => "waits for a process to start",
        InTurn => "waits for its turn",
        Delivering => "being delivered",
        Finishing => "attempt over, result being recorded",
        _ => code,
    };
}
