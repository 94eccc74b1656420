using PostfixNet.Delivery;

namespace PostfixNet.Qmgr;

/// <summary>A service that keeps recipient results, as the queue manager talks to it.</summary>
internal interface IReportLine
{
    /// <summary>Requests not yet answered.</summary>
    internal int Pending { get; }

    /// <summary>Asks; <paramref name="done"/> hears later if it was done.</summary>
    internal void Ask(BounceRequest request, Action<bool> done);
}
