namespace PostfixNet.Configuration;

/// <summary>Looks at values that say which way mail goes: transports that are named exist, destinations can be understood.</summary>
/// <remarks>For the check of a configuration. A running system defers the mail of a wrong entry, and no other.</remarks>
/// <param name="config">main.toml.</param>
/// <param name="services">Names in master.toml.</param>
/// <param name="commands">Those of them that stand for Postfix's pipe(8).</param>
public sealed class TransportCheck(MainConfig config, IReadOnlyCollection<string> services, IReadOnlyCollection<string>? commands = null)
{
    private const string FilterAction = "FILTER ", NoCommands = "pipe";

    private readonly ProblemList _problems = new();

    /// <summary>With the services of the master.toml beside a main.toml.</summary>
    /// <exception cref="ConfigurationException">It cannot be read.</exception>
    public static TransportCheck Of(MainConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        IReadOnlyList<ServiceEntry> entries = MasterConfig.Load(config.Directory, config).Services;
        return new TransportCheck(config, [.. entries.Select(static entry => entry.Name)], [.. entries.Where(static entry => entry.Command == NoCommands).Select(static entry => entry.Name)]);
    }

    /// <summary>Looks at content_filter.</summary>
    /// <exception cref="ConfigurationException">All that is wrong.</exception>
    public void RunContentFilter()
    {
        if (config.Get(Parameters.ContentFilter) is { Length: > 0 } filter)
            Require(Parameters.ContentFilter, filter);
        _problems.ThrowIfAny();
    }

    /// <summary>Looks at FILTER in results of tables.</summary>
    /// <param name="tables">With the parameters that name them.</param>
    /// <exception cref="ConfigurationException">All that is wrong.</exception>
    public void RunFilters(IReadOnlyList<(Parameter Parameter, LookupTable Table)> tables)
    {
        ArgumentNullException.ThrowIfNull(tables);
        foreach ((Parameter parameter, LookupTable table) in tables)
        {
            if (table.FirstValue(value => FilterOf(value) is { } entry && Problem(entry) is not null) is { } wrong)
                Require(parameter, FilterOf(wrong)!);
        }
        _problems.ThrowIfAny();
    }

    // What a pattern puts together of what it finds is known only then.
    private static string? FilterOf(string value) => value.StartsWith(FilterAction, StringComparison.OrdinalIgnoreCase) && value[FilterAction.Length..].Trim() is var entry
        && entry.Contains(':', StringComparison.Ordinal) && !entry.Contains('$', StringComparison.Ordinal) ? entry : null;

    /// <exception cref="ConfigurationException">All that is wrong.</exception>
    public void Run()
    {
        Require(Parameters.DefaultTransport, config.Get(Parameters.DefaultTransport));
        string relay = config.Get(Parameters.RelayTransport);
        if (relay != Parameters.RelayTransport.DefaultText || !config.Get(Parameters.RelayDomains).IsEmpty)
            Require(Parameters.RelayTransport, relay);
        string local = config.Get(Parameters.LocalTransport);
        if (!BuiltInTransports.IsNoLocalDelivery(local))
            Require(Parameters.LocalTransport, local);
        Require(Parameters.BestMxTransport, config.Get(Parameters.BestMxTransport));
        foreach (string name in config.Get(Parameters.DeferTransports))
            Require(Parameters.DeferTransports, name);
        if (config.Get(Parameters.TransportMaps).FirstValue(entry => Problem(entry) is not null) is { } wrong)
            Require(Parameters.TransportMaps, wrong);
        if (config.Get(Parameters.SenderDependentDefaultTransportMaps).FirstValue(entry => !IsNone(entry) && Problem(entry) is not null) is { } ofSender)
            Require(Parameters.SenderDependentDefaultTransportMaps, ofSender);
        if (config.Get(Parameters.SenderDependentRelayhostMaps).FirstValue(static entry => !IsNone(entry) && Conversion.WrongNextHop($"smtp:{entry}") is not null) is { } hop)
            _problems.Try(() => throw config.Refuse(Parameters.SenderDependentRelayhostMaps, Conversion.NoNextHop(hop)));
        _problems.ThrowIfAny();
    }

    // A sender who is like everybody else.
    private static bool IsNone(string entry) => entry.Trim() is var word && (word.Length == 0 || word.Equals("DUNNO", StringComparison.OrdinalIgnoreCase));

    private void Require(Parameter parameter, string entry)
    {
        if (Problem(entry) is { } problem)
            _problems.Try(() => throw config.Refuse(parameter, problem));
    }

    private string? Problem(string entry)
    {
        int colon = entry.IndexOf(':', StringComparison.Ordinal);
        string transport = colon < 0 ? entry : entry[..colon];
        if (commands is not null && commands.Contains(transport))
            return $"\"{entry}\": service {transport} is to run a command, and there is no pipe here: have the program listen, and name it to a service with command = \"smtp\", such as smtp:[127.0.0.1]:10025";
        if (transport is "" or "*" || BuiltInTransports.Find(transport) is not null || services.Contains(transport))
            return Conversion.WrongNextHop(entry) is { } hop ? Conversion.NoNextHop(hop) : null;
        return $"\"{entry}\": master.toml has no service \"{transport}\"; it has {string.Join(", ", services)}";
    }
}
