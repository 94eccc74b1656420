using PostfixNet.Delivery;
using PostfixNet.Ipc;

namespace PostfixNet.Qmgr;

/// <summary>Why mail for a destination of one transport waits: found out when somebody asks, nothing is kept for it.</summary>
internal sealed class WaitReasons(Transport transport, TransportGate gate, Trouble trouble, DeliveryOrder order, IAgents agents, ITimers timers)
{
    /// <summary>What would hold mail for a destination up now, and its limits.</summary>
    internal WaitState Of(Destination destination)
    {
        (WaitCode code, long until) = CauseOf(destination);
        return new WaitState(transport.Name, destination.NextHop)
        {
            Code = code,
            Left = until > timers.Now ? until - timers.Now : null,
            Reason = (trouble.Suspension ?? destination.DeadBecause)?.Reason,
            Load = new NextHopLoad(destination.Concurrency.Window, destination.Busy, destination.Waiting,
                destination.Concurrency.Limit is < int.MaxValue and var limit ? limit : 0, destination.RecipientLimit, agents.Limit),
        };
    }

    private (WaitCode Code, long Until) CauseOf(Destination destination)
    {
        if (gate.IsPaused)
            return (WaitCode.Paused, 0);
        if (trouble.Suspension is not null)
            return (WaitCode.TransportSuspended, trouble.SuspendedUntil);
        if (destination.DeadBecause is not null)
            return (WaitCode.DeadDestination, destination.DeadUntil);
        if (!destination.HasWindow || destination.Limiter is { IsFull: true })
            return (WaitCode.DestinationFull, 0);
        long opensAt = Math.Max(Math.Max(gate.OpensAt, destination.Pace.OpensAt), destination.Limiter?.OpensAt ?? 0);
        if (opensAt > timers.Now)
            return (WaitCode.RateLimit, opensAt);
        return (agents.Busy >= agents.Limit || order.IsParked(destination) ? WaitCode.NoFreeAgent : WaitCode.InTurn, 0);
    }
}
