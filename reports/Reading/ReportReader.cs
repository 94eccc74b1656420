using System.Text;
using MimeKit;
using PostfixNet.Mail;

namespace PostfixNet.Reports;

/// <summary>Reads what comes to return paths: reports of delivery (RFC 3464), complaints (RFC 5965), and what servers send in place of these. MimeKit takes the message apart.</summary>
/// <remarks>The message is anybody's: only its first megabyte is read, parts are looked at down to a depth and number, and none is kept. Returned messages within it are not looked into, since
/// they may be reports themselves.</remarks>
internal static class ReportReader
{
    /// <summary>So much of a message is read.</summary>
    internal const int Limit = 1 << 20;

    private const int MostParts = 200, Depth = 20, PartLimit = 256 * 1024;
    private static readonly ParserOptions s_options = new() { MaxMimeDepth = Depth };

    // RFC 5965 section 7.3, RFC 6430, and what is in use besides. "not-spam" is praise; "auth-failure" is about signatures.
    private static readonly HashSet<string> s_complaints = new(StringComparer.OrdinalIgnoreCase) { "abuse", "fraud", "virus", "other", "opt-out", "opt-out-list", "miscategorized", "complaint" };

    /// <summary>Never throws for what is in the message.</summary>
    /// <param name="message">Its first megabyte.</param>
    internal static ReturnedReport Read(byte[] message)
    {
        try
        {
            using MemoryStream stream = new(message, writable: false);
            using MimeMessage parsed = new MimeParser(s_options, stream).ParseMessage();
            return Read(parsed);
        }
        catch (FormatException)
        {
            return ReturnedReport.Nothing;
        }
    }

    private static ReturnedReport Read(MimeMessage message)
    {
        string? text = null;
        List<ReportedRecipient> recipients = [];
        ReturnedReport? complaint = null;
        bool hasStatus = false;
        int looked = 0;
        Stack<MimeEntity> parts = new();
        if (message.Body is not null)
            parts.Push(message.Body);
        while (parts.TryPop(out MimeEntity? part) && looked++ < MostParts)
        {
            switch (part)
            {
                case Multipart several:
                    for (int i = several.Count - 1; i >= 0 && i >= several.Count - MostParts; i--)
                        parts.Push(several[i]);
                    break;
                case MessagePart { Message: { } returned }:
                    complaint ??= ComplaintOfMicrosoft(returned);
                    break;
                case MimePart leaf when IsOf(leaf, "delivery-status") || IsOf(leaf, "global-delivery-status"):
                    hasStatus = true;
                    recipients.AddRange(StatusFields.Read(TextOf(leaf)).Select(StatusFields.Recipient).OfType<ReportedRecipient>());
                    break;
                case MimePart leaf when IsOf(leaf, "feedback-report"):
                    complaint ??= Complaint(StatusFields.Read(TextOf(leaf)));
                    break;
                case TextPart leaf when text is null || text.Length == 0:
                    text = leaf.IsHtml ? Tagless(TextOf(leaf)) : TextOf(leaf);
                    break;
                default:
                    break;
            }
        }
        if (complaint is not null)
            return complaint;
        if (recipients.Count > 0)
            return new ReturnedReport(KindOf(recipients), recipients);
        ReturnedReport read = TextReports.Read(message.Subject ?? "", message.Headers["X-Failed-Recipients"] ?? "", text ?? "");
        // A delivery status that names nobody: the whole is a failure unless it says otherwise.
        return read.Kind == ReportKind.Other && hasStatus ? new ReturnedReport(ReportKind.Failure, []) : read;
    }

    private static ReportKind KindOf(List<ReportedRecipient> recipients)
    {
        foreach (ReportKind kind in (ReportKind[])[ReportKind.Failure, ReportKind.Delay, ReportKind.Success])
        {
            if (recipients.Any(recipient => recipient.Kind == kind))
                return kind;
        }
        return ReportKind.Other;
    }

    private static ReturnedReport? Complaint(List<Dictionary<string, string>> groups)
    {
        if (groups.FirstOrDefault(static group => group.ContainsKey("feedback-type")) is not { } group)
            return null;
        string type = group["feedback-type"].Split(';')[0].Trim().ToLowerInvariant(), address = StatusFields.AddressOf(group.GetValueOrDefault("original-rcpt-to") ?? group.GetValueOrDefault("removal-recipient") ?? "");
        return new ReturnedReport(s_complaints.Contains(type) ? ReportKind.Complaint : ReportKind.Other, address.Length > 0 ? [new ReportedRecipient(address, ReportKind.Other, "", "")] : [], PrintableText.Of(type));
    }

    // The Junk Mail Reporting Program of Outlook.com sends the message as an attachment, with this header in it.
    private static ReturnedReport? ComplaintOfMicrosoft(MimeMessage returned) => returned.Headers["X-HmXmrOriginalRecipient"] is { Length: > 0 } recipient
        ? new ReturnedReport(ReportKind.Complaint, [new ReportedRecipient(StatusFields.AddressOf(recipient), ReportKind.Other, "", "")], "abuse") : null;

    private static bool IsOf(MimePart part, string subtype) => part.ContentType.IsMimeType("message", subtype);

    private static string TextOf(MimePart part)
    {
        if (part.Content is null)
            return "";
        using BoundedStream text = new(PartLimit);
        part.Content.DecodeTo(text);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    private static string Tagless(string html)
    {
        StringBuilder text = new(html.Length);
        bool isTag = false;
        foreach (char c in html)
        {
            isTag = c == '<' || (isTag && c != '>');
            if (!isTag)
                text.Append(c == '>' ? ' ' : c);
        }
        return System.Net.WebUtility.HtmlDecode(text.ToString());
    }

    /// <summary>Keeps the beginning of what is written to it.</summary>
    private sealed class BoundedStream(int limit) : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => base.Write(buffer, offset, (int)Math.Min(count, limit - Length));

        public override void Write(ReadOnlySpan<byte> buffer) => base.Write(buffer[..(int)Math.Min(buffer.Length, limit - Length)]);
    }
}
