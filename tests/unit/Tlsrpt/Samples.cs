using PostfixNet.Delivery;
using PostfixNet.Tlsrpt;

namespace PostfixNet.UnitTests.Tlsrpt;

/// <summary>Results that several tests have.</summary>
internal static class Samples
{
    internal const string Record = "v=TLSRPTv1;rua=mailto:reports@example.com,https://reports.example.com/tls";

    internal static readonly Submitter Submitter = new("Sender Inc.", "tls@sender.example", "tlsrpt@sender.example");

    internal static readonly AppliedTlsPolicy
        None = AppliedTlsPolicy.NotFound("example.com"),
        Tlsa = new(TlsPolicyOrigin.Tlsa, "mx.example.com", ["3 1 1 1F850A337E6DB9C609C522D136A475638CC43E1ED424F8EEC8513D747D1D085D"], []),
        Sts = new(TlsPolicyOrigin.Sts, "example.com", ["version: STSv1", "mode: testing", "mx: *.example.com", "max_age: 86400"], ["*.example.com"]);

    internal static TlsFailure Failure(TlsResultType type, string reason = "") => new(type, "192.0.2.1", "mx.example.com", "mx.example.com", "192.0.2.25", reason);

    internal static TlsAttempt Attempt(params TlsResult[] results) => new("example.com", results);

    internal static DomainDay Day(params TlsAttempt[] attempts)
    {
        DomainDay day = new(new DateOnly(2026, 11, 20), "example.com", "20261120.0123456789abcdef@mta.sender.example", 1_795_224_000) { Record = ReportingRecord.Parse(Record) };
        foreach (TlsAttempt attempt in attempts)
            day.Take(attempt);
        return day;
    }

    /// <summary>A day with a result of each kind.</summary>
    internal static DomainDay Full() => Day(
        [.. Enum.GetValues<TlsResultType>().Select(static type => Attempt(new TlsResult(type < TlsResultType.TlsaInvalid ? None : type < TlsResultType.StsPolicyFetchError ? Tlsa : Sts, Failure(type, $"reason \"{type}\"")))),
            Attempt(new TlsResult(Sts, null)), Attempt(new TlsResult(Tlsa, null), new TlsResult(Tlsa, null))]);
}
