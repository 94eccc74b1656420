using PostfixNet.Delivery;
using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>Reports what became of each recipient: exactly one of sent, deferred, bounced.</summary>
/// <remarks>Order, so that a crash can deliver twice but never zero times (S2-09): the record of a bounce or success
/// becomes durable, the line is logged, the event of the end becomes durable, then the recipient is marked done in the queue file.
/// Recipients that end at the same event show the same delays (S2-11): then the time of the event is given, in microseconds
/// since 1970; null: now.</remarks>
internal sealed class RecipientResults(ServerTurn turn)
{
    private readonly DeliveryContext _delivery = turn.Delivery;
    private readonly IDeliveryRecords _records = turn.Delivery.Records;
    private readonly SmtpOptions _options = turn.Delivery.Options;

    /// <summary>The server took responsibility.</summary>
    /// <param name="serverReportsSuccess">It announced DSN: success notices are its business now (RFC 3461 section 5.2.1).</param>
    internal void Sent(AttemptRecipient recipient, SmtpReply reply, bool serverReportsSuccess, long? time = null)
    {
        DsnAction action = _options is { IsLmtp: true, LmtpAssumeFinal: true } ? DsnAction.Delivered : DsnAction.Relayed;
        Dsn dsn = new(reply.Status, reply.Text, action, "smtp", reply.Text, turn.Peer?.Host);
        if (_delivery.IsProbe)
        {
            Probed(recipient, dsn with { Action = DsnAction.Deliverable }, DeliveryStatus.Deliverable, time);
            return;
        }
        Notify asked = recipient.Recipient.Notify;
        bool wanted = (asked.Wants(Notify.Success) && !serverReportsSuccess) || (_delivery.EndsDelay && asked.Wants(Notify.Delay));
        // The server has it: whatever happens to the report now, trying again would deliver twice.
        Outcome report = new(recipient.Recipient, dsn);
        if ((wanted || _delivery.IsReported) && !_records.AppendTrace(report))
            turn.State.UntoldSuccesses.Add(report);
        turn.HasCarriedMail = true;
        Ends(recipient, DeliveryStatus.Sent, dsn, time);
    }

    /// <summary>The message stays in the queue for this recipient.</summary>
    internal void Deferred(AttemptRecipient recipient, Dsn trouble, long? time = null)
    {
        if (_delivery.IsProbe)
        {
            Probed(recipient, trouble with { Action = DsnAction.Undeliverable }, DeliveryStatus.Undeliverable, time);
            return;
        }
        if (_delivery.IsReported)
            _ = _records.AppendTrace(Delayed(recipient, trouble));
        Stays(recipient, DeliveryStatus.Deferred, trouble.AsTransient(), time);
    }

    /// <summary>The sender will be told; with soft_bounce the message stays in the queue instead (S2-10).</summary>
    /// <param name="isOfAddress">The server said so of this recipient, and not of the session, the message or us: it counts for the suppression list (S3-47).</param>
    internal void Bounced(AttemptRecipient recipient, Dsn trouble, long? time = null, bool isOfAddress = false)
    {
        if (_delivery.IsProbe)
        {
            Probed(recipient, trouble with { Action = DsnAction.Undeliverable }, DeliveryStatus.Undeliverable, time);
            return;
        }
        if (_options.SoftBounce)
        {
            if (_delivery.IsReported)
                _ = _records.AppendTrace(Delayed(recipient, trouble.AsTransient()));
            Stays(recipient, DeliveryStatus.SoftBounced, trouble.AsTransient(), time);
            return;
        }
        Outcome failed = new(recipient.Recipient, trouble with { Action = DsnAction.Failed });
        if (!_records.AppendBounce(failed) || (_delivery.IsReported && !_records.AppendTrace(failed)))
        {
            // Decided for good, but not on record: another server must not get it, only another attempt (S2-08).
            Deferred(recipient, SmtpTrouble.Why("4.3.0", "bounce or trace service failure"), time);
            return;
        }
        Ends(recipient, DeliveryStatus.Bounced, trouble, time, isOfAddress);
    }

    // The answer to a probe is a report to the sender, and nothing stays in the queue.
    private void Probed(AttemptRecipient recipient, Dsn dsn, DeliveryStatus status, long? time)
    {
        if (_records.AppendTrace(new Outcome(recipient.Recipient, dsn)))
            Ends(recipient, status, dsn, time);
        else
            Stays(recipient, DeliveryStatus.Deferred, SmtpTrouble.Why("4.3.0", "trace service failure"), time);
    }

    private void Ends(AttemptRecipient recipient, DeliveryStatus status, Dsn dsn, long? time, bool isOfAddress = true)
    {
        DeliveryLog.Times times = LogResult(recipient, status, dsn, time);
        if (_records.Events is { } events && !_delivery.IsProbe)
            _records.TellEnd(events.Of(turn, recipient.Recipient, status, dsn, times), recipient.Recipient.Offset);
        else
            _records.MarkDone(recipient.Recipient.Offset);
        if (isOfAddress && _delivery.Request.WantsOutcomes && !_delivery.IsProbe)
            turn.State.Settled.Add(SettledRecipient.Of(recipient.Recipient, dsn));
        recipient.Mark = RecipientMark.Done;
    }

    /// <summary>What was said of recipients that have their verdict together is on record; each of them, or the last, is followed by this.</summary>
    internal void Settle() => _records.Settle();

    private void Stays(AttemptRecipient recipient, DeliveryStatus status, Dsn trouble, long? time)
    {
        // A defer log that cannot be written costs the sender a detail in the notice, not the mail: it stays queued.
        turn.State.IsUnrecorded |= !_records.AppendDefer(Delayed(recipient, trouble.AsTransient()));
        DeliveryLog.Times times = LogResult(recipient, status, trouble, time);
        if (_records.Events is { } events && !_delivery.IsProbe)
            _records.Tell(events.Of(turn, recipient.Recipient, status, trouble, times));
        recipient.Mark = RecipientMark.Done;
        turn.State.HasDeferred = true;
        turn.State.TlsWhenDeferred = turn.TlsUse ?? turn.State.TlsWhenDeferred;
    }

    private static Outcome Delayed(AttemptRecipient recipient, Dsn dsn) => new(recipient.Recipient, dsn with { Action = DsnAction.Delayed });

    private string TlsFeatures()
    {
        if (!_options.LogTlsFeatureStatus || (turn.Level == TlsLevel.None && turn.RequireTlsFeature.Length == 0))
            return "";
        string level = TlsPolicy.WordFor(turn.Level);
        string use = turn.IsEncrypted || turn.Level == TlsLevel.None ? level : $"{level}:none";
        return $"{use}{(turn.RequireTlsFeature.Length == 0 ? "" : $"/{turn.RequireTlsFeature}")}{turn.TlsUse?.Fields}";
    }

    private DeliveryLog.Times LogResult(AttemptRecipient recipient, DeliveryStatus status, Dsn dsn, long? time)
    {
        DeliveryRequest request = _delivery.Request;
        long now = time ?? _delivery.Now;
        // Still in connection set-up: all the time was set-up (S2-11).
        long setUp = turn.SetUpTime != 0 ? turn.SetUpTime : now;
        DeliveryLog.Times times = new(request.ArrivalMicroseconds, request.ActiveMicroseconds, _delivery.StartTime, setUp, now);
        _delivery.Log.Result(DeliveryLog.Line(request.Id, recipient.Recipient,
            turn.Peer?.NameAndPort ?? "none", turn.ConnectionUse, times, status, dsn, _options.DelayResolutionLimit, TlsFeatures(), turn.TlsUse));
        return times;
    }
}
