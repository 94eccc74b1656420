using Microsoft.Win32.SafeHandles;
using PostfixNet.Actions;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Postsuper.Backup;

/// <summary>Puts the messages of a backup into the queue of a system that is stopped.</summary>
/// <remarks>In two steps. First every file is written beside its place, under a name that no program takes for mail, and all of it goes to stable storage;
/// then they get their names, logs before messages. Killed in the first step nothing was restored, in the second some; in either case the same command again does the rest: what
/// it left is removed first, and a message that is there is not restored a second time. Names are those of the backup; as after any copy, the start of master
/// makes them match the inode numbers (postsuper -s).</remarks>
/// <param name="queues">Where.</param>
/// <param name="report">Told what was done.</param>
internal sealed class QueueRestore(QueueDirectories queues, Report report)
{
    // A dot keeps it from being a queue ID.
    private const string Suffix = ".restored";
    private const int Depth = 8, DirectoryMode = 0x1C0;

    private readonly List<string> _logs = [], _prepared = [];
    private byte[] _pauses = [];

    /// <summary>All mail that would be delivered goes to hold; what users dropped stays in maildrop, with a mode with which it is not taken.</summary>
    internal bool ToHold { get; init; }

    /// <summary>Nothing is written.</summary>
    internal bool IsDryRun { get; init; }

    /// <summary>Whom requeued mail in maildrop belonged to when the backup was made.</summary>
    internal uint Owner { get; private set; }

    /// <summary>Messages restored, or that would be; of those, what waits in maildrop; those that are there already.</summary>
    internal (int Restored, int Dropped, int There) Done { get; private set; }

    /// <summary>Where the list of pauses is to be written; null: there is one, or none is wanted.</summary>
    internal SafeFileHandle? Pauses { get; init; }

    /// <summary>Does it.</summary>
    /// <param name="reader">Has read the archive once.</param>
    /// <exception cref="IOException">Not done; nothing was restored, unless that is told.</exception>
    internal void Run(ArchiveReader reader, ArchiveFile archive)
    {
        if (IsDryRun)
        {
            foreach (ArchivedFile file in reader.Read(archive))
                Prepare(file);
            return;
        }
        RemoveRemains();
        report.Begin("restored", static () => 0);
        try
        {
            foreach (ArchivedFile file in reader.Read(archive))
                Prepare(file);
            FlushAll();
        }
        catch
        {
            RemoveRemains();
            throw;
        }
        // Before the mail that they stop; in a file that is half written everything is paused.
        if (_pauses.Length > 0)
            FileSystem.WriteAt(Pauses!, _pauses, 0);
        // What is to be told of a message is there before it, after a loss of power, too.
        Name(_logs);
        Name(_prepared);
        report.Finish();
    }

    private void Name(List<string> prepared)
    {
        foreach (string path in prepared)
        {
            if (!FileSystem.TryRenameNoReplace(path + Suffix, path))
                report.Fail($"{path}: the name is taken; not restored");
        }
        FlushAll();
    }

    private void FlushAll()
    {
        using SafeFileHandle root = FileSystem.Open(queues.Root);
        FileSystem.FlushFileSystem(root, queues.Root);
    }

    private void Prepare(ArchivedFile file)
    {
        switch (file.Name.Part)
        {
            case ArchivePart.About:
                Owner = file.Uid;
                break;
            case ArchivePart.Setting:
                RestoreSetting(file);
                break;
            case ArchivePart.Digest:
                RestoreDigest(file);
                break;
            case ArchivePart.Log:
                // That of a message which is there, if it has one, is newer.
                if (FindQueued(file.Name.Id) is not null)
                    break;
                if (!IsDryRun)
                    FileSystem.TryRemove(queues.PathOf(file.Name.Queue, file.Name.Id));
                Write(file, file.Name.Queue, QueueFileMode.Building);
                break;
            default:
                RestoreMessage(file);
                report.Advance();
                break;
        }
    }

    private void RestoreSetting(ArchivedFile file)
    {
        bool isPauses = file.Name == ArchiveName.Pauses;
        string path = $"{queues.Root}/{file.Name.Text}";
        if (isPauses ? Pauses is null : FileSystem.Status(path) is not null)
        {
            if (!IsDryRun || !isPauses)
                report.Warn($"{file.Name.Text} is there already, and stays as it is; that of the backup is not restored");
        }
        else if (!IsDryRun)
        {
            if (isPauses)
                _pauses = ReadPauses(file.Content);
            else
                Place(file, path, QueueFileMode.Building);
        }
    }

    // Of one that is too large, enough to be refused for that.
    private static byte[] ReadPauses(Spool content)
    {
        byte[] pauses = new byte[Math.Min(content.Length, PauseList.SizeLimit + 1)];
        return pauses[..FileSystem.ReadAt(content.Handle, pauses, 0)];
    }

    private void RestoreDigest(ArchivedFile file)
    {
        string path = $"{queues.Root}/{file.Name.Text}", directory = path[..path.LastIndexOf('/')];
        if (IsDryRun || FileSystem.Status(path) is not null)
            return;
        _ = FileSystem.MakeDirectory(directory, DirectoryMode);
        Place(file, path, QueueFileMode.Building);
    }

