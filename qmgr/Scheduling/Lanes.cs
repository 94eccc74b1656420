using PostfixNet.Ipc;

namespace PostfixNet.Qmgr;

/// <summary>Candidates in two orders: by the age of their oldest job, and by the size of their smallest.</summary>
internal sealed class Lanes
{
    private readonly KeyHeap _front = new(), _small = new();

    internal Candidate? First => ((Candidate.Node?)_front.First)?.Owner;

    internal Candidate? Smallest => ((Candidate.Node?)_small.First)?.Owner;

    /// <summary>What keeping the order has cost so far.</summary>
    internal long Moves => _front.Moves + _small.Moves;

    /// <summary>Puts a candidate in, or where it belongs now; with nothing waiting, takes it out.</summary>
    internal void Put(Candidate candidate)
    {
        if (candidate.Front is not { } front || candidate.Smallest is not { } small)
        {
            Remove(candidate);
            return;
        }
        _front.Put(candidate.InFront, front.Job.Order, candidate.Served);
        _small.Put(candidate.InSmall, small.Job.Size, small.Job.Order);
    }

    internal void Remove(Candidate candidate)
    {
        _front.Remove(candidate.InFront);
        _small.Remove(candidate.InSmall);
    }
}
