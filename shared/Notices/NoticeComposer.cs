using System.Buffers;
using System.Globalization;
using PostfixNet.Mail;

namespace PostfixNet.Notices;

/// <summary>Writes delivery status notifications: multipart/report of RFC 6522 with the report of RFC 3464 (RFC 6533 for
/// internationalised mail), in the shape in which Postfix writes them.</summary>
/// <remarks>From: is left for cleanup to complete, as is Message-Id: to add. Lines end with LF. Whatever recipients, reasons
/// and replies hold, none can add a header, a field or a part.</remarks>
public static class NoticeComposer
{
    // RFC 2046 section 5.1.1.
    private const int BoundaryLimit = 70;

    /// <summary>Writes the notice, header and body.</summary>
    /// <exception cref="IOException">The message or the log cannot be read; what was written must be thrown away.</exception>
    public static void Write(Notice notice, IBufferWriter<byte> output)
    {
        string boundary = Boundary(notice);
        WriteText(notice, boundary, output);
        WriteReport(notice, boundary, output);
        if (notice.Original is not null)
            WriteOriginal(notice, notice.Original, boundary, output);
        Line(output, "");
        Line(output, $"--{boundary}--");
    }

    private static void WriteText(Notice notice, string boundary, IBufferWriter<byte> output)
    {
        string subject = notice.IsPostmasterCopy ? notice.Template.PostmasterSubject : notice.Template.Subject;
        new NoticeHead(notice.MyHostname, notice.NoticeId, notice.Now, notice.Template.From, subject, notice.To)
        {
            Thread = notice is { Threaded: true, Original: not null } ? MessageId(notice.Original) : null,
            AutoSubmitted = notice.IsPostmasterCopy ? "auto-generated" : "auto-replied",
        }.Write(output, boundary);
        if (!notice.IsPostmasterCopy)
            NoticeText.Lines(output, notice.Template.Text);
        foreach ((Recipient recipient, Dsn dsn) in notice.Recipients)
        {
            Line(output, "");
            string expanded = recipient.HasOtherOriginal ? $" (expanded from <{Address.ToExternal(recipient.Original!)}>)" : "";
            // Else it reads as if there were hope (A0.2).
            string ended = notice.IsExpired && dsn.Class == DsnClass.Transient ? $"delivery stopped after {Age(notice)}: " : "";
            NoticeText.WriteFolded(output, NoticeText.Readable($"<{Address.ToExternal(recipient.Address)}>{expanded}: {ended}{dsn.Reason}"));
        }
    }

    // How long the message was in the queue, whatever the limit: an operator may have expired it.
    private static string Age(Notice notice)
    {
        long hours = notice.Arrival > 0 ? Math.Max(0, notice.Now - notice.Arrival) / 3600 : 0;
        return hours switch
        {
            0 => "less than an hour",
            < 48 => string.Create(CultureInfo.InvariantCulture, $"{hours} hour(s)"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{hours / 24} days"),
        };
    }

    private static void WriteReport(Notice notice, string boundary, IBufferWriter<byte> output)
    {
        Line(output, "");
        Line(output, $"--{boundary}");
        Line(output, "Content-Description: Delivery report");
        Line(output, notice.SmtpUtf8 ? "Content-Type: message/global-delivery-status" : "Content-Type: message/delivery-status");
        if (notice.SmtpUtf8 || !IsAsciiReport(notice))
            Line(output, "Content-Transfer-Encoding: 8bit");
        Line(output, "");

        NoticeReport report = new(notice.SmtpUtf8, output);
        report.Message(notice);
        foreach (Outcome outcome in notice.Recipients)
        {
            report.Recipient(notice.Kind, outcome, notice.IsExpired);
            if (notice is { Kind: NoticeKind.Delay, Arrival: > 0 })
                Line(output, $"Will-Retry-Until: {MailTime.HeaderDate(notice.Arrival + (long)notice.QueueLifetime.TotalSeconds)}");
        }
    }

    private static void WriteOriginal(Notice notice, IOriginalMessage original, string boundary, IBufferWriter<byte> output)
    {
        bool full = IsReturnedInFull(notice, original);
        Line(output, "");
        Line(output, $"--{boundary}");
        string what = notice.Kind is NoticeKind.Failure or NoticeKind.Delay ? "Undelivered Message" : "Message";
        Line(output, full ? $"Content-Description: {what}" : $"Content-Description: {what} Headers");
        Line(output, (full, notice.SmtpUtf8) switch
        {
            (true, true) => "Content-Type: message/global",
            (true, false) => "Content-Type: message/rfc822",
            (false, true) => "Content-Type: message/global-headers",
            (false, false) => "Content-Type: text/rfc822-headers",
        });
        Line(output, "Content-Transfer-Encoding: 8bit");
        Line(output, "");
        Line(output, $"Return-Path: <{NoticeText.ReportedSender(notice.Sender, notice.MyHostname)}>");
        bool ended = true;
        foreach (ContentPiece piece in full ? original.Content() : OriginalHeaders.Of(original))
        {
            output.Write(piece.Text.Span);
            ended = piece.EndsLine;
            if (ended)
                output.Write("\n"u8);
        }
        if (!ended)
            output.Write("\n"u8);
    }

    private static bool IsReturnedInFull(Notice notice, IOriginalMessage original) =>
        notice is { ReturnFull: true, Kind: NoticeKind.Failure } && (notice.SizeLimit <= 0 || original.Size <= notice.SizeLimit);

    private static string? MessageId(IOriginalMessage original) =>
        OriginalHeaders.Find(original, "message-id:") is ['<', .., '>'] and { Length: <= 900 } id && !id.AsSpan().ContainsAnyExceptInRange('!', '~') ? id : null;

    private static bool IsAsciiReport(Notice notice)
    {
        if (!ByteText.IsAscii(notice.EnvelopeId))
            return false;
        foreach (Outcome outcome in notice.Recipients)
        {
            if (!NoticeReport.IsAscii(outcome))
                return false;
        }
        return true;
    }

    /// <summary>A boundary that the returned message does not hold at the beginning of a line.</summary>
    private static string Boundary(Notice notice)
    {
        string boundary = string.Create(CultureInfo.InvariantCulture, $"{notice.QueueId}.{notice.Now}/{BoundaryHost(notice)}");
        if (boundary.Length > BoundaryLimit)
            boundary = boundary[..BoundaryLimit];
        if (notice.Original is null)
            return boundary;
        byte[] line = ByteText.Encode($"--{boundary}");
        bool startsLine = true;
        foreach (ContentPiece piece in IsReturnedInFull(notice, notice.Original) ? notice.Original.Content() : OriginalHeaders.Of(notice.Original))
        {
            // Whoever sends such a line guessed the boundary; chance makes a further guess useless.
            if (startsLine && piece.Text.Span.StartsWith(line))
                return $"{boundary[..Math.Min(boundary.Length, BoundaryLimit - 17)]}.{Random.Shared.NextInt64():x16}";
            startsLine = piece.EndsLine;
        }
        return boundary;
    }

    private static string BoundaryHost(Notice notice) => string.Create(notice.MyHostname.Length, notice.MyHostname, static (host, from) =>
    {
        for (int i = 0; i < host.Length; i++)
            host[i] = char.IsAsciiLetterOrDigit(from[i]) || from[i] is '.' or '-' or '_' ? from[i] : '-';
    });

    private static void Line(IBufferWriter<byte> output, string text) => NoticeText.Line(output, text);
}
