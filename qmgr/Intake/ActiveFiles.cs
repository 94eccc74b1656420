using Microsoft.Win32.SafeHandles;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Qmgr;

/// <summary>The files of messages in delivery: what is noted in them, and where they go.</summary>
internal sealed class ActiveFiles(QueueDirectories directories, Settings settings, ITimers timers, TimeProvider clock, Log log)
{
    /// <summary>Where the file of a message is.</summary>
    internal string PathOf(QueueId id) => directories.PathOf(QueueName.Active, id);

    /// <summary>Does what must be done to a file. What the file system refuses is asked for again, every minimal_backoff_time: the
    /// disk may have room by then.</summary>
    internal void Insist(QueueId id, Action action)
    {
        try
        {
            action();
        }
        catch (IOException e)
        {
            log.Failure(id, e);
            timers.After(settings.MinimalBackoff, () => Insist(id, action));
        }
    }

    /// <summary>A file that cannot be worked on now waits like other mail.</summary>
    internal void PutBack(QueueId id) => Insist(id, () =>
        Defer(id, MailTime.Microseconds(clock) + (long)settings.MinimalBackoff.TotalMicroseconds, isPaused: false));

    /// <summary>Moves a file to deferred.</summary>
    /// <param name="id">Which.</param>
    /// <param name="next">Its next attempt, microseconds since 1970.</param>
    /// <param name="isPaused">It is due as soon as the operator lets it go.</param>
    /// <returns>False: it was gone.</returns>
    internal bool Defer(QueueId id, long next, bool isPaused)
    {
        // The time before the move (S5-23): a file in deferred always has its next attempt in it.
        string path = PathOf(id);
        if (isPaused)
            Set(path, QueueFileMode.Paused);
        return FileSystem.TrySetTime(path, next * 1000) && directories.Move(id, QueueName.Active, QueueName.Deferred);
    }

    /// <summary>Moves a file to deferred until the time that its sender chose.</summary>
    /// <inheritdoc cref="Defer" path="/param"/>
    internal void Schedule(QueueId id, long next) => Insist(id, () =>
    {
        Set(PathOf(id), QueueFileMode.Scheduled);
        Defer(id, next, isPaused: false);
    });

    private static void Set(string path, int bit)
    {
        try
        {
            using SafeFileHandle file = FileSystem.Open(path, write: true);
            FileSystem.ChangeMode(file, set: bit, clear: 0);
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
        }
    }

    /// <summary>Returns once all that was noted in a file is on stable storage. A file that is gone has nothing left to keep.</summary>
    /// <exception cref="IOException">It cannot be written there.</exception>
    internal void Flush(QueueId id)
    {
        string path = PathOf(id);
        try
        {
            using SafeFileHandle file = FileSystem.Open(path, write: true);
            FileSystem.Flush(file, path);
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
        }
    }

    /// <summary>Puts a file on hold.</summary>
    /// <returns>False: it was gone.</returns>
    internal bool Hold(QueueId id) => directories.Move(id, QueueName.Active, QueueName.Hold);

    /// <summary>Changes the envelope of a file and has it taken in anew.</summary>
    /// <returns>False: it was gone.</returns>
    /// <exception cref="QueueFileException">It cannot be changed; it is as it was.</exception>
    internal bool Change(QueueId id, EnvelopeChange change)
    {
        string path = PathOf(id);
        try
        {
            using (SafeFileHandle file = FileSystem.Open(path, write: true))
                EnvelopeEdit.Apply(file, path, change);
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            return false;
        }
        return FileSystem.TrySetTime(path, MailTime.Microseconds(clock) * 1000) && directories.Move(id, QueueName.Active, QueueName.Incoming);
    }

    /// <summary>Removes a file that nothing is left to do for.</summary>
    /// <returns>False: it was gone.</returns>
    internal bool Remove(QueueId id) => FileSystem.TryRemove(PathOf(id));

    /// <summary>A damaged file never stops the queue, and is never destroyed (promise 5).</summary>
    internal void SaveCorrupt(QueueId id)
    {
        log.Corrupt(id);
        Insist(id, () => directories.SetAside(PathOf(id), id));
    }

    /// <summary>Notes that a recipient needs no more work.</summary>
    /// <returns>False: it could not be noted, and the recipient must be tried again.</returns>
    internal bool TryMarkDone(QueueId id, Recipient recipient) => TryWrite(id, file => QueueFile.MarkDone(file.Handle, recipient.Offset));

    /// <summary>All recipients of a redirected message are done with it once the one copy is: else a message that stays for another reason would be
    /// delivered once more for each. Before that they are left alone: the operator may take the redirection back. Agents see to it themselves; what was returned without one is noted here.</summary>
    /// <exception cref="IOException">That cannot be noted.</exception>
    internal void SettleRedirected(Message message)
    {
        if (message.SpokesmanOffset == 0)
            return;
        try
        {
            using QueueFile file = QueueFile.Open(PathOf(message.Id), write: true);
            if (!QueueFile.IsDone(file.Handle, message.SpokesmanOffset))
                return;
            file.MarkAllDone();
            message.NoteMarks();
        }
        catch (QueueFileException e)
        {
            log.Trouble(message.Id, e);
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
        }
    }

    /// <summary>Notes that the sender was told of the delay.</summary>
    internal void MarkWarned(Message message) => TryWrite(message.Id, file => QueueFile.SetWarnTime(file.Handle, message.WarnTimeOffset, -1));

    /// <summary>Notes that it was tried once more, for people to see.</summary>
    internal void NoteAttempt(Message message) => AttemptCount.Note(PathOf(message.Id), message.Attempts + 1);

    private bool TryWrite(QueueId id, Action<QueueFile> write)
    {
        try
        {
            using QueueFile file = QueueFile.Open(PathOf(id), write: true);
            write(file);
            return true;
        }
        catch (Exception e) when (e is IOException or QueueFileException)
        {
            log.Trouble(id, e);
            return false;
        }
    }

    /// <summary>The mode of a message's file; null when an operator took it away. What cannot be found out counts as an ordinary one.</summary>
    internal int? ModeOf(QueueId id)
    {
        try
        {
            return FileSystem.Status(PathOf(id))?.Mode;
        }
        catch (IOException e)
        {
            log.Trouble(id, e);
            return QueueFileMode.Ready;
        }
    }

    /// <summary>Those of these recipients that the file does not say to be done; all when it cannot be read.</summary>
    internal IReadOnlyList<Recipient> StillToDo(QueueId id, IReadOnlyList<Recipient> recipients)
    {
        try
        {
            using QueueFile file = QueueFile.Open(PathOf(id));
            return [.. recipients.Where(recipient => recipient.Offset == 0 || !QueueFile.IsDone(file.Handle, recipient.Offset))];
        }
        catch (Exception e) when (e is IOException or QueueFileException)
        {
            return recipients;
        }
    }

    /// <summary>The message is in another queue, or to be taken in anew: what was recorded of it is still of use.</summary>
    internal bool IsElsewhere(QueueId id) => directories.Locate(id) is not null and not QueueName.Maildrop;

    /// <summary>Whether a log of a message's recipients has something to tell (S5-11); an empty one is removed.</summary>
    /// <exception cref="IOException">That cannot be found out.</exception>
    internal bool HasLog(QueueName log, QueueId id)
    {
        string path = directories.PathOf(log, id);
        return FileSystem.Status(path) is { } status && (status.Size > 0 || !FileSystem.TryRemove(path));
    }
}
