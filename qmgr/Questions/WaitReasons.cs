using PostfixNet.Delivery;
using PostfixNet.Ipc;

namespace PostfixNet.Qmgr;

/// <summary>Why mail for a destination of one transport waits: found out when somebody asks, nothing is kept for it.</summary>
internal sealed class WaitReasons(Transport transport, TransportGate gate, Trouble trouble, DeliveryOrder order, IAgents agents, ITimers timers)
{
    private const int LongestReason = 300;

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

    /// <summary>The same of one that need not have mail waiting, with what its trouble has come to; that of its transport is told of the transport.</summary>
    internal DestinationState ReportOn(Destination destination)
    {
        WaitState state = Of(destination);
        if (destination.DeadBecause is { } why)
        {
            return new DestinationState(state with { Code = WaitCode.DeadDestination, Reason = Short(why.Reason), Left = Math.Max(0, destination.DeadUntil - timers.Now) },
                new TroubleSpan(timers.Now - destination.DeadSince, destination.PutOff));
        }
        bool isAtWork = destination.Waiting == 0 && destination.Busy > 0 && trouble.Suspension is null;
        return new DestinationState(isAtWork ? state with { Code = WaitCode.Delivering, Left = null } : state with { Reason = Short(state.Reason) }, default);
    }

    /// <summary>What would hold up mail for whatever destination.</summary>
    internal TransportState OfAll()
    {
        (WaitCode? code, long until) = gate.IsPaused ? (WaitCode.Paused, 0)
            : trouble.Suspension is not null ? (WaitCode.TransportSuspended, trouble.SuspendedUntil)
            : agents.Busy >= agents.Limit ? (WaitCode.NoFreeAgent, 0L) : ((WaitCode?)null, 0L);
        return new TransportState(transport.Name, new TroubleSpan(timers.Now - trouble.SuspendedSince, trouble.Suspension is null ? 0 : trouble.PutOff))
        {
            Code = code,
            Reason = Short(trouble.Suspension?.Reason),
            Left = until > timers.Now ? until - timers.Now : null,
            Busy = agents.Busy,
            ProcessLimit = agents.Limit is < int.MaxValue and var limit ? limit : 0,
        };
    }

    // Servers say what they like, at length.
    private static string? Short(string? reason) => reason is { Length: > LongestReason } ? reason[..LongestReason] + "..." : reason;

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
