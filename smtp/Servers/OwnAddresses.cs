using System.Net;
using PostfixNet.Net;

namespace PostfixNet.Smtp;

/// <summary>The addresses at which this mail system itself is found: inet_interfaces and proxy_interfaces. Mail that
/// would be sent there goes in a circle.</summary>
/// <param name="find">Finds them, as <see cref="Find"/>.</param>
internal sealed class OwnAddresses(Func<IReadOnlyList<IPAddress>> find)
{
    // Addresses come and go, and a name that could not be looked up may be found later.
    private const int MostAgeMilliseconds = 60_000;

    private IReadOnlyList<IPAddress>? _addresses;
    private long _foundAt;

    /// <summary>Whether a connection to <paramref name="address"/> would lead back here.</summary>
    internal bool Contain(IPAddress address)
    {
        // Whoever connects to the unspecified address gets to the loopback interface.
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            return true;
        if (address.IsIPv4MappedToIPv6)
            return Contain(address.MapToIPv4());
        if (_addresses is null || Environment.TickCount64 - _foundAt > MostAgeMilliseconds)
            (_addresses, _foundAt) = (find(), Environment.TickCount64);
        foreach (IPAddress own in _addresses)
        {
            if (own.Equals(address))
                return true;
        }
        return false;
    }

    /// <summary>Reads the two parameters.</summary>
    /// <param name="interfaces">inet_interfaces: "all", "loopback-only", addresses, host names.</param>
    /// <param name="proxies">proxy_interfaces: addresses, host names.</param>
    /// <param name="lookup">Finds the addresses of host names; made only when there is one.</param>
    internal static IReadOnlyList<IPAddress> Find(IReadOnlyList<string> interfaces, IReadOnlyList<string> proxies, Func<HostLookup> lookup, Log log)
    {
        List<IPAddress> found = [];
        foreach (string name in interfaces)
        {
            if (name is not ("all" or "loopback-only"))
            {
                Add(found, "inet_interfaces", name, lookup, log);
                continue;
            }
            foreach (IPAddress address in NetworkInterfaces.Addresses())
            {
                if (name == "all" || IPAddress.IsLoopback(address))
                    found.Add(address);
            }
        }
        foreach (string name in proxies)
            Add(found, "proxy_interfaces", name, lookup, log);
        return found;
    }

    private static void Add(List<IPAddress> found, string parameter, string name, Func<HostLookup> lookup, Log log)
    {
        string bare = name.Trim('[', ']');
        if (NextHop.AddressIn(bare) is { } literal)
        {
            found.Add(literal);
            return;
        }
        List<HostAddress> hosts = [];
        if (lookup().Add(hosts, bare, 0) is { } why)
            log.Warning($"{parameter}: {name}: {why.Reason}: a mail loop through it is not noticed");
        foreach (HostAddress host in hosts)
            found.Add(host.Address);
    }
}
