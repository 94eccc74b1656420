using PostfixNet.Configuration;

namespace PostfixNet.Qmgr;

/// <summary>What a domain is to this system, which decides how its mail goes if no table says otherwise.</summary>
internal enum DomainClass
{
    /// <summary>Somebody else's: default_transport.</summary>
    Other,
    /// <summary>This host's, mydestination or one of its addresses: local_transport.</summary>
    Local,
    /// <summary>virtual_alias_domains: an address there that cleanup found no alias for does not exist.</summary>
    Alias,
    /// <summary>relay_domains: relay_transport.</summary>
    Relay,
}

/// <summary>Finds the class of a domain. One that is in several lists is in the first.</summary>
internal sealed class DomainClasses(MainConfig config)
{
    private readonly LocalDomains _local = LocalDomains.Read(config);
    private readonly MatchList? _aliases = Used(config.Get(Parameters.VirtualAliasDomains)), _relays = Used(config.Get(Parameters.RelayDomains));

    /// <exception cref="Tables.LookupException">A table cannot say now.</exception>
    internal DomainClass Of(string domain) =>
        _local.Contain(domain) ? DomainClass.Local
        : _aliases is not null && _aliases.Contains(domain) ? DomainClass.Alias
        : _relays is not null && _relays.Contains(domain) ? DomainClass.Relay : DomainClass.Other;

    private static MatchList? Used(MatchList list) => list.IsEmpty ? null : list;
}
