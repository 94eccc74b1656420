using PostfixNet.Configuration;

namespace PostfixNet.Qmgr;

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

    /// <summary>Services of master.toml.</summary>
    internal IReadOnlyCollection<string> Names => _processLimits.Keys;

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
