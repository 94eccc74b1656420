using PostfixNet.MtaSts;

namespace PostfixNet.Smtp.Sts;

/// <summary>What MTA-STS says of a next hop.</summary>
/// <param name="Policy">The policy, which enforces or tests; null: none holds.</param>
/// <param name="IsUnknown">Whether there is one could not be found out.</param>
/// <param name="Lack">The domain announces one, which cannot be had: for its report. null: it does not, or one holds.</param>
internal readonly record struct StsAnswer(KnownPolicy? Policy, bool IsUnknown, TlsFinding? Lack)
{
    /// <summary>No policy.</summary>
    internal static readonly StsAnswer None;
}
