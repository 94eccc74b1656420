using PostfixNet.Configuration;
using PostfixNet.Log;
using PostfixNet.Native;

namespace PostfixNet.Service;

/// <summary>What every service reads of main.toml.</summary>
/// <param name="QueueDirectory">queue_directory: where it works.</param>
/// <param name="Log">Where it tells what it does.</param>
internal sealed record ServiceOptions(string QueueDirectory, LogOptions Log)
{
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static ServiceOptions Read(MainConfig config)
    {
        _ = (config.Get(Parameters.MailOwner), config.Get(Parameters.SetgidGroup));
        return new ServiceOptions(config.Get(Parameters.QueueDirectory), LogOptions.Read(config));
    }

    /// <summary>Root's process becomes mail_owner's, for good.</summary>
    /// <exception cref="ConfigurationException">There is no such account or group, or it is root's.</exception>
    internal static void GiveRootUp(MainConfig config)
    {
        Account owner = MailOwner.Of(config);
        Users.BecomeForever(owner.Uid, owner.Gid, MailOwner.GroupOf(config));
    }
}
