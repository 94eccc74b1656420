using PostfixNet.Configuration;
using PostfixNet.Native;

namespace PostfixNet.Master;

/// <summary>What is wrong around the configuration: accounts, programs, directories.</summary>
internal static class SystemCheck
{
    private static readonly string[] s_privateDirectories =
        ["active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace"];

    /// <summary>One line each; empty when all is well.</summary>
    internal static IEnumerable<string> Problems(MainConfig config, MasterConfig master)
    {
        bool isRoot = Users.EffectiveUid == 0;
        uint owner = Users.EffectiveUid;
        if (isRoot)
        {
            string name = config.Get(Parameters.MailOwner);
            Account? account = Users.ByName(name);
            if (account is null)
                yield return $"mail_owner: no such account: {name}";
            else if (account.Uid == 0)
                yield return "mail_owner: must not be the super-user";
            owner = account?.Uid ?? owner;
            string group = config.Get(Parameters.SetgidGroup);
            if (Users.GroupId(group) is null)
                yield return $"setgid_group: no such group: {group}";
        }
        string programs = config.Get(Parameters.DaemonDirectory);
        foreach (ServiceEntry service in master.Services)
        {
            string path = Path.Join(programs, service.Command);
            if (FileSystem.Status(path) is not { Kind: FileKind.Regular or FileKind.Link })
                yield return $"service {service.Name}: no such program: {path}";
        }
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
