using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PostfixNet.Dns;
using PostfixNet.Mail;

namespace PostfixNet.Smtpd;

/// <summary>Finds the names of clients: that of the address, by the hosts file or the DNS, if the name leads back to the address.</summary>
/// <param name="looksUp">smtpd_peername_lookup.</param>
internal sealed class ClientNames(bool looksUp, NameLookups lookups, Log log)
{
    /// <summary>With the client's name, if it has one.</summary>
    internal async ValueTask<ClientInfo> Complete(ClientInfo client)
    {
        if (client.Address is not { } address || !looksUp)
            return client;
        // Everybody's hosts file has it, and nothing need be asked.
        if (address.Equals(IPAddress.Loopback) || address.Equals(IPAddress.IPv6Loopback))
            return client with { Name = "localhost", ReverseName = "localhost" };
        // Of one address one lookup is under way, however many connections it makes.
        if (!_underWay.TryGetValue(address, out Task<Found?>? lookup))
        {
            lookup = lookups.ForClient(() => Find(new ClientInfo(), address)).AsTask();
            if (!lookup.IsCompleted)
                _underWay.Add(address, lookup);
        }
        try
        {
            if (await lookup is not { } found)
                return client with { IsNameTemporary = true, IsReverseNameTemporary = true };
            if (found.Doubt is { } doubt)
                log.NameUnknown(found.Client.ReverseName, client.AddressText, doubt);
            return client with
            {
                Name = found.Client.Name,
                ReverseName = found.Client.ReverseName,
                IsNameTemporary = found.Client.IsNameTemporary,
                IsReverseNameTemporary = found.Client.IsReverseNameTemporary,
            };
        }
        finally
        {
            _underWay.Remove(address);
        }
    }

    private readonly Dictionary<IPAddress, Task<Found?>> _underWay = [];

    /// <param name="Client">Its names.</param>
    /// <param name="Doubt">Why the name was not believed.</param>
    private sealed record Found(ClientInfo Client, string? Doubt);

    private Found Find(ClientInfo client, IPAddress address)
    {
        string? name = lookups.Hosts.NameOf(address);
        if (name is null)
        {
            DnsReply reply = lookups.Query(ReverseName(address), DnsType.Ptr);
            name = reply.Records.OfType<PtrRecord>().Select(static record => record.Host.TrimEnd('.')).FirstOrDefault();
            // What looks like an address would be taken for one by who decides about names.
            if (name is null || !DomainName.IsMailDomain(name) || name.StartsWith('['))
            {
                bool isTemporary = reply.Status is DnsStatus.TryAgain or DnsStatus.Refused;
                return new Found(client with { IsNameTemporary = isTemporary, IsReverseNameTemporary = isTemporary }, null);
            }
        }
        client = client with { ReverseName = name };
        IReadOnlyList<DnsReply> replies = lookups.Addresses(name);
        if (replies.SelectMany(static reply => reply.Records).OfType<AddressRecord>().Any(record => record.Address.Equals(address)))
            return new Found(client with { Name = name }, null);
        DnsReply own = replies[address.AddressFamily == AddressFamily.InterNetworkV6 ? 1 : 0];
        bool mayChange = own.Status is DnsStatus.TryAgain or DnsStatus.Refused;
        string why = own.Status switch
        {
            DnsStatus.Ok => "",
            DnsStatus.NoData => ": No address associated with hostname",
            DnsStatus.TryAgain or DnsStatus.Refused => ": Temporary failure in name resolution",
            _ => ": Name or service not known",
        };
        return new Found(client with { IsNameTemporary = mayChange }, why);
    }

    // RFC 1035 section 3.5, RFC 3596 section 2.5.
    internal static string ReverseName(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        return address.AddressFamily == AddressFamily.InterNetwork
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes[3]}.{bytes[2]}.{bytes[1]}.{bytes[0]}.in-addr.arpa")
            : string.Concat(bytes.Reverse().Select(static octet => string.Create(CultureInfo.InvariantCulture, $"{octet & 15:x}.{octet >> 4:x}."))) + "ip6.arpa";
    }
}
