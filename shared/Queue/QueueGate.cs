using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;

namespace PostfixNet.Queue;

/// <summary>Keeps apart those who give messages other names and who copies the queue, since a message that is met under both names would be copied twice,
/// or, between them, not at all.</summary>
/// <remarks>Locks (flock(2)) on directories that only mail_owner can open: nothing is left of them when a process is killed.</remarks>
public sealed class QueueGate : IDisposable
{
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(5);

    private readonly SafeFileHandle[] _locks;

    private QueueGate(params SafeFileHandle[] locks) => _locks = locks;

    /// <summary>For pickup, for as long as it makes mail of one file of maildrop.</summary>
    /// <returns>null: maildrop is being copied, and must stay as it is for a moment.</returns>
    public static QueueGate? TryPassMaildrop(QueueDirectories queues)
    {
        ArgumentNullException.ThrowIfNull(queues);
        // Who copies takes the first lock, and waits for all who have passed it; they would never be none without it.
        using (SafeFileHandle first = FileSystem.Open(queues.DirectoryOf(QueueName.Incoming)))
        {
            if (!FileSystem.TryLockShared(first))
                return null;
            SafeFileHandle second = FileSystem.Open(queues.DirectoryOf(QueueName.Maildrop));
            if (FileSystem.TryLockShared(second))
                return new QueueGate(second);
            second.Dispose();
            return null;
        }
    }

    /// <summary>Keeps pickup from taking files; returns when what it had in hand is either in maildrop or in the queue.</summary>
    /// <exception cref="IOException">It did not come to an end within that time.</exception>
    public static QueueGate CloseMaildrop(QueueDirectories queues, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(queues);
        Deadline end = Deadline.In(limit);
        SafeFileHandle first = Take(queues.DirectoryOf(QueueName.Incoming), end, "pickup");
        try
        {
            return new QueueGate(first, Take(queues.DirectoryOf(QueueName.Maildrop), end, "pickup"));
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }

    /// <summary>For who gives a message another name (postsuper -r and -s), for as long as that takes.</summary>
    /// <returns>null: the queue is being copied.</returns>
    public static QueueGate? TryRename(QueueDirectories queues)
    {
        ArgumentNullException.ThrowIfNull(queues);
        SafeFileHandle file = FileSystem.Open(queues.DirectoryOf(QueueName.Deferred));
        if (FileSystem.TryLockShared(file))
            return new QueueGate(file);
        file.Dispose();
        return null;
    }

    /// <summary>For who copies the queue, or puts a copy into it: names stay as they are until this is disposed.</summary>
    /// <exception cref="IOException">Somebody else does that, or names are being changed.</exception>
    public static QueueGate KeepNames(QueueDirectories queues, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(queues);
        return new QueueGate(Take(queues.DirectoryOf(QueueName.Deferred), Deadline.In(limit), "another backup or restore, or postsuper -r or -s,"));
    }

    private static SafeFileHandle Take(string directory, Deadline end, string who)
    {
        SafeFileHandle file = FileSystem.Open(directory);
        while (!FileSystem.TryLock(file))
        {
            if (end.IsOver)
            {
                file.Dispose();
                throw new IOException($"{who} is at work, and does not come to an end");
            }
            Thread.Sleep(s_step);
        }
        return file;
    }

    /// <summary>Opens it again.</summary>
    public void Dispose()
    {
        foreach (SafeFileHandle file in _locks)
            file.Dispose();
    }
}
