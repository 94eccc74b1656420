using PostfixNet.Configuration;
using PostfixNet.Notices;

namespace PostfixNet.Qmgr;

/// <summary>What the configuration says about one transport.</summary>
/// <param name="Concurrency">For each of its destinations.</param>
/// <param name="Recipients">In one request, at most.</param>
/// <param name="Agents">Processes at once, at most.</param>
/// <param name="Suspension">Why nothing is delivered by it (defer_transports); null: it is.</param>
internal sealed record TransportLimits(ConcurrencyLimits Concurrency, int Recipients, int Agents, Dsn? Suspension)
{
    /// <param name="config">main.toml.</param>
    /// <param name="transport">Its name.</param>
    /// <param name="processLimit">Of its table in master.toml; 0: none there.</param>
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static TransportLimits Of(MainConfig config, string transport, int processLimit)
    {
        int recipients = config.ForTransport(Parameters.DefaultDestinationRecipientLimit, transport);
        int agents = processLimit > 0 ? processLimit : config.Get(Parameters.DefaultProcessLimit);
        bool isDeferred = config.Get(Parameters.DeferTransports).Contains(transport);
        return new TransportLimits(ConcurrencyLimits.Of(config, transport), recipients > 0 ? recipients : int.MaxValue,
            agents > 0 ? agents : int.MaxValue, isDeferred ? new Dsn("4.3.2", "", "deferred transport") : null);
    }
}
