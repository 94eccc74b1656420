using System.Net;
using System.Net.Sockets;
using PostfixNet.Configuration;

namespace PostfixNet.Master.Import;

/// <summary>inet_interfaces has names of hosts in Postfix; services here listen at addresses.</summary>
/// <param name="plan">Its parameter is changed.</param>
internal sealed class InterfaceRules(Plan plan)
{
    internal void Run()
    {
        if (plan.Find("inet_interfaces") is not { } interfaces)
            return;
        List<string> words = [.. MainConfig.Words(interfaces.Expanded)], addresses = [];
        if (!words.Exists(IsName))
            return;
        foreach (string word in words)
        {
            if (!IsName(word))
            {
                addresses.Add(word);
                continue;
            }
            List<string> found = AddressesOf(word);
            if (found.Count == 0)
                interfaces.Finding.Lose($"nobody knows an address of {word}, where Postfix does not start, either: no mail would be taken there", decides: true);
            addresses.AddRange(found);
        }
        // Never more than was asked for.
        interfaces.Change(addresses.Count == 0 ? "loopback-only" : string.Join(", ", addresses.Distinct()));
        interfaces.Finding.Remark($"names of hosts are written as their addresses now: {interfaces.Expanded}");
    }

    private static bool IsName(string word) => word is not ("all" or "loopback-only" or "localhost") && !IPAddress.TryParse(word.Trim('[', ']'), out _);

    private static List<string> AddressesOf(string name)
    {
        try
        {
            return [.. Dns.GetHostAddresses(name).Select(static address => address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString())];
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return [];
        }
    }
}
