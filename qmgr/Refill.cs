using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Qmgr;

/// <summary>Reads further recipients of a large message before those in memory are done, so that its agents stay busy.</summary>
internal sealed class Refill(ActiveQueue active, Settings settings, ITimers timers, Action<Message, IReadOnlyList<Recipient>> schedule)
{
    private bool _isReading;

    /// <summary>Reads if the message has more recipients and enough of those in memory are done: many, or some for a while.</summary>
    internal void Consider(Message message)
    {
        // Recipients that need no agent are done before the reading returns: one batch at a time.
        if (_isReading || message.MoreRecipientsAt == 0 || message.CannotRefill || message.IsCorrupt)
            return;
        int room = active.RoomFor(message);
        long now = timers.Now;
        if (room <= 0 || (room < settings.RefillLimit && now - message.ReadAt < (long)settings.RefillDelay.TotalMilliseconds))
            return;
        message.ReadAt = now;
        List<Recipient> more;
        try
        {
            more = active.ReadMore(message);
        }
        catch (Exception e) when (e is QueueFileException or IOException or UnauthorizedAccessException)
        {
            // What to do about it is decided when the deliveries under way have ended.
            MailLog.Warning($"{message.Id}: {e.Message}");
            message.CannotRefill = true;
            return;
        }
        _isReading = true;
        schedule(message, more);
        _isReading = false;
    }
}
