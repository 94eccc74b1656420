using System.Net;
using PostfixNet.Configuration;

namespace PostfixNet.Smtpd;

/// <summary>Clients on this host itself (permit_inet_interfaces).</summary>
/// <param name="interfaces">inet_interfaces: "all", "loopback-only", addresses; host names are not looked at.</param>
internal sealed class OwnClients(IReadOnlyList<string> interfaces, TimeProvider clock)
{
    private readonly OwnAddresses _addresses = new(() => OwnAddresses.Find(interfaces, []), clock);

    internal bool Contain(Session session) => session.Client.Address is not { } address || Contain(address);

    internal bool Contain(IPAddress address) =>
        IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address) || _addresses.Contain(address);
}
