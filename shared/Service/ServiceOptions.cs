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

    /// <summary>Directories besides the queue that a service writes to.</summary>
    internal string[] WrittenOutside =>
        Log.Path.Length > 0 && !Log.IsStandardOutput && Path.GetDirectoryName(Log.Path) is { Length: > 0 } directory
            ? ["/dev", directory] : ["/dev"];

    /// <summary>Root's process becomes mail_owner's, for good.</summary>
    /// <exception cref="ConfigurationException">There is no such account or group, or it is root's.</exception>
    internal static void GiveRootUp(MainConfig config)
    {
        Account owner = MailOwner.Of(config);
        Users.BecomeForever(owner.Uid, owner.Gid, MailOwner.GroupOf(config));
    }

    /// <summary>Whoever works in the queue can get there: modes of it, or above it, may have been changed.</summary>
    /// <exception cref="ConfigurationException">He cannot.</exception>
    internal static void RequireAccess(MainConfig config)
    {
        string queue = config.Get(Parameters.QueueDirectory);
        try
        {
            _ = FileSystem.Status($"{queue}/private");
        }
        catch (SystemCallException e) when (e.IsForbidden)
        {
            throw config.Refuse(Parameters.QueueDirectory, $"{queue}: user {Users.EffectiveUid} may not enter it, or a directory above it: mode or owner was changed");
        }
    }
}
