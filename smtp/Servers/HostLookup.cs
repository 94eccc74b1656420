using System.Net;
using System.Net.Sockets;
using PostfixNet.Dns;
using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>Finds the addresses of a host, by the means that smtp_host_lookup names.</summary>
/// <param name="hostsFile">hosts(5); null: not asked.</param>
internal sealed class HostLookup(IResolver resolver, IResolver? hostsFile, SmtpOptions options)
{
    /// <summary>Adds the addresses of a host to a list.</summary>
    /// <param name="name">A name in ASCII; or, against RFC 1035 but not rare in MX records, an address.</param>
    /// <param name="preference">Of its MX record.</param>
    /// <returns>null when an address was added; else why not.</returns>
    internal Dsn? Add(List<HostAddress> hosts, string name, int preference)
    {
        if (HostAndPort.AddressIn(name) is { } literal)
        {
            if (!IsUsable(literal))
                return NoProtocol(name);
            hosts.Add(new HostAddress(name, literal, preference));
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
        {
            Add(hosts, hostsFile.Query(name, types), name, preference);
            if (hosts.Count > before)
                return null;
        }
        IReadOnlyList<DnsReply> replies = resolver.Query(name, types);
        Add(hosts, replies, name, preference);
        if (hosts.Count > before)
            return null;
        Dsn why = Why(replies, types, name);
        if (hostsFile is not null && options.DnsBeforeHostsFile && SmtpTrouble.IsHard(why))
            Add(hosts, hostsFile.Query(name, types), name, preference);
        return hosts.Count > before ? null : why;
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
            DnsStatus.NotFound or DnsStatus.NoData or DnsStatus.InvalidName => "5.4.4",
            // A refusing or babbling name server is more often a mistake of ours than the truth about the domain.
            _ => "4.4.3",
        };
        return SmtpTrouble.Why(status, $"Host or domain name not found. {reply.Explain(name, type)}");
    }

    private void Add(List<HostAddress> hosts, IReadOnlyList<DnsReply> replies, string name, int preference)
    {
        foreach (DnsReply reply in replies)
        {
            string host = options.CnameOverridesServerName ? reply.CanonicalName : name;
            hosts.AddRange(reply.Records.OfType<AddressRecord>().Select(record => new HostAddress(host, record.Address, preference)));
        }
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
