using PostfixNet.Configuration;
using PostfixNet.Events;
using PostfixNet.Queue;

namespace PostfixNet.Cleanup;

/// <summary>All that this program reads of main.toml.</summary>
/// <param name="Options">What is done to messages.</param>
/// <param name="Queues">Where they go.</param>
/// <param name="InFlowDelay">in_flow_delay.</param>
/// <param name="IpcTimeout">ipc_timeout: for the next message of a client, and for the trace service.</param>
/// <param name="MessagesPerConnection">max_use.</param>
/// <param name="TraceService">trace_service_name.</param>
internal sealed record CleanupSettings(CleanupOptions Options, QueueDirectories Queues, TimeSpan InFlowDelay, TimeSpan IpcTimeout, int MessagesPerConnection, string TraceService)
{
    /// <summary>Whether events are recorded.</summary>
    internal EventOptions? Events { get; init; }

    /// <summary>Looks at where filters are.</summary>
    internal required Action Examine { get; init; }

    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static CleanupSettings Read(MainConfig config)
    {
        CleanupOptions options = CleanupOptions.From(config);
        return new CleanupSettings(options, QueueDirectories.FromConfig(config), config.Get(Parameters.InFlowDelay),
        config.Get(Parameters.IpcTimeout), config.Get(Parameters.MaxUse), config.Get(Parameters.TraceServiceName))
        {
            Events = EventOptions.Read(config),
            Examine = () => TransportCheck.Of(config).RunFilters(options.CheckedTables),
        };
    }
}
