using System.Net;
using PostfixNet.Net;

namespace PostfixNet.Smtpd;

/// <summary>Clients on this host itself (permit_inet_interfaces).</summary>
internal sealed class OwnClients(TimeProvider clock)
{
    private static readonly TimeSpan s_mostAge = TimeSpan.FromMinutes(1);
    private HashSet<IPAddress> _addresses = [];
    private long _foundAt;
    private bool _isFound;

    internal bool Contain(Session session)
    {
        if (session.Client.Address is not { } address || IPAddress.IsLoopback(address))
            return true;
        if (!_isFound || clock.GetElapsedTime(_foundAt) > s_mostAge)
        {
            try
            {
                _addresses = [.. NetworkInterfaces.Addresses()];
            }
            catch (IOException)
            {
                // Those known so far.
            }
            (_isFound, _foundAt) = (true, clock.GetTimestamp());
        }
        return _addresses.Contains(address);
    }
}
