using System.Diagnostics.CodeAnalysis;
using PostfixNet.Configuration;
using PostfixNet.Mail;
using PostfixNet.Tables;

namespace PostfixNet.Qmgr;

/// <summary>Finds the transport and next hop of an address: transport_maps, else by the class of its domain, as Postfix's
/// trivial-rewrite does.</summary>
internal sealed class Routing
{
    private static readonly Route s_badSyntax = new("error", "5.1.3 bad address syntax");
    private static readonly Route s_noAnswer = new("retry", "4.3.0 address resolver failure");

    private readonly Sites _sites;
    private readonly Action<string>? _warn;
    private DomainClasses _classes;
    private TransportMap _transportMaps;
    private Route _noAlias;
    private Route _default, _relay;  // without a next hop: that of the domain
    private Route? _local;           // null: there is no local delivery
    private string _relayHost;
    private SenderRoutes? _relayHostOfSender, _transportOfSender;
    private AddressLookup? _relocated;
    private string _doubleBounceSender;
    private string _emptyAddressDomain, _filterNextHop, _myHostname;
    private DestinationRules _rules;
    private string _reportDomain;
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
    [MemberNotNull(nameof(_classes), nameof(_noAlias), nameof(_transportMaps), nameof(_default), nameof(_relay), nameof(_relayHost), nameof(_doubleBounceSender), nameof(_emptyAddressDomain), nameof(_filterNextHop), nameof(_myHostname), nameof(_rules), nameof(_reportDomain))]
    internal void Read(MainConfig config)
    {
        _classes = new DomainClasses(config);
        _noAlias = new Route("error", config.Get(Parameters.ShowUserUnknownTableName) ? "5.1.1 User unknown in virtual alias table" : "5.1.1 User unknown");
        _default = Parse(config.Get(Parameters.DefaultTransport), new Route("smtp", ""), "");
        _relay = Parse(config.Get(Parameters.RelayTransport), new Route("relay", ""), "");
        string local = config.Get(Parameters.LocalTransport);
        _local = BuiltInTransports.IsNoLocalDelivery(local) ? null : Parse(local, new Route("local", ""), "");
        _relayHost = string.Join(", ", config.Get(Parameters.Relayhost));
        _relayHostOfSender = SenderRoutes.Read(config, Parameters.SenderDependentRelayhostMaps, Parameters.EmptyAddressRelayhostMapsLookupKey);
        _transportOfSender = SenderRoutes.Read(config, Parameters.SenderDependentDefaultTransportMaps, Parameters.EmptyAddressDefaultTransportMapsLookupKey);
        string delimiters = config.Get(Parameters.RecipientDelimiter);
        _emptyAddressDomain = config.Get(Parameters.MyOrigin);
        _filterNextHop = Lower(string.Join(", ", config.Get(Parameters.DefaultFilterNexthop)));
        _myHostname = config.Get(Parameters.MyHostname);
        _transportMaps = new TransportMap(config.Get(Parameters.TransportMaps), delimiters);
        LookupTable relocated = config.Get(Parameters.RelocatedMaps);
        _relocated = relocated.IsEmpty ? null : new AddressLookup(relocated.Find, LocalDomains.Read(config).And(_emptyAddressDomain), delimiters);
        _doubleBounceSender = config.Get(Parameters.DoubleBounceSender);
        _rules = config.Destinations;
        _reportDomain = config.Get(Parameters.ReportDomain);
        _allowsMinus = config.Get(Parameters.AllowMinUser);
    }

