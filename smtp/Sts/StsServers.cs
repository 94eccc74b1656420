using PostfixNet.Mail;
using PostfixNet.MtaSts;

namespace PostfixNet.Smtp.Sts;

/// <summary>What an MTA-STS policy comes to with one server: RFC 8461 sections 4 and 5.</summary>
/// <remarks><code>
///                            enforce                                    testing
/// not one of the policy's    server not used                            told
/// one of the policy's        TLS, with a trusted certificate that has   as without; a certificate that is none of
///                            the server's name as a DNS name            that kind is told
/// </code>
/// Nothing here is final: mail that a policy holds up waits, and the next attempt asks anew for the policy.</remarks>
internal sealed class StsServers(Log log)
{
    // Not a matter of this message: RFC 3463 section 3.8, cryptographic failure.
    private const string Status = "4.7.5";

    /// <param name="known">The policy of the next hop.</param>
    /// <param name="asked">What main.toml asks for.</param>
    /// <param name="otherwise">What that comes to with the server without an MTA-STS policy.</param>
    /// <param name="host">The server.</param>
    internal ServerPolicy For(KnownPolicy known, TlsPolicy asked, TlsPolicy otherwise, TlsPolicies policies, HostAddress host)
    {
        // The name in the MX record, not one that it leads to.
        string name = host.Origin.Name.TrimEnd('.');
        bool isNamed = known.Policy.Matches(name);
        if (known.Policy.Mode == StsMode.Enforce)
        {
            return isNamed ? new ServerPolicy(policies.At(asked, TlsLevel.Verify) with { Match = [name], ServerName = name, StsName = name, IsBySts = true }, Finding: TlsFinding.Of(known))
                : new ServerPolicy(asked, SmtpTrouble.Why(Status, $"MX host {PrintableText.Of(name)} not in the MTA-STS policy of {known.Domain}"), TlsFinding.Of(known, notNamed: name));
        }
        if (!isNamed)
            log.StsTestFails(known.Domain, name, "it is not in the policy");
        // Servers choose their certificate by it (section 4.2).
        return new ServerPolicy(otherwise with { ServerName = otherwise.ServerName.ToLowerInvariant() is "" or "hostname" ? name : otherwise.ServerName, StsName = name, Asked = asked }, Finding: TlsFinding.Of(known, isNamed ? null : name));
    }
}
