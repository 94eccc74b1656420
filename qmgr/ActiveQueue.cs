using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Qmgr;

/// <summary>The bounded set of messages being delivered: how files get in.</summary>
internal sealed class ActiveQueue(QueueDirectories directories, Settings settings, Action<Message, IReadOnlyList<Recipient>> schedule, Action<Action> later)
{
    // Clocks of other hosts that share the queue may be a little ahead.
    private const long FutureToleranceMicroseconds = 1_000_000;
    private static readonly TimeSpan s_clockTolerance = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_lockedRetry = TimeSpan.FromSeconds(60);
    private const int LinkedLimit = 1000;
    private readonly HashSet<string> _linked = [];
    private readonly Dictionary<string, Message> _messages = [];
    private int _recipients;

    /// <summary>Messages in the active queue.</summary>
    internal int Count => _messages.Count;

    /// <summary>The message of an id; null when it is not in the active queue.</summary>
    internal Message? Find(string id) => _messages.GetValueOrDefault(id);

    /// <summary>Another message may come in (S5-01).</summary>
    internal bool HasRoom => Count < settings.MessageLimit;

    /// <summary>At start: what an earlier process had in work goes back to incoming, and is tried again.</summary>
    internal void TakeBackLeftovers()
    {
        foreach (QueueEntry entry in directories.ScanEntries(QueueName.Active))
        {
            try
            {
                directories.Rename(entry.Path, QueueName.Incoming, entry.Id);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                MailLog.Warning(e.Message);
            }
        }
    }

    /// <summary>Takes one file in, if it is ready and due.</summary>
    internal void Feed(QueueEntry entry, NotDue takes)
    {
        bool isMoved = false;
        try
        {
            if (FileSystem.Status(entry.Path) is not { } status)
                return; // gone meanwhile: an operator's, or another walk's
            if (status.Kind == FileKind.Regular && status.Mode == QueueFileMode.Corrupt)
            {
                // Found damaged by an agent, whose report did not reach us.
                if (directories.Rename(entry.Path, QueueName.Active, entry.Id))
                    SaveCorrupt(entry.Id);
                return;
            }
            if (status.Kind != FileKind.Regular || !QueueFileMode.IsReady(status.Mode))
                return;
            long now = MailTime.NowMicroseconds;
            long wait = status.ModifiedNanoseconds / 1000 - now;
            // No pause is that long: the clock has gone back, and the mail would wait as long as it went.
            bool isClockTrouble = wait > (long)(settings.LongestPause + s_clockTolerance).TotalMicroseconds;
            bool isTaken = (takes & NotDue.All) != 0 || ((takes & NotDue.Paused) != 0 && (status.Mode & QueueFileMode.Paused) != 0);
            if (!isTaken && wait > FutureToleranceMicroseconds && !isClockTrouble)
                return;
            if (isClockTrouble && !isTaken)
                MailLog.Warning($"{entry.Id}: time stamp {wait / 1_000_000} s in the future, tried now; was the clock set back?");
            if (status.LinkCount != 1)
            {
                // Once: it is met again in every scan.
                if (_linked.Count < LinkedLimit && _linked.Add(entry.Path))
                    MailLog.Warning($"{entry.Path}: file has {status.LinkCount} hard links, left alone");
                return;
            }
            if (!directories.Rename(entry.Path, QueueName.Active, entry.Id))
            {
                MailLog.Warning($"{entry.Path}: vanished before it became active");
                return;
            }
            isMoved = true;
            // An operator took the file away and put it back while it is worked on: that goes on, and once is enough.
            if (Find(entry.Id.ToString()) is not null)
                return;
            Activate(entry.Id, status, now);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            MailLog.Warning($"{entry.Id}: {e.Message}");
            if (isMoved)
                PutBack(entry.Id);
        }
    }

    /// <summary>A file that cannot be worked on now waits like other mail; what cannot even be moved is tried again too.</summary>
    internal void PutBack(QueueId id)
    {
        try
        {
            FileSystem.TrySetTime(directories.PathOf(QueueName.Active, id), (MailTime.NowMicroseconds + (long)settings.MinimalBackoff.TotalMicroseconds) * 1000);
            directories.Move(id, QueueName.Active, QueueName.Deferred);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            MailLog.Error($"{id}: {e.Message}");
            later(() => PutBack(id));
        }
    }

