using System.Net;
using System.Net.Sockets;

namespace PostfixNet.Https;

/// <summary>Which addresses are those of hosts of the Internet, and not of this host, its network, or of nobody: the registries of special-purpose addresses (RFC 6890, as kept by IANA).</summary>
public static class PublicAddress
{
    private static readonly IPNetwork[] s_special =
    [
        .. ((string[])
        [
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
            "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
            // Within 2000::/3, outside of which nothing is public: Teredo, ORCHID and their like, documentation, 6to4, which leads to any IPv4 address.
            "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        ]).Select(IPNetwork.Parse),
    ];

    private static readonly IPNetwork s_global = IPNetwork.Parse("2000::/3"), s_translated = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>It is public; one of IPv4 that stands within one of IPv6 is what it is by itself.</summary>
    public static bool Is(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.IsIPv4MappedToIPv6)
            return Is(address.MapToIPv4());
        // RFC 6052: a network of IPv6 alone reaches the others so.
        if (s_translated.Contains(address))
            return Is(new IPAddress(address.GetAddressBytes().AsSpan(12)));
        return (address.AddressFamily == AddressFamily.InterNetwork || s_global.Contains(address)) && !Array.Exists(s_special, network => network.Contains(address));
    }
}
