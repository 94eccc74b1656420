using PostfixNet.Delivery;
using PostfixNet.Dns;
using PostfixNet.MtaSts;

namespace PostfixNet.Smtp;

/// <summary>What others publish of how a server wants TLS, as a report has it.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Defect">What is wrong with it by itself, whatever the server does; null: nothing.</param>
/// <param name="Reason">More of that, in one line; may be empty.</param>
internal sealed record TlsFinding(AppliedTlsPolicy Policy, TlsResultType? Defect = null, string Reason = "")
{
    /// <summary>TLSA records (RFC 8460 section 4.5: their fields in the form of RFC 6698 section 2.2).</summary>
    /// <param name="baseDomain">The name below which they stand, or would.</param>
    internal static TlsFinding Of(string baseDomain, IEnumerable<TlsaRecord> records, TlsResultType? defect = null, string reason = "") => new(
        new AppliedTlsPolicy(TlsPolicyOrigin.Tlsa, baseDomain.ToLowerInvariant(),
            [.. records.Select(static record => FormattableString.Invariant($"{record.Usage} {record.Selector} {record.MatchingType} {Convert.ToHexString(record.Data.Span)}"))], []),
        defect, reason);

    /// <summary>An MTA-STS policy (RFC 8460 section 4.5: its lines).</summary>
    /// <param name="notNamed">The server, where it is none of the policy's; null: it is one.</param>
    internal static TlsFinding Of(KnownPolicy known, string? notNamed = null) => new(
        new AppliedTlsPolicy(TlsPolicyOrigin.Sts, known.Domain,
            ["version: STSv1", $"mode: {StsPolicy.WordFor(known.Policy.Mode)}", .. known.Policy.Mx.Select(static mx => $"mx: {mx}"), FormattableString.Invariant($"max_age: {(long)known.Policy.MaxAge.TotalSeconds}")],
            known.Policy.Mx),
        notNamed is null ? null : TlsResultType.ValidationFailure, notNamed is null ? "" : $"{notNamed} is none of the policy's mx");

    /// <summary>An MTA-STS policy that a domain announces, and that cannot be had (RFC 8460 section 4.3.2.2). What is in it nobody knows.</summary>
    internal static TlsFinding OfLack(string domain, StsFault fault, string reason) => new(new AppliedTlsPolicy(TlsPolicyOrigin.Sts, domain, [], []), fault switch
    {
        StsFault.Certificate => TlsResultType.StsWebPkiInvalid,
        StsFault.Policy => TlsResultType.StsPolicyInvalid,
        _ => TlsResultType.StsPolicyFetchError,
    }, reason);
}
