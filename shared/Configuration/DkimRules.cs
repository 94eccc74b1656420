using PostfixNet.Mail;

namespace PostfixNet.Configuration;

/// <summary>The tables [dkim."DOMAIN"] of main.toml, and which of them holds for what: that of the author's domain, else that of its parents from
/// near to far.</summary>
public sealed class DkimRules
{
    /// <summary>The key of main.toml under which the tables are.</summary>
    internal const string TableName = "dkim";

    /// <summary>No tables at all.</summary>
    internal static readonly DkimRules None = new([]);

    private const int LongestName = 255;

    private readonly Dictionary<string, DkimRule> _byDomain;

    internal DkimRules(Dictionary<string, DkimRule> byDomain) => _byDomain = byDomain;

    /// <summary>There are no tables: nothing is signed.</summary>
    public bool IsEmpty => _byDomain.Count == 0;

    /// <summary>All tables.</summary>
    public IReadOnlyCollection<DkimRule> All => _byDomain.Values;

    /// <summary>The table for mail of a domain; null: its mail is not signed.</summary>
    /// <param name="domain">Of the author, in any spelling.</param>
    public DkimRule? For(string domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        // Longer ones are no names, but dots by the thousand.
        string? name = domain.Length <= LongestName ? DomainName.ToAscii(domain)?.ToLowerInvariant() : null;
        while (name is not null)
        {
            if (_byDomain.TryGetValue(name, out DkimRule? rule))
                return rule;
            int dot = name.IndexOf('.', StringComparison.Ordinal);
            name = dot < 0 ? null : name[(dot + 1)..];
        }
        return null;
    }
}