    /// <summary>The route of an address. What is more specific holds: relocated_maps, transport_maps with the address, its domain, parent domains,
    /// "*"; else the class of the domain, with the tables for senders.</summary>
    /// <param name="address">Recipient.</param>
    /// <param name="sender">Of the message; empty: nobody.</param>
    internal Route Of(string address, string sender)
    {
        // A program could take what begins with a dash for an option.
        if (!_allowsMinus && address.StartsWith('-'))
            return s_badSyntax;
        (string user, string? ofAddress) = Address.Split(address);
        if (ofAddress is not null && !DomainName.IsMailDomain(ofAddress))
            return s_badSyntax;
        string domain = (ofAddress ?? "").ToLowerInvariant();
        if (domain.Length == 0)
            domain = _emptyAddressDomain.ToLowerInvariant();
        Route route;
        try
        {
            route = Of(address, user, domain, sender);
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
        DestinationRule? before = RuleOfSite(nextHop);
        return _sites.Learn(nextHop, exchanger) && RuleOfSite(nextHop) != before;
    }

    /// <summary>The mail exchanger that a next hop was found to have; empty: not known.</summary>
    internal string SiteOf(string nextHop) => _sites.ExchangerOf(nextHop) ?? "";

    private DestinationRule? RuleOf(string domain, string nextHop) => _rules.ForMail(domain, nextHop) ?? RuleOfSite(nextHop) ?? _rules.Any;

    private DestinationRule? RuleOfSite(string nextHop) =>
        _rules.HasSites && _sites.ExchangerOf(nextHop) is { } exchanger ? _rules.ForSite(exchanger) : null;

    private Route Of(string address, string user, string domain, string sender)
    {
        if (_reportDomain.Length > 0 && domain.Equals(_reportDomain, StringComparison.OrdinalIgnoreCase))
            return new Route("reports", domain);
        if (_relocated?.Find(address) is { } moved)
            return new Route("error", $"5.1.6 User has moved to {moved.Value}");
        DomainClass @class = _classes.Of(domain);
        // As in Postfix, nothing leads such mail elsewhere.
        if (@class == DomainClass.Alias)
            return _noAlias;
        Route otherwise = @class switch
        {
            DomainClass.Local => _local is null ? NobodyHere(user) : At(_local, domain),
            DomainClass.Relay => At(_relay, NextHopOf(sender, domain)),
            _ => At(DefaultOf(sender), NextHopOf(sender, domain)),
        };
        return !_transportMaps.IsEmpty && _transportMaps.Find(address, domain) is { } entry ? Parse(entry, otherwise, domain) : otherwise;
    }

    /// <summary>Which parameters make the route of an address what it is.</summary>
    /// <returns>For the transport, and for the next hop.</returns>
    internal (string Transport, string NextHop) Reasons(string address, string sender)
    {
        try
        {
            return ReasonsOf(address, sender);
        }
        catch (LookupException e)
        {
            return (e.Message, "");
        }
    }

    private (string Transport, string NextHop) ReasonsOf(string address, string sender)
    {
        string domain = Address.DomainOf(address).ToLowerInvariant();
        if (_reportDomain.Length > 0 && domain.Equals(_reportDomain, StringComparison.OrdinalIgnoreCase))
            return ("report_domain", "report_domain");
        if (_relocated?.Find(address) is not null)
            return ("relocated_maps", "");
        DomainClass @class = _classes.Of(domain);
        if (@class == DomainClass.Alias)
            return ("virtual_alias_domains", "");
        string nextHop = _relayHostOfSender?.Find(sender) is not null ? "sender_dependent_relayhost_maps" : _relayHost.Length > 0 ? "relayhost" : "the domain of the recipient";
        (string transport, bool hasHop) = @class switch
        {
            DomainClass.Local => ("local_transport, since mydestination or an address of this host is meant", _local?.NextHop.Length > 0),
            DomainClass.Relay => ("relay_transport, by relay_domains", _relay.NextHop.Length > 0),
            _ when _transportOfSender?.Find(sender) is { } own => ("sender_dependent_default_transport_maps", own.IndexOf(':', StringComparison.Ordinal) is >= 0 and int colon && colon + 1 < own.Length),
            _ => ("default_transport", _default.NextHop.Length > 0),
        };
        if (hasHop)
            nextHop = transport;
        else if (@class == DomainClass.Local)
            nextHop = "the domain of the recipient";
        if (_transportMaps.IsEmpty || _transportMaps.Find(address, domain) is not { } entry)
            return (transport, nextHop);
        int end = entry.IndexOf(':', StringComparison.Ordinal);
        string map = $"transport_maps: {entry}";
        // ":" alone changes nothing, "transport:" goes to the domain itself, ":nexthop" by the usual transport.
        return (end == 0 ? transport : map, end == 0 && entry[1..].Trim().Length == 0 ? nextHop
            : end >= 0 && entry[(end + 1)..].Trim().Length > 0 ? map : "the domain of the recipient");
    }

    // What mail to the sender of notices to the postmaster would say, nobody wants to know.
    private Route NobodyHere(string user) => user.Equals(_doubleBounceSender, StringComparison.OrdinalIgnoreCase)
        ? new Route("discard", "2.0.0 undeliverable postmaster notification discarded")
        : new Route("error", $"5.1.1 unknown user: \"{user}\"");

    private Route DefaultOf(string sender) => _transportOfSender?.Find(sender) is { } own ? Parse(own, new Route("smtp", ""), "") : _default;

    private string NextHopOf(string sender, string domain) =>
        _relayHostOfSender?.Find(sender) is { } own ? own.ToLowerInvariant() : _relayHost.Length > 0 ? _relayHost : domain;

    // A next hop that stands in the parameter itself goes before all others.
    private static Route At(Route route, string nextHop) => route.NextHop.Length > 0 || route.BuiltIn is not null ? route : route with { NextHop = nextHop };

    /// <summary>The route that a message itself asks for: the filter that it goes through, or what it is returned with. Nothing else is looked at.</summary>
    /// <param name="entry">transport:nexthop. Without a next hop, that is default_filter_nexthop, or the domain of the recipient.</param>
    internal Route Own(string entry, string address)
    {
        string nextHop = _filterNextHop.Length > 0 ? _filterNextHop : Address.DomainOf(address) is { Length: > 0 } domain ? domain.ToLowerInvariant() : _myHostname;
        return Parse(entry, new Route("smtp", nextHop), nextHop) with { Rule = _rules.Any };
    }

    // "transport:nexthop", "transport:" (the domain of the recipient), ":nexthop" (the same transport as otherwise), or ":" (the default).
    private static Route Parse(string entry, Route otherwise, string domain)
    {
        int colon = entry.IndexOf(':', StringComparison.Ordinal);
        string transport = colon < 0 ? entry : entry[..colon], nextHop = colon < 0 ? "" : entry[(colon + 1)..].Trim();
        if (transport.Length == 0)
            return nextHop.Length == 0 ? otherwise : otherwise with { NextHop = otherwise.BuiltIn is null ? Lower(nextHop) : nextHop };
        bool isText = BuiltInTransports.Find(transport) is not null;
        return new Route(transport, isText ? nextHop : nextHop.Length > 0 ? Lower(nextHop) : domain);
    }

    // Names of hosts and domains are the same in small letters; paths are not.
    private static string Lower(string nextHop) => nextHop.StartsWith("unix:", StringComparison.OrdinalIgnoreCase) ? nextHop : nextHop.ToLowerInvariant();
}
