using System.Net;
using PostfixNet.Net;

namespace PostfixNet.Smtpd;

/// <summary>Clients on this host itself (permit_inet_interfaces).</summary>
/// <param name="interfaces">inet_interfaces: "all", "loopback-only", addresses; host names are not looked at.</param>
internal sealed class OwnClients(IReadOnlyList<string> interfaces, TimeProvider clock)
{
    private static readonly TimeSpan s_mostAge = TimeSpan.FromMinutes(1);
    private HashSet<IPAddress> _addresses = [];
    private long _foundAt;
    private bool _isFound;

    internal bool Contain(Session session) => session.Client.Address is not { } address || Contain(address);

    internal bool Contain(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address))
            return true;
        if (!_isFound || clock.GetElapsedTime(_foundAt) > s_mostAge)
        {
            try
            {
                _addresses = [.. Named(), .. interfaces.Contains("all") ? NetworkInterfaces.Addresses() : []];
            }
            catch (IOException)
            {
                // Those known so far.
            }
            (_isFound, _foundAt) = (true, clock.GetTimestamp());
        }
        return _addresses.Contains(address);
    }

    private IEnumerable<IPAddress> Named() =>
        interfaces.Select(static name => IPAddress.TryParse(name.Trim('[', ']'), out IPAddress? address) ? address : null).OfType<IPAddress>();
}
