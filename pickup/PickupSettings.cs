using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Pickup;

/// <summary>All that this program reads of main.toml.</summary>
/// <param name="Options">What is done to messages.</param>
/// <param name="Queues">Where they are.</param>
/// <param name="Cleanup">Socket of cleanup, below the queue directory: a long queue_directory would not fit its address.</param>
/// <param name="IpcTimeout">ipc_timeout.</param>
/// <param name="Examine">Looks at where the filter is.</param>
internal sealed record PickupSettings(PickupOptions Options, QueueDirectories Queues, string Cleanup, TimeSpan IpcTimeout, Action Examine)
{
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static PickupSettings Read(MainConfig config) => new(
        new PickupOptions
        {
            MyHostname = config.Get(Parameters.MyHostname),
            MailName = config.Get(Parameters.MailName),
            OwnerUid = Users.EffectiveUid,
            LineLengthLimit = config.Get(Parameters.LineLengthLimit),
            IdleLimit = config.Get(Parameters.IpcIdle),
            Reception = Reception.Read(config),
        },
        QueueDirectories.FromConfig(config), $"private/{config.Get(Parameters.CleanupServiceName)}", config.Get(Parameters.IpcTimeout),
        () => TransportCheck.Of(config).RunContentFilter());
}
