using System.Buffers;
using PostfixNet.Mail;

namespace PostfixNet.Notices;

/// <summary>What all reports begin with: the message header, and the header of the text part.</summary>
/// <param name="Id">Queue id of the report.</param>
/// <param name="Now">Seconds since 1970.</param>
/// <param name="To">Who gets it, internal form.</param>
internal sealed record NoticeHead(string MyHostname, string Id, long Now, string From, string Subject, string To)
{
    /// <summary>Message-Id of the message that it is about, to be referred to; null: none.</summary>
    internal string? Thread { get; init; }

    /// <summary>RFC 3834 section 5: "auto-replied" to senders, "auto-generated" to the postmaster.</summary>
    internal string AutoSubmitted { get; init; } = "auto-replied";

    /// <summary>Writes it; the text follows.</summary>
    internal void Write(IBufferWriter<byte> output, string boundary)
    {
        string date = MailTime.HeaderDate(Now);
        Line($"Received: by {MyHostname} (Postfix)");
        Line($"\tid {Id}; {date}");
        Line($"Date: {date}");
        Line($"From: {From}");
        Line($"Subject: {Subject}");
        Line($"To: {NoticeText.Readable(Address.ToExternal(To))}");
        if (Thread is not null)
        {
            Line($"References: {Thread}");
            Line($"In-Reply-To: {Thread}");
        }
        Line($"Auto-Submitted: {AutoSubmitted}");
        Line("MIME-Version: 1.0");
        Line("Content-Type: multipart/report; report-type=delivery-status;");
        Line($"\tboundary=\"{boundary}\"");
        Line("Content-Transfer-Encoding: 8bit");
        Line("");
        Line("This is a MIME-encapsulated message.");
        Line("");
        Line($"--{boundary}");
        Line("Content-Description: Notification");
        Line("Content-Type: text/plain; charset=utf-8");
        Line("Content-Transfer-Encoding: 8bit");
        Line("");

        void Line(string text) => NoticeText.Line(output, text);
    }
}
