using System.Net;

namespace PostfixNet.Smtpd;

/// <summary>Restrictions about who the client is.</summary>
internal static class ClientRestrictions
{
    internal static readonly Restriction[] All =
    [
        new("permit_mynetworks", static evaluation => If(IsInNetworks(evaluation))),
        new("permit_inet_interfaces", static evaluation => If(evaluation.Services.Own.Contain(evaluation.Session))),
        new("permit_sasl_authenticated", static evaluation => If(evaluation.Session.Login is not null)),
        new("permit_tls_all_clientcerts", static evaluation => If(evaluation.Session.Tls is { IsTrusted: true })),
    ];

    // A program of this host at a Unix-domain socket is a client of the loopback interface.
    private static bool IsInNetworks(Evaluation evaluation) =>
        evaluation.Options.Networks.Contains(evaluation.Session.Client.Name, evaluation.Session.Client.Address ?? IPAddress.Loopback);

    private static Verdict If(bool isPermitted) => isPermitted ? Verdict.Permitted : Verdict.Undecided;
}
