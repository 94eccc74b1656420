using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Qmgr;

/// <summary>Reads further recipients of a large message: before those in memory are settled, so that its agents stay busy, or
/// after that.</summary>
internal sealed class Refill(ActiveQueue active, ActiveFiles files, Dispatch dispatch, Settings settings, ITimers timers, Log log)
{
    private bool _isReading;

    /// <summary>Reads if enough of those in memory are settled: many, or some for a while.</summary>
    internal void Consider(Message message)
    {
        // Recipients that need no agent are settled before the reading returns: one batch at a time.
        if (_isReading || active.IsClosed || message.IsCorrupt || message.Diversion is not null || message.Unread is not { CannotBeRead: false } unread)
            return;
        int room = active.RoomFor(message);
        if (room <= 0 || (room < settings.RefillLimit && timers.Now - unread.Since < (long)settings.RefillDelay.TotalMilliseconds))
            return;
        _isReading = true;
        try
        {
            Read(message, unread);
        }
        catch (Exception e) when (e is QueueFileException or IOException)
        {
            // What to do about it is decided when the batch has ended.
            log.Trouble(message.Id, e);
            unread.CannotBeRead = true;
        }
        _isReading = false;
    }

    /// <summary>Reads the next batch, as large as memory allows, and hands it out.</summary>
    /// <exception cref="QueueFileException">The file is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal void Read(Message message, UnreadRecipients unread)
    {
        List<Recipient> recipients = [];
        long next;
        using (QueueFile file = QueueFile.Open(files.PathOf(message.Id)))
            next = file.ReadRecipients(unread.At, recipients, Math.Max(1, active.RoomFor(message)));
        message.Read(recipients.Count, next, timers.Now);
        dispatch.Sort(message, recipients);
    }
}
