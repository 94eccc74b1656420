using System.Net;
using PostfixNet.Mail;
using PostfixNet.Net;

namespace PostfixNet.Smtp;

/// <summary>The addresses at which this mail system itself is found: inet_interfaces and proxy_interfaces. Mail that
/// would be sent there goes in a circle.</summary>
/// <param name="find">Finds them, as <see cref="Find"/>.</param>
internal sealed class OwnAddresses(Func<IReadOnlyList<IPAddress>> find, TimeProvider clock)
{
    // Addresses come and go, and a name that could not be looked up may be found later.
    private static readonly TimeSpan s_mostAge = TimeSpan.FromMinutes(1);

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
        if (_addresses is null || clock.GetElapsedTime(_foundAt) > s_mostAge)
            (_addresses, _foundAt) = (find(), clock.GetTimestamp());
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
            if (name is "all" or "loopback-only")
                found.AddRange(NetworkInterfaces.Addresses().Where(address => name == "all" || IPAddress.IsLoopback(address)));
            else
                Add("inet_interfaces", name);
        }
        foreach (string name in proxies)
            Add("proxy_interfaces", name);
        return found;

        void Add(string parameter, string name)
        {
            string bare = name.Trim('[', ']');
            if (HostAndPort.AddressIn(bare) is { } literal)
            {
                found.Add(literal);
                return;
            }
            List<HostAddress> hosts = [];
            if (lookup().Add(hosts, bare, 0) is { } why)
                log.Warning($"{parameter}: {name}: {why.Reason}: a mail loop through it is not noticed");
            found.AddRange(hosts.Select(static host => host.Address));
        }
    }
}
