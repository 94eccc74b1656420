using PostfixNet.Delivery;
using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>Reports what became of each recipient: exactly one of sent, deferred, bounced.</summary>
/// <remarks>Order, so that a crash can deliver twice but never zero times (S2-09): the record of a bounce or success
/// becomes durable, the line is logged, then the recipient is marked done in the queue file.</remarks>
internal sealed class RecipientResults(IDeliveryRecords records, SmtpOptions options, Log log, TimeProvider clock)
{
    private long _groupTime;

    /// <summary>Recipients that end at the same event show the same delays (S2-11).</summary>
    internal void BeginGroup() => _groupTime = MailTime.Microseconds(clock);

    /// <inheritdoc cref="BeginGroup"/>
    internal void EndGroup() => _groupTime = 0;

    /// <summary>The server took responsibility.</summary>
    /// <param name="serverReportsSuccess">It announced DSN: success notices are its business now (RFC 3461 section 5.2.1).</param>
    internal void Sent(DeliveryAttempt attempt, AttemptRecipient recipient, SmtpReply reply, bool serverReportsSuccess)
    {
        if (attempt.IsProbe)
        {
            Probed(attempt, recipient, DeliveryStatus.Deliverable, DsnAction.Deliverable, new Dsn(reply.Status, reply.Text, DsnAction.Unstated, "smtp", reply.Text, attempt.Peer?.Host));
            return;
        }
        DsnAction action = options is { IsLmtp: true, LmtpAssumeFinal: true } ? DsnAction.Delivered : DsnAction.Relayed;
        Dsn dsn = new(reply.Status, reply.Text, action, "smtp", reply.Text, attempt.Peer?.Host);
        Notify asked = recipient.Recipient.Notify;
        bool wanted = (asked.Wants(Notify.Success) && !serverReportsSuccess) || (attempt.EndsDelay && asked.Wants(Notify.Delay));
        // The server has it: whatever happens to the report now, trying again would deliver twice.
        if (wanted || attempt.IsReported)
            _ = records.AppendTrace(new Outcome(recipient.Recipient, dsn));
        LogResult(attempt, recipient, DeliveryStatus.Sent, dsn);
        records.MarkDone(recipient.Recipient.Offset);
        recipient.Mark = RecipientMark.Done;
    }

    /// <summary>The message stays in the queue for this recipient.</summary>
    internal void Deferred(DeliveryAttempt attempt, AttemptRecipient recipient, Dsn trouble)
    {
        if (attempt.IsProbe)
        {
            Probed(attempt, recipient, DeliveryStatus.Undeliverable, DsnAction.Undeliverable, trouble);
            return;
        }
        if (attempt.IsReported)
            _ = records.AppendTrace(Delayed(recipient, trouble));
        trouble = trouble.AsTransient();
        // A defer log that cannot be written costs the sender a detail in the notice, not the mail: it stays queued.
        _ = records.AppendDefer(Delayed(recipient, trouble));
        LogResult(attempt, recipient, DeliveryStatus.Deferred, trouble);
        recipient.Mark = RecipientMark.Done;
        attempt.HasDeferred = true;
    }

    /// <summary>The sender will be told; with soft_bounce the message stays in the queue instead (S2-10).</summary>
    internal void Bounced(DeliveryAttempt attempt, AttemptRecipient recipient, Dsn trouble)
    {
        if (attempt.IsProbe)
        {
            Probed(attempt, recipient, DeliveryStatus.Undeliverable, DsnAction.Undeliverable, trouble);
            return;
        }
        if (options.SoftBounce)
        {
            _ = records.AppendDefer(Delayed(recipient, trouble.AsTransient()));
            LogResult(attempt, recipient, DeliveryStatus.SoftBounced, trouble);
            recipient.Mark = RecipientMark.Done;
            attempt.HasDeferred = true;
            return;
        }
        Outcome failed = new(recipient.Recipient, trouble with { Action = DsnAction.Failed });
        if (!records.AppendBounce(failed) || (attempt.IsReported && !records.AppendTrace(failed)))
        {
            // Decided for good, but not on record: another server must not get it, only another attempt (S2-08).
            Deferred(attempt, recipient, SmtpTrouble.Why("4.3.0", "bounce or trace service failure"));
            return;
        }
        LogResult(attempt, recipient, DeliveryStatus.Bounced, trouble);
        records.MarkDone(recipient.Recipient.Offset);
        recipient.Mark = RecipientMark.Done;
    }

    // The answer to a probe is a report to the sender, and nothing stays in the queue.
    private void Probed(DeliveryAttempt attempt, AttemptRecipient recipient, DeliveryStatus status, DsnAction action, Dsn dsn)
    {
        recipient.Mark = RecipientMark.Done;
        if (records.AppendTrace(new Outcome(recipient.Recipient, dsn with { Action = action })))
        {
            LogResult(attempt, recipient, status, dsn);
            records.MarkDone(recipient.Recipient.Offset);
            return;
        }
        Dsn trouble = SmtpTrouble.Why("4.3.0", "trace service failure");
        _ = records.AppendDefer(Delayed(recipient, trouble));
        LogResult(attempt, recipient, DeliveryStatus.Deferred, trouble);
        attempt.HasDeferred = true;
    }

    private static Outcome Delayed(AttemptRecipient recipient, Dsn dsn) => new(recipient.Recipient, dsn with { Action = DsnAction.Delayed });

    private string TlsFeatures(DeliveryAttempt attempt)
    {
        if (!options.LogTlsFeatureStatus || attempt.Tls.Level == TlsLevel.None)
            return "";
        string level = TlsPolicy.WordFor(attempt.Tls.Level);
        return attempt.IsEncrypted ? level : $"{level}:none";
    }

    private void LogResult(DeliveryAttempt attempt, AttemptRecipient recipient, DeliveryStatus status, Dsn dsn)
    {
        long now = _groupTime != 0 ? _groupTime : MailTime.Microseconds(clock);
        // Still in connection set-up: all the time was set-up (S2-11).
        long setUp = attempt.SetUpTime != 0 ? attempt.SetUpTime : now;
        DeliveryLog.Times times = new(
            attempt.Request.ArrivalMicroseconds, attempt.Request.ActiveMicroseconds, attempt.StartTime, setUp, now);
        log.Result(DeliveryLog.Format(attempt.Request.Id, recipient.Recipient,
            attempt.Peer?.NameAndPort ?? "none", attempt.ConnectionUse, times, status, dsn, options.DelayResolutionLimit, TlsFeatures(attempt)));
    }
}
