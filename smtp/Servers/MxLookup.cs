using PostfixNet.Configuration;
using PostfixNet.Dns;
using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>Finds the servers of a next hop: RFC 5321 section 5.1.</summary>
/// <param name="hostsFile">hosts(5); null: not asked.</param>
/// <param name="search">Completes names where hosts(5) is asked; null: names are complete.</param>
internal sealed class MxLookup(IResolver resolver, IResolver? hostsFile, OwnAddresses own, Surroundings surroundings, SearchList? search = null)
{
    // Beyond these an MX set is an attack on our time.
    private const int MostExchangers = 50;
    private static readonly TimeSpan s_mostTime = TimeSpan.FromMinutes(2);

    private readonly SmtpOptions _options = surroundings.Options;
    private readonly HostLookup _hosts = new(resolver, hostsFile, surroundings.Options) { Search = search ?? SearchList.None };

    /// <summary>For the order of equals.</summary>
    internal Random Random { get; init; } = Random.Shared;

    /// <summary>Looks up mail exchangers or addresses, as the next hop says.</summary>
    internal HostList Find(NextHop hop)
    {
        if (hop.Address is not null)
            return _hosts.IsUsable(hop.Address) ? Checked(hop, [new HostAddress(hop.Domain, hop.Address, 0)]) : new HostList([], HostLookup.NoProtocol(hop.Domain));
        string? name = DomainName.ToAscii(hop.Domain);
        if (name is null)
            return new HostList([], SmtpTrouble.Why("5.4.4", $"Host or domain name not found. Name service error for {hop.Domain}: invalid host or domain name"));
        return hop.UsesMx ? FindExchangers(hop, name) : FindHost(hop, name, isAuthentic: true);
    }

    private HostList FindExchangers(NextHop hop, string name)
    {
        DnsReply reply = resolver.Query(name, DnsType.Mx);
        switch (reply.Status)
        {
            case DnsStatus.Ok:
                break;
            case DnsStatus.NoData or DnsStatus.NotFound or DnsStatus.Loop:
                // RFC 5321 section 5.1: without MX records the domain is its own exchanger. Asking again after NXDOMAIN also
                // serves those whose name servers deny a name that has addresses.
                return FindHost(hop, name, reply.IsAuthentic);
            default:
                return _options.IgnoreMxLookupError ? FindHost(hop, name, isAuthentic: false) : new HostList([], HostLookup.NameTrouble(reply, hop.Domain, DnsType.Mx));
        }

        List<MxRecord> exchangers = [.. reply.Records.OfType<MxRecord>()];
        // RFC 7505 section 3: a null MX stands alone; beside others it means nothing.
        if (exchangers.TrueForAll(static e => e.IsNullMx))
            return new HostList([], SmtpTrouble.Why("5.1.0", $"Domain {hop.Domain} does not accept mail (nullMX)"));
        exchangers.RemoveAll(static e => e.IsNullMx);
        exchangers.Sort(static (a, b) => a.Preference.CompareTo(b.Preference));
        if (exchangers.Count > MostExchangers)
            exchangers.RemoveRange(MostExchangers, exchangers.Count - MostExchangers);
        return Resolve(hop, exchangers, new NameOrigin(name, reply.CanonicalName, reply.IsAuthentic));
    }

    // All of them are looked up, though fewer will be tried: the two families may need balancing, and if this system is
    // among them that must be known (smtp_fallback_relay).
    private HostList Resolve(NextHop hop, List<MxRecord> exchangers, NameOrigin origin)
    {
        List<HostAddress> hosts = [];
        Dsn? why = null;
        int? self = null;
        bool detectLoops = hop.Port == _options.LoopPort;
        long start = surroundings.Clock.GetTimestamp();
        foreach (MxRecord exchanger in exchangers)
        {
            if (self is { } limit && exchanger.Preference >= limit)
                break;
            Dsn? trouble = surroundings.Clock.GetElapsedTime(start) < s_mostTime
                ? _hosts.Add(hosts, exchanger.Host, exchanger.Preference, origin)
                : SmtpTrouble.Why("4.4.3", $"the name servers of the mail exchangers of {hop.Domain} are too slow");
            // A name that may exist later outweighs one that does not exist.
            if (trouble is not null && (why is null || (SmtpTrouble.IsHard(why) && !SmtpTrouble.IsHard(trouble))))
                why = trouble;
            if (detectLoops && hosts.Exists(host => host.Preference == exchanger.Preference && own.Contain(host.Address)))
                self = exchanger.Preference;
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
            HostList.Sort(hosts, _options, Random);
            return new HostList(hosts, null, self is not null);
        }
        surroundings.Log.NoMxHostHasAddress(hop.Domain);
        why ??= SmtpTrouble.Why("5.4.4", $"no usable address for any mail exchanger of {hop.Domain}");
        if (_options.DeferIfNoMxAddressFound && SmtpTrouble.IsHard(why))
            why = why.AsTransient();
        return new HostList([], why);
    }

    // isAuthentic: that there are no mail exchangers is certain, or none were looked for.
    private HostList FindHost(NextHop hop, string name, bool isAuthentic)
    {
        List<HostAddress> hosts = [];
        if (_hosts.Add(hosts, name, 0) is { } why)
            return new HostList([], why);
        if (!isAuthentic)
            hosts = hosts.ConvertAll(static host => host with { Origin = NameOrigin.Unknown(host.Origin.Name) });
        HostList.Sort(hosts, _options, Random);
        return Checked(hop, hosts);
    }

    private HostList Checked(NextHop hop, List<HostAddress> hosts) => hop.Port == _options.LoopPort && hosts.Exists(host => own.Contain(host.Address))
        ? new HostList([], SmtpTrouble.Why("5.4.6", $"mail for {hop.Domain} loops back to myself"), IAmMx: true)
        : new HostList(hosts, null);
}
