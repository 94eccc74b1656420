using PostfixNet.Configuration;
using PostfixNet.Native;

namespace PostfixNet.Service;

/// <summary>The account and group that root gives the work to.</summary>
public static class MailOwner
{
    /// <summary>mail_owner.</summary>
    /// <exception cref="ConfigurationException">There is no such account, or it is root.</exception>
    public static Account Of(MainConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        string name = config.Get(Parameters.MailOwner);
        Account account = Users.ByName(name) ?? throw config.Refuse(Parameters.MailOwner, $"no such account: {name}");
        return account.Uid != 0 ? account : throw config.Refuse(Parameters.MailOwner, "must not be the super-user");
    }

    /// <summary>setgid_group.</summary>
    /// <exception cref="ConfigurationException">There is no such group.</exception>
    public static uint GroupOf(MainConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        string name = config.Get(Parameters.SetgidGroup);
        return Users.GroupId(name) ?? throw config.Refuse(Parameters.SetgidGroup, $"no such group: {name}");
    }

    /// <summary>This process is root, or the user of a private instance, who owns its queue directory.</summary>
    public static bool MayAct(string queueDirectory) =>
        Users.EffectiveUid == 0 || FileSystem.Status(queueDirectory)?.Uid == Users.EffectiveUid;
}
