using PostfixNet.Configuration;
using PostfixNet.Events;
using PostfixNet.Queue;
using PostfixNet.ReturnPaths;

namespace PostfixNet.Reports;

/// <summary>What main.toml says to this service.</summary>
/// <param name="Timeout">ipc_timeout.</param>
/// <param name="Events">null: they are not recorded.</param>
internal sealed record ReportSettings(QueueDirectories Queues, ReturnPathSettings Paths, string Cleanup, string BounceService, string DeferService, TimeSpan Timeout, int DelayResolution, EventOptions? Events)
{
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static ReportSettings Read(MainConfig config) => new(
        QueueDirectories.FromConfig(config), new ReturnPathSettings(config), $"private/{config.Get(Parameters.CleanupServiceName)}", config.Get(Parameters.BounceServiceName), config.Get(Parameters.DeferServiceName),
        config.Get(Parameters.IpcTimeout), config.Get(Parameters.DelayLoggingResolutionLimit), EventOptions.Read(config));
}
