using System.Net;
using System.Net.Sockets;
using PostfixNet.Dns;
using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>Finds the addresses of a host, by the means that smtp_host_lookup names.</summary>
/// <param name="hostsFile">hosts(5); null: not asked.</param>
internal sealed class HostLookup(IResolver resolver, IResolver? hostsFile, SmtpOptions options)
{
    /// <summary>Completes names where the system's own lookup is asked, as getaddrinfo(3) does.</summary>
    internal SearchList Search { get; init; } = SearchList.None;

    /// <summary>Adds the addresses of a host to a list.</summary>
    /// <param name="name">A name in ASCII; or, against RFC 1035 but not rare in MX records, an address.</param>
    /// <param name="preference">Of its MX record.</param>
    /// <param name="exchangers">How that was found; null: there is none.</param>
    /// <returns>null when an address was added; else why not.</returns>
    internal Dsn? Add(List<HostAddress> hosts, string name, int preference, NameOrigin? exchangers = null)
    {
        if (HostAndPort.AddressIn(name) is { } literal)
        {
            if (!IsUsable(literal))
                return NoProtocol(name);
            hosts.Add(new HostAddress(name, literal, preference) { Exchangers = exchangers });
            return null;
        }
        ReadOnlySpan<DnsType> types = (options.UseIPv4, options.UseIPv6) switch
        {
            (true, true) => [DnsType.A, DnsType.Aaaa],
            (true, false) => [DnsType.A],
            _ => [DnsType.Aaaa],
        };
        int before = hosts.Count;
        if (hostsFile is not null && !options.DnsBeforeHostsFile)
            return AddNative(hosts, hostsFile, name, preference, types);
        IReadOnlyList<DnsReply> replies = resolver.Query(name, types);
        foreach (DnsReply reply in replies)
        {
            NameOrigin origin = new(name, reply.CanonicalName, reply.IsAuthentic);
            hosts.AddRange(Addresses(reply, name, preference).Select(host => host with { Origin = origin, Exchangers = exchangers }));
        }
        if (hosts.Count > before)
            return null;
        Dsn why = Why(replies, types, name);
        return hostsFile is null || !SmtpTrouble.IsHard(why) ? why : AddNative(hosts, hostsFile, name, preference, types) is null ? null : why;
    }

    // The name by itself is in hosts(5), or it is in the DNS, perhaps with a domain of the search list.
    private Dsn? AddNative(List<HostAddress> hosts, IResolver hostsFile, string name, int preference, ReadOnlySpan<DnsType> types)
    {
        int before = hosts.Count;
        Add(hosts, hostsFile.Query(name, types), name, preference);
        if (hosts.Count > before)
            return null;
        Dsn? trouble = null;
        foreach (string candidate in Search.Of(name))
        {
            IReadOnlyList<DnsReply> replies = resolver.Query(candidate, types);
            Add(hosts, replies, candidate, preference);
            if (hosts.Count > before)
                return null;
            // As the C library does: the next domain, too, when a server does not answer; but then the name may exist.
            Dsn why = Why(replies, types, name);
            if (trouble is null || !SmtpTrouble.IsHard(why))
                trouble = why;
        }
        return trouble;
    }

    /// <summary>Whether inet_protocols allows an address.</summary>
    internal bool IsUsable(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? options.UseIPv6 : options.UseIPv4;

    /// <summary>inet_protocols forbids an address.</summary>
    internal static Dsn NoProtocol(string name) =>
        SmtpTrouble.Why("5.4.4", $"unable to use address {name}: its protocol is disabled by inet_protocols");

    /// <summary>A question about a name had no answer.</summary>
    internal static Dsn NameTrouble(DnsReply reply, string name, DnsType type)
    {
        string status = reply.Status switch
        {
            DnsStatus.NotFound or DnsStatus.NoData or DnsStatus.InvalidName or DnsStatus.Loop => "5.4.4",
            // A refusing or babbling name server is more often a mistake of ours than the truth about the domain.
            _ => "4.4.3",
        };
        return SmtpTrouble.Why(status, $"Host or domain name not found. {reply.Explain(name, type)}");
    }

    private void Add(List<HostAddress> hosts, IReadOnlyList<DnsReply> replies, string name, int preference) =>
        hosts.AddRange(replies.SelectMany(reply => Addresses(reply, name, preference)));

    private IEnumerable<HostAddress> Addresses(DnsReply reply, string name, int preference)
    {
        string host = options.CnameOverridesServerName ? reply.CanonicalName : name;
        return reply.Records.OfType<AddressRecord>().Select(record => new HostAddress(host, record.Address, preference));
    }

    // What may be found later outweighs what does not exist; of equals the first counts.
    private static Dsn Why(IReadOnlyList<DnsReply> replies, ReadOnlySpan<DnsType> types, string name)
    {
        Dsn? why = null;
        for (int i = 0; i < replies.Count; i++)
        {
            if (replies[i].Status == DnsStatus.Ok)
                continue;
            Dsn trouble = NameTrouble(replies[i], name, types[i]);
            if (why is null || (SmtpTrouble.IsHard(why) && !SmtpTrouble.IsHard(trouble)))
                why = trouble;
        }
        return why ?? SmtpTrouble.Why("5.4.4", $"no address for {name}");
    }
}
