using System.Globalization;
using System.Net;
using PostfixNet.Dns;
using PostfixNet.Mail;
using PostfixNet.Notices;

namespace PostfixNet.Smtp;

/// <summary>Finds the servers of a next hop: RFC 5321 section 5.1.</summary>
internal sealed class MxLookup(IResolver resolver, IResolver? hostsFile, OwnAddresses own, SmtpOptions options, Log log, Random random)
{
    // Beyond this an MX set is an attack on our time.
    private const int MostExchangers = 50;

    /// <summary>Looks up mail exchangers or addresses, as the next hop says.</summary>
    internal HostList Find(NextHop hop)
    {
        if (hop.Address is not null)
            return Usable(hop.Address) ? Checked(hop, [new HostAddress(hop.Domain, hop.Address, 0)]) : NoProtocol(hop.Domain);
        string? name = AsciiName(hop.Domain);
        if (name is null)
            return new HostList([], SmtpTrouble.Why("5.4.4", $"Host or domain name not found. Name service error for {hop.Domain}: invalid host or domain name"));
        return hop.UsesMx ? FindExchangers(hop, name) : FindHost(hop, name);
    }

    private HostList FindExchangers(NextHop hop, string name)
    {
        DnsReply reply = resolver.Query(name, DnsType.Mx);
        switch (reply.Status)
        {
            case DnsStatus.Ok:
                break;
            case DnsStatus.NoData or DnsStatus.NotFound:
                // RFC 5321 section 5.1: without MX records the domain is its own exchanger. Asking again after NXDOMAIN also
                // serves those whose name servers deny a name that has addresses.
                return FindHost(hop, name);
            default:
                return options.IgnoreMxLookupError ? FindHost(hop, name) : new HostList([], NameTrouble(reply, hop.Domain, DnsType.Mx));
        }

        List<MxRecord> exchangers = [];
        foreach (DnsRecord record in reply.Records)
        {
            if (record is MxRecord exchanger)
                exchangers.Add(exchanger);
        }
        if (exchangers is [{ IsNullMx: true }])
            return new HostList([], SmtpTrouble.Why("5.1.0", $"Domain {hop.Domain} does not accept mail (nullMX)"));
        exchangers.RemoveAll(static e => e.IsNullMx);
        exchangers.Sort(static (a, b) => a.Preference.CompareTo(b.Preference));
        if (exchangers.Count > MostExchangers)
            exchangers.RemoveRange(MostExchangers, exchangers.Count - MostExchangers);
        return Resolve(hop, exchangers);
    }

    private HostList Resolve(NextHop hop, List<MxRecord> exchangers)
    {
        List<HostAddress> hosts = [];
        Dsn? why = null;
        int? self = null;
        bool detectLoops = hop.Port == options.LoopPort;
        foreach (MxRecord exchanger in exchangers)
        {
            // Enough, and none of equal preference is left that should have its share.
            if (options.MxAddressLimit > 0 && hosts.Count >= options.MxAddressLimit && exchanger.Preference > hosts[^1].Preference)
                break;
            if (self is { } limit && exchanger.Preference >= limit)
                break;
            Dsn? trouble = AddAddresses(hosts, exchanger.Host, exchanger.Preference);
            // A name that may exist later outweighs one that does not exist.
            if (trouble is not null && (why is null || SmtpTrouble.IsHard(why)))
                why = trouble;
            if (!detectLoops)
                continue;
            foreach (HostAddress host in hosts)
            {
                if (host.Preference == exchanger.Preference && own.Contain(host.Address))
                    self = exchanger.Preference;
            }
        }
        if (self is { } mine)
        {
            // Those that are not better than we are would only send the mail back to us (RFC 5321 section 5.1).
            hosts.RemoveAll(h => h.Preference >= mine);
            if (hosts.Count == 0)
            {
                return new HostList([], exchangers[0].Preference == mine
                    ? SmtpTrouble.Why("5.4.6", $"mail for {hop.Domain} loops back to myself")
                    : SmtpTrouble.Why("4.4.4", $"unable to find primary relay for {hop.Domain}"), IAmMx: true);
            }
        }
        if (hosts.Count > 0)
        {
            HostList.Sort(hosts, options, random);
            return new HostList(hosts, null, self is not null);
        }
        log.NoMxHostHasAddress(hop.Domain);
        why ??= SmtpTrouble.Why("5.4.4", $"no usable address for any mail exchanger of {hop.Domain}");
        if (options.DeferIfNoMxAddressFound && SmtpTrouble.IsHard(why))
            why = why with { Status = $"4{why.Status.AsSpan(1)}" };
        return new HostList([], why);
    }

