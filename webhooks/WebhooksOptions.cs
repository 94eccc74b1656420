using PostfixNet.Configuration;
using PostfixNet.Dns;

namespace PostfixNet.Webhooks;

/// <summary>What main.toml says to this program.</summary>
/// <param name="HostName">myhostname: who tells.</param>
/// <param name="Webhooks">The tables [webhook."NAME"].</param>
/// <param name="KeepTime">webhooks_keep_time.</param>
/// <param name="QueueLimit">webhooks_queue_limit.</param>
internal sealed record WebhooksOptions(string HostName, IReadOnlyList<Webhook> Webhooks, TimeSpan KeepTime, int QueueLimit)
{
    /// <summary>dns_nameservers, or those of the system.</summary>
    internal ResolverOptions Resolver { get; init; } = ResolverOptions.FromNameServers([]);

    /// <summary>inet_protocols.</summary>
    internal (bool IPv4, bool IPv6) Uses { get; init; } = (true, true);

    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static WebhooksOptions Read(MainConfig config)
    {
        IReadOnlyList<string> protocols = config.Get(Parameters.InetProtocols);
        bool hasEvents = config.Get(Parameters.EventsEnable), isOn = config.Get(Parameters.WebhooksEnable), all = protocols.Contains("all");
        WebhooksOptions options = new(config.Get(Parameters.MyHostname), [.. config.Webhooks.Select(static rule => new Webhook(rule))],
            config.Get(Parameters.WebhooksKeepTime), config.Get(Parameters.WebhooksQueueLimit))
        {
            Resolver = NameServers(config),
            Uses = (all || protocols.Contains("ipv4"), all || protocols.Contains("ipv6")),
        };
        if (isOn && !hasEvents)
            throw config.Refuse(Parameters.WebhooksEnable, "events are what is sent, and there are none without events_enable = true");
        if (isOn && options.Webhooks.Count == 0)
            config.Remark(Parameters.WebhooksEnable, "nobody is told of events: there is no table [webhook.\"NAME\"]");
        return options;
    }

    /// <summary>Reads secrets that root alone can read.</summary>
    internal static void OpenSecrets(MainConfig config)
    {
        foreach (WebhookRule rule in config.Webhooks)
        {
            rule.Secret.Open();
            rule.PreviousSecret?.Open();
        }
    }

    /// <summary>Looks at what is in files.</summary>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    internal void Examine()
    {
        ProblemList problems = new();
        foreach (Webhook webhook in Webhooks)
        {
            problems.Try(() => _ = webhook.NewSigner());
            if (webhook.Rule.CAfile.Length > 0)
                problems.Try(() => _ = webhook.Trusted());
        }
        problems.ThrowIfAny();
    }

    private static ResolverOptions NameServers(MainConfig config)
    {
        try
        {
            return ResolverOptions.FromNameServers(config.Get(Parameters.DnsNameservers));
        }
        catch (FormatException e)
        {
            throw config.Refuse(Parameters.DnsNameservers, e.Message);
        }
    }
}
