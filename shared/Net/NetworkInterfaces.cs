using System.Net;

using PostfixNet.Native;

namespace PostfixNet.Net;

/// <summary>The IP addresses of this machine.</summary>
public static unsafe class NetworkInterfaces
{
    private const int AF_INET = 2, AF_INET6 = 10;

    /// <summary>Addresses of all interfaces that are configured, up or not; without scope.</summary>
    /// <exception cref="IOException">The system did not tell.</exception>
    public static IReadOnlyList<IPAddress> Addresses()
    {
        List<IPAddress> addresses = [];
        if (LibC.GetIfAddrs(out LibC.InterfaceAddress* first) < 0)
            throw UnixError.Last("getifaddrs");
        try
        {
            for (LibC.InterfaceAddress* entry = first; entry is not null; entry = entry->Next)
            {
                if (entry->Address is null)
                    continue;
                int family = *(ushort*)entry->Address;
                if (family == AF_INET)
                    addresses.Add(new IPAddress(new ReadOnlySpan<byte>(entry->Address + 4, 4)));
                else if (family == AF_INET6)
                    addresses.Add(new IPAddress(new ReadOnlySpan<byte>(entry->Address + 8, 16)));
            }
        }
        finally
        {
            LibC.FreeIfAddrs(first);
        }
        return addresses;
    }
}
