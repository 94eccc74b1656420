using System.Globalization;
using PostfixNet.Delivery;
using PostfixNet.Events;
using PostfixNet.Mail;

namespace PostfixNet.Notices;

/// <summary>Decides who is told what about a message, and queues the notices.</summary>
/// <remarks>NOTIFY of RFC 3461 decides for senders, notify_classes for the postmaster. Nothing is sent about a notice to the
/// postmaster; about mail of the null sender, only the postmaster hears.</remarks>
/// <param name="settings">From main.toml.</param>
/// <param name="templates">Asked at the first notice.</param>
/// <param name="submitter">Takes the notices.</param>
/// <param name="clock">Dates notices.</param>
/// <param name="log">Told of each.</param>
internal sealed class NoticeSender(BounceSettings settings, Func<NoticeTemplates> templates, INoticeSubmitter submitter, TimeProvider clock, NoticeLog log)
{
    private const string ToldNote = "verp_told"; // VERP notices queued before one failed

    // "log" is the log of recipients here.
    private readonly NoticeLog _log = log;
    /// <summary>Is told of each notice; null: nobody wants to know.</summary>
    internal EventLog? Events { get; init; }

    private readonly Lazy<NoticeTemplates> _templates = new(templates, isThreadSafe: false);

    private string DoubleBounceAddress => $"{settings.DoubleBounceSender}@{settings.MyHostname}";

    /// <summary>Whether mail is a notice to the postmaster.</summary>
    internal bool IsPostmasterNotice(string sender) => sender.Equals(DoubleBounceAddress, StringComparison.OrdinalIgnoreCase);

    /// <summary>Tells of final failures.</summary>
    /// <param name="isExpired">Final because of the message's age.</param>
    /// <param name="log">Has the recipients.</param>
    /// <param name="recipients">All that failed; enumerated more than once.</param>
    /// <param name="hold">Puts the notice to the sender off, for a digest (see <see cref="NoticeDigest"/>): whether it did.</param>
    /// <returns>null, or why the notice could not be queued now.</returns>
    /// <exception cref="IOException">Likewise.</exception>
    internal string? Return(MessageFacts facts, QueuedMessage? message, RecipientLog log, IEnumerable<Outcome> recipients, bool isExpired, Func<bool> hold)
    {
        // The end of the line: a notice about a notice about a notice helps nobody.
        if (IsPostmasterNotice(facts.Sender))
        {
            _log.Discarded(facts.Id);
            return null;
        }
        Draft copy = new(NoticeKind.Failure, settings.BounceNoticeRecipient, IsPostmasterCopy: true, ReturnFull: false, isExpired, "postmaster non-delivery notification");
        // The last chance of this message to reach anybody: in full.
        Draft last = copy with { To = settings.DoubleBounceNoticeRecipient, ReturnFull = true };
        if (facts.Sender.Length == 0)
            return settings.TellPostmasterOfDoubleBounces ? Send(facts, message, last, recipients) : null;

        List<string> refused = [];
        IEnumerable<Outcome> wanted = Selected(recipients, Notify.Failure);
        Draft notice = new(NoticeKind.Failure, facts.Sender, IsPostmasterCopy: false, facts.Return != DsnReturn.Headers, isExpired, "sender non-delivery notification");
        string? problem = facts.VerpDelimiters is { Length: 2 } verp && !settings.DisableVerpBounces
            ? SendOnePerRecipient(facts, message, verp, notice, wanted, log, refused)
            : MayBeHeld(facts) && HasAny(wanted) && hold() ? null : Send(facts, message, notice, wanted, refused);
        // As mail that bounces to the null sender: there is nobody else to tell. And something is wrong with this system.
        if (problem is null && refused.Count > 0 && (settings.TellPostmasterOfDoubleBounces || settings.TellPostmasterOfSoftware))
            problem = Send(facts, message, last, wanted);
        if (problem is null && settings.TellPostmasterOfBounces)
            SendCopy(facts, message, copy, recipients);
        return problem;
    }

