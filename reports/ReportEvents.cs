using PostfixNet.Delivery;
using PostfixNet.Events;
using PostfixNet.Mail;
using PostfixNet.ReturnPaths;

namespace PostfixNet.Reports;

/// <summary>What this service tells as events (docs/events.md).</summary>
internal static class ReportEvents
{
    /// <summary>What became of a message to a return path.</summary>
    /// <param name="transport">Name of the service.</param>
    /// <param name="begin">When it was taken up, microseconds since 1970.</param>
    /// <param name="now">Likewise.</param>
    internal static MailEvent Of(DeliveryRequest request, Recipient recipient, string transport, DeliveryStatus status, Dsn dsn, long begin, long now)
    {
        EventKind kind = status switch { DeliveryStatus.Sent => EventKind.Delivered, DeliveryStatus.Bounced => EventKind.Bounced, _ => EventKind.Deferred };
        return new MailEvent(kind, kind.IsEnd() ? MailEvent.IdOfRecipient(request.Id, recipient.Offset, kind) : MailEvent.IdOfRecipient(request.Id, recipient.Offset, kind, request.ActiveMicroseconds))
        {
            Time = now,
            QueueId = request.Id.ToString(),
            Sender = request.Sender,
            Size = request.Size,
            Recipient = recipient.Address,
            Transport = transport,
            NextHop = request.NextHop,
            Status = DeliveryLog.Word(status),
            Dsn = dsn.Status,
            Reply = dsn.Reason,
            Delays = new EventDelays(request.ActiveMicroseconds - request.ArrivalMicroseconds, begin - request.ActiveMicroseconds, 0, now - begin),
        };
    }

    /// <summary>What came back.</summary>
    /// <param name="recipient">Whom it is about; empty: that is not known.</param>
    /// <param name="sent">Of the mail it is about; null: that is not known any more.</param>
    /// <returns>null: it is no report.</returns>
    internal static MailEvent? Of(DeliveryRequest request, ReturnedReport report, string recipient, SentRecipient? sent)
    {
        if (report.Kind is not (ReportKind.Complaint or ReportKind.Failure or ReportKind.Delay or ReportKind.Success))
            return null;
        EventKind kind = report.Kind == ReportKind.Complaint ? EventKind.Complaint : EventKind.Report;
        ReportedRecipient said = report.Of(recipient);
        return new MailEvent(kind, MailEvent.IdOf(request.Id, kind))
        {
            QueueId = request.Id.ToString(),
            NoticeFor = sent?.QueueId,
            Recipient = recipient.Length > 0 ? recipient : null,
            Status = report.Kind switch { ReportKind.Complaint => "complaint", ReportKind.Failure => "failed", ReportKind.Delay => "delayed", _ => "delivered" },
            Dsn = said.Status.Length > 0 ? said.Status : null,
            Reply = said.Diagnostic.Length > 0 ? said.Diagnostic : report.Kind == ReportKind.Complaint ? report.Type : null,
        };
    }
}
