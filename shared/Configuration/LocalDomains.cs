using System.Net;
using PostfixNet.Mail;

namespace PostfixNet.Configuration;

/// <summary>The domains of this host: those of mydestination, and its own addresses in brackets, as in user@[192.0.2.1] (RFC 5321 section 4.1.3).</summary>
/// <param name="names">mydestination.</param>
/// <param name="own">Is asked about addresses only.</param>
public sealed class LocalDomains(IEnumerable<string> names, OwnAddresses own)
{
    private readonly HashSet<string> _names = new(names, StringComparer.OrdinalIgnoreCase);

    /// <summary>True when a domain is one of this host's.</summary>
    /// <param name="domain">Without a dot at the end.</param>
    public bool Contain(string domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return _names.Contains(domain)
            || (Address.IsDomainLiteral(domain, out string inside) && IPAddress.TryParse(inside, out IPAddress? address) && own.Contain(address));
    }

    /// <summary>Domains whose users tables may have without a domain: these, and the one that bare names get.</summary>
    /// <param name="origin">myorigin.</param>
    public Func<string, bool> And(string origin) => domain => domain.Equals(origin, StringComparison.OrdinalIgnoreCase) || Contain(domain);

    /// <summary>mydestination, inet_interfaces and proxy_interfaces; of the latter two the addresses, not names of hosts.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    public static LocalDomains Read(MainConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        IReadOnlyList<string> interfaces = config.Get(Parameters.InetInterfaces), proxies = config.Get(Parameters.ProxyInterfaces);
        return new LocalDomains(config.Get(Parameters.MyDestination), new OwnAddresses(() => OwnAddresses.Find(interfaces, proxies), TimeProvider.System));
    }
}
