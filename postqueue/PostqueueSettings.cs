using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Postqueue;

/// <summary>What main.toml says to the command.</summary>
/// <param name="Queues">The queue, for when the system is down.</param>
/// <param name="Log">Where it tells what went wrong.</param>
/// <param name="Service">showq_service_name: who lists and flushes.</param>
/// <param name="IpcTimeout">ipc_timeout.</param>
/// <param name="LongQueueIds">enable_long_queue_ids.</param>
/// <param name="EmptyAddress">empty_address_recipient: sender of notices in listings.</param>
/// <param name="HasHistory">history_enable.</param>
/// <param name="Owner">Finds mail_owner; throws <see cref="ConfigurationException"/>.</param>
/// <param name="Group">Likewise setgid_group, which may read what users have dropped.</param>
internal sealed record PostqueueSettings(
    QueueDirectories Queues, LogOptions Log, string Service, TimeSpan IpcTimeout, bool LongQueueIds, string EmptyAddress, bool HasHistory, Func<Account> Owner, Func<uint> Group)
{
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static PostqueueSettings Read(MainConfig config)
    {
        _ = (config.Get(Parameters.MailOwner), config.Get(Parameters.SetgidGroup));
        return new PostqueueSettings(QueueDirectories.FromConfig(config), LogOptions.Read(config), config.Get(Parameters.ShowqServiceName),
            config.Get(Parameters.IpcTimeout), config.Get(Parameters.EnableLongQueueIds), config.Get(Parameters.EmptyAddressRecipient), config.Get(Parameters.HistoryEnable), () => MailOwner.Of(config), () => MailOwner.GroupOf(config));
    }

    /// <summary>A line to the service.</summary>
    /// <exception cref="SystemCallException">The system is down; missing: it was never started.</exception>
    internal Channel ConnectToShowq() => ShowqQuestion.Connect(Queues.Root, Service, IpcTimeout);
}
