using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Queue;

/// <summary>A queue file being written. Until <see cref="Commit"/> its mode keeps everybody from taking it for mail; one in maildrop has, where the file
/// system can do that, not even a name: a user may end his program at any time.</summary>
public sealed class NewQueueFile : IDisposable
{
    private const int MaximumTries = 1000;

    private readonly SafeFileHandle _handle;
    private string _directory;
    private string? _former;
    private bool _hasName, _committed;

    private NewQueueFile(SafeFileHandle handle, string directory, string path, QueueId id, bool hasName)
    {
        _hasName = hasName;
        _handle = handle;
        _directory = directory;
        Path = path;
        Id = id;
        Writer = new RecordWriter(handle);
    }

    /// <summary>Its id: made of the moment and the file's inode number.</summary>
    public QueueId Id { get; }

    /// <summary>Where it is, or will be.</summary>
    public string Path { get; private set; }

    /// <summary>Appends records.</summary>
    public RecordWriter Writer { get; }

    /// <summary>The open file, for reading what was written (flush the writer first).</summary>
    public SafeFileHandle Handle => _handle;

    /// <summary>Makes an empty file.</summary>
    /// <param name="queues">Where.</param>
    /// <param name="queue">Maildrop or incoming.</param>
    /// <param name="longId">enable_long_queue_ids.</param>
    /// <param name="clock">Only tests give one.</param>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public static NewQueueFile Create(QueueDirectories queues, QueueName queue, bool longId, TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        string directory = queues.DirectoryOf(queue);
        (SafeFileHandle handle, string? temporary) = queue != QueueName.Maildrop ? CreateTemporary(directory, QueueFileMode.Building, clock)
            : FileSystem.TryCreateNameless(directory, QueueFileMode.BeingSubmitted) is { } nameless ? (nameless, null)
            : CreateTemporary(directory, QueueFileMode.BeingSubmitted, clock);
        try
        {
            ulong inode = FileSystem.Status(handle).Inode;
            for (int i = 0; i < MaximumTries; i++)
            {
                long now = MailTime.Microseconds(clock) + i;
                QueueId id = QueueId.Create(Math.Max(0, now / 1_000_000), (int)Math.Max(0, now % 1_000_000), inode, longId);
                string path = queues.PathOf(queue, id);
                queues.MakeHashDirectories(queue, id);
                if (temporary is null ? FileSystem.Status(path) is null : FileSystem.TryRenameNoReplace(temporary, path))
                    return new NewQueueFile(handle, path[..path.LastIndexOf('/')], path, id, hasName: temporary is not null);
            }
            throw new IOException($"create {directory}: no free name");
        }
        catch
        {
            handle.Dispose();
            if (temporary is not null)
                _ = FileSystem.TryRemove(temporary);
            throw;
        }
    }

    // The dot keeps the name from being an id, so whoever scans the directory passes it over.
    private static (SafeFileHandle Handle, string? Path) CreateTemporary(string directory, int mode, TimeProvider clock)
    {
        for (int i = 0; i < MaximumTries; i++)
        {
            long microseconds = (MailTime.Microseconds(clock) + i) % 1_000_000;
            string path = string.Create(CultureInfo.InvariantCulture, $"{directory}/{microseconds}.{Environment.ProcessId}");
            if (FileSystem.TryCreate(path, mode) is { } handle)
                return (handle, path);
        }
        throw new IOException($"create {directory}: no free name");
    }

    /// <summary>Whether a file has such a name while it is made, for moments, and for ever if its maker was killed in them.</summary>
    public static bool IsTemporaryName(string name)
    {
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot is > 0 and <= 6 && dot < name.Length - 1 && !name.AsSpan(0, dot).ContainsAnyExceptInRange('0', '9')
            && !name.AsSpan(dot + 1).ContainsAnyExceptInRange('0', '9');
    }

    /// <summary>Keeps the place of the size record at the start of the file.</summary>
    public void ReserveSize() => Writer.Write(RecordType.Size, default(SizeRecord).ToPayload());

    /// <summary>Writes the size record over its place.</summary>
    public void WriteSize(SizeRecord size) => Writer.Overwrite(0, RecordType.Size, size.ToPayload());

    /// <summary>Moves the file, which is no mail yet, to another queue, where it becomes mail.</summary>
    /// <exception cref="IOException">It cannot be moved.</exception>
    public void MoveTo(QueueDirectories queues, QueueName queue)
    {
        queues.MakeHashDirectories(queue, Id);
        string path = queues.PathOf(queue, Id);
        if (!FileSystem.TryRenameNoReplace(Path, path))
            throw new IOException($"rename {Path} {path}: the name is taken");
        (Path, _former, _directory) = (path, _directory, path[..path.LastIndexOf('/')]);
    }

    /// <summary>Makes the file mail: when this returns, content and directory entry are on stable storage.</summary>
    /// <param name="mode">E.g. <see cref="QueueFileMode.Ready"/>.</param>
    /// <exception cref="IOException">The promise cannot be made; dispose the object, which removes the file.</exception>
    public void Commit(int mode)
    {
        Writer.Flush();
        FileSystem.ChangeMode(_handle, mode);
        if (!_hasName)
        {
            // The inode number in it is ours alone, so whoever has taken the name made it up.
            if (!FileSystem.TryLink(_handle, Path))
                throw new IOException($"link {Path}: the name is taken");
            _hasName = true;
        }
        FileSystem.Flush(_handle, Path);
        try
        {
            FileSystem.FlushDirectory(_directory);
            // A loss of power must not leave it under both names.
            if (_former is not null)
                FileSystem.FlushDirectory(_former);
        }
        catch (SystemCallException e) when (e.IsForbidden)
        {
            // A user may add to maildrop but not open it. The whole file system then: slower, but a promise is a promise.
            FileSystem.FlushFileSystem(_handle, Path);
        }
        _committed = true;
    }

    /// <summary>Takes a committed file back, for as long as nobody else has moved it: it is removed when it is disposed.</summary>
    public void Withdraw() => _committed = false;

    /// <summary>Closes the file; removes it unless it was committed.</summary>
    public void Dispose()
    {
        if (_hasName && !_handle.IsClosed && !_committed)
        {
            try
            {
                _ = FileSystem.TryRemove(Path);
            }
            catch (IOException)
            {
                // It stays behind with the mode of an unfinished file, and is purged in time.
            }
        }
        _handle.Dispose();
    }
}
