using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>The servers of a next hop that are left to be tried, and what the conversation with each needs.</summary>
/// <param name="hosts">In the order in which they are tried; those that had their turn are taken off.</param>
/// <param name="results">Is told of those that are not used; null: nobody wants to know.</param>
internal sealed class ServersLeft(List<HostAddress> hosts, Destination destination, ServerPolicies policies, TlsResults? results, Log log)
{
    // Of those that may be connected to next.
    private readonly Dictionary<HostAddress, ServerPolicy> _known = [];

    /// <summary>In the order in which they are tried.</summary>
    internal List<HostAddress> Hosts => hosts;

    /// <summary>Takes off those of the best preference that get no mail now; when none of these is left, the next ones are
    /// looked at. What may never be asked for is not looked up.</summary>
    /// <returns>Why the last one that was taken off gets none; null: all may.</returns>
    internal Dsn? Sift()
    {
        Dsn? why = null;
        for (int i = 0; i < hosts.Count && hosts[i].Preference == hosts[0].Preference;)
        {
            HostAddress host = hosts[i];
            if (_known.ContainsKey(host))
            {
                i++;
                continue;
            }
            ServerPolicy policy = policies.For(destination, host);
            if (policy.Why is null)
            {
                _known.Add(host, policy);
                i++;
                continue;
            }
            why = policy.Why;
            log.ServerNotUsed(destination.Written, host.Host, why.Reason);
            if (policy.Finding is not null)
                results?.AddUnused(policy.Finding, host.At(destination.Hop.Port));
            hosts.RemoveAt(i);
        }
        return why;
    }

    /// <summary>What the conversation with one of them needs.</summary>
    internal ServerPolicy PolicyOf(HostAddress host) => _known[host];
}
