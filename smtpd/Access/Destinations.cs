using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Smtpd;

/// <summary>Whose the domain of an address is.</summary>
internal enum DestinationClass
{
    /// <summary>Somebody else's.</summary>
    Other,
    /// <summary>This host's: mydestination, or one of its addresses.</summary>
    Local,
    /// <summary>virtual_alias_domains.</summary>
    Alias,
    /// <summary>relay_domains.</summary>
    Relay,
    /// <summary>report_domain.</summary>
    Reports,
}

/// <summary>Where an address leads to.</summary>
/// <param name="Address">Internal form, complete, without what this host would take off on the way.</param>
/// <param name="Class">Whose its domain is.</param>
/// <param name="IsRouted">Its local part says where it is to go from there.</param>
internal readonly record struct Destination(string Address, DestinationClass Class, bool IsRouted)
{
    /// <summary>It ends here.</summary>
    internal bool IsFinal => Class is DestinationClass.Local or DestinationClass.Alias;
}

/// <summary>Sees through what senders write into addresses so that they lead elsewhere: "user%elsewhere@here", "elsewhere!user@here",
/// quoted or not.</summary>
/// <param name="local">This host's.</param>
/// <param name="aliases">virtual_alias_domains.</param>
/// <param name="relays">relay_domains.</param>
/// <param name="reports">report_domain; empty: there is none.</param>
internal sealed class Destinations(LocalDomains local, MatchList aliases, MatchList relays, AddressCompletion completion, string reports = "")
{
    private const string Operators = "@!%";

    /// <param name="address">Internal form.</param>
    internal Destination Resolve(string address)
    {
        string rest = Address.Complete(address, completion), domain = "";
        // Each turn takes a domain or an operator off.
        for (int turn = address.Length + 1; turn > 0; turn--)
        {
            (string user, string? found) = Address.Split(rest);
            if (found is not null)
            {
                found = WithoutLastDot(found);
                if (found.Length > 0 && !local.Contain(found))
                    return Remote(user, found);
                (rest, domain) = (user, found.Length > 0 ? found : domain);
            }
            if (Turned(rest) is not { } turned)
                return new Destination($"{rest}@{(domain.Length > 0 ? domain : completion.Origin)}", DestinationClass.Local, rest.AsSpan().ContainsAny(Operators));
            rest = turned;
        }
        return new Destination(address, DestinationClass.Other, IsRouted: true);
    }

    private Destination Remote(string user, string domain)
    {
        DestinationClass @class = domain.Equals(reports, StringComparison.OrdinalIgnoreCase) ? DestinationClass.Reports : aliases.Contains(domain) ? DestinationClass.Alias : relays.Contains(domain) ? DestinationClass.Relay : DestinationClass.Other;
        // Whatever this host makes of them: the next one may take them for a way to go.
        return new Destination($"{user}@{domain}", @class, user.AsSpan().ContainsAny(Operators));
    }

    // A local part that says where to go, as an address with a domain. Quotes do not count: a server further on may take them off.
    private string? Turned(string local)
    {
        if (local.Contains('@', StringComparison.Ordinal))
            return local;
        int bang = completion.SwapBangPath ? local.IndexOf('!', StringComparison.Ordinal) : -1;
        if (bang >= 0)
            return WithDomain(local[(bang + 1)..], local[..bang]);
        int percent = completion.PercentHack ? local.LastIndexOf('%') : -1;
        return percent >= 0 ? WithDomain(local[..percent], local[(percent + 1)..]) : null;
    }

    private string WithDomain(string user, string domain) =>
        completion.AppendDotMyDomain && domain.Length > 0 && !domain.AsSpan().ContainsAny('.', '[') ? $"{user}@{domain}.{completion.Domain}" : $"{user}@{domain}";

    private static string WithoutLastDot(string domain) => domain is [.., not '.', '.'] ? domain[..^1] : domain;
}
