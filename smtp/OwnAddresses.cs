using System.Net;
using PostfixNet.Dns;
using PostfixNet.Native;

namespace PostfixNet.Smtp;

/// <summary>The addresses at which this mail system itself is found: inet_interfaces and proxy_interfaces. Mail that
/// would be sent there goes in a circle.</summary>
internal sealed class OwnAddresses(Func<IReadOnlyList<IPAddress>> find)
{
    private IReadOnlyList<IPAddress>? _addresses;

    /// <summary>Looked up at the first use, once.</summary>
    internal bool Contain(IPAddress address)
    {
        _addresses ??= find();
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
    internal static IReadOnlyList<IPAddress> Find(IReadOnlyList<string> interfaces, IReadOnlyList<string> proxies, IResolver resolver)
    {
        List<IPAddress> found = [];
        foreach (string name in interfaces)
        {
            if (name is "all" or "loopback-only")
            {
                foreach (IPAddress address in NetworkInterfaces.Addresses())
                {
                    if (name == "all" || IPAddress.IsLoopback(address))
                        found.Add(address);
                }
            }
            else
            {
                Add(found, name, resolver);
            }
        }
        foreach (string name in proxies)
            Add(found, name, resolver);
        return found;
    }

    private static void Add(List<IPAddress> found, string name, IResolver resolver)
    {
        string bare = name.Trim('[', ']');
        if (IPAddress.TryParse(bare, out IPAddress? literal))
        {
            found.Add(literal);
            return;
        }
        foreach (DnsReply reply in resolver.Query(bare, [DnsType.A, DnsType.Aaaa]))
        {
            foreach (DnsRecord record in reply.Records)
            {
                if (record is AddressRecord address)
                    found.Add(address.Address);
            }
        }
    }
}
