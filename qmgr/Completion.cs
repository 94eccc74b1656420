using PostfixNet.Delivery;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Qmgr;

/// <summary>What happens when all recipients in memory have been tried: reports first, then the file's next place.</summary>
/// <remarks>The order (S5-10): failure notice, damaged file, more recipients from disk, expiry or delay warning, then
/// deferral or removal. Each report is asynchronous; when one fails the message stays, and it is asked for again after
/// the next attempt, because its log is kept.</remarks>
internal sealed class Completion(
    ActiveQueue active, QueueDirectories directories, Settings settings, ReportLines lines, Action<Action> later,
    Action<Message, IReadOnlyList<Recipient>?> finished)
{
    /// <summary>Starts the sequence.</summary>
    internal void Begin(Message message)
    {
        // A log is there when a recipient failed now, or in an earlier attempt whose notice could not be sent (S5-11).
        Report(lines.Bounce, QueueName.Bounce, message, "flush", ok =>
        {
            message.SomeDeferred |= !ok;
            message.NoticeFailed |= !ok;
            AfterFailureNotice(message);
        });
    }

    // Asks for a notice if there is anything to tell; continues at once if not.
    private void Report(IReportLine line, QueueName log, Message message, string request, Action<bool> next)
    {
        bool isThere;
        try
        {
            string path = directories.PathOf(log, message.Id);
            isThere = FileSystem.Status(path) is { } status && (status.Size > 0 || !FileSystem.TryRemove(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            MailLog.Error($"{message.Id}: {e.Message}");
            next(false);
            return;
        }
        if (isThere)
            Ask(line, message, request, next);
        else
            next(true);
    }

    private static void Ask(IReportLine line, Message message, string request, Action<bool> next) =>
        line.Ask(BounceRequest.Notify(request, message.Facts(QueueName.Active)), next);

    private void AfterFailureNotice(Message message)
    {
        if (message.IsCorrupt)
        {
            active.SaveCorrupt(message.Id);
            Release(message);
            return;
        }
        if (message.MoreRecipientsAt != 0 && ReadMore(message))
            return;
        Report(lines.Trace, QueueName.Trace, message, "flush", ok =>
        {
            message.SomeDeferred |= !ok;
            message.NoticeFailed |= !ok;
            if (message.SomeDeferred)
                AfterDeferral(message);
            else
                Remove(message);
        });
    }

    private bool ReadMore(Message message)
    {
        try
        {
            finished(message, active.ReadMore(message));
            return true;
        }
        catch (Exception e) when (e is QueueFileException or IOException or UnauthorizedAccessException)
        {
            MailLog.Warning($"{message.Id}: {e.Message}");
            if (e is QueueFileException)
            {
                active.SaveCorrupt(message.Id);
                Release(message);
            }
            else
            {
                // Recipients are left that nobody has tried: another time, whatever its age.
                Defer(message);
            }
            return true;
        }
    }

    private void AfterDeferral(Message message)
    {
        long now = MailTime.NowSeconds;
        if (message.IsUnrecorded || message.NoticeFailed)
        {
            // Neither expiry nor warning on the strength of an incomplete log.
            Defer(message);
            return;
        }
        TimeSpan age = Message.Age(now, message.Envelope.ArrivalSeconds);
        string sender = message.Envelope.Sender ?? "";
        bool forced = IsForceExpired(message);
        if (forced || (!message.IsPaused && (message.Retry.IsOver || settings.IsExpired(age, sender.Length == 0))))
        {
            MailLog.Info($"{message.Id}: from=<{Address.ToExternal(sender)}>, status={(forced ? "force-expired" : "expired")}, returned to sender");
            // Only when the sender's notice is safely queued may the message go.
            Ask(lines.Defer, message, "flush", ok =>
            {
                if (ok)
                    Remove(message);
                else
                    Defer(message);
            });
        }
        else if (message.Envelope.WarnTime > 0 && now >= message.Envelope.WarnTime)
        {
            Ask(lines.Defer, message, "warn", ok =>
            {
                if (ok)
                    MarkWarned(message);
                Defer(message);
            });
        }
        else
        {
            Defer(message);
        }
    }

    private bool IsForceExpired(Message message)
    {
        try
        {
            return FileSystem.Status(directories.PathOf(QueueName.Active, message.Id)) is { } status
                && (status.Mode & QueueFileMode.ForceExpired) != 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            MailLog.Warning($"{message.Id}: {e.Message}");
            return false;
        }
    }

    private void MarkWarned(Message message)
    {
        try
        {
            using QueueFile file = QueueFile.Open(directories.PathOf(QueueName.Active, message.Id), write: true);
            QueueFile.SetWarnTime(file.Handle, message.Envelope.WarnTimeOffset, -1);
        }
        catch (Exception e) when (e is IOException or QueueFileException or UnauthorizedAccessException)
        {
            MailLog.Warning($"{message.Id}: {e.Message}");
        }
    }

    private void Defer(Message message)
    {
        long now = MailTime.NowMicroseconds;
        // A limit, since mail may be older than its lifetime: paused mail is, and laws have no end.
        long next = Math.Min(now + (long)settings.LongestPause.TotalMicroseconds,
            message.Retry.NextAttempt(settings.Retries.Usual.Refused, message.AgeAt(now), now, Random.Shared.NextDouble()));
        try
        {
            // The time before the move (S5-23): a file in deferred always has its next attempt in it.
            string path = directories.PathOf(QueueName.Active, message.Id);
            if (message.IsPaused && FileSystem.Status(path) is { } status)
                FileSystem.ChangeMode(path, status.Mode | QueueFileMode.Paused);
            if (!FileSystem.TrySetTime(path, next * 1000)
                || !directories.Move(message.Id, QueueName.Active, QueueName.Deferred))
                MailLog.Info($"{message.Id}: gone before it was deferred");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            MailLog.Error($"{message.Id}: {e.Message}");
            later(() => Defer(message));
            return;
        }
        Release(message);
    }

    private void Remove(Message message)
    {
        try
        {
            if (FileSystem.TryRemove(directories.PathOf(QueueName.Active, message.Id)))
                MailLog.Info($"{message.Id}: removed");
            else
                MailLog.Warning($"{message.Id}: gone before it was removed");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            MailLog.Error($"{message.Id}: {e.Message}");
            later(() => Remove(message));
            return;
        }
        Release(message);
    }

    private void Release(Message message)
    {
        active.Released(message);
        finished(message, null);
    }
}
