namespace PostfixNet.Configuration;

/// <summary>The tables [destination."NAME"] of main.toml, and which of them holds for what.</summary>
/// <remarks>The first that is there holds: the recipient's domain, its parent domains from near to far (".example.com"), the
/// next hop as written ("[host]:port"), the next hop's host, the MX site from its host up ("mx:example.com"). What it does
/// not say, the table "*" says, else the parameters.</remarks>
public sealed class DestinationRules
{
    /// <summary>The key of main.toml under which the tables are.</summary>
    internal const string TableName = "destination";

    /// <summary>Before the name of a site in the name of a table.</summary>
    internal const string SitePrefix = "mx:";

    /// <summary>For mail that no other table is for.</summary>
    internal const string AnyName = "*";

    /// <summary>No tables at all.</summary>
    internal static readonly DestinationRules None = new(null);

    // Without tables there is nothing to search, and nothing is made.
    private readonly Dictionary<string, DestinationRule>? _byName;

    internal DestinationRules(Dictionary<string, DestinationRule>? byName)
    {
        _byName = byName;
        if (byName is null)
            return;
        Any = byName.GetValueOrDefault(AnyName);
        foreach (DestinationRule rule in byName.Values)
            HasSites |= rule.IsForSite;
    }

    /// <summary>There are no tables.</summary>
    public bool IsEmpty => _byName is null;

    /// <summary>Some table is for an MX site: it matters which servers a domain has.</summary>
    public bool HasSites { get; }

    /// <summary>The table "*": for mail that no other one is for.</summary>
    public DestinationRule? Any { get; }

    /// <summary>All tables.</summary>
    public IReadOnlyCollection<DestinationRule> All => _byName is null ? [] : _byName.Values;

    /// <summary>The table of that name; null when there is none (any more).</summary>
    public DestinationRule? Named(string name) => _byName?.GetValueOrDefault(name);

    /// <summary>The table for mail to a domain by a next hop, MX sites and "*" left aside; null when there is none.</summary>
    /// <param name="domain">The recipient's, in lower case.</param>
    /// <param name="nextHop">As the transport has it, in lower case: "domain", "[host]", "host:port", or a list.</param>
    public DestinationRule? ForMail(string domain, string nextHop)
    {
        if (_byName is null)
            return null;
        return Named(domain) ?? ForParent(domain) ?? Named(nextHop) ?? Named(HostOf(nextHop));
    }

    /// <summary>The table for mail to the site of a mail exchanger; null when there is none.</summary>
    /// <param name="exchanger">Name of a server that an MX record gave.</param>
    public DestinationRule? ForSite(string exchanger)
    {
        if (!HasSites)
            return null;
        string host = exchanger.TrimEnd('.').ToLowerInvariant();
        if (Named(SitePrefix + host) is { } exact)
            return exact;
        for (int dot = host.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = host.IndexOf('.', dot + 1))
        {
            if (Named(string.Concat(SitePrefix, host.AsSpan(dot + 1))) is { } parent)
                return parent;
        }
        return null;
    }

    private DestinationRule? ForParent(string domain)
    {
        for (int dot = domain.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = domain.IndexOf('.', dot + 1))
        {
            if (Named(domain[dot..]) is { } parent)
                return parent;
        }
        return null;
    }

    // "[host]:port", "[host]" and "host:port" without brackets and port.
    private static string HostOf(string nextHop)
    {
        int end = nextHop.StartsWith('[') ? nextHop.IndexOf(']', StringComparison.Ordinal) : nextHop.LastIndexOf(':');
        return end < 0 ? nextHop : nextHop[0] == '[' ? nextHop[1..end] : nextHop[..end];
    }
}
