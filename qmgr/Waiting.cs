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

/// <summary>Finds out what mail waits for, when somebody asks: nothing is kept for it.</summary>
internal sealed class Waits(string transport, TransportGate gate, IAgents agents, long now)
{
    internal void Explain(Job job, List<Waiting> to)
    {
        foreach (Entry entry in job.Delivering)
            to.Add(new Waiting(transport, entry.Destination.NextHop, entry.Recipients, WaitCause.Delivering, null, 0, null));
        foreach (Peer peer in job.Peers)
        {
            Destination destination = peer.Destination;
            (WaitCause cause, long until) = CauseOf(destination);
            TimeSpan? left = until > now ? TimeSpan.FromMilliseconds(until - now) : null;
            int own = 0;
            for (Entry? entry = peer.First; entry is not null; entry = entry.Next)
                own++;
            for (Entry? entry = peer.First; entry is not null; entry = entry.Next)
                to.Add(new Waiting(transport, destination.NextHop, entry.Recipients, cause, left, destination.Waiting - own, gate.Suspension ?? destination.DeadBecause));
        }
    }

    private (WaitCause Cause, long Until) CauseOf(Destination destination)
    {
        if (gate.IsPaused)
            return (WaitCause.Paused, 0);
        if (gate.Suspension is not null)
            return (WaitCause.TransportSuspended, gate.SuspendedUntil);
        if (destination.DeadBecause is not null)
            return (WaitCause.DeadDestination, destination.DeadUntil);
        if (!destination.HasWindow || destination.Limiter is { IsFull: true })
            return (WaitCause.DestinationFull, 0);
        long opensAt = Math.Max(gate.OpensAt, destination.Limiter?.OpensAt ?? 0);
        if (opensAt > now)
            return (WaitCause.RateLimit, opensAt);
        return (agents.Busy >= agents.Limit || destination.IsParked ? WaitCause.NoFreeAgent : WaitCause.InTurn, 0);
    }
}
