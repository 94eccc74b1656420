using PostfixNet.Configuration;
using PostfixNet.Dns;
using PostfixNet.Events;
using PostfixNet.Mail;
using PostfixNet.Queue;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.Smtp;

/// <summary>All that this program reads of main.toml.</summary>
internal sealed record AgentSettings
{
    /// <summary>How servers are found and talked to.</summary>
    internal required SmtpOptions Options { get; init; }

    internal required QueueDirectories Queues { get; init; }

    /// <summary>dns_nameservers, or those of the system.</summary>
    internal required ResolverOptions Resolver { get; init; }

    /// <summary>inet_interfaces.</summary>
    internal required IReadOnlyList<string> Interfaces { get; init; }

    /// <summary>proxy_interfaces.</summary>
    internal required IReadOnlyList<string> ProxyInterfaces { get; init; }

    /// <summary>bounce_service_name.</summary>
    internal required string BounceService { get; init; }

    /// <summary>defer_service_name.</summary>
    internal required string DeferService { get; init; }

    /// <summary>trace_service_name.</summary>
    internal required string TraceService { get; init; }

    /// <summary>Whether events are recorded.</summary>
    internal EventOptions? Events { get; init; }

    /// <param name="service">Name of the service: lmtp has parameters of its own.</param>
    /// <exception cref="ConfigurationException">Something is wrong, or asks for what this program cannot do.</exception>
    internal static AgentSettings Read(MainConfig config, string service)
    {
        ProblemList problems = new();
        ResolverOptions? resolver = null;
        SmtpOptions? options = null;
        problems.Try(() => resolver = Dnssec.Trusting(config, service, NameServers(config)));
        problems.Try(() => options = SmtpConfig.Read(config, service));
        problems.Try(() => RequireNames(config, Parameters.InetInterfaces, "all", "loopback-only"));
        problems.Try(() => RequireNames(config, Parameters.ProxyInterfaces));
        problems.ThrowIfAny();
        return new AgentSettings
        {
            Options = options!,
            Queues = QueueDirectories.FromConfig(config),
            Resolver = resolver!,
            Interfaces = config.Get(Parameters.InetInterfaces),
            ProxyInterfaces = config.Get(Parameters.ProxyInterfaces),
            BounceService = config.Get(Parameters.BounceServiceName),
            DeferService = config.Get(Parameters.DeferServiceName),
            TraceService = config.Get(Parameters.TraceServiceName),
            Events = EventOptions.Read(config),
            Examine = () =>
            {
                ProblemList found = new();
                if (options!.Tls is { } tls)
                    found.Try(() => TlsConfig.Examine(config, service, tls.Client));
                found.Try(() => options.Signing?.Examine());
                if (options.Login is not null)
                    LoginSettings.Examine(config, service);
                found.ThrowIfAny();
            },
        };
    }

    /// <summary>Looks at what is needed only once a server offers TLS, or mail is signed.</summary>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    internal required Action Examine { get; init; }

    // Of names with a dot the DNS knows, at the time when it is asked; those without are words of ours, or names that this host knows.
    private static void RequireNames(MainConfig config, Parameter<IReadOnlyList<string>> parameter, params ReadOnlySpan<string> words)
    {
        foreach (string name in config.Get(parameter))
        {
            string bare = name.Trim('[', ']');
            if (words.Contains(name) || HostAndPort.AddressIn(bare) is not null)
                continue;
            if (!DomainName.IsMailDomain(bare))
                throw config.Refuse(parameter, $"\"{name}\" is not accepted; give addresses of this host, or its names");
            if (!bare.Contains('.', StringComparison.Ordinal) && HostsFile.Load().Query(bare, DnsType.A).Status == DnsStatus.NotFound)
                config.Remark(parameter, $"\"{name}\" is a name that this host does not know: a mail loop through it is not noticed");
        }
    }

    /// <summary>Who is asked for names.</summary>
    /// <param name="system">The system's list, read when the configuration has none.</param>
    internal static ResolverOptions NameServers(MainConfig config, string system = ResolvConf.DefaultPath)
    {
        try
        {
            ResolverOptions options = ResolverOptions.FromNameServers(config.Get(Parameters.DnsNameservers), system);
            if (options.IsGuess)
                config.Remark(Parameters.DnsNameservers, $"{system} names no usable name server: 127.0.0.1 is asked");
            return options;
        }
        catch (FormatException e)
        {
            throw config.Refuse(Parameters.DnsNameservers, e.Message);
        }
    }
}