    // A report on many messages has no place for the id that a sender waits for (RFC 3461 section 6.3), and returns none of them.
    // And mail with REQUIRETLS is not told of beside other mail.
    private static bool MayBeHeld(MessageFacts facts) => facts is { EnvelopeId: null, Return: not DsnReturn.Full, RequireTls: not RequireTls.Yes };

    // "All nondelivery messages ... MUST also specify the REQUIRETLS SMTP option unless redacted": RFC 8689 section 5.
    private RequireTls RequireTlsOf(MessageFacts facts) => facts.RequireTls == RequireTls.Yes && settings.RedactsRequireTls ? RequireTls.Unsaid : facts.RequireTls;

    /// <summary>Tells of a delay.</summary>
    /// <inheritdoc cref="Return"/>
    internal string? Warn(MessageFacts facts, QueuedMessage? message, IEnumerable<Outcome> recipients)
    {
        if (IsPostmasterNotice(facts.Sender))
            return null;
        Draft copy = new(NoticeKind.Delay, settings.DelayNoticeRecipient, IsPostmasterCopy: true, ReturnFull: false, IsExpired: false, "postmaster delay notification");
        if (facts.Sender.Length == 0)
            return settings.TellPostmasterOfDelays ? Send(facts, message, copy, recipients) : null;
        Draft notice = new(NoticeKind.Delay, facts.Sender, IsPostmasterCopy: false, ReturnFull: false, IsExpired: false, "sender delay notification");
        string? problem = Send(facts, message, notice, Selected(recipients, Notify.Delay));
        if (problem is null && settings.TellPostmasterOfDelays)
            SendCopy(facts, message, copy, recipients);
        return problem;
    }

    /// <summary>Tells of deliveries that the sender wanted to hear of.</summary>
    /// <inheritdoc cref="Return"/>
    internal string? Report(MessageFacts facts, QueuedMessage? message, IEnumerable<Outcome> recipients)
    {
        if (facts.Sender.Length == 0 || IsPostmasterNotice(facts.Sender))
            return null;
        bool isStatus = ((message?.Envelope.Tracing ?? Tracing.None) & (Tracing.Probe | Tracing.Report)) != 0;
        Draft notice = new(isStatus ? NoticeKind.Status : NoticeKind.Success, facts.Sender, IsPostmasterCopy: false, ReturnFull: false, IsExpired: false, "sender delivery status notification");
        // Nobody is on record for the end of a delay but those who were told of it.
        bool endsDelay = settings.ConfirmDelayCleared && message?.Envelope.WarnTime < 0;
        return Send(facts, message, notice, isStatus ? recipients : Selected(recipients, Notify.Success, endsDelay ? Notify.Delay : Notify.Success));
    }

    private void SendCopy(MessageFacts facts, QueuedMessage? message, Draft copy, IEnumerable<Outcome> recipients)
    {
        string? problem;
        try
        {
            problem = Send(facts, message, copy, recipients);
        }
        catch (IOException e)
        {
            problem = e.Message;
        }
        // The sender was told; doing that again for the sake of a copy would be worse.
        if (problem is not null)
            _log.CopyFailed(facts.Id, facts.Sender, problem);
    }

    /// <summary>VERP: a notice for each recipient. If one cannot be queued now, the log gets a note of how many were, so that
    /// those are not told at each further try.</summary>
    private string? SendOnePerRecipient(
        MessageFacts facts, QueuedMessage? message, string verp, Draft notice, IEnumerable<Outcome> recipients, RecipientLog log, List<string> refused)
    {
        int before = log.ReadNote(ToldNote), told = before, index = 0;
        bool isDone = false;
        try
        {
            foreach (Outcome outcome in recipients)
            {
                if (index++ < before)
                    continue;
                string about = outcome.Recipient.Original ?? outcome.Recipient.Address;
                Draft one = notice with { To = Verp.Sender(verp, facts.Sender, about, settings.MyDomain) };
                if (Send(facts, message, one, [outcome], refused) is { } problem)
                    return problem;
                // Nobody has heard of a refused one yet, so the next try begins with it.
                told = refused.Count == 0 ? index : told;
            }
            isDone = refused.Count == 0;
            return null;
        }
        finally
        {
            if (!isDone && told > before)
                log.AddNotes([new(ToldNote, told.ToString(CultureInfo.InvariantCulture))]);
        }
    }

