using System.Globalization;
using PostfixNet.Dns;

namespace PostfixNet.Smtp.Dane;

/// <summary>What became of the search for a server's TLSA records.</summary>
internal enum TlsaStatus
{
    /// <summary>There are records, and DNSSEC vouches for them.</summary>
    Found,
    /// <summary>There are none, or none that DNSSEC vouches for: the server does not take part in DANE.</summary>
    None,
    /// <summary>It cannot be said now whether there are any.</summary>
    Failed,
}

/// <summary>The TLSA records of a server.</summary>
/// <param name="BaseDomain">The name below which they stand: RFC 7672 section 2.2.3. It goes out with SNI, and a certificate may have it.</param>
internal sealed record TlsaAnswer(TlsaStatus Status, string BaseDomain, IReadOnlyList<TlsaRecord> Records);

/// <summary>Finds TLSA records (RFC 7672 sections 2.2.2 and 2.2.3).</summary>
internal sealed class TlsaLookup(IResolver resolver, Log log)
{
    /// <summary>Looks up the records of a server.</summary>
    /// <param name="host">How its address was found. With an address that DNSSEC does not vouch for nothing is looked up: what
    /// stands below an insecure name is insecure, too, and many name servers fail at questions of this type.</param>
    /// <param name="port">The port at which it is talked to.</param>
    internal TlsaAnswer Find(NameOrigin host, int port)
    {
        bool isAlias = !host.Canonical.Equals(host.Name, StringComparison.OrdinalIgnoreCase);
        if (host.IsAuthentic)
        {
            // The name at the end of the aliases first; the other one only where that has none.
            TlsaAnswer answer = Ask(host.Canonical, port);
            return answer.Status == TlsaStatus.None && isAlias ? Ask(host.Name, port) : answer;
        }
        if (!isAlias)
            return None(host.Name);
        // The aliases lead into an insecure zone; but the first of them may be secure, and with it records below its name.
        DnsReply alias = resolver.Query(host.Name, DnsType.Cname);
        switch (alias.Status)
        {
            case DnsStatus.Ok:
                return alias.IsAuthentic ? Ask(host.Name, port) : None(host.Name);
            default:
                log.Warning($"DNSSEC status lookup error for {host.Name}: {alias.Explain(host.Name, DnsType.Cname)}");
                return new TlsaAnswer(TlsaStatus.Failed, host.Name, []);
        }
    }

    private TlsaAnswer Ask(string baseDomain, int port)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"_{port}._tcp.{baseDomain}");
        DnsReply reply = resolver.Query(name, DnsType.Tlsa);
        switch (reply.Status)
        {
            case DnsStatus.Ok when reply.IsAuthentic:
                return new TlsaAnswer(TlsaStatus.Found, baseDomain, [.. reply.Records.OfType<TlsaRecord>()]);
            // InvalidName: with the two labels it is longer than names can be, so nobody has records there.
            case DnsStatus.Ok or DnsStatus.NotFound or DnsStatus.NoData or DnsStatus.InvalidName:
                return None(baseDomain);
            default:
                log.Warning($"DANE TLSA lookup problem: {reply.Explain(name, DnsType.Tlsa)}");
                return new TlsaAnswer(TlsaStatus.Failed, baseDomain, []);
        }
    }

    private static TlsaAnswer None(string name) => new(TlsaStatus.None, name, []);
}
