using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Configuration;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>Something that is wrong with this host, and how to mend it.</summary>
/// <param name="IsError">Mail does not go, or can be lost, until it is mended.</param>
/// <param name="Text">One line.</param>
internal sealed record Finding(bool IsError, string Text);

/// <summary>What "master check" looks at beyond the configuration: the queue's file system, names, the clock. It takes time and asks the network, so no start waits for it.</summary>
internal static class HostCheck
{
    private const int OwnerOnly = 0x1C0 /* 0700 */;

    internal static IEnumerable<Finding> Run(string directory, Instance instance, TimeProvider clock) =>
        [.. Directories(instance.Config), .. Space(instance.Config), .. QueueFileSystem(instance.Config), .. Damaged(instance.Config), .. Names(directory, instance), .. Clock(instance.Config, clock)];

    private static IEnumerable<Finding> Directories(MainConfig config) => SystemCheck.Problems(config).Select(static problem => new Finding(true, $"{problem}; \"master set-permissions\" mends it"));

    private static IEnumerable<Finding> Space(MainConfig config)
    {
        string queue = config.Get(Parameters.QueueDirectory);
        if (FileSystem.Status(queue) is not null && SpaceLimit.Read(config).Shortage(queue) is { } shortage)
            yield return new Finding(true, $"mail is not accepted: {shortage}; make room on the file system of {queue}");
    }

    private static IEnumerable<Finding> QueueFileSystem(MainConfig config)
    {
        string queue = config.Get(Parameters.QueueDirectory);
        string? type = FileSystemType.Of(queue) ?? FileSystemType.Of(Path.GetDirectoryName(queue) ?? "/");
        if (FileSystemType.IsContainerLayer(type))
            yield return new Finding(false, $"queue_directory: {queue} is in a container's own layer ({type}): queued mail goes with the container; put a volume there");
        else if (FileSystemType.IsVolatile(type))
            yield return new Finding(false, $"queue_directory: {queue} is in memory ({type}): queued mail is lost with a restart of the machine; put it on a disk");
        if (Probe(queue) is { } unsuitable)
            yield return new Finding(true, $"queue_directory: {queue}{(type is null ? "" : $" ({type})")}: {unsuitable}; put the queue on ext4, XFS, Btrfs or ZFS");
    }

    // What the queue needs is tried with a file of ours.
    private static string? Probe(string queue)
    {
        string directory = Path.Join(queue, "pid");
        if (FileSystem.Status(directory) is not { Kind: FileKind.Directory } || FileSystem.WhyNotWritable(directory) is not null)
            return null;
        string first = string.Create(CultureInfo.InvariantCulture, $"{directory}/.check.{Environment.ProcessId}"), second = first + ".2";
        try
        {
            using SafeFileHandle? file = FileSystem.TryCreate(first, 0x180 /* 0600 */);
            if (file is null)
                return null;
            FileSystem.ChangeMode(file, OwnerOnly);
            if ((FileSystem.Status(file).Mode & 0x1FF) != OwnerOnly)
                return "modes of files are not kept: complete mail could not be told from unfinished";
            using SafeFileHandle? other = FileSystem.TryCreate(second, 0x180);
            return other is not null && FileSystem.TryRenameNoReplace(first, second) ? "a rename replaces files that it must not" : null;
        }
        catch (IOException e)
        {
            return e.Message;
        }
        finally
        {
            FileSystem.TryRemove(first);
            FileSystem.TryRemove(second);
        }
    }

    private static IEnumerable<Finding> Damaged(MainConfig config)
    {
        QueueDirectories queues = QueueDirectories.FromConfig(config);
        if (FileSystem.Status(queues.DirectoryOf(QueueName.Corrupt)) is not { Kind: FileKind.Directory })
            yield break;
        int count = queues.Scan(QueueName.Corrupt).Count();
        if (count > 0)
            yield return new Finding(false, $"{count} damaged {(count == 1 ? "file" : "files")} in {queues.DirectoryOf(QueueName.Corrupt)}: \"postcat\" shows them, \"postsuper -u ALL\" takes back what can be read");
    }

    // The SMTP client looks names up, with its own rights: what name servers say is not for root to read.
    private static IEnumerable<Finding> Names(string directory, Instance instance)
    {
        if (instance.Services.FirstOrDefault(static service => service.Command == "smtp") is not { } agent)
            return [];
        try
        {
            return [.. ProgramQuestion.Ask(directory, instance.Settings, agent, [Fact.AboutNames]).Select(static fact => new Finding(fact.Name == Fact.ErrorName, fact.Value))];
        }
        catch (ConfigurationException e)
        {
            // Before the first start there is no queue for it to work in.
            return FileSystem.Status(Path.Join(instance.Settings.Queue, "private")) is null ? [] : [new Finding(true, e.Message)];
        }
    }

    private static IEnumerable<Finding> Clock(MainConfig config, TimeProvider time)
    {
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        string file = Path.Join(config.Directory, "main.toml");
        if (FileSystem.Status(file, followLink: true) is { } status && status.ModifiedSeconds > now + TimeSpan.FromHours(1).TotalSeconds)
            yield return new Finding(true, $"the clock is behind the time of {file}: dates of mail and times of attempts are wrong; set it");
        else if (SystemClock.IsKept == false)
            yield return new Finding(false, "nothing keeps the clock right: dates of mail and times of attempts drift; run a time service, such as chrony or systemd-timesyncd");
    }
}
