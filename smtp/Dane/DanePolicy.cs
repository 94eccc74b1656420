using System.Globalization;
using PostfixNet.Delivery;
using PostfixNet.Dns;

namespace PostfixNet.Smtp.Dane;

/// <summary>What the levels dane and dane-only come to with one server (RFC 7672 section 2.2).</summary>
/// <remarks><code>
/// what the DNS says                              dane                        dane-only
/// usable TLSA records, all authentic             verified by them            verified by them
/// usable ones, but the MX records are not        by insecure_mx_policy       server not used
///   authentic
/// TLSA records, none of them usable              TLS, with whomever          server not used
/// none, or none that is authentic                as may                      server not used
/// cannot be said now                             server not used             server not used
/// </code></remarks>
internal sealed class DanePolicy(TlsaLookup lookup, Log log)
{
    /// <param name="destination">Its level is dane or dane-only.</param>
    internal ServerPolicy For(Destination destination, TlsPolicies policies, HostAddress host)
    {
        TlsPolicy asked = destination.Tls;
        bool isOnly = asked.Level == TlsLevel.DaneOnly;
        bool isMxAuthentic = host.Exchangers is not { IsAuthentic: false };
        TlsLevel insecure = policies.Settings.DaneInsecureMxPolicy;
        if (!isMxAuthentic && (isOnly || insecure == TlsLevel.May))
            return Without("non DNSSEC destination", TlsLevel.May, Missing());
        TlsaAnswer answer = lookup.Find(host.Origin, destination.Hop.Port);
        if (answer.Status == TlsaStatus.Failed)
        {
            return NotUsed(string.Create(CultureInfo.InvariantCulture, $"TLSA lookup error for {host.Host}:{destination.Hop.Port}"),
                TlsFinding.Of(answer.BaseDomain, [], TlsResultType.DnssecInvalid));
        }
        if (answer.Status == TlsaStatus.None)
            return Without("no TLSA records found", TlsLevel.May, Missing());
        IReadOnlyList<TlsaRecord> usable = TlsaSet.Usable(answer.Records, policies.Settings.DaneDigests);
        if (usable.Count == 0)
        {
            log.TlsaUnusable(host.At(destination.Hop.Port), isOnly);
            return Without("TLSA records unusable", TlsLevel.Encrypt, TlsFinding.Of(answer.BaseDomain, answer.Records, TlsResultType.TlsaInvalid, "no TLSA record is usable"));
        }
        if (!isMxAuthentic && insecure == TlsLevel.Encrypt)
            return Without("", TlsLevel.Encrypt, null);
        TlsaSet tlsa = new(answer.BaseDomain, Names(answer.BaseDomain, isMxAuthentic ? host.Exchangers : null), usable);
        return new ServerPolicy(policies.At(asked, isMxAuthentic ? asked.Level : TlsLevel.HalfDane, tlsa), Finding: TlsFinding.Of(answer.BaseDomain, answer.Records));

        ServerPolicy Without(string why, TlsLevel level, TlsFinding? finding) => isOnly ? NotUsed(why, finding) : new ServerPolicy(policies.At(asked, level), Finding: finding);

        ServerPolicy NotUsed(string why, TlsFinding? finding) => new(asked, SmtpTrouble.Why("4.7.5", why), finding);

        // Only where DANE is demanded is that a failure.
        TlsFinding? Missing() => isOnly ? TlsFinding.Of(host.Host, [], TlsResultType.DaneRequired) : null;
    }

    // RFC 7672 section 3.2.2: the domain of the mail counts only where the way from it to the server is secure.
    private static IReadOnlyList<string> Names(string baseDomain, NameOrigin? exchangers) =>
        exchangers is null ? [baseDomain] : [.. ((string[])[baseDomain, exchangers.Name, exchangers.Canonical]).Distinct(StringComparer.OrdinalIgnoreCase)];
}
