using PostfixNet.Ipc;

namespace PostfixNet.Qmgr;

/// <summary>Something that can be asked for the next delivery: a transport's destinations, limiters that hold several of
/// them, and the jobs of one destination.</summary>
internal abstract class Candidate
{
    private protected Candidate() => (InFront, InSmall) = (new Node(this), new Node(this));

    /// <summary>Its place in the lane of the oldest.</summary>
    internal Node InFront { get; }

    /// <summary>Its place in the lane of the smallest.</summary>
    internal Node InSmall { get; }

    /// <summary>When a delivery was last taken from it: a count, not a time. Of equals the one that waited longest goes first.</summary>
    internal long Served { get; set; }

    /// <summary>What waits here and came first; null: nothing waits.</summary>
    internal abstract Peer? Front { get; }

    /// <summary>What waits here and belongs to the smallest job.</summary>
    internal abstract Peer? Smallest { get; }

    /// <summary>A place in a heap.</summary>
    internal sealed class Node(Candidate owner) : KeyHeap.Node
    {
        internal Candidate Owner { get; } = owner;
    }
}
