namespace PostfixNet.Configuration;

/// <summary>Looks at values that say which way mail goes: transports that are named exist, destinations can be understood.</summary>
/// <remarks>For the check of a configuration. A running system defers the mail of a wrong entry, and no other.</remarks>
/// <param name="config">main.toml.</param>
/// <param name="services">Names in master.toml.</param>
public sealed class TransportCheck(MainConfig config, IReadOnlyCollection<string> services)
{
    private readonly ProblemList _problems = new();

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
        if (transport is "" or "*" || BuiltInTransports.Find(transport) is not null || services.Contains(transport))
            return Conversion.WrongNextHop(entry) is { } hop ? Conversion.NoNextHop(hop) : null;
        return $"\"{entry}\": master.toml has no service \"{transport}\"; it has {string.Join(", ", services)}";
    }
}
