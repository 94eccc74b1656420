using System.Buffers;
using System.Globalization;
using PostfixNet.Mail;

namespace PostfixNet.Notices;

/// <summary>Writes the report on many failed messages of one sender: a table for people, and the fields of RFC 3464 for
/// programs, with the message's queue id among the fields of each recipient. The messages themselves are not returned.</summary>
/// <param name="isGlobal">An address in it is not ASCII: RFC 6533.</param>
internal sealed class DigestComposer(IBufferWriter<byte> output, bool isGlobal)
{
    /// <param name="id">Queue id of the report.</param>
    /// <param name="to">Who gets it.</param>
    /// <param name="sender">Of the messages.</param>
    /// <param name="now">Seconds since 1970.</param>
    /// <exception cref="IOException">A log cannot be read; what was written must be thrown away.</exception>
    internal void Write(string myHostname, string id, string to, string sender, long now, IReadOnlyList<HeldNotice> notices)
    {
        string boundary = string.Create(CultureInfo.InvariantCulture, $"{id}.{now}.digest");
        string subject = $"Undelivered Mail: {notices.Count.ToString(CultureInfo.InvariantCulture)} messages";
        new NoticeHead(myHostname, id, now, NoticeTemplates.From, subject, to).Write(output, boundary);
        WriteTable(myHostname, sender, notices);
        Line("");
        Line($"--{boundary}");
        Line("Content-Description: Delivery report");
        Line(isGlobal ? "Content-Type: message/global-delivery-status" : "Content-Type: message/delivery-status");
        Line("Content-Transfer-Encoding: 8bit");
        Line("");
        WriteReport(myHostname, sender, notices);
        Line("");
        Line($"--{boundary}--");
    }

    private void WriteTable(string myHostname, string sender, IReadOnlyList<HeldNotice> notices)
    {
        Line($"This is the mail system at host {myHostname}.");
        Line("");
        NoticeText.WriteFolded(output, $"Many messages from {NoticeText.ReportedSender(sender, myHostname)} could not be delivered in a short time. "
            + "This report stands for one notice for each of them. The messages themselves are not attached.");
        Line("");
        Line("For further assistance, please send mail to postmaster.");
        Line("");
        Line("                   The mail system");
        Line("");
        Line("Queue ID         Arrived              Status   Recipient");
        foreach (HeldNotice notice in notices)
        {
            string arrived = notice.Arrival <= 0 ? "-"
                : DateTimeOffset.FromUnixTimeSeconds(notice.Arrival).ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
            foreach ((Recipient recipient, Dsn dsn) in notice.Recipients())
                Line($"{notice.QueueId,-16} {arrived,-20} {NoticeReport.Status(dsn, notice.IsExpired),-8} {NoticeText.Readable($"<{Address.ToExternal(recipient.Address)}>")}");
            if (notice.Subject.Length > 0)
                Line($"                 Subject: {NoticeText.Readable(notice.Subject)}");
        }
    }

    private void WriteReport(string myHostname, string sender, IReadOnlyList<HeldNotice> notices)
    {
        NoticeReport report = new(isGlobal, output);
        Line($"Reporting-MTA: dns; {myHostname}");
        report.Sender(sender, myHostname);
        foreach (HeldNotice notice in notices)
        {
            foreach (Outcome outcome in notice.Recipients())
            {
                report.Recipient(NoticeKind.Failure, outcome, notice.IsExpired);
                Line($"X-Postfix-Queue-ID: {notice.QueueId}");
            }
        }
    }

    private void Line(string text) => NoticeText.Line(output, text);
}
