using PostfixNet.Configuration;
using PostfixNet.Events;
using PostfixNet.Log;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Postsuper;

/// <summary>What main.toml says to this program.</summary>
/// <param name="Root">queue_directory.</param>
/// <param name="Queues">The queues, relative to it.</param>
/// <param name="Log">Where it tells what it does.</param>
/// <param name="LongQueueIds">enable_long_queue_ids.</param>
/// <param name="QueueManager">Socket of the queue manager, relative to the root.</param>
/// <param name="Pickup">Socket of pickup, likewise.</param>
/// <param name="Owner">Finds mail_owner; throws <see cref="ConfigurationException"/>.</param>
/// <param name="Group">Likewise setgid_group, which may read what users have dropped.</param>
/// <param name="Events">Whether events are recorded.</param>
internal sealed record PostsuperSettings(
    string Root, QueueDirectories Queues, LogOptions Log, bool LongQueueIds, string QueueManager, string Pickup, Func<Account> Owner, Func<uint> Group,
    EventOptions? Events)
{
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static PostsuperSettings Read(MainConfig config)
    {
        _ = (config.Get(Parameters.MailOwner), config.Get(Parameters.SetgidGroup));
        return new PostsuperSettings(
            config.Get(Parameters.QueueDirectory), new QueueDirectories(".", [.. config.Get(Parameters.HashQueueNames)], config.Get(Parameters.HashQueueDepth)),
            LogOptions.Read(config), config.Get(Parameters.EnableLongQueueIds), $"public/{config.Get(Parameters.QueueServiceName)}",
            $"public/{config.Get(Parameters.PickupServiceName)}", () => MailOwner.Of(config), () => MailOwner.GroupOf(config), EventOptions.Read(config));
    }
}
