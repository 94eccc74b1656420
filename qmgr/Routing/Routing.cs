using System.Diagnostics.CodeAnalysis;
using PostfixNet.Configuration;
using PostfixNet.Mail;
using PostfixNet.Tables;

namespace PostfixNet.Qmgr;

/// <summary>Finds the transport and next hop of an address: transport_maps, else relayhost, else the address's own domain.</summary>
internal sealed class Routing
{
    private static readonly Route s_badSyntax = new("error", "5.1.3 bad address syntax");
    private static readonly Route s_noAnswer = new("retry", "4.3.0 address resolver failure");

    private readonly Sites _sites;
    private readonly Action<string>? _warn;
    private readonly Dictionary<string, Route> _byDomain = [];
    private LookupTable _transportMaps;
    private Route _default;
    private string _emptyAddressDomain;
    private DestinationRules _rules;
    private bool _allowsMinus;

    /// <param name="config">main.toml.</param>
    /// <param name="sites">For tables that are for MX sites.</param>
    /// <param name="warn">Is told of tables that cannot say; null: nobody is.</param>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    internal Routing(MainConfig config, Sites sites, Action<string>? warn = null)
    {
        (_sites, _warn) = (sites, warn);
        Read(config);
    }

    /// <summary>Goes over to another configuration; what is known of sites stays.</summary>
    /// <exception cref="ConfigurationException">It cannot be used; one that a routing was made of before is safe.</exception>
    [MemberNotNull(nameof(_transportMaps), nameof(_default), nameof(_emptyAddressDomain), nameof(_rules))]
    internal void Read(MainConfig config)
    {
        _byDomain.Clear();
        _transportMaps = config.Get(Parameters.TransportMaps);
        string relayHost = string.Join(", ", config.Get(Parameters.Relayhost));
        _default = Parse(config.Get(Parameters.DefaultTransport), new Route("smtp", ""));
        if (relayHost.Length > 0)
            _default = _default with { NextHop = relayHost };
        _rules = config.Destinations;
        _allowsMinus = config.Get(Parameters.AllowMinUser);
        _emptyAddressDomain = config.Get(Parameters.MyOrigin);
    }

    /// <summary>The route of an address; tables are asked most specific first: address, domain, parent domains, "*".</summary>
    internal Route Of(string address)
    {
        // A program could take what begins with a dash for an option.
        if (!_allowsMinus && address.StartsWith('-'))
            return s_badSyntax;
        (_, string? ofAddress) = Address.Split(address);
        if (ofAddress is not null && !DomainName.IsMailDomain(ofAddress))
            return s_badSyntax;
        string domain = (ofAddress ?? "").ToLowerInvariant();
        if (domain.Length == 0)
            domain = _emptyAddressDomain.ToLowerInvariant();
        Route route;
        try
        {
            route = Of(address, domain);
        }
        catch (LookupException e)
        {
            _warn?.Invoke(e.Message);
            route = s_noAnswer;
        }
        return _rules.IsEmpty ? route : route with { Rule = RuleOf(domain, route.NextHop) };
    }

    /// <summary>An agent has looked up the mail exchanger of a next hop.</summary>
    /// <returns>True: another table holds from now on, also for mail that waits for it.</returns>
    internal bool Learn(string nextHop, string exchanger)
    {
        if (!_rules.HasSites)
            return false;
        DestinationRule? before = RuleOfSite(nextHop);
        return _sites.Learn(nextHop, exchanger) && RuleOfSite(nextHop) != before;
    }

    private DestinationRule? RuleOf(string domain, string nextHop) => _rules.ForMail(domain, nextHop) ?? RuleOfSite(nextHop) ?? _rules.Any;

    private DestinationRule? RuleOfSite(string nextHop) =>
        _rules.HasSites && _sites.ExchangerOf(nextHop) is { } exchanger ? _rules.ForSite(exchanger) : null;

    private Route Of(string address, string domain)
    {
        Route otherwise = _default.NextHop.Length > 0 ? _default : _default with { NextHop = domain };
        if (_transportMaps.IsEmpty)
            return otherwise;
        if (_transportMaps.Find(address) is { } own)
            return Parse(own, otherwise);
        if (_byDomain.TryGetValue(domain, out Route? known))
            return known;
        Route found = FindDomain(domain) is { } entry ? Parse(entry, otherwise) : otherwise;
        if (_byDomain.Count >= 10_000)
            _byDomain.Clear();
        _byDomain.Add(domain, found);
        return found;
    }

    /// <summary>The route that a message itself asks for (content filter record).</summary>
    internal Route Own(string entry, string address) =>
        Parse(entry, new Route("smtp", Address.DomainOf(address).ToLowerInvariant())) with { Rule = _rules.Any };

    private string? FindDomain(string domain)
    {
        if (_transportMaps.Find(domain, KeyKind.Part) is { } exact)
            return exact;
        for (int dot = domain.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = domain.IndexOf('.', dot + 1))
        {
            // "example.com" matches that domain only; ".example.com" matches all below it (transport(5)).
            if (_transportMaps.Find(domain[dot..], KeyKind.Part) is { } parent)
                return parent;
        }
        return _transportMaps.Find("*");
    }

    // "transport:nexthop", "transport:", ":nexthop", "transport", or ":" (the default).
    private static Route Parse(string entry, Route otherwise)
    {
        int colon = entry.IndexOf(':', StringComparison.Ordinal);
        string transport = colon < 0 ? entry : entry[..colon], nextHop = colon < 0 ? "" : entry[(colon + 1)..].Trim();
        if (transport.Length == 0)
            transport = otherwise.Transport;
        bool isText = BuiltInTransports.Find(transport) is not null;
        return new Route(transport, nextHop.Length > 0 ? isText ? nextHop : nextHop.ToLowerInvariant() : isText ? "" : otherwise.NextHop);
    }
}
