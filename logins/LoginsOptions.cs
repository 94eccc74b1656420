using PostfixNet.Configuration;
using PostfixNet.Dns;

namespace PostfixNet.Logins;

/// <summary>What main.toml says to this program.</summary>
/// <param name="FirstPause">After a login was refused: minimal_backoff_time.</param>
/// <param name="LongestPause">After it was refused many times: maximal_backoff_time.</param>
internal sealed record LoginsOptions(TimeSpan FirstPause, TimeSpan LongestPause)
{
    // It waits for the whole of a request elsewhere.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    /// <summary>The tables [oauth."NAME"].</summary>
    internal IReadOnlyDictionary<string, OAuthRule> Tokens { get; init; } = new Dictionary<string, OAuthRule>();

    /// <summary>dns_nameservers, or those of the system.</summary>
    internal required ResolverOptions Resolver { get; init; }

    /// <summary>inet_protocols.</summary>
    internal (bool IPv4, bool IPv6) Uses { get; init; }

    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static LoginsOptions Read(MainConfig config)
    {
        IReadOnlyList<string> protocols = config.Get(Parameters.InetProtocols);
        return new LoginsOptions(config.Get(Parameters.MinimalBackoffTime), config.Get(Parameters.MaximalBackoffTime))
        {
            Tokens = config.OAuth,
            Resolver = NameServers(config),
            Uses = (protocols.Contains("ipv4") || protocols.Contains("all"), protocols.Contains("ipv6") || protocols.Contains("all")),
        };
    }

    /// <summary>Reads secrets that root alone can read.</summary>
    internal static void OpenSecrets(MainConfig config)
    {
        foreach (OAuthRule rule in config.OAuth.Values)
        {
            rule.ClientSecret?.Open();
            rule.RefreshToken?.Open();
        }
    }

    /// <summary>Looks at what is needed only when a token is.</summary>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    internal void Examine()
    {
        ProblemList problems = new();
        foreach (OAuthRule rule in Tokens.Values)
        {
            foreach (SecretPlace place in new[] { rule.ClientSecret, rule.RefreshToken }.OfType<SecretPlace>())
                problems.Try(() => Look(rule, () => _ = place.Read()));
            if (rule.CAfile.Length > 0)
                problems.Try(() => Look(rule, () => _ = TokenEndpoint.Trusted(rule)));
        }
        problems.ThrowIfAny();
    }

    private static void Look(OAuthRule rule, Action look)
    {
        try
        {
            look();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException or ArgumentException)
        {
            throw new ConfigurationException($"[oauth.\"{rule.Name}\"]: {e.Message}");
        }
    }

    private static ResolverOptions NameServers(MainConfig config)
    {
        try
        {
            return ResolverOptions.FromNameServers(config.Get(Parameters.DnsNameservers)) with { Deadline = s_patience };
        }
        catch (FormatException e)
        {
            throw config.Refuse(Parameters.DnsNameservers, e.Message);
        }
    }
}
