using System.Net;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Configuration;

/// <summary>The addresses at which this mail system itself is found: inet_interfaces and proxy_interfaces.</summary>
/// <remarks>Any thread may ask.</remarks>
/// <param name="find">Finds them, as <see cref="Find"/>.</param>
/// <param name="clock">Tells how old they are.</param>
public sealed class OwnAddresses(Func<IReadOnlyList<IPAddress>> find, TimeProvider clock)
{
    // Addresses come and go, and a name that could not be looked up may be found later.
    private static readonly TimeSpan s_mostAge = TimeSpan.FromMinutes(1);

    private Known? _known;

    private sealed record Known(IReadOnlyList<IPAddress> Addresses, long FoundAt);

    /// <summary>Whether a connection to <paramref name="address"/> would lead back here.</summary>
    public bool Contain(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        // Whoever connects to the unspecified address gets to the loopback interface.
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            return true;
        if (address.IsIPv4MappedToIPv6)
            return Contain(address.MapToIPv4());
        Known? known = _known;
        if (known is null || clock.GetElapsedTime(known.FoundAt) > s_mostAge)
            _known = known = new Known(Look(known), clock.GetTimestamp());
        return known.Addresses.Contains(address);
    }

    private IReadOnlyList<IPAddress> Look(Known? before)
    {
        try
        {
            return find();
        }
        catch (IOException)
        {
            // The system does not tell: those known so far.
            return before?.Addresses ?? [];
        }
    }

    /// <summary>Reads the two parameters.</summary>
    /// <param name="interfaces">inet_interfaces: "all", "loopback-only", addresses, host names.</param>
    /// <param name="proxies">proxy_interfaces: addresses, host names.</param>
    /// <param name="named">The addresses of a host name, which stands in the parameter that is named first; null: names are not looked up.</param>
    /// <exception cref="IOException">The system did not tell of its interfaces.</exception>
    public static IReadOnlyList<IPAddress> Find(IReadOnlyList<string> interfaces, IReadOnlyList<string> proxies, Func<string, string, IEnumerable<IPAddress>>? named = null)
    {
        ArgumentNullException.ThrowIfNull(interfaces);
        ArgumentNullException.ThrowIfNull(proxies);
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
                found.Add(literal);
            else if (named is not null)
                found.AddRange(named(parameter, bare));
        }
    }
}
