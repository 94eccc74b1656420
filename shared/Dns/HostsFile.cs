using System.Net;
using System.Net.Sockets;

namespace PostfixNet.Dns;

/// <summary>Addresses from hosts(5), for <c>smtp_host_lookup = native</c> and <c>disable_dns_lookups</c>.</summary>
/// <remarks>Answers A and AAAA questions only. "localhost" and names below it are the loopback addresses whatever the file
/// says of them, or if it says nothing (RFC 6761 section 6.3). The file is read once.</remarks>
public sealed class HostsFile : IResolver
{
    /// <summary>Where the file is.</summary>
    public const string DefaultPath = "/etc/hosts";

    private const int MaxBytes = 1 << 20, MaxAddresses = 32;

    private readonly Dictionary<string, List<IPAddress>> _addresses;
    private readonly Dictionary<IPAddress, string> _names;

    private HostsFile(Dictionary<string, List<IPAddress>> addresses, Dictionary<IPAddress, string> names) => (_addresses, _names) = (addresses, names);

    /// <summary>The name that the file has first for an address; null when it has none.</summary>
    public string? NameOf(IPAddress address) => _names.GetValueOrDefault(address);

    /// <summary>Reads the file, its first MiB; a missing or unreadable one is empty.</summary>
    public static HostsFile Load(string path = DefaultPath)
    {
        try
        {
            return Parse(SystemFile.Read(path, MaxBytes));
        }
        catch (IOException)
        {
            return Parse("");
        }
    }

    /// <summary>Reads the text of such a file: an address and its names per line, '#' begins a comment.</summary>
    public static HostsFile Parse(string text)
    {
        Dictionary<string, List<IPAddress>> addresses = new(StringComparer.OrdinalIgnoreCase);
        Dictionary<IPAddress, string> byAddress = [];
        foreach (string line in text.Split('\n'))
        {
            int comment = line.IndexOf('#');
            if (SystemFile.Words(comment < 0 ? line : line[..comment]) is not [string number, .. string[] names]
                || !IPAddress.TryParse(number, out IPAddress? address)
                || !(number.Contains(':') || number.AsSpan().Count('.') == 3)) // inet_pton(3) takes no shorter forms
                continue;
            foreach (string name in names.Where(DnsName.IsHostName))
            {
                string key = name.TrimEnd('.');
                byAddress.TryAdd(address, key);
                if (!addresses.TryGetValue(key, out List<IPAddress>? list))
                    addresses[key] = list = [];
                if (list.Count < MaxAddresses && !list.Contains(address))
                    list.Add(address);
            }
        }
        return new HostsFile(addresses, byAddress);
    }

    /// <inheritdoc/>
    public DnsReply Query(string name, DnsType type)
    {
        if (!DnsName.IsHostName(name))
            return new DnsReply(DnsStatus.InvalidName, [], name, false);
        string key = name.TrimEnd('.');
        if (DnsName.IsWithin(key, "localhost"))
        {
            return type switch
            {
                DnsType.A => new DnsReply(DnsStatus.Ok, [new AddressRecord(key, 0, IPAddress.Loopback)], key, false),
                DnsType.Aaaa => new DnsReply(DnsStatus.Ok, [new AddressRecord(key, 0, IPAddress.IPv6Loopback)], key, false),
                _ => new DnsReply(DnsStatus.NoData, [], key, false),
            };
        }
        if (!_addresses.TryGetValue(key, out List<IPAddress>? addresses))
            return new DnsReply(DnsStatus.NotFound, [], key, false);
        AddressFamily family = type == DnsType.Aaaa ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        List<DnsRecord> records = [];
        foreach (IPAddress address in addresses)
        {
            if (type is DnsType.A or DnsType.Aaaa && address.AddressFamily == family)
                records.Add(new AddressRecord(key, 0, address));
        }
        return new DnsReply(records.Count > 0 ? DnsStatus.Ok : DnsStatus.NoData, records, key, false);
    }

    /// <inheritdoc/>
    public IReadOnlyList<DnsReply> Query(string name, ReadOnlySpan<DnsType> types)
    {
        DnsReply[] replies = new DnsReply[types.Length];
        for (int i = 0; i < types.Length; i++)
            replies[i] = Query(name, types[i]);
        return replies;
    }
}
