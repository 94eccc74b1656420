using PostfixNet.Delivery;

namespace PostfixNet.Tlsrpt;

/// <summary>Sessions under one policy on one day.</summary>
/// <param name="hasRoomFor">Whether so many characters more can be kept.</param>
internal sealed class PolicyCount(AppliedTlsPolicy policy, Func<int, bool> hasRoomFor)
{
    private readonly Dictionary<TlsFailure, long> _failures = [];

    internal AppliedTlsPolicy Policy => policy;

    /// <summary>total-successful-session-count.</summary>
    internal long Successful { get; private set; }

    /// <summary>total-failure-session-count.</summary>
    internal long Failed { get; private set; }

    /// <summary>failed-session-count of each.</summary>
    internal IReadOnlyDictionary<TlsFailure, long> Failures => _failures;

    /// <summary>Counts sessions.</summary>
    internal void Add(long successful, long failed) => (Successful, Failed) = (Successful + successful, Failed + failed);

    /// <summary>Describes failures that are counted; without room for another kind of them, they are counted only.</summary>
    internal void Describe(TlsFailure failure, long count)
    {
        const int Fields = 100;
        if (_failures.TryGetValue(failure, out long before)
            || hasRoomFor(Fields + failure.SendingIp.Length + failure.MxHost.Length + failure.MxHelo.Length + failure.ReceivingIp.Length + failure.Reason.Length))
        {
            _failures[failure] = before + count;
        }
    }
}
