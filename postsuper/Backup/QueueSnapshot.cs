using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Postsuper.Backup;

/// <summary>Finds every file of the queues although the system moves them meanwhile: what is moved behind the back of a scan is told by the kernel.</summary>
/// <param name="queues">Where.</param>
internal sealed class QueueSnapshot(QueueDirectories queues) : IDisposable
{
    // Subdirectories have one character (hash_queue_depth).
    private const int Depth = 8;
    private static readonly QueueName[] s_queues = [.. ArchiveName.Messages.Where(static queue => queue != QueueName.Maildrop)];

    private readonly DirectoryWatch _watch = new();
    private bool _hasMissed;

    /// <summary>Watches the queues, before anything is looked for in them.</summary>
    internal void Begin()
    {
        foreach (QueueName queue in s_queues)
            Watch(queues.DirectoryOf(queue), Depth);
    }

    /// <summary>Tells of every file that is there from before the call to after it, wherever it goes in between; of one that moves perhaps several times.</summary>
    /// <param name="found">Gets the queue and the entry; it may be gone by then, and is told of again where it went.</param>
    /// <param name="foreign">Gets names that are no queue IDs.</param>
    internal void Go(Action<QueueName, QueueEntry> found, Action<string> foreign)
    {
        do
        {
            _hasMissed = false;
            foreach (QueueName queue in s_queues)
            {
                foreach (QueueEntry entry in queues.ScanEntries(queue, foreign))
                {
                    found(queue, entry);
                    TakeMoved(found);
                }
            }
            TakeMoved(found);
        }
        while (_hasMissed);
    }

    private void TakeMoved(Action<QueueName, QueueEntry> found)
    {
        _hasMissed |= !_watch.Read((path, isDirectory) =>
        {
            string name = path[(path.LastIndexOf('/') + 1)..];
            if (QueueOf(path) is not { } queue)
                return;
            if (isDirectory && name.Length == 1)
                TakeDirectory(queue, path, found);
            else if (QueueId.TryParse(name, out QueueId id))
                found(queue, new QueueEntry(id, path));
        });
    }

    // It is new: what came into it before it was watched is found by looking.
    private void TakeDirectory(QueueName queue, string path, Action<QueueName, QueueEntry> found)
    {
        try
        {
            Watch(path, Depth);
            foreach (string name in FileSystem.Names(path))
            {
                if (QueueId.TryParse(name, out QueueId id))
                    found(queue, new QueueEntry(id, $"{path}/{name}"));
                if (name.Length == 1 && FileSystem.Status($"{path}/{name}") is { Kind: FileKind.Directory })
                    TakeDirectory(queue, $"{path}/{name}", found);
            }
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            // It was empty, and is gone.
        }
    }

    private QueueName? QueueOf(string path)
    {
        foreach (QueueName queue in s_queues)
        {
            if (path.StartsWith(queues.DirectoryOf(queue) + "/", StringComparison.Ordinal))
                return queue;
        }
        return null;
    }

    private void Watch(string directory, int depth)
    {
        _watch.Add(directory);
        foreach (string name in depth > 0 ? FileSystem.Names(directory) : [])
        {
            if (name.Length == 1 && FileSystem.Status($"{directory}/{name}") is { Kind: FileKind.Directory })
                Watch($"{directory}/{name}", depth - 1);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _watch.Dispose();
}
