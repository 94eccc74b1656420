using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>The servers of one next hop, in the order in which they are tried.</summary>
/// <param name="Hosts">Empty when there are none.</param>
/// <param name="Why">Why there are none; else null.</param>
/// <param name="IAmMx">This system is itself among the mail exchangers: mail must not leave the circle of better ones for a
/// smtp_fallback_relay, which would bring it back.</param>
internal sealed record HostList(IReadOnlyList<HostAddress> Hosts, Dsn? Why, bool IAmMx = false)
{
    /// <summary>Name of the best server: of several that are equally good the first by the alphabet, so that it is the same one
    /// each time.</summary>
    internal string Best
    {
        get
        {
            string best = Hosts[0].Host;
            foreach (HostAddress host in Hosts)
            {
                if (host.Preference == Hosts[0].Preference && string.Compare(host.Host, best, StringComparison.OrdinalIgnoreCase) < 0)
                    best = host.Host;
            }
            return best;
        }
    }

    /// <summary>Sorts by preference; equal ones get a random order, the preferred family first (RFC 5321 section 5.1).</summary>
    /// <param name="random">Used only with smtp_randomize_addresses.</param>
    internal static void Sort(List<HostAddress> hosts, SmtpOptions options, Random random)
    {
        if (options.RandomizeAddresses)
        {
            for (int i = hosts.Count - 1; i > 0; i--)
            {
                int other = random.Next(i + 1);
                (hosts[i], hosts[other]) = (hosts[other], hosts[i]);
            }
        }
        // An insertion sort keeps the order of equals, and the lists are short.
        for (int i = 1; i < hosts.Count; i++)
        {
            HostAddress host = hosts[i];
            int at = i;
            for (; at > 0 && IsBefore(host, hosts[at - 1], options.AddressPreference); at--)
                hosts[at] = hosts[at - 1];
            hosts[at] = host;
        }
        if (options is { BalanceProtocols: true, MxAddressLimit: > 1 } && hosts.Count > options.MxAddressLimit)
            Balance(hosts, options.MxAddressLimit);
    }

    /// <summary>The addresses that are tried.</summary>
    /// <param name="limit">How many at most; 0: all.</param>
    /// <param name="port">At which they are tried.</param>
    /// <param name="tried">Left out, and not counted: this server had its turn. Null: none had.</param>
    internal static List<HostAddress> WithinLimit(IReadOnlyList<HostAddress> hosts, int limit, int port, SmtpPeer? tried)
    {
        IEnumerable<HostAddress> left = hosts.Where(host => tried is null || tried != host.At(port));
        return [.. limit > 0 ? left.Take(limit) : left];
    }

    private static bool IsBefore(HostAddress a, HostAddress b, AddressPreference preference)
    {
        if (a.Preference != b.Preference)
            return a.Preference < b.Preference;
        return preference switch
        {
            AddressPreference.IPv4 => !a.IsIPv6 && b.IsIPv6,
            AddressPreference.IPv6 => a.IsIPv6 && !b.IsIPv6,
            _ => false,
        };
    }

    // Where one family does not work at all, the limit must not be used up by it: up to half of the places go to the
    // family that would otherwise come too short.
    private static void Balance(List<HostAddress> hosts, int limit)
    {
        int six = 0;
        for (int i = 0; i < limit; i++)
            six += hosts[i].IsIPv6 ? 1 : 0;
        bool wantSix = six < limit - six;
        int have = wantSix ? six : limit - six;
        for (int next = limit; next < hosts.Count && have < limit / 2; next++)
        {
            if (hosts[next].IsIPv6 != wantSix)
                continue;
            int victim = limit - 1;
            while (hosts[victim].IsIPv6 == wantSix)
                victim--;
            (HostAddress moved, HostAddress displaced) = (hosts[next], hosts[victim]);
            hosts.RemoveAt(next);
            hosts.RemoveAt(victim);
            hosts.Insert(limit - 1, moved);
            hosts.Insert(limit, displaced);
            have++;
        }
    }
}
