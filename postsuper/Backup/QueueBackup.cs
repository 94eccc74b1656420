using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Actions;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Postsuper.Backup;

/// <summary>Copies the queue while the system runs (S3-55). Which messages: those that are in the queue at one moment, when the names have been
/// collected, and are not finished when their turn comes. As what: each as it is at its turn, with what is logged of it.</summary>
/// <remarks>Pickup gives mail of maildrop other names, so it is kept away while maildrop is copied and the names of the other queues are collected; all
/// other programs go on. A message is copied after its logs, and these are looked at again afterwards: whoever is marked done because a log has his failure
/// stands in the log that is copied. What a log had when a notice was made of it meanwhile is copied too: told twice, not never.</remarks>
/// <param name="queues">Where.</param>
/// <param name="archive">Written to.</param>
/// <param name="report">Told what cannot be copied.</param>
/// <param name="clock">The present.</param>
internal sealed class QueueBackup(QueueDirectories queues, ArchiveWriter archive, Report report, TimeProvider clock) : IDisposable
{
    private const long WrittenAgeSeconds = 3600;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    // Of which nobody but we know: in the directory that no user enters.
    private readonly string _spools = $"{queues.Root}/private";
    private readonly Spool _content = new($"{queues.Root}/private");
    private readonly Dictionary<QueueName, Spool> _logs = ArchiveName.Logs.ToDictionary(static log => log, _ => new Spool($"{queues.Root}/private"));
    private readonly IdSet _wanted = new(), _taken = new();

