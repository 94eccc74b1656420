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
    public static void Write(Notice notice, Stream output)
    {
        using MimeReport report = new(Boundary(notice));
        AddHead(notice, report);
        report.AddPart("Notification", "text/plain; charset=utf-8", isEightBit: true, part => WriteText(notice, part));
        StatusFields status = new(notice.SmtpUtf8);
        report.AddPart("Delivery report", status.MediaType, notice.SmtpUtf8 || !IsAsciiReport(notice), part => WriteStatus(notice, status, part));
        if (notice.Original is { } original)
            AddOriginal(notice, original, report);
        report.WriteTo(output);
    }

    private static void AddHead(Notice notice, MimeReport report)
    {
        string subject = notice.IsPostmasterCopy ? notice.Template.PostmasterSubject : notice.Template.Subject;
        new NoticeHead(notice.MyHostname, notice.NoticeId, notice.Now, notice.Template.From, subject, notice.To)
        {
            Thread = notice is { Threaded: true, Original: not null } ? MessageId(notice.Original) : null,
            IsTlsOptional = notice.IsTlsOptional,
            AutoSubmitted = notice.IsPostmasterCopy ? "auto-generated" : "auto-replied",
        }.AddTo(report);
    }

    private static void WriteText(Notice notice, Stream part)
    {
        if (!notice.IsPostmasterCopy)
            part.Write(ByteText.Encode(notice.Template.Text));
        foreach ((Recipient recipient, Dsn dsn) in notice.Recipients)
        {
            string expanded = recipient.HasOtherOriginal ? $" (expanded from <{Address.ToExternal(recipient.Original!)}>)" : "";
            // Else it reads as if there were hope (A0.2).
            string ended = notice.IsExpired && dsn.Class == DsnClass.Transient ? $"delivery stopped after {Age(notice)}: " : "";
            string text = NoticeText.Readable($"<{Address.ToExternal(recipient.Address)}>{expanded}: {ended}{dsn.Reason}");
            part.Write(ByteText.Encode($"\n{NoticeText.Folded(text)}\n"));
        }
        part.Write("\n"u8);
    }

    // How long the message was in the queue, whatever the limit: an operator may have expired it.
    private static string Age(Notice notice)
    {
        long hours = EntryOf(notice) > 0 ? Math.Max(0, notice.Now - EntryOf(notice)) / 3600 : 0;
        return hours switch
        {
            0 => "less than an hour",
            < 48 => string.Create(CultureInfo.InvariantCulture, $"{hours} hour(s)"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{hours / 24} days"),
        };
    }

    private static long EntryOf(Notice notice) => notice.Queued > 0 ? notice.Queued : notice.Arrival;

    private static void WriteStatus(Notice notice, StatusFields status, Stream part)
    {
        MimeReport.WriteGroup(part, status.Message(notice));
        foreach (Outcome outcome in notice.Recipients)
        {
            IEnumerable<string> fields = status.Recipient(notice.Kind, outcome, notice.IsExpired);
            if (notice.Kind == NoticeKind.Delay && EntryOf(notice) > 0)
                fields = fields.Append($"Will-Retry-Until: {MailTime.HeaderDate(EntryOf(notice) + (long)notice.QueueLifetime.TotalSeconds)}");
            MimeReport.WriteGroup(part, fields);
        }
    }

    private static void AddOriginal(Notice notice, IOriginalMessage original, MimeReport report)
    {
        bool full = IsReturnedInFull(notice, original);
        string what = notice.Kind is NoticeKind.Failure or NoticeKind.Delay ? "Undelivered Message" : "Message";
        string type = (full, notice.SmtpUtf8) switch
        {
            (true, true) => "message/global",
            (true, false) => "message/rfc822",
            (false, true) => "message/global-headers",
            (false, false) => "text/rfc822-headers",
        };
        report.AddPart(full ? what : $"{what} Headers", type, isEightBit: true, part => WriteOriginal(notice, Returned(notice, original), part));
    }

    private static void WriteOriginal(Notice notice, IEnumerable<ContentPiece> content, Stream part)
    {
        string returnPath = NoticeText.Broken($"Return-Path: <{NoticeText.ReportedSender(notice.Sender, notice.MyHostname)}>");
        part.Write(ByteText.Encode(returnPath + "\n"));
        bool ended = true;
        foreach (ContentPiece piece in content)
        {
            part.Write(piece.Text.Span);
            ended = piece.EndsLine;
            if (ended)
                part.Write("\n"u8);
        }
        if (!ended)
            part.Write("\n"u8);
        part.Write("\n"u8);
    }

    // What is returned: all of it but NUL octets, for which many a server refuses the notice as it refused the message.
    private static IEnumerable<ContentPiece> Returned(Notice notice, IOriginalMessage original)
    {
        foreach (ContentPiece piece in IsReturnedInFull(notice, original) ? original.Content() : OriginalHeaders.Of(original))
            yield return piece.Text.Span.Contains((byte)0) ? piece with { Text = piece.Text.ToArray().Where(static octet => octet != 0).ToArray() } : piece;
    }

    private static bool IsReturnedInFull(Notice notice, IOriginalMessage original) =>
        notice is { ReturnFull: true, Kind: NoticeKind.Failure } && (notice.SizeLimit <= 0 || original.Size <= notice.SizeLimit);

    private static string? MessageId(IOriginalMessage original) =>
        OriginalHeaders.Find(original, "message-id") is ['<', .., '>'] and { Length: <= 900 } id && !id.AsSpan().ContainsAnyExceptInRange('!', '~') ? id : null;

    private static bool IsAsciiReport(Notice notice)
    {
        if (!ByteText.IsAscii(notice.EnvelopeId))
            return false;
        foreach (Outcome outcome in notice.Recipients)
        {
            if (!StatusFields.IsAscii(outcome))
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
        foreach (ContentPiece piece in Returned(notice, notice.Original))
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
}
