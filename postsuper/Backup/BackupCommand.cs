using Microsoft.Win32.SafeHandles;
using PostfixNet.Actions;
using PostfixNet.Configuration;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Postsuper.Backup;

/// <summary>postsuper backup, verify, restore (S3-55).</summary>
internal static class BackupCommand
{
    internal const string Backup = "backup", Verify = "verify", Restore = "restore";

    private const string NotPermitted = "use of this command is reserved for the superuser";

    internal const string Usage = "usage: postsuper [-c config_dir] backup FILE.tar[.gz]|DIRECTORY|- | verify FILE | restore FILE [--hold] [--dry-run]";

    /// <summary>Reads a backup, and says what is in it.</summary>
    /// <returns>Exit status.</returns>
    internal static int RunVerify(IReadOnlyList<string> words, CallerLog log)
    {
        if (words is not [not ['-', ..] and var path])
            return log.Fatal(Usage, ExitStatus.Usage);
        try
        {
            using ArchiveFile archive = ArchiveFile.Open(path);
            using ArchiveReader reader = new(Path.GetTempPath());
            ArchiveCheck.Run(reader, archive);
            log.Info($"{PrintableText.Of(path)}: whole: {reader.Counts}");
            return ExitStatus.Ok;
        }
        catch (FormatException e)
        {
            return log.Fatal($"{e.Message}; {Usage}", ExitStatus.Usage);
        }
        catch (ArchiveException e)
        {
            return log.Fatal($"{PrintableText.Of(path)}: {e.Message}", 1);
        }
    }

    /// <summary>Makes a backup.</summary>
    /// <param name="queue">queue_directory.</param>
    /// <param name="begin">Into the queue directory, with the rights of its owner; null: it worked.</param>
    /// <returns>Exit status.</returns>
    internal static int RunBackup(IReadOnlyList<string> words, CallerLog log, string told, string queue, Begin begin)
    {
        if (words is not [var place] || place is ['-', _, ..])
            return log.Fatal(Usage, ExitStatus.Usage);
        // Before a file is made.
        if (!MailOwner.MayAct(queue))
            return log.Fatal(NotPermitted, 1);
        ArchiveFile archive;
        try
        {
            archive = ArchiveFile.Create(place, TimeProvider.System);
        }
        catch (FormatException e)
        {
            return log.Fatal($"{e.Message}; {Usage}", ExitStatus.Usage);
        }
        using (archive)
        {
            if (begin(out PostsuperSettings settings) is { } status)
                return status;
            CallerReport report = new(log);
            report.Note(told);
            Counts counts;
            using (ArchiveWriter writer = new(archive.Writer(), $"{settings.Queues.Root}/private"))
            {
                using QueueBackup backup = new(settings.Queues, writer, report, TimeProvider.System);
                backup.Run();
                writer.Finish(MailTime.NowSeconds);
                counts = writer.Counts;
            }
            archive.Finish();
            report.Say($"{(place == "-" ? "backup" : PrintableText.Of(archive.Path))}: {counts}");
            return report.HasFailed ? 1 : ExitStatus.Ok;
        }
    }

    /// <inheritdoc cref="Postsuper.Program.Begin"/>
    internal delegate int? Begin(out PostsuperSettings settings);

    /// <summary>Puts a backup back.</summary>
    /// <inheritdoc cref="RunBackup"/>
    internal static int RunRestore(IReadOnlyList<string> words, CallerLog log, string told, MainConfig config, Begin begin)
    {
        bool toHold = words.Contains("--hold"), isDryRun = words.Contains("--dry-run");
        if (words.Where(static word => word is not ("--hold" or "--dry-run")).ToArray() is not [not ['-', ..] and var path])
            return log.Fatal(Usage, ExitStatus.Usage);
        string queue = config.Get(Parameters.QueueDirectory);
        if (!MailOwner.MayAct(queue))
            return log.Fatal(NotPermitted, 1);
        try
        {
            using ArchiveFile archive = ArchiveFile.Open(path);
            MakeDirectories(config);
            using SafeFileHandle? pid = PidFile.TryTake(queue);
            if (pid is null)
                return log.Fatal("the mail system is running; stop it first (master stop): what a backup brings back would get in the way of what is being delivered", 1);
            PidFile.Leave(pid);
            using SafeFileHandle? pauses = isDryRun ? null : EmptyPauses(queue);
            if (begin(out PostsuperSettings settings) is { } status)
                return status;
            CallerReport report = new(log);
            if (!isDryRun)
                report.Note(told);
            using QueueGate names = QueueGate.KeepNames(settings.Queues, TimeSpan.FromSeconds(10));
            using ArchiveReader reader = new($"{settings.Queues.Root}/private");
            ArchiveCheck.Run(reader, archive);
            QueueRestore restore = new(settings.Queues, report) { ToHold = toHold, IsDryRun = isDryRun, Pauses = pauses };
            restore.Run(reader, archive);
            Tell(report, restore);
            return report.HasFailed ? 1 : ExitStatus.Ok;
        }
        catch (FormatException e)
        {
            return log.Fatal($"{e.Message}; {Usage}", ExitStatus.Usage);
        }
        catch (ArchiveException e)
        {
            return log.Fatal($"{PrintableText.Of(path)}: {e.Message}; nothing was restored", 1);
        }
    }

    private static void Tell(Report report, QueueRestore restore)
    {
        (int restored, int dropped, int there) = restore.Done;
        report.SayCount("Restored", restored, restore.IsDryRun);
        if (there > 0)
            report.SayCount("There already", there);
        if (dropped > 0 && restore.ToHold)
            report.Warn($"{dropped} of them in maildrop, where mail cannot be held: with mode 640 it is not taken; with mode 740 it is");
    }

    private static void MakeDirectories(MainConfig config)
    {
        bool isRoot = Users.EffectiveUid == 0;
        QueueDirectories.FromConfig(config).CreateMissing(isRoot ? MailOwner.Of(config).Uid : null, isRoot ? MailOwner.GroupOf(config) : uint.MaxValue, config.Get(Parameters.EventsEnable));
    }

    // Made now, since only root makes files there. Empty it pauses nothing; half written, everything.
    private static SafeFileHandle? EmptyPauses(string queue)
    {
        string path = $"{queue}/{PauseList.FileName}";
        if (FileSystem.TryCreate(path, 0x1A4 /* 0644 */) is { } made)
            return made;
        return FileSystem.Status(path) is { Kind: FileKind.Regular, Size: 0 } ? FileSystem.Open(path, write: true) : null;
    }
}
