using PostfixNet.Configuration;
using PostfixNet.Dns;
using PostfixNet.Native;
using PostfixNet.Notices;

namespace PostfixNet.Master;

/// <summary>What the configuration names but its text does not tell: accounts, programs, name servers, directories.</summary>
internal static class SystemCheck
{
    private static readonly string[] s_privateDirectories =
        ["active", "bounce", "corrupt", "defer", "deferred", "digest", "flush", "hold", "incoming", "private", "saved", "trace"];

    /// <summary>Accounts, programs and servers without which nothing can start.</summary>
    /// <exception cref="ConfigurationException">One is missing; the message names the place that asks for it.</exception>
    internal static void Require(MainConfig config, MasterConfig master)
    {
        if (Users.EffectiveUid == 0)
        {
            _ = Owner(config);
            _ = Group(config);
        }
        try
        {
            _ = ResolverOptions.FromNameServers(config.Get(Parameters.DnsNameservers));
        }
        catch (FormatException e)
        {
            throw config.Refuse(Parameters.DnsNameservers, e.Message);
        }
        _ = NoticeTemplates.Load(config);
        string programs = config.Get(Parameters.DaemonDirectory);
        foreach (ServiceEntry service in master.Services)
        {
            string path = Path.Join(programs, service.Command);
            if (FileSystem.Status(path) is not { Kind: FileKind.Regular or FileKind.Link })
                throw new ConfigurationException($"{service.Position}: service {service.Name}: no such program: {path}");
        }
    }

    /// <summary>The account that services run as when root starts the system.</summary>
    /// <exception cref="ConfigurationException">There is none, or it is root.</exception>
    internal static Account Owner(MainConfig config)
    {
        string name = config.Get(Parameters.MailOwner);
        Account account = Users.ByName(name) ?? throw config.Refuse(Parameters.MailOwner, $"no such account: {name}");
        return account.Uid != 0 ? account : throw config.Refuse(Parameters.MailOwner, "must not be the super-user");
    }

    /// <summary>The group of the directories that every user may submit to.</summary>
    /// <exception cref="ConfigurationException">There is none.</exception>
    internal static uint Group(MainConfig config)
    {
        string name = config.Get(Parameters.SetgidGroup);
        return Users.GroupId(name) ?? throw config.Refuse(Parameters.SetgidGroup, $"no such group: {name}");
    }

    /// <summary>What is wrong with directories that exist already: one line each; empty when all is well.</summary>
    internal static IEnumerable<string> Problems(MainConfig config)
    {
        uint owner = Users.EffectiveUid == 0 ? Owner(config).Uid : Users.EffectiveUid;
        string queue = config.Get(Parameters.QueueDirectory);
        foreach (string directory in s_privateDirectories)
        {
            string path = Path.Join(queue, directory);
            FileStatus? status = FileSystem.Status(path);
            if (status is null)
                continue; // made at the next start
            if (status.Value.Kind != FileKind.Directory)
                yield return $"{path}: not a directory";
            else if (status.Value.Uid != owner)
                yield return $"{path}: owned by user {status.Value.Uid}, not by {owner}";
            else if ((status.Value.Mode & 0x3F) != 0)
                yield return $"{path}: others have access, mode {Convert.ToString(status.Value.Mode, 8)}";
        }
    }
}
