using System.Net;
using System.Net.Sockets;

namespace PostfixNet.Https;

/// <summary>Which addresses are the world's: what strangers name may else lead into this host, or the network around it.</summary>
public static class PublicAddress
{
    // The registries of RFC 6890 and what follows it: all that is not "globally reachable", and multicast.
    private static readonly IPNetwork[] s_special =
    [
        .. ((ReadOnlySpan<string>)
        [
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15",
            "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
            "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/9", "ff00::/8",
        ]).ToArray().Select(static text => IPNetwork.Parse(text)),
    ];

    private static readonly IPNetwork s_translated = IPNetwork.Parse("64:ff9b::/96"), s_sixToFour = IPNetwork.Parse("2002::/16");

    /// <summary>Whether an address is one of the public network; one of IPv6 that stands for one of IPv4 is as that one.</summary>
    public static bool Is(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            ReadOnlySpan<byte> octets = address.GetAddressBytes();
            if (s_translated.Contains(address))
                return Is(new IPAddress(octets[12..]));
            if (s_sixToFour.Contains(address))
                return Is(new IPAddress(octets[2..6]));
        }
        return !Array.Exists(s_special, network => network.Contains(address));
    }
}
