using PostfixNet.Notices;

namespace PostfixNet.Qmgr;

/// <summary>Mail waiting for one next hop of one transport, and how much of it may be delivered at once.</summary>
internal sealed class Destination(string nextHop, ConcurrencyLimits limits)
{
    internal string NextHop { get; } = nextHop;

    /// <summary>Waiting for delivery, in order.</summary>
    internal LinkedList<Entry> Waiting { get; } = new();

    /// <summary>Handed to agents.</summary>
    internal int Busy { get; set; }

    internal Concurrency Concurrency { get; } = new(limits);

    /// <summary>Why deliveries are suspended; null: they are not.</summary>
    internal Dsn? DeadBecause { get; set; }

    /// <summary>When the suspension ends, on the loop's clock.</summary>
    internal long DeadUntil { get; set; }

    /// <summary>Stands in its transport's round.</summary>
    internal LinkedListNode<Destination>? RoundNode { get; set; }

    internal bool IsIdle => Waiting.Count == 0 && Busy == 0;

    /// <summary>Something waits and may be delivered now.</summary>
    internal bool CanStart => Waiting.Count > 0 && DeadBecause is null && Busy < Concurrency.Window;
}
