using PostfixNet.Configuration;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>What the configuration names but its text does not tell: accounts, programs, directories.</summary>
internal static class SystemCheck
{
    /// <summary>Accounts and programs without which nothing can start.</summary>
    /// <exception cref="ConfigurationException">All that are missing; each message names the place that asks for it.</exception>
    internal static void Require(MainConfig config, MasterSettings settings, IReadOnlyList<ServiceEntry> services)
    {
        ProblemList problems = new();
        if (Users.EffectiveUid == 0)
        {
            problems.Try(() => MailOwner.Of(config));
            problems.Try(() => MailOwner.GroupOf(config));
        }
        foreach (ServiceEntry service in services)
        {
            string path = Path.Join(settings.Programs, service.Command);
            if (FileSystem.Status(path) is not { Kind: FileKind.Regular or FileKind.Link })
                problems.Try(() => throw new ConfigurationException($"{service.Position}: service {service.Name}: no such program: {path}"));
        }
        problems.ThrowIfAny();
    }

    /// <summary>What is wrong with directories that exist already: one line each; empty when all is well.</summary>
    internal static IEnumerable<string> Problems(MainConfig config)
    {
        uint owner = Users.EffectiveUid == 0 ? MailOwner.Of(config).Uid : Users.EffectiveUid;
        foreach (string path in QueueDirectories.FromConfig(config).Private)
        {
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