    private void Activate(QueueId id, FileStatus status, long now)
    {
        string path = directories.PathOf(QueueName.Active, id);
        List<Recipient> recipients = [];
        Message message;
        try
        {
            using QueueFile file = QueueFile.Open(path);
            if (!FileSystem.TryLock(file.Handle))
            {
                // An agent of an earlier queue manager still delivers it (S5-06).
                FileSystem.TrySetTime(path, (now + (long)s_lockedRetry.TotalMicroseconds) * 1000);
                directories.Move(id, QueueName.Active, QueueName.Incoming);
                MailLog.Info($"{id}: skipped, still being delivered");
                return;
            }
            const int UsedUp = QueueFileMode.FlushFirst | QueueFileMode.Paused;
            bool flush = (status.Mode & QueueFileMode.FlushFirst) != 0;
            if ((status.Mode & UsedUp) != 0)
                FileSystem.ChangeMode(file.Handle, status.Mode & ~UsedUp);
            Envelope envelope = file.ReadEnvelope(recipients, FirstBatch, out long next);
            message = new Message
            {
                Id = id,
                Envelope = envelope,
                ActiveMicroseconds = now,
                MoreRecipientsAt = next,
                IgnoresDeadDestinations = flush,
                TellsEndOfDelay = settings.ConfirmDelayCleared,
                MyDomain = settings.MyDomain,
            };
        }
        catch (QueueFileException e)
        {
            MailLog.Warning($"{id}: {e.Message}");
            SaveCorrupt(id);
            return;
        }
        MailLog.Info($"{id}: from=<{Address.ToExternal(message.Envelope.Sender ?? "")}>, size={message.Size}, nrcpt={message.Envelope.TotalRecipients} (queue active)");
        // The reasons of the last attempt are of no interest once there is a new one.
        FileSystem.TryRemove(directories.PathOf(QueueName.Defer, id));
        _messages.Add(id.ToString(), message);
        Read(message, recipients);
        schedule(message, recipients);
    }

    // One message with very many recipients leaves room for others; and each gets a few, however full it is.
    private int MessageShare => Math.Max(settings.RecipientMinimum, settings.RecipientLimit / 4);

    // Small mail comes in whole although large mail fills the memory: it may overtake, and could not without recipients.
    private int FirstBatch => Math.Max(settings.RecipientMinimum, Math.Min(MessageShare, settings.RecipientLimit + settings.ExtraRecipients - _recipients));

    /// <summary>Recipients of a message that may be read now, beside those in memory.</summary>
    internal int RoomFor(Message message) =>
        Math.Max(settings.RecipientMinimum - message.RecipientsInMemory, Math.Min(MessageShare - message.RecipientsInMemory, settings.RecipientLimit - _recipients));

    /// <summary>Reads the next batch of a message with many recipients; nothing when there is no room.</summary>
    /// <exception cref="QueueFileException">The file is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal List<Recipient> ReadMore(Message message)
    {
        List<Recipient> recipients = [];
        if (RoomFor(message) is var room and > 0)
        {
            using QueueFile file = QueueFile.Open(directories.PathOf(QueueName.Active, message.Id));
            message.MoreRecipientsAt = file.ReadRecipients(message.MoreRecipientsAt, recipients, room);
            Read(message, recipients);
        }
        return recipients;
    }

    private void Read(Message message, List<Recipient> recipients)
    {
        message.RecipientsInMemory += recipients.Count;
        _recipients += recipients.Count;
    }

    /// <summary>Some recipients of a message need no memory any more.</summary>
    internal void Done(Message message, int recipients)
    {
        message.RecipientsInMemory -= recipients;
        _recipients -= recipients;
    }

    /// <summary>A message has left the active queue.</summary>
    internal void Released(Message message)
    {
        _messages.Remove(message.Id.ToString());
        _recipients -= message.RecipientsInMemory;
    }

    /// <summary>A damaged file never stops the queue, and is never destroyed (promise 5).</summary>
    internal void SaveCorrupt(QueueId id)
    {
        MailLog.Warning($"saving corrupt file \"{id}\" from queue \"active\" to queue \"corrupt\"");
        try
        {
            directories.Move(id, QueueName.Active, QueueName.Corrupt);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            MailLog.Error($"{id}: {e.Message}");
            later(() => SaveCorrupt(id));
        }
    }
}
