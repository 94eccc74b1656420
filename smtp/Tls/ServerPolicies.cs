using PostfixNet.Dns;
using PostfixNet.Smtp.Dane;
using PostfixNet.Smtp.Sts;

namespace PostfixNet.Smtp;

/// <summary>Decides for each server, before it is connected to, what the policy of its next hop comes to: the one place where
/// what others publish of a server (TLSA records, MTA-STS policies) meets what main.toml asks for.</summary>
/// <remarks><code>
/// main.toml for this next hop alone                what it says
/// levels dane-only, fingerprint, secure for all,
/// and verify with authorities of its own           what they say
/// TLSA records by which the server is verified     these alone: RFC 8461 section 2, an MTA-STS policy never outweighs DANE
/// an MTA-STS policy that enforces                  a trusted certificate with the name of the server, which the policy names
/// else                                             the level for all
/// </code></remarks>
/// <param name="sts">Knows the MTA-STS policies of next hops; null: smtp_mta_sts is off.</param>
internal sealed class ServerPolicies(IResolver resolver, Log log, StsPolicies? sts = null)
{
    private readonly DanePolicy _dane = new(new TlsaLookup(resolver, log), log);
    private readonly StsServers _sts = new(log);

    /// <summary>What was asked for of a next hop, with what it publishes itself.</summary>
    /// <param name="asked">What main.toml says.</param>
    internal TlsPolicy Of(NextHop hop, TlsPolicy asked)
    {
        if (sts is null || !HeedsSts(asked))
            return asked;
        StsAnswer answer = sts.For(hop);
        return asked with { Sts = answer.Policy, IsStsUnknown = answer.IsUnknown, StsLack = answer.Lack };
    }

    /// <summary>An MTA-STS policy of the next hop counts beside what main.toml says.</summary>
    internal static bool HeedsSts(TlsPolicy asked) => asked is { IsOfDestination: false, IsWrapped: false, Level: not (TlsLevel.DaneOnly or TlsLevel.Fingerprint or TlsLevel.Secure) }
        && asked is not { Level: TlsLevel.Verify, HasOwnAuthorities: true };

    /// <param name="destination">The next hop, with the policy that was asked for.</param>
    /// <param name="host">One of its servers.</param>
    internal ServerPolicy For(Destination destination, HostAddress host)
    {
        if (destination.Options.Tls is not { } policies)
            return new ServerPolicy(destination.Tls);
        ServerPolicy policy = destination.Tls.Level is TlsLevel.Dane or TlsLevel.DaneOnly ? _dane.For(destination, policies, host) : new ServerPolicy(destination.Tls);
        // Where the MX records are not authentic, TLSA records do not make it DANE (RFC 7672 section 2.2.1), and anybody could have named the server.
        bool isByDane = policy.Tls is { Tlsa: not null, Level: not TlsLevel.HalfDane };
        policy = destination.Tls.Sts is { } known && policy.Why is null && !isByDane ? _sts.For(known, destination.Tls, policy.Tls, policies, host) : policy;
        if (policy.Finding is null && destination.Tls.StsLack is { } lack)
            policy = policy with { Finding = lack };
        return IsNameInsecure(destination, policy.Tls, host) ? policy with { Tls = policy.Tls with { IsNameInsecure = true } } : policy;
    }

    // The name of a mail exchanger, from an answer that DNSSEC does not vouch for.
    private static bool IsNameInsecure(Destination destination, TlsPolicy policy, HostAddress host) => policy is { Level: TlsLevel.Verify, IsBySts: false }
        && policy.Match.Contains("hostname", StringComparer.OrdinalIgnoreCase) && destination.Hop.UsesMx && host.Exchangers is not null and not { IsAuthentic: true };
}
