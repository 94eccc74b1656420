using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Qmgr;

/// <summary>The lines to the services that keep recipient results.</summary>
/// <param name="Digests">To the bounce service as well: sending digests takes its time, and nothing waits for it.</param>
internal sealed record ReportLines(IReportLine Bounce, IReportLine Defer, IReportLine Trace, IReportLine Digests)
{
    /// <summary>Requests not yet answered that a message waits for.</summary>
    internal int Pending => Bounce.Pending + Defer.Pending + Trace.Pending;
}

/// <summary>Recipients that need no delivery agent: put off, refused or thrown away by configuration or circumstances.</summary>
internal sealed class BuiltIn(QueueDirectories directories, ReportLines lines, Settings settings)
{
    /// <summary>The transports error, retry and discard; the next hop is the text.</summary>
    internal void Deliver(Message message, Route route, IReadOnlyList<Recipient> recipients, Action<bool> done)
    {
        (string code, string text) = SplitStatus(route.NextHop, route.Transport switch
        {
            "error" => ("5.0.0", "mail for this destination is not accepted"),
            "retry" => ("4.0.0", "deferred by configuration"),
            _ => ("2.0.0", "discarded by configuration"),
        });
        switch (route.Transport)
        {
            case "retry":
                Defer(message, recipients, new Dsn(code, text), () => done(true));
                break;
            case "error" when settings.SoftBounce:
                Defer(message, recipients, new Dsn(code, text).AsTransient(), () => done(true));
                break;
            case "error":
                Record(message, recipients, new Dsn(code, text), DeliveryStatus.Bounced, lines.Bounce, done);
                break;
            default:
                int left = recipients.Count;
                bool failed = false;
                foreach (Recipient recipient in recipients)
                {
                    Log(message, recipient, DeliveryStatus.Sent, new Dsn(code, text));
                    failed |= !TryMark(message, recipient);
                    left--;
                }
                done(failed || left > 0);
                break;
        }
    }

    /// <summary>Puts recipients off: logs it, records the reason, leaves them in the file.</summary>
    internal void Defer(Message message, IReadOnlyList<Recipient> recipients, Dsn reason, Action done) =>
        Record(message, recipients, reason, DeliveryStatus.Deferred, lines.Defer, _ => done());

    private void Record(Message message, IReadOnlyList<Recipient> recipients, Dsn dsn, DeliveryStatus status, IReportLine line, Action<bool> done)
    {
        int left = recipients.Count;
        bool someDeferred = status == DeliveryStatus.Deferred;
        foreach (Recipient recipient in recipients)
        {
            Outcome outcome = new(recipient, dsn with { Action = status == DeliveryStatus.Deferred ? DsnAction.Delayed : DsnAction.Failed });
            line.Ask(BounceRequest.Append(message.Id, outcome), ok =>
            {
                // Marked only once the record is durable (S2-09); a record that cannot be written means another try.
                message.IsUnrecorded |= !ok;
                if (status == DeliveryStatus.Deferred || ok)
                    Log(message, recipient, status, dsn);
                if (status != DeliveryStatus.Deferred)
                    someDeferred |= !ok || !TryMark(message, recipient);
                if (--left == 0)
                    done(someDeferred);
            });
        }
    }

    private bool TryMark(Message message, Recipient recipient)
    {
        try
        {
            using QueueFile file = QueueFile.Open(directories.PathOf(QueueName.Active, message.Id), write: true);
            QueueFile.MarkDone(file.Handle, recipient.Offset);
            return true;
        }
        catch (Exception e) when (e is IOException or QueueFileException or UnauthorizedAccessException)
        {
            PostfixNet.Log.MailLog.Warning($"{message.Id}: {e.Message}");
            return false;
        }
    }

    private void Log(Message message, Recipient recipient, DeliveryStatus status, Dsn dsn)
    {
        long now = MailTime.NowMicroseconds;
        DeliveryLog.Write(message.Id, recipient, "none", 0,
            new DeliveryLog.Times(message.ArrivalMicroseconds, message.ActiveMicroseconds, now, now, now), status, dsn, settings.DelayResolution);
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
