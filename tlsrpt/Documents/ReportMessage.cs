using System.Diagnostics;
using System.Globalization;
using MimeKit;
using PostfixNet.Mail;

namespace PostfixNet.Tlsrpt;

/// <summary>A report as mail: RFC 8460 section 5.3, put together by MimeKit.</summary>
/// <remarks>Headers with names of domains stand as given: MimeKit would cut long values of parameters into pieces (RFC 2231), which not every reader of reports joins.</remarks>
internal static class ReportMessage
{
    private static readonly FormatOptions s_format = new() { NewLineFormat = NewLineFormat.Unix };

    /// <summary>Writes the message, lines ending with LF.</summary>
    /// <param name="recipient">One address.</param>
    /// <param name="now">Seconds since 1970, for its Date.</param>
    internal static void Write(Stream output, DomainDay report, Submitter submitter, string recipient, long now)
    {
        string domain = report.Domain, sender = submitter.Domain;
        using MultipartReport parts = new("tlsrpt");
        parts.Headers.Replace(Verbatim($"Content-Type: multipart/report; report-type=\"tlsrpt\";\n\tboundary=\"{parts.Boundary}\""));
        int at = 0;
        foreach (string field in (string[])
        [
            $"From: {Address.ToExternal(submitter.Sender)}",
            $"To: {Address.ToExternal(recipient)}",
            $"Subject: Report Domain: {domain}\n\tSubmitter: {sender}\n\tReport-ID: <{report.ReportId}>",
            $"Date: {MailTime.HeaderDate(now)}",
            $"Message-ID: <{report.ReportId}>",
            $"TLS-Report-Domain: {domain}",
            $"TLS-Report-Submitter: {sender}",
            // The report may be about just what would keep it from getting there; RFC 8689 section 5.
            "TLS-Required: No",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
        ])
        {
            parts.Headers.Insert(at++, Verbatim(field));
        }
        parts.Add(new TextPart("plain")
        {
            Text = string.Create(CultureInfo.InvariantCulture, $"This is an aggregate TLS report from {sender} about mail to {domain}\non {report.Day:yyyy-MM-dd} (UTC).\n\nThe report is attached, in the format of RFC 8460.\n"),
        });
        // The part has it as long as it is written.
        using MemoryStream content = new(ReportDocument.Compressed(report, submitter));
        MimePart document = new("application", "tlsrpt+gzip")
        {
            Content = new MimeContent(content),
            ContentTransferEncoding = ContentEncoding.Base64,
        };
        document.Headers.Add(Verbatim($"Content-Disposition: attachment;\n\tfilename=\"{ReportDocument.FileName(report, submitter)}\""));
        parts.Add(document);
        parts.WriteTo(s_format, output);
    }

    private static Header Verbatim(string field) => Header.TryParse(ByteText.Encode(field + "\n"), out Header? header) ? header : throw new UnreachableException($"no header: {field}");
}
