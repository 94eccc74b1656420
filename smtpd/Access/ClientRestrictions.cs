namespace PostfixNet.Smtpd;

/// <summary>Restrictions about who the client is.</summary>
internal static class ClientRestrictions
{
    internal static readonly Restriction[] All =
    [
        new("permit_mynetworks", static evaluation => If(IsInNetworks(evaluation))),
        new("permit_inet_interfaces", static evaluation => If(evaluation.Services.Own.Contain(evaluation.Session))),
        new("permit_sasl_authenticated", static evaluation => If(evaluation.Session.Login is not null)),
        new("permit_tls_clientcerts", static evaluation => If(evaluation.Session.Tls is { Fingerprint.Length: > 0 } tls
            && (evaluation.Options.Certificates.Find(tls.KeyFingerprint) ?? evaluation.Options.Certificates.Find(tls.Fingerprint)) is not null)),
        new("permit_tls_all_clientcerts", static evaluation => If(evaluation.Session.Tls is { IsTrusted: true })),
    ];

    private static bool IsInNetworks(Evaluation evaluation) =>
        evaluation.Options.Networks.Contains(evaluation.Session.Client.Name, evaluation.Session.Client.AddressOrLoopback);

    private static Verdict If(bool isPermitted) => isPermitted ? Verdict.Permitted : Verdict.Undecided;
}
