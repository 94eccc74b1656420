using PostfixNet.Mail;

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
    string Transport, string NextHop, IReadOnlyList<Recipient> Recipients, WaitCause Cause, TimeSpan? Left, int Others, Dsn? Reason)
{
    /// <summary>The process that has it; 0: none, or none has answered yet.</summary>
    internal int Process { get; init; }
}

/// <summary>How things stand with a next hop, whether mail waits for it or not.</summary>
/// <param name="Cause">What would hold mail up now.</param>
/// <param name="Left">How long yet, where time decides.</param>
/// <param name="Reason">The trouble; null: none.</param>
/// <param name="Window">Deliveries that may be under way at once now.</param>
/// <param name="Busy">Deliveries under way.</param>
/// <param name="Waiting">Deliveries that wait.</param>
/// <param name="ConcurrencyLimit">The window's limit; 0: none.</param>
/// <param name="RecipientLimit">Recipients in one delivery, at most.</param>
/// <param name="ProcessLimit">Processes of the transport, at most.</param>
internal sealed record Standing(
    WaitCause Cause, TimeSpan? Left, Dsn? Reason, int Window, int Busy, int Waiting, int ConcurrencyLimit, int RecipientLimit, int ProcessLimit);

/// <summary>Finds out what mail waits for, when somebody asks: nothing is kept for it.</summary>
internal sealed class Waits(string transport, TransportGate gate, Trouble trouble, DeliveryOrder order, IAgents agents, long now)
{
    internal void Explain(Job job, List<Waiting> to)
    {
        foreach (Entry entry in job.Delivering)
            to.Add(new Waiting(transport, entry.Destination.NextHop, entry.Recipients, WaitCause.Delivering, null, 0, null) { Process = entry.Process });
        foreach (Peer peer in job.Peers)
        {
            Destination destination = peer.Destination;
            (WaitCause cause, long until) = CauseOf(destination);
            TimeSpan? left = until > now ? TimeSpan.FromMilliseconds(until - now) : null;
            int own = 0;
            for (Entry? entry = peer.First; entry is not null; entry = entry.Next)
                own++;
            for (Entry? entry = peer.First; entry is not null; entry = entry.Next)
                to.Add(new Waiting(transport, destination.NextHop, entry.Recipients, cause, left, destination.Waiting - own, trouble.Suspension ?? destination.DeadBecause));
        }
    }

    internal Standing Standing(Destination destination)
    {
        (WaitCause cause, long until) = CauseOf(destination);
        TimeSpan? left = until > now ? TimeSpan.FromMilliseconds(until - now) : null;
        return new Standing(cause, left, trouble.Suspension ?? destination.DeadBecause, destination.Concurrency.Window, destination.Busy,
            destination.Waiting, destination.Concurrency.Limit is < int.MaxValue and var limit ? limit : 0, destination.RecipientLimit, agents.Limit);
    }

    private (WaitCause Cause, long Until) CauseOf(Destination destination)
    {
        if (gate.IsPaused)
            return (WaitCause.Paused, 0);
        if (trouble.Suspension is not null)
            return (WaitCause.TransportSuspended, trouble.SuspendedUntil);
        if (destination.DeadBecause is not null)
            return (WaitCause.DeadDestination, destination.DeadUntil);
        if (!destination.HasWindow || destination.Limiter is { IsFull: true })
            return (WaitCause.DestinationFull, 0);
        long opensAt = Math.Max(gate.OpensAt, destination.Limiter?.OpensAt ?? 0);
        if (opensAt > now)
            return (WaitCause.RateLimit, opensAt);
        return (agents.Busy >= agents.Limit || order.IsParked(destination) ? WaitCause.NoFreeAgent : WaitCause.InTurn, 0);
    }
}
