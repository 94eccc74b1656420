using PostfixNet.Configuration;

namespace PostfixNet.Qmgr;

/// <summary>The transports that have had mail, by name.</summary>
internal sealed class Transports(Results results, ISurroundings surroundings, Settings settings)
{
    private readonly Dictionary<string, Transport> _byName = [];
    private TransportTable? _table;
    private bool _isPaused;

    /// <summary>All there are.</summary>
    internal IReadOnlyCollection<Transport> All => _byName.Values;

    /// <summary>Deliveries under way.</summary>
    internal int Busy => All.Sum(static transport => transport.Busy);

    /// <summary>The transport of a name; made when there is none.</summary>
    internal Transport Of(string name)
    {
        if (!_byName.TryGetValue(name, out Transport? transport))
        {
            transport = new Transport(name, _table!.Of(name), surroundings, settings, results) { IsPaused = _isPaused };
            _byName.Add(name, transport);
        }
        return transport;
    }

    /// <summary>Goes over to other limits.</summary>
    internal void Apply(TransportTable table, DestinationRules rules)
    {
        _table = table;
        foreach (Transport transport in All)
            transport.Apply(table.Of(transport.Name), rules);
    }

    /// <summary>Nothing new is started until the operator lets it.</summary>
    internal void Pause(bool isPaused)
    {
        _isPaused = isPaused;
        foreach (Transport transport in All)
            transport.IsPaused = isPaused;
    }

    /// <summary>Nothing new is started any more.</summary>
    internal void Stop()
    {
        foreach (Transport transport in All)
            transport.Stop();
    }

    /// <summary>An operator wants all that was put off for trouble to be tried.</summary>
    internal void ForgetTrouble()
    {
        foreach (Transport transport in All)
            transport.ForgetTrouble();
    }

    /// <summary>Hands back all that waits.</summary>
    internal List<Entry> TakeBack() => [.. All.SelectMany(static transport => transport.TakeBack())];
}

/// <summary>What the configuration says of all transports: main.toml, and how many processes each may have by master.toml.</summary>
internal sealed class TransportTable
{
    private readonly MainConfig _config;
    private readonly Dictionary<string, int> _processLimits;

    /// <param name="config">main.toml; master.toml is read beside it.</param>
    /// <exception cref="ConfigurationException">One of the two cannot be used.</exception>
    internal TransportTable(MainConfig config)
    {
        _config = config;
        _processLimits = MasterConfig.Load(config.Directory, config).Services.ToDictionary(static service => service.Name, static service => service.ProcessLimit);
    }

    /// <summary>The limits of one transport.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal TransportLimits Of(string name) => TransportLimits.Of(_config, name, _processLimits.GetValueOrDefault(name));

    /// <summary>Looks at what there is for the services of master.toml and others.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal void Check(IEnumerable<string> others)
    {
        foreach (string name in _processLimits.Keys.Concat(others))
            _ = Of(name);
    }
}
