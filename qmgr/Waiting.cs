using PostfixNet.Delivery;
using PostfixNet.Notices;

namespace PostfixNet.Qmgr;

/// <summary>Why mail of the active queue is not delivered yet.</summary>
internal enum WaitCause
{
    /// <summary>An agent has it.</summary>
    Delivering,

    /// <summary>Stopped by an operator.</summary>
    Paused,

    /// <summary>The transport cannot be reached, or is listed in defer_transports.</summary>
    TransportSuspended,

    /// <summary>The next hop is given up for a while.</summary>
    DeadDestination,

    /// <summary>As many deliveries as the next hop may have are under way.</summary>
    DestinationFull,

    /// <summary>A limit of deliveries in time.</summary>
    RateLimit,

    /// <summary>All processes of the transport are at work, or the next hop has its share of them.</summary>
    NoFreeAgent,

    /// <summary>Nothing but others that come first.</summary>
    InTurn,
}

/// <summary>What some recipients of a message wait for.</summary>
/// <param name="Transport">The delivery service.</param>
/// <param name="NextHop">Where they go.</param>
/// <param name="Recipients">Who.</param>
/// <param name="Cause">What for.</param>
/// <param name="Left">How long yet, where time decides.</param>
/// <param name="Others">Deliveries of other messages that wait for the same next hop.</param>
/// <param name="Reason">The trouble; null: none.</param>
internal sealed record Waiting(
    string Transport, string NextHop, IReadOnlyList<DeliveryRecipient> Recipients, WaitCause Cause, TimeSpan? Left, int Others, Dsn? Reason);