    private HostList FindHost(NextHop hop, string name)
    {
        List<HostAddress> hosts = [];
        if (AddAddresses(hosts, name, 0) is { } why && hosts.Count == 0)
            return new HostList([], why);
        HostList.Sort(hosts, options, random);
        return Checked(hop, hosts);
    }

    private HostList Checked(NextHop hop, List<HostAddress> hosts)
    {
        if (hop.Port == options.LoopPort)
        {
            foreach (HostAddress host in hosts)
            {
                if (own.Contain(host.Address))
                    return new HostList([], SmtpTrouble.Why("5.4.6", $"mail for {hop.Domain} loops back to myself"), IAmMx: true);
            }
        }
        return new HostList(hosts, null);
    }

    // null when an address was added.
    private Dsn? AddAddresses(List<HostAddress> hosts, string name, int preference)
    {
        // Against RFC 1035, but not rare.
        if (IPAddress.TryParse(name, out IPAddress? literal))
        {
            if (!Usable(literal))
                return NoProtocol(name).Why;
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
        if (hostsFile is not null)
        {
            foreach (DnsReply reply in hostsFile.Query(name, types))
                Add(hosts, reply, name, preference);
            if (hosts.Count > before)
                return null;
        }
        IReadOnlyList<DnsReply> replies = resolver.Query(name, types);
        Dsn? why = null;
        for (int i = 0; i < replies.Count; i++)
        {
            Add(hosts, replies[i], name, preference);
            if (replies[i].Status != DnsStatus.Ok && (why is null || SmtpTrouble.IsHard(why)))
            {
                Dsn trouble = NameTrouble(replies[i], name, types[i]);
                if (why is null || !SmtpTrouble.IsHard(trouble))
                    why = trouble;
            }
        }
        return hosts.Count > before ? null : why ?? SmtpTrouble.Why("5.4.4", $"no address for {name}");
    }

    private static void Add(List<HostAddress> hosts, DnsReply reply, string name, int preference)
    {
        foreach (DnsRecord record in reply.Records)
        {
            if (record is AddressRecord address)
                hosts.Add(new HostAddress(name, address.Address, preference));
        }
    }

    private bool Usable(IPAddress address) =>
        address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? options.UseIPv6 : options.UseIPv4;

    private static HostList NoProtocol(string name) =>
        new([], SmtpTrouble.Why("5.4.4", $"unable to use address {name}: its protocol is disabled by inet_protocols"));

    private static Dsn NameTrouble(DnsReply reply, string name, DnsType type)
    {
        string status = reply.Status switch
        {
            DnsStatus.NotFound or DnsStatus.NoData or DnsStatus.InvalidName => "5.4.4",
            // A refusing or babbling name server is more often a mistake of ours than the truth about the domain.
            _ => "4.4.3",
        };
        return SmtpTrouble.Why(status, $"Host or domain name not found. {reply.Explain(name, type)}");
    }

    private static string? AsciiName(string domain)
    {
        if (ByteText.IsAscii(domain))
            return domain;
        try
        {
            return new IdnMapping { UseStd3AsciiRules = false }.GetAscii(domain);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
