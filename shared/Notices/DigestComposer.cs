using System.Globalization;
using PostfixNet.Mail;

namespace PostfixNet.Notices;

/// <summary>Writes the report on many failed messages of one sender: a table for people, and the fields of RFC 3464 for
/// programs, with the message's queue id among the fields of each recipient. The messages themselves are not returned.</summary>
/// <param name="isGlobal">An address in it is not ASCII: RFC 6533.</param>
internal sealed class DigestComposer(Stream output, bool isGlobal)
{
    private const int SubjectLimit = 100;

    /// <param name="id">Queue id of the report.</param>
    /// <param name="to">Who gets it.</param>
    /// <param name="sender">Of the messages.</param>
    /// <param name="now">Seconds since 1970.</param>
    /// <exception cref="IOException">A log cannot be read; what was written must be thrown away.</exception>
    internal void Write(string myHostname, string id, string to, string sender, long now, IReadOnlyList<HeldNotice> notices)
    {
        using MimeReport report = new(string.Create(CultureInfo.InvariantCulture, $"{id}.{now}.digest"));
        string subject = $"Undelivered Mail: {notices.Count.ToString(CultureInfo.InvariantCulture)} messages";
        new NoticeHead(myHostname, id, now, NoticeTemplates.From, subject, to).AddTo(report);
        report.AddPart("Notification", "text/plain; charset=utf-8", isEightBit: true, part => WriteTable(part, myHostname, sender, notices));
        StatusFields status = new(isGlobal);
        report.AddPart("Delivery report", status.MediaType, isEightBit: true, part => WriteStatus(part, status, myHostname, sender, notices));
        report.WriteTo(output);
    }

    private static void WriteTable(Stream part, string myHostname, string sender, IReadOnlyList<HeldNotice> notices)
    {
        string many = NoticeText.Folded($"Many messages from {NoticeText.ReportedSender(sender, myHostname)} could not be delivered in a short time. "
            + "This report stands for one notice for each of them. The messages themselves are not attached.");
        Line($"""
            This is the mail system at host {myHostname}.

            {many}

            For further assistance, please send mail to postmaster.

                               The mail system

            Queue ID         Arrived              Status   Recipient
            """);
        foreach (HeldNotice notice in notices)
        {
            string arrived = notice.Arrival <= 0 ? "-"
                : DateTimeOffset.FromUnixTimeSeconds(notice.Arrival).ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
            foreach ((Recipient recipient, Dsn dsn) in notice.Recipients())
            {
                string address = NoticeText.Readable($"<{Address.ToExternal(recipient.Address)}>");
                Line(NoticeText.Broken($"{notice.QueueId,-16} {arrived,-20} {StatusFields.Status(dsn, notice.IsExpired),-8} {address}"));
            }
            if (notice.Subject.Length > 0)
                Line($"                 Subject: {Subject(notice)}");
        }
        Line("");

        void Line(string text) => part.Write(ByteText.Encode(text + "\n"));
    }

    private static string Subject(HeldNotice notice)
    {
        string subject = NoticeText.Readable(MimeReport.Readable(notice.Subject));
        return subject.Length <= SubjectLimit ? subject : subject[..SubjectLimit] + "...";
    }

    private static void WriteStatus(Stream part, StatusFields status, string myHostname, string sender, IReadOnlyList<HeldNotice> notices)
    {
        MimeReport.WriteGroup(part, [StatusFields.ReportingMta(myHostname), status.Sender(sender, myHostname)]);
        foreach (HeldNotice notice in notices)
        {
            foreach (Outcome outcome in notice.Recipients())
                MimeReport.WriteGroup(part, status.Recipient(NoticeKind.Failure, outcome, notice.IsExpired).Append($"X-Postfix-Queue-ID: {notice.QueueId}"));
        }
    }
}