    /// <summary>Does it; the archive is whole then, but for its end.</summary>
    /// <exception cref="IOException">It cannot be done.</exception>
    internal void Run()
    {
        using QueueGate names = QueueGate.KeepNames(queues, s_patience);
        using QueueSnapshot snapshot = new(queues);
        Write(ArchiveName.About, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"Postfix.Net queue backup 1\nhost {Users.HostName()}\nbegun {clock.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ}\n")));
        CopySetting(ArchiveName.Pauses);
        CopySetting(ArchiveName.Rules);
        CopySetting(ArchiveName.Suppressions);
        using (QueueGate.CloseMaildrop(queues, s_patience))
        {
            CopyMaildrop();
            snapshot.Begin();
            snapshot.Go((_, entry) => _wanted.Add(entry.Id.ToString()), Foreign);
        }
        report.Begin("copied", () => _wanted.Count);
        snapshot.Go((queue, entry) => Guard(entry.Path, () => CopyWanted(queue, entry)), static _ => { });
        report.Finish();
        // Notices of what failed meanwhile are new mail; but what they tell is nowhere else any more. What is kept for a notice goes first: told twice, not never.
        CopyDigests();
        snapshot.Go((queue, entry) => Guard(entry.Path, () => CopyNotice(queue, entry)), static _ => { });
    }

    private void CopySetting(ArchiveName name)
    {
        string path = $"{queues.Root}/{name.Text}";
        if (FileSystem.Status(path) is not { Kind: FileKind.Regular })
            return;
        using SafeFileHandle file = FileSystem.Open(path);
        archive.Write(name, Take(_content, file, isAppendedOnly: false), _content);
    }

    private void CopyMaildrop()
    {
        foreach (QueueEntry entry in queues.ScanEntries(QueueName.Maildrop))
        {
            Guard(entry.Path, () =>
            {
                // Whoever makes a link or a pipe there is told of by pickup; what is being written is not accepted yet.
                if (FileSystem.Status(entry.Path) is not { Kind: FileKind.Regular, LinkCount: 1 } seen || !QueueFileMode.IsReady(seen.Mode))
                    return;
                using SafeFileHandle file = FileSystem.Open(entry.Path);
                if (FileSystem.Status(file) is not { Kind: FileKind.Regular, LinkCount: 1 } opened || !QueueFileMode.IsReady(opened.Mode))
                    return;
                FileStatus taken = Take(_content, file, isAppendedOnly: false);
                if (_content.Message().IsWhole())
                    archive.Write(ArchiveName.Of(QueueName.Maildrop, entry.Id), taken, _content);
                else
                    report.Warn($"{QueueDirectories.NameOf(QueueName.Maildrop)}/{entry.Id}: no message, and not in the backup");
            });
        }
    }

    private void CopyWanted(QueueName queue, QueueEntry entry)
    {
        string name = entry.Id.ToString();
        if (!_wanted.Contains(name))
            return;
        using SafeFileHandle file = FileSystem.Open(entry.Path);
        FileStatus seen = FileSystem.Status(file);
        // What cleanup still writes is not accepted yet; should it be afterwards, it is told of again. Whose mode was changed by hand is mail for postsuper -s.
        if (seen.Kind != FileKind.Regular || !(QueueFileMode.IsReady(seen.Mode) || seen.Mode == QueueFileMode.Corrupt || queue == QueueName.Corrupt || IsLeft(seen, file)))
            return;
        // Finished. There is no other file of that name.
        if (seen.LinkCount > 0)
            CopyMessage(queue, entry.Id, file);
        _wanted.Remove(name);
        report.Advance();
    }

    private bool IsLeft(in FileStatus seen, SafeFileHandle file)
    {
        if (seen.ModifiedSeconds > MailTime.Microseconds(clock) / 1_000_000 - WrittenAgeSeconds)
            return false;
        using QueueFile message = new(new SafeFileHandle(file.DangerousGetHandle(), ownsHandle: false));
        return message.IsWhole();
    }

    private void CopyNotice(QueueName queue, QueueEntry entry)
    {
        if (_taken.Contains(entry.Id.ToString()) || queue == QueueName.Corrupt)
            return;
        using SafeFileHandle file = FileSystem.Open(entry.Path);
        if (FileSystem.Status(file) is not { Kind: FileKind.Regular, LinkCount: > 0 } status || !QueueFileMode.IsReady(status.Mode) || !IsFromNobody(file))
            return;
        CopyMessage(queue, entry.Id, file);
    }

    private static bool IsFromNobody(SafeFileHandle file)
    {
        using QueueFile message = new(new SafeFileHandle(file.DangerousGetHandle(), ownsHandle: false));
        return message.ReadWhatIsThere([], 0, out _).Sender is { Length: 0 };
    }

    private void CopyMessage(QueueName queue, QueueId id, SafeFileHandle file)
    {
        Dictionary<QueueName, FileStatus> logs = [];
        foreach (QueueName log in ArchiveName.Logs)
        {
            if (TakeLog(log, id, _logs[log]) is { } status)
                logs[log] = status;
        }
        FileStatus taken = Take(_content, file, isAppendedOnly: false);
        foreach (QueueName log in ArchiveName.Logs)
            TakeAgain(log, id, logs);
        if (queue != QueueName.Corrupt && _content.WhyNoMessage() is { } why)
        {
            report.Warn($"{QueueDirectories.NameOf(queue)}/{id}: {why}; copied as damaged");
            queue = QueueName.Corrupt;
        }
        foreach ((QueueName log, FileStatus status) in logs)
            archive.Write(ArchiveName.Of(log, id), status, _logs[log]);
        archive.Write(ArchiveName.Of(queue, id), taken, _content);
        _taken.Add(id.ToString());
    }

    private FileStatus? TakeLog(QueueName log, QueueId id, Spool spool)
    {
        try
        {
            using SafeFileHandle file = FileSystem.Open(queues.PathOf(log, id));
            return FileSystem.Status(file).Kind == FileKind.Regular ? Take(spool, file, isAppendedOnly: true) : null;
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            return null;
        }
    }

    // One that has grown is copied anew; of one that is another by now both are kept: a log is what its parts say.
    private void TakeAgain(QueueName log, QueueId id, Dictionary<QueueName, FileStatus> logs)
    {
        FileStatus? now = FileSystem.Status(queues.PathOf(log, id));
        bool wasThere = logs.TryGetValue(log, out FileStatus before);
        if (now is null || (wasThere && now.Value.Inode == before.Inode && now.Value.Size == before.Size))
            return;
        using Spool other = new(_spools);
        if (TakeLog(log, id, other) is not { } taken)
            return;
        if (!wasThere || taken.Inode == before.Inode)
            _logs[log].Clear();
        _logs[log].Append(other);
        logs[log] = taken;
    }

    private void CopyDigests()
    {
        string root = $"{queues.Root}/{QueueDirectories.Digest}";
        foreach (string directory in FileSystem.Status(root) is null ? [] : FileSystem.Names(root))
        {
            string[] names = [];
            Guard($"{root}/{directory}", () => names = [.. FileSystem.Names($"{root}/{directory}")]);
            foreach (string name in names)
            {
                if (!ArchiveName.TryParse($"{QueueDirectories.Digest}/{directory}/{name}", out ArchiveName known))
                    continue;
                Guard($"{root}/{directory}/{name}", () =>
                {
                    using SafeFileHandle file = FileSystem.Open($"{root}/{directory}/{name}");
                    archive.Write(known, Take(_content, file, isAppendedOnly: true), _content);
                });
            }
        }
    }

    private void Write(ArchiveName name, ReadOnlySpan<byte> text)
    {
        _content.Clear();
        _content.Append(text);
        archive.Write(name, new FileStatus { Mode = QueueFileMode.Building, Uid = Users.EffectiveUid, ModifiedNanoseconds = MailTime.Microseconds(clock) * 1000 }, _content);
    }

    private void Foreign(string path) => report.Warn($"{path[(queues.Root.Length + 1)..]}: no queue file, not copied");

    private static FileStatus Take(Spool spool, SafeFileHandle file, bool isAppendedOnly)
    {
        try
        {
            return spool.Take(file, isAppendedOnly);
        }
        catch (IOException e)
        {
            throw new UnreadableException(e.Message, e);
        }
    }

    /// <summary>One file cannot be read; the others can.</summary>
    private sealed class UnreadableException(string message, Exception inner) : IOException(message, inner);

    // What is gone was finished, or has moved: then it is told of again. An archive that cannot be written is the end.
    private void Guard(string path, Action act)
    {
        try
        {
            act();
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
        }
        catch (IOException e) when (e is UnreadableException or SystemCallException { IsForbidden: true })
        {
            report.Fail($"{path[(queues.Root.Length + 1)..]}: not copied: {e.Message}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _content.Dispose();
        foreach (Spool log in _logs.Values)
            log.Dispose();
    }
}
