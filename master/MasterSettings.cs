using PostfixNet.Configuration;
using PostfixNet.Log;

namespace PostfixNet.Master;

/// <summary>What main.toml says to master; what it says of services is in <see cref="MasterConfig"/>.</summary>
internal sealed record MasterSettings
{
    /// <summary>A stop does not wait longer than this, whatever application_event_drain_time says.</summary>
    private static readonly TimeSpan s_longestStop = TimeSpan.FromSeconds(10);

    /// <summary>queue_directory.</summary>
    internal required string Queue { get; init; }

    /// <summary>Socket of the queue manager, from the root.</summary>
    internal required string QueueManager { get; init; }

    /// <summary>showq_service_name: who tells of the queue.</summary>
    internal required string Showq { get; init; }

    /// <summary>daemon_directory: where the services' programs are.</summary>
    internal required string Programs { get; init; }

    /// <summary>command_directory: where postsuper is.</summary>
    internal required string Commands { get; init; }

    /// <summary>mail_version.</summary>
    internal required string Version { get; init; }

    internal required LogOptions Log { get; init; }

    /// <summary>import_environment: of this process's environment, "NAME=value".</summary>
    internal required IReadOnlyList<string> Environment { get; init; }

    /// <summary>service_throttle_time.</summary>
    internal required TimeSpan ThrottleTime { get; init; }

    /// <summary>How long a stop lets services finish before it kills them.</summary>
    internal required TimeSpan StopLimit { get; init; }

    /// <summary>fork_attempts: to start a process while the system has no room for one.</summary>
    internal required int ForkAttempts { get; init; }

    /// <summary>fork_delay.</summary>
    internal required TimeSpan ForkDelay { get; init; }

    /// <inheritdoc cref="StopLimit"/>
    /// <exception cref="ConfigurationException">The value cannot be used.</exception>
    internal static TimeSpan StopLimitOf(MainConfig config)
    {
        TimeSpan drain = config.Get(Parameters.ApplicationEventDrainTime);
        return drain < s_longestStop ? drain : s_longestStop;
    }

    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static MasterSettings Read(MainConfig config)
    {
        string queue = config.Get(Parameters.QueueDirectory);
        return new MasterSettings
        {
            Queue = queue,
            QueueManager = Path.Join(queue, "public", config.Get(Parameters.QueueServiceName)),
            Showq = config.Get(Parameters.ShowqServiceName),
            Programs = config.Get(Parameters.DaemonDirectory),
            Commands = config.Get(Parameters.CommandDirectory),
            Version = config.Get(Parameters.MailVersion),
            Log = LogOptions.Read(config),
            Environment = ChildEnvironment.Of(config.Get(Parameters.ImportEnvironment)),
            ThrottleTime = config.Get(Parameters.ServiceThrottleTime),
            StopLimit = StopLimitOf(config),
            ForkAttempts = config.Get(Parameters.ForkAttempts),
            ForkDelay = config.Get(Parameters.ForkDelay),
        };
    }
}