    /// <param name="Kind">What it reports.</param>
    /// <param name="To">Who gets it.</param>
    /// <param name="ReturnFull">With the whole message, if it is small enough.</param>
    /// <param name="LogWords">For the log line.</param>
    private sealed record Draft(NoticeKind Kind, string To, bool IsPostmasterCopy, bool ReturnFull, bool IsExpired, string LogWords);

    /// <summary>Queues one notice; does nothing when nobody is left to report about.</summary>
    /// <param name="refused">Gets the reason of a notice that cleanup will never take; that is no problem to wait for.</param>
    private string? Send(MessageFacts facts, QueuedMessage? message, Draft draft, IEnumerable<Outcome> recipients, List<string>? refused = null)
    {
        if (!HasAny(recipients))
            return null;
        using INoticeDraft submission = submitter.Begin(
            draft.IsPostmasterCopy ? DoubleBounceAddress : "", draft.To, NoticeText.NeedsOf(draft.To), RequireTlsOf(facts));
        string id = submission.Id.ToString();
        NoticeComposer.Write(new Notice
        {
            Kind = draft.Kind,
            IsPostmasterCopy = draft.IsPostmasterCopy,
            NoticeId = id,
            QueueId = facts.Id.ToString(),
            MyHostname = settings.MyHostname,
            To = draft.To,
            Sender = facts.Sender,
            Now = MailTime.Microseconds(clock) / 1_000_000,
            Arrival = message?.Envelope.ArrivalSeconds ?? 0,
            Queued = message?.Envelope.CreateTime ?? 0,
            EnvelopeId = facts.EnvelopeId,
            SmtpUtf8 = facts.SmtpUtf8 != SmtpUtf8.None,
            // RFC 8689 section 5: as with RET=HDRS, whatever was asked for.
            ReturnFull = draft.ReturnFull && facts.RequireTls != RequireTls.Yes,
            IsTlsOptional = facts.RequireTls == RequireTls.No,
            SizeLimit = settings.BounceSizeLimit,
            Threaded = settings.ThreadedBounces,
            IsExpired = draft.IsExpired,
            QueueLifetime = settings.MaximalQueueLifetime,
            Template = _templates.Value.Of(draft.Kind),
            Recipients = recipients,
            Original = message,
        }, submission.Content);
        // Before it is queued: a kill in between leaves an event of a notice that is sent again, under another name.
        Events?.Write(new MailEvent(EventKind.Notice, MailEvent.IdOf(submission.Id, EventKind.Notice))
        {
            QueueId = id,
            NoticeFor = facts.Id.ToString(),
            Recipient = draft.To,
            Sender = draft.IsPostmasterCopy ? DoubleBounceAddress : "",
        });
        if (submission.Finish() is { } problem)
        {
            if (!submission.IsRefused)
                return problem;
            _log.NeverQueued(facts.Id, draft.LogWords, draft.To, problem);
            refused?.Add(problem);
            return null;
        }
        _log.Queued(facts.Id.ToString(), draft.LogWords, id);
        return null;
    }

    private static IEnumerable<Outcome> Selected(IEnumerable<Outcome> recipients, Notify wanted, Notify orWanted = Notify.Default)
    {
        foreach (Outcome outcome in recipients)
        {
            if (outcome.Recipient.Notify.Wants(wanted) || outcome.Recipient.Notify.Wants(orWanted))
                yield return outcome;
        }
    }

    private static bool HasAny(IEnumerable<Outcome> recipients)
    {
        using IEnumerator<Outcome> any = recipients.GetEnumerator();
        return any.MoveNext();
    }
}
