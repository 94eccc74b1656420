using System.Net;

namespace PostfixNet.Native;

/// <summary>The IP addresses of this machine.</summary>
/// <remarks>Not by System.Net.NetworkInformation, which reads a dozen files of /proc and /sys for it: 1.5 ms at least.</remarks>
public static unsafe class NetworkInterfaces
{
    /// <summary>Addresses of all interfaces that are configured, up or not; without scope.</summary>
    /// <exception cref="IOException">The system did not tell.</exception>
    public static IReadOnlyList<IPAddress> Addresses()
    {
        List<IPAddress> addresses = [];
        if (LibC.GetIfAddrs(out LibC.InterfaceAddress* first) < 0)
            throw SystemCallException.Last("getifaddrs");
        try
        {
            for (LibC.InterfaceAddress* entry = first; entry is not null; entry = entry->Next)
            {
                if (entry->Address is null)
                    continue;
                int family = *(ushort*)entry->Address;
                if (family == LibC.AF_INET)
                    addresses.Add(new IPAddress(new ReadOnlySpan<byte>(entry->Address + 4, 4)));
                else if (family == LibC.AF_INET6)
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
