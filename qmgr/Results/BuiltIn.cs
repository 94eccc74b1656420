using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Events;
using PostfixNet.Mail;

namespace PostfixNet.Qmgr;

/// <summary>Recipients that need no delivery agent: put off, refused or thrown away by configuration or circumstances. Each is
/// settled when that is on record.</summary>
internal sealed class BuiltIn(ReportLines lines, ActiveFiles files, EventBook events, Settings settings, TimeProvider clock, Log log)
{
    /// <summary>Does what a built-in transport says; the next hop is the text.</summary>
    internal void Deliver(Message message, Route route, IReadOnlyList<Recipient> recipients)
    {
        (string code, string text) = SplitStatus(route.NextHop, route.BuiltIn switch
        {
            BuiltInTransport.Error => ("5.0.0", "mail for this destination is not accepted"),
            BuiltInTransport.Retry => ("4.0.0", "deferred by configuration"),
            _ => ("2.0.0", "discarded by configuration"),
        });
        Dsn dsn = new(code, text);
        RetryPolicy retry = settings.Retries.For(route.Rule).Refused;
        if ((message.Tracing & Tracing.Probe) != 0)
        {
            Probe(message, recipients, dsn, isDeliverable: route.BuiltIn == BuiltInTransport.Discard, retry);
            return;
        }
        if (route.BuiltIn == BuiltInTransport.Retry || (route.BuiltIn == BuiltInTransport.Error && settings.SoftBounce))
        {
            PutOff(message, retry);
            Defer(message, recipients, dsn.AsTransient(), WaitCode.Backoff);
        }
        else if (route.BuiltIn == BuiltInTransport.Error)
        {
            Bounce(message, recipients, dsn, retry, route.IsSuppression ? EventKind.Suppressed : EventKind.Bounced);
        }
        else
        {
            foreach (Recipient recipient in recipients)
            {
                Report(message, recipient, dsn with { Action = DsnAction.Delivered }, () =>
                {
                    Tell(message, recipient, DeliveryStatus.Sent, dsn);
                    events.End(() => EventBook.Of(message, recipient, EventKind.Discarded, DeliveryStatus.Sent, dsn, Now), () => End(message, recipient, retry));
                });
            }
        }
    }

    // sendmail -bv: the report is all there is.
    private void Probe(Message message, IReadOnlyList<Recipient> recipients, Dsn dsn, bool isDeliverable, RetryPolicy retry)
    {
        dsn = dsn with { Action = isDeliverable ? DsnAction.Deliverable : DsnAction.Undeliverable };
        foreach (Recipient recipient in recipients)
        {
            lines.Trace.Ask(new BounceRequest.Append(message.Id, new Outcome(recipient, dsn)), ok =>
            {
                Tell(message, recipient, isDeliverable ? DeliveryStatus.Deliverable : DeliveryStatus.Undeliverable, dsn);
                if (ok)
                {
                    End(message, recipient, retry);
                    return;
                }
                message.MissRecord();
                PutOff(message, retry);
                message.Settle(1);
            });
        }
    }

    // sendmail -v: the sender hears of it besides. That is no reason to do it again.
    private void Report(Message message, Recipient recipient, Dsn dsn, Action next)
    {
        if ((message.Tracing & Tracing.Report) == 0)
            next();
        else
            lines.Trace.Ask(new BounceRequest.Append(message.Id, new Outcome(recipient, dsn)), _ => next());
    }

    /// <summary>Leaves recipients in the file, and records the reason. That they are put off the message knows from the caller.</summary>
    /// <param name="waits">Its class.</param>
    internal void Defer(Message message, IReadOnlyList<Recipient> recipients, Dsn reason, WaitCode waits)
    {
        foreach (Recipient recipient in recipients)
        {
            Dsn delayed = reason with { Action = DsnAction.Delayed };
            Report(message, recipient, delayed, () => lines.Defer.Ask(new BounceRequest.Append(message.Id, new Outcome(recipient, delayed)), ok =>
            {
                if (!ok)
                    message.MissRecord();
                Tell(message, recipient, DeliveryStatus.Deferred, reason);
                if (events.IsOn)
                    events.Tell(EventBook.Of(message, recipient, EventKind.Deferred, DeliveryStatus.Deferred, reason, Now, waits));
                message.Settle(1);
            }));
        }
    }

    private void Bounce(Message message, IReadOnlyList<Recipient> recipients, Dsn reason, RetryPolicy retry, EventKind kind)
    {
        foreach (Recipient recipient in recipients)
        {
            Dsn failed = reason with { Action = DsnAction.Failed };
            lines.Bounce.Ask(new BounceRequest.Append(message.Id, new Outcome(recipient, failed)), ok =>
            {
                // Marked only once the record is durable (S2-09); a record that cannot be written means another try.
                if (ok)
                {
                    Report(message, recipient, failed, () =>
                    {
                        Tell(message, recipient, DeliveryStatus.Bounced, reason);
                        events.End(() => EventBook.Of(message, recipient, kind, DeliveryStatus.Bounced, reason, Now), () => End(message, recipient, retry));
                    });
                    return;
                }
                message.MissRecord();
                PutOff(message, retry);
                message.Settle(1);
            });
        }
    }

    private void End(Message message, Recipient recipient, RetryPolicy retry)
    {
        message.NoteMarks();
        if (!files.TryMarkDone(message.Id, recipient))
            PutOff(message, retry);
        message.Settle(1);
    }

    private long Now => MailTime.Microseconds(clock);

    private void PutOff(Message message, RetryPolicy retry) => message.PutOff(retry, Now, notBefore: 0);

    private void Tell(Message message, Recipient recipient, DeliveryStatus status, Dsn dsn)
    {
        long now = Now;
        log.Result(message, recipient, new DeliveryLog.Times(message.ArrivalMicroseconds, message.ActiveMicroseconds, now, now, now), status, dsn, settings.DelayResolution);
    }

    // "5.7.1 text" carries its own status code.
    private static (string Code, string Text) SplitStatus(string text, (string Code, string Text) otherwise)
    {
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        if (space > 0 && Dsn.IsStatus(text.AsSpan(0, space)) && text[0] == otherwise.Code[0])
            return (text[..space], text[(space + 1)..].Trim());
        return (otherwise.Code, text.Length > 0 ? text : otherwise.Text);
    }
}
