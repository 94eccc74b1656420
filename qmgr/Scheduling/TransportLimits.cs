using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Qmgr;

/// <summary>What the configuration says about one transport; most may be set for it alone, as TRANSPORT_x.</summary>
internal sealed record TransportLimits
{
    /// <summary>Processes at once, at most.</summary>
    internal required int Agents { get; init; }

    /// <summary>For each of its destinations.</summary>
    internal required ConcurrencyLimits Concurrency { get; init; }

    /// <summary>When small jobs overtake.</summary>
    internal required SlotRules Slots { get; init; }

    /// <summary>Recipients in one delivery, at most.</summary>
    internal required int Recipients { get; init; }

    /// <summary>Pause between deliveries to one destination; more than zero: one at a time.</summary>
    internal TimeSpan DestinationRateDelay { get; init; }

    /// <summary>Pause between starts, whatever the destination.</summary>
    internal TimeSpan RateDelay { get; init; }

    /// <summary>For so long a dead destination is left alone, at least.</summary>
    internal TimeSpan DeadTime { get; init; }

    /// <summary>For so long nothing is tried after the transport itself could not be reached.</summary>
    internal TimeSpan RetryTime { get; init; }

    /// <summary>Why nothing is delivered by it (defer_transports); null: it is.</summary>
    internal Dsn? Suspension { get; init; }

    /// <summary>Every change of a window is logged.</summary>
    internal bool LogsFeedback { get; init; }

    /// <param name="config">main.toml.</param>
    /// <param name="name">The transport.</param>
    /// <param name="processLimit">Of its table in master.toml; 0: none there.</param>
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static TransportLimits Of(MainConfig config, string name, int processLimit)
    {
        int agents = processLimit > 0 ? processLimit : config.Get(Parameters.DefaultProcessLimit);
        int recipients = config.ForTransport(Parameters.DefaultDestinationRecipientLimit, name);
        return new TransportLimits
        {
            Agents = agents > 0 ? agents : int.MaxValue,
            Concurrency = ConcurrencyLimits.Of(config, name),
            Slots = SlotRules.Of(config, name),
            Recipients = recipients > 0 ? recipients : int.MaxValue,
            DestinationRateDelay = config.ForTransport(Parameters.DefaultDestinationRateDelay, name),
            RateDelay = config.ForTransport(Parameters.DefaultTransportRateDelay, name),
            DeadTime = config.Get(Parameters.MinimalBackoffTime),
            RetryTime = config.Get(Parameters.TransportRetryTime),
            Suspension = config.Get(Parameters.DeferTransports).Contains(name) ? new Dsn("4.3.2", "deferred transport") : null,
            LogsFeedback = config.Get(Parameters.DestinationConcurrencyFeedbackDebug),
        };
    }
}
