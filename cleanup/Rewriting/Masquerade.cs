using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Cleanup;

/// <summary>Hides hosts behind their domain: with masquerade_domains = "example.com", user@host.example.com is user@example.com.</summary>
/// <param name="exceptions">masquerade_exceptions: users whose addresses stay, whatever their domain.</param>
internal sealed class Masquerade(IReadOnlyList<string> domains, MatchList exceptions)
{
    /// <summary>The address without its host; itself when no domain is for it. The first that is for it decides; "!" in front of it: it stays.</summary>
    internal string Rewrite(string address)
    {
        (string local, string? host) = Address.Split(address);
        if (host is null || exceptions.Contains(Address.ToExternal(local)))
            return address;
        foreach (string item in domains)
        {
            string domain = item.TrimStart('!');
            if (host.Equals(domain, StringComparison.OrdinalIgnoreCase))
                return address;
            if (host.Length > domain.Length && host[^(domain.Length + 1)] == '.' && host.EndsWith(domain, StringComparison.OrdinalIgnoreCase))
                return (item.Length - domain.Length) % 2 == 1 ? address : $"{local}@{domain}";
        }
        return address;
    }

    /// <returns>null: masquerade_domains is empty.</returns>
    /// <exception cref="ConfigurationException">The exceptions cannot be used.</exception>
    internal static Masquerade? Read(MainConfig config)
    {
        MatchList exceptions = config.Get(Parameters.MasqueradeExceptions);
        string[] domains = [.. config.Get(Parameters.MasqueradeDomains).Select(static domain => domain.ToLowerInvariant())];
        return domains.Length > 0 ? new Masquerade(domains, exceptions) : null;
    }
}