    private void RestoreMessage(ArchivedFile file)
    {
        QueueId id = file.Name.Id;
        // What no order of ours has set is not taken over.
        int wanted = file.Mode == QueueFileMode.Corrupt ? file.Mode : file.Mode & (QueueFileMode.Ready | QueueFileMode.FlushFirst | QueueFileMode.ForceExpired | QueueFileMode.Paused | QueueFileMode.Scheduled);
        if (Find(file.Name) is { } there)
        {
            if (IsSame(there, file.Content))
                Done = Done with { There = Done.There + 1 };
            else
                report.Fail($"{id}: another message has this name; that of the backup is not restored");
            return;
        }
        bool isDropped = file.Name.Queue == QueueName.Maildrop;
        (QueueName queue, int mode) = file.Name.Queue switch
        {
            QueueName.Maildrop => (QueueName.Maildrop, ToHold ? QueueFileMode.BeingSubmitted : MaildropMode(file)),
            QueueName.Corrupt => (QueueName.Corrupt, QueueFileMode.Corrupt),
            // By another mode it would be taken there for what is being written.
            QueueName.Active when !ToHold => (QueueName.Incoming, QueueFileMode.IsReady(wanted) || wanted == QueueFileMode.Corrupt ? wanted : QueueFileMode.Ready),
            _ when ToHold => (QueueName.Hold, wanted),
            var other => (other, wanted),
        };
        Write(file, queue, mode);
        Done = (Done.Restored + 1, Done.Dropped + (isDropped ? 1 : 0), Done.There);
    }

    // All files are mail_owner's now. Only what postsuper -r had put back may have the mode that says so: of that pickup believes more.
    private int MaildropMode(ArchivedFile file) =>
        file.Uid == Owner && (file.Mode & QueueFileMode.BySubmission) == 0 ? QueueFileMode.Ready : QueueFileMode.Submitted;

    private string? Find(ArchiveName name)
    {
        if (name.Queue == QueueName.Maildrop)
            return FileSystem.Status(queues.PathOf(QueueName.Maildrop, name.Id)) is null ? null : queues.PathOf(QueueName.Maildrop, name.Id);
        return FindQueued(name.Id);
    }

    // Names in maildrop are its users' to choose.
    private string? FindQueued(QueueId id) =>
        ArchiveName.Messages.Where(static queue => queue != QueueName.Maildrop).Select(queue => queues.PathOf(queue, id)).FirstOrDefault(static path => FileSystem.Status(path) is not null);

    // Marks and routes may have changed since; what was written when it was accepted has not.
    private static bool IsSame(string path, Spool content)
    {
        using QueueFile there = QueueFile.Open(path);
        QueueFile here = content.Message();
        (Envelope one, Envelope other) = (there.ReadWhatIsThere([], 0, out _), here.ReadWhatIsThere([], 0, out _));
        return (one.ArrivalSeconds, one.ArrivalMicroseconds, one.Sender, one.TotalRecipients, one.DataOffset, Plain(one))
            == (other.ArrivalSeconds, other.ArrivalMicroseconds, other.Sender, other.TotalRecipients, other.DataOffset, Plain(other));

        static SizeRecord? Plain(Envelope envelope) => envelope.Size is { } size ? size with { RequireTls = default } : null;
    }

    private void Write(ArchivedFile file, QueueName queue, int mode)
    {
        if (IsDryRun)
            return;
        queues.MakeHashDirectories(queue, file.Name.Id);
        Place(file, queues.PathOf(queue, file.Name.Id), mode);
    }

    private void Place(ArchivedFile file, string path, int mode)
    {
        using SafeFileHandle made = FileSystem.TryCreate(path + Suffix, QueueFileMode.Building) ?? throw new IOException($"{path + Suffix}: the name is taken");
        (ArchiveName.Logs.Contains(file.Name.Queue) ? _logs : _prepared).Add(path);
        CopyTo(made, file.Content);
        FileSystem.TrySetTime(path + Suffix, file.ModifiedNanoseconds);
        FileSystem.ChangeMode(made, mode);
    }

    private static void CopyTo(SafeFileHandle target, Spool content)
    {
        byte[] block = new byte[64 * 1024];
        for (long at = 0; FileSystem.ReadAt(content.Handle, block, at) is > 0 and int n; at += n)
            FileSystem.WriteAt(target, block.AsSpan(0, n), at);
    }

    private void RemoveRemains()
    {
        foreach (QueueName queue in (QueueName[])[.. ArchiveName.Messages, .. ArchiveName.Logs])
            RemoveRemains(queues.DirectoryOf(queue), queue == QueueName.Maildrop ? queues.DepthOf(queue) : Depth);
        RemoveRemains($"{queues.Root}/{QueueDirectories.Rules}", 0);
        RemoveRemains($"{queues.Root}/{QueueDirectories.Suppression}", 0);
        foreach (string directory in FileSystem.Names($"{queues.Root}/{QueueDirectories.Digest}"))
        {
            if (FileSystem.Status($"{queues.Root}/{QueueDirectories.Digest}/{directory}") is { Kind: FileKind.Directory })
                RemoveRemains($"{queues.Root}/{QueueDirectories.Digest}/{directory}", 0);
        }
    }

    private static void RemoveRemains(string directory, int depth)
    {
        foreach (string name in (string[])[.. FileSystem.Names(directory)])
        {
            string path = $"{directory}/{name}";
            if (name.EndsWith(Suffix, StringComparison.Ordinal))
            {
                // A user's directory in maildrop is in nobody's way.
                if (FileSystem.Status(path) is { Kind: not FileKind.Directory })
                    FileSystem.TryRemove(path);
            }
            else if (name.Length == 1 && depth > 0 && FileSystem.Status(path) is { Kind: FileKind.Directory })
                RemoveRemains(path, depth - 1);
        }
    }
}
