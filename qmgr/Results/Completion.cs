using PostfixNet.Delivery;
using PostfixNet.Events;
using PostfixNet.Mail;
using PostfixNet.Queue;
using PostfixNet.Selection;

namespace PostfixNet.Qmgr;

/// <summary>What happens when all recipients in memory are settled: reports first, then the file's next place.</summary>
/// <remarks>The order (S5-10): failure notice, damaged file, more recipients from disk, expiry or delay warning, then
/// deferral or removal. Each report is asynchronous; when one fails the message stays, and it is asked for again after
/// the next attempt, because its log is kept.</remarks>
internal sealed class Completion(
    ActiveQueue active, ActiveFiles files, ReportLines lines, EventBook events, Refill refill, RuleBook rules, Settings settings, ISurroundings surroundings)
{
    /// <summary>A file is in incoming that is to be taken in anew.</summary>
    internal event Action? Returned;

    private Log Log => surroundings.Log;

    private long Now => MailTime.Microseconds(surroundings.Clock);

    /// <summary>Starts the sequence, in the next turn: whoever settled the last recipient has not finished yet.</summary>
    internal void Begin(Message message) => surroundings.Timers.Soon(() =>
    {
        // A log is there when a recipient failed now, or in an earlier attempt whose notice could not be sent (S5-11).
        Report(lines.Bounce, QueueName.Bounce, message, () => AfterFailureNotice(message));
    });

    // Sends the notice that a log calls for, if there is one; continues at once if not.
    private void Report(IReportLine line, QueueName log, Message message, Action next)
    {
        void Done(bool ok)
        {
            if (!ok)
                message.MissNotice();
            next();
        }
        try
        {
            if (files.HasLog(log, message.Id))
                line.Ask(new BounceRequest.Flush(message.Facts), Done);
            else
                Done(true);
        }
        catch (IOException e)
        {
            Log.Failure(message.Id, e);
            Done(false);
        }
    }

    private void AfterFailureNotice(Message message)
    {
        if (message.IsCorrupt)
            SaveCorrupt(message);
        else if (message.Diversion is null && message.Unread is { } unread)
            ReadOn(message, unread);
        else
            Report(lines.Trace, QueueName.Trace, message, () => AfterNotices(message));
    }

    private void ReadOn(Message message, UnreadRecipients unread)
    {
        try
        {
            refill.Read(message, unread);
        }
        catch (QueueFileException e)
        {
            Log.Trouble(message.Id, e);
            SaveCorrupt(message);
        }
        catch (IOException e)
        {
            // Recipients are left that nobody has tried: another time, whatever its age.
            Log.Trouble(message.Id, e);
            Defer(message);
        }
    }

    private void AfterNotices(Message message)
    {
        if (message.Diversion is { } diversion && (message.HasDiverted || message.SomeDeferred || message.Unread is not null))
        {
            TellAndDivert(message, diversion.Rule);
            return;
        }
        if (!message.SomeDeferred)
        {
            Remove(message);
            return;
        }
        if (files.ModeOf(message.Id) is not { } mode)
        {
            Forget(message);
            return;
        }
        if (message.IsUnrecorded || message.NoticeFailed)
        {
            // Neither expiry nor warning on the strength of an incomplete log.
            Defer(message);
            return;
        }
        bool isForced = QueueFileMode.IsForceExpired(mode);
        if (isForced || (!message.IsPaused && (message.IsGivenUp || settings.IsExpired(message.AgeAt(Now), isNotice: message.Sender.Length == 0))))
        {
            Log.Expired(message, isForced);
            // Only when the sender's notice is safely queued may the message go.
            lines.Defer.Ask(new BounceRequest.Flush(message.Facts), ok =>
            {
                if (ok)
                    Remove(message);
                else
                    Defer(message);
            });
        }
        else if (message.WarnTime > 0 && Now / 1_000_000 >= message.WarnTime)
        {
            lines.Defer.Ask(new BounceRequest.Warn(message.Facts), ok =>
            {
                if (ok)
                    files.MarkWarned(message);
                Defer(message);
            });
        }
        else
        {
            Defer(message);
        }
    }

    private void Defer(Message message) => files.Insist(message.Id, () =>
    {
        long now = Now;
        // A limit, since mail may be older than its lifetime: paused mail is, and laws have no end. What was given back untried is as due as it was.
        long next = message.Diversion is not null && !message.SomeDeferred ? now : Math.Min(now + (long)settings.LongestPause.TotalMicroseconds,
            message.NextAttempt(settings.Retries.Usual.Refused, now, surroundings.Chance()));
        files.SettleRedirected(message);
        // It stays for long: after a loss of power all that have it would get it again.
        if (message.HasNewMarks)
            files.Flush(message.Id);
        if (!message.IsPaused && message.Diversion is null)
            files.NoteAttempt(message);
        if (events.IsOn)
            events.Tell(EventBook.Scheduled(message, next));
        if (!files.Defer(message.Id, next, message.IsPaused))
            Log.GoneBeforeDeferral(message);
        active.Remove(message);
    });

    private void TellAndDivert(Message message, StandingRule? rule)
    {
        // Those that are given back, and not by a rule, are told of when they are taken up again.
        if (rule is null || !events.IsOn || (message.NoticeFailed && rule.Action != RuleAction.Hold))
        {
            Divert(message, rule);
            return;
        }
        MailEvent Told(EventKind kind) => EventBook.Of(message, kind, MailEvent.IdOf(message.Id, kind, message.ActiveMicroseconds)) with { Reply = $"by standing rule {rule.Name}" };
        if (rule.Action == RuleAction.Discard)
        {
            events.End(() => Told(EventKind.Deleted), () => Divert(message, rule));
            return;
        }
        events.Tell(rule.Action == RuleAction.Hold ? Told(EventKind.Held) : Told(EventKind.Redirected) with { Recipient = rule.Target });
        Divert(message, rule);
    }

    // What is left of it, by an operator's rule. A crash before the one call that does it, and the rule is found to mean it again.
    private void Divert(Message message, StandingRule? rule) => files.Insist(message.Id, () =>
    {
        bool isThere;
        // A sender who is still to be told of other recipients is told before it goes.
        if (rule is null || (message.NoticeFailed && rule.Action != RuleAction.Hold))
        {
            Defer(message);
            return;
        }
        files.SettleRedirected(message);
        if (message.HasNewMarks)
            files.Flush(message.Id);
        try
        {
            isThere = rule.Action switch
            {
                RuleAction.Hold => files.Hold(message.Id),
                RuleAction.Discard => files.Remove(message.Id),
                _ => files.Change(message.Id, new EnvelopeChange(Redirect: rule.Target)),
            };
        }
        catch (QueueFileException e)
        {
            // It cannot be redirected, and must not be delivered: somebody must look at it.
            Log.NotRedirected(message.Id, rule, e);
            isThere = files.Hold(message.Id);
        }
        if (isThere)
        {
            Log.Diverted(message, rule);
            rules.Used(rule);
        }
        else
        {
            Log.GoneBeforeDeferral(message);
        }
        if (rule.Action == RuleAction.Discard && !files.IsElsewhere(message.Id) && files.HasLog(QueueName.Defer, message.Id))
            lines.Defer.Ask(new BounceRequest.Remove(message.Id), static _ => { });
        active.Remove(message);
        if (rule.Action == RuleAction.Redirect)
            Returned?.Invoke();
    });

    // An operator took it away while it was delivered, and nobody is to hear of it from here (S1-32, S1-33). On hold it keeps what was
    // recorded of it; deleted, or to be processed anew, it needs no reasons.
    private void Forget(Message message) => files.Insist(message.Id, () =>
    {
        if (!files.IsElsewhere(message.Id) && files.HasLog(QueueName.Defer, message.Id))
            lines.Defer.Ask(new BounceRequest.Remove(message.Id), static _ => { });
        Log.GoneBeforeDeferral(message);
        active.Remove(message);
    });

    private void Remove(Message message) => files.Insist(message.Id, () =>
    {
        if (events.IsOn)
            events.Tell(EventBook.Removed(message));
        if (files.Remove(message.Id))
            Log.Removed(message);
        else
            Log.GoneBeforeRemoval(message);
        active.Remove(message);
    });

    private void SaveCorrupt(Message message)
    {
        files.SaveCorrupt(message.Id);
        active.Remove(message);
    }
}
