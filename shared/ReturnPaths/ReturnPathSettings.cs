using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.ReturnPaths;

/// <summary>What main.toml says of return paths.</summary>
public sealed class ReturnPathSettings
{
    private readonly IReadOnlyList<string> _senders;

    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    public ReturnPathSettings(MainConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        Domain = config.Get(Parameters.ReportDomain);
        _senders = [.. config.Get(Parameters.ReportSenders).Select(static word => word.ToLowerInvariant())];
        foreach (string word in _senders)
        {
            string domain = word.Contains('@', StringComparison.Ordinal) ? Address.DomainOf(word) : word.StartsWith('.') ? word[1..] : word;
            if (word != "*" && (word.StartsWith('@') || !DomainName.IsMailDomain(domain)))
                throw config.Refuse(Parameters.ReportSenders, $"has \"{PrintableText.Of(word)}\"; give addresses, domains, \".domain\" for all below one, or \"*\"");
        }
        Lifetime = (long)config.Get(Parameters.ReportLifetime).TotalSeconds;
        // All other mail for it would be refused.
        foreach ((string place, IEnumerable<string> domains) in ((string, IEnumerable<string>)[])
        [
            ("in mydestination", config.Get(Parameters.MyDestination)), ("mydomain", [config.Get(Parameters.MyDomain)]), ("myorigin", [config.Get(Parameters.MyOrigin)]),
            ("in report_senders", _senders.Select(static sender => sender.Contains('@', StringComparison.Ordinal) ? Address.DomainOf(sender) : sender)),
        ])
        {
            if (Domain.Length > 0 && domains.Contains(Domain, StringComparer.OrdinalIgnoreCase))
                throw config.Refuse(Parameters.ReportDomain, $"is {place}, and has other mail; give a domain of its own, e.g. \"bounces.example.com\"");
        }
    }

    /// <summary>report_domain; empty: there are none.</summary>
    public string Domain { get; }

    /// <summary>Seconds for which a return path is good.</summary>
    public long Lifetime { get; }

    /// <summary>Mail of a sender gets one.</summary>
    public bool IsFor(string sender)
    {
        if (Domain.Length == 0 || sender.Length == 0)
            return false;
        string address = sender.ToLowerInvariant(), domain = Address.DomainOf(address);
        return _senders.Any(known => known == "*" || known == address || known == domain || (known.StartsWith('.') && domain.EndsWith(known, StringComparison.Ordinal)));
    }
}
