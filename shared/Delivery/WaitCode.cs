namespace PostfixNet.Delivery;

/// <summary>Why a recipient of queued mail has not been delivered to.</summary>
public enum WaitCode
{
    /// <summary>In maildrop; pickup has yet to take it.</summary>
    NotAccepted,
    /// <summary>In maildrop, and the queue has less free space than it must have.</summary>
    NoRoom,
    /// <summary>In incoming; the queue manager has yet to look at it.</summary>
    NotSeen,
    /// <summary>The queue manager has as many messages in work as it may.</summary>
    ActiveFull,
    /// <summary>Between two attempts.</summary>
    Backoff,
    /// <summary>Its sender or an operator chose the time of its next attempt.</summary>
    Scheduled,
    /// <summary>The next attempt is due, and comes with the next scan of the deferred queue.</summary>
    Due,
    /// <summary>An operator holds the message.</summary>
    Held,
    /// <summary>The file is damaged and was set aside.</summary>
    Corrupt,
    /// <summary>An operator has paused such deliveries.</summary>
    Paused,
    /// <summary>The destination gets no mail at this time of day.</summary>
    QuietHours,
    /// <summary>The transport cannot be reached, or is listed in defer_transports.</summary>
    TransportSuspended,
    /// <summary>The next hop could not be reached, and is left alone for a while.</summary>
    DeadDestination,
    /// <summary>As many deliveries to the next hop as there may be are under way.</summary>
    DestinationFull,
    /// <summary>A limit of deliveries in time.</summary>
    RateLimit,
    /// <summary>All processes of the transport are at work.</summary>
    NoFreeAgent,
    /// <summary>A process was asked for and has not answered yet.</summary>
    NoProcess,
    /// <summary>Others come first.</summary>
    InTurn,
    /// <summary>A process has it.</summary>
    Delivering,
    /// <summary>The attempt is over, and its result is being recorded.</summary>
    Finishing,
}

/// <summary>How <see cref="WaitCode"/> is told: a fixed set of words for programs, a sentence for people.</summary>
public static class WaitCodes
{
    private static readonly (WaitCode Code, string Word, string Text)[] s_all =
    [
        (WaitCode.NotAccepted, "not_accepted", "waits for pickup"),
        (WaitCode.NoRoom, "no_room", "the queue's file system has too little free space (queue_minfree)"),
        (WaitCode.NotSeen, "not_seen", "not yet seen by the queue manager"),
        (WaitCode.ActiveFull, "active_full", "the active queue is full"),
        (WaitCode.Backoff, "backoff", "waits for its next attempt"),
        (WaitCode.Scheduled, "scheduled", "waits for the time that its sender or an operator chose"),
        (WaitCode.Due, "due", "due, at the next scan of the deferred queue"),
        (WaitCode.Held, "held", "held by an operator"),
        (WaitCode.Corrupt, "corrupt", "damaged, and set aside"),
        (WaitCode.Paused, "paused", "paused by an operator"),
        (WaitCode.QuietHours, "quiet_hours", "quiet hours of the destination"),
        (WaitCode.TransportSuspended, "transport_suspended", "the transport is suspended"),
        (WaitCode.DeadDestination, "dead_destination", "the next hop is left alone after failures"),
        (WaitCode.DestinationFull, "destination_full", "as many deliveries to the next hop as may be are under way"),
        (WaitCode.RateLimit, "rate_limit", "held back by a rate limit"),
        (WaitCode.NoFreeAgent, "no_free_agent", "all processes of the transport are busy"),
        (WaitCode.NoProcess, "no_process", "waits for a process to start"),
        (WaitCode.InTurn, "in_turn", "waits for its turn"),
        (WaitCode.Delivering, "delivering", "being delivered"),
        (WaitCode.Finishing, "finishing", "attempt over, result being recorded"),
    ];

    /// <summary>For programs.</summary>
    public static string Word(this WaitCode code) => s_all[(int)code].Word;

    /// <summary>For people.</summary>
    public static string Text(this WaitCode code) => s_all[(int)code].Text;

    /// <summary>Understands a word; null: it is none, as from a newer version.</summary>
    public static WaitCode? Parse(string? word)
    {
        foreach ((WaitCode code, string known, _) in s_all)
        {
            if (known == word)
                return code;
        }
        return null;
    }
}
