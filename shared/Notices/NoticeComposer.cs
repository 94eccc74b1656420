using System.Buffers;
using System.Globalization;
using PostfixNet.Mail;

namespace PostfixNet.Notices;

/// <summary>What a notice reports.</summary>
public enum NoticeKind
{
    /// <summary>Mail could not be delivered, for good.</summary>
    Failure,
    /// <summary>Mail waits longer than delay_warning_time.</summary>
    Delay,
    /// <summary>Delivery that the sender wanted to hear of.</summary>
    Success,
    /// <summary>What became of each recipient: sendmail -v and -bv.</summary>
    Status,
}

/// <summary>One physical piece of a message's content.</summary>
/// <param name="Text">Without line end.</param>
/// <param name="EndsLine">False when the line goes on in the next piece.</param>
public readonly record struct ContentPiece(ReadOnlyMemory<byte> Text, bool EndsLine);

/// <summary>The message that a notice is about, as queued.</summary>
public interface IOriginalMessage
{
    /// <summary>Size of the content in bytes: headers and body.</summary>
    public long Size { get; }

    /// <summary>The content from its first header line, each time from the beginning; a piece is valid until the next is
    /// asked for.</summary>
    public IEnumerable<ContentPiece> Content();
}

/// <summary>All that a notice says. Texts are <see cref="ByteText"/>, addresses in internal form; none needs to be clean.</summary>
public sealed class Notice
{
    /// <summary>What it reports.</summary>
    public required NoticeKind Kind { get; init; }
    /// <summary>A copy for the postmaster: other subject, no introduction.</summary>
    public bool IsPostmasterCopy { get; init; }
    /// <summary>Queue id of the notice itself.</summary>
    public required string NoticeId { get; init; }
    /// <summary>Queue id of the message that it is about.</summary>
    public required string QueueId { get; init; }
    /// <summary>myhostname.</summary>
    public required string MyHostname { get; init; }
    /// <summary>Who gets the notice.</summary>
    public required string To { get; init; }
    /// <summary>Envelope sender of the message; empty for the null sender.</summary>
    public required string Sender { get; init; }
    /// <summary>Now, in seconds since 1970.</summary>
    public required long Now { get; init; }
    /// <summary>When the message arrived, in seconds since 1970; 0 when not known.</summary>
    public long Arrival { get; init; }
    /// <summary>ENVID as stored; null or empty when none was given. RFC 3461 section 4.4.</summary>
    public string? EnvelopeId { get; init; }
    /// <summary>The message needs SMTPUTF8: the report and the returned message are of the "global" types, RFC 6533.</summary>
    public bool SmtpUtf8 { get; init; }
    /// <summary>Return the whole message, if its size permits; else the headers. RFC 3461 section 4.3.</summary>
    public bool ReturnFull { get; init; }
    /// <summary>bounce_size_limit, bytes: larger messages are returned as headers only; 0 means no limit.</summary>
    public long SizeLimit { get; init; }
    /// <summary>enable_threaded_bounces: refer to the message's Message-Id, so that mail readers show both together.</summary>
    public bool Threaded { get; init; }
    /// <summary>delay_warning_time.</summary>
    public TimeSpan DelayWarningTime { get; init; }
    /// <summary>maximal_queue_lifetime.</summary>
    public TimeSpan QueueLifetime { get; init; }
    /// <summary>Whom it is about, already selected; enumerated more than once.</summary>
    public required IEnumerable<LoggedRecipient> Recipients { get; init; }
    /// <summary>The message; null when it cannot be read any more: the notice then has no third part.</summary>
    public IOriginalMessage? Original { get; init; }
}

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
        WriteHeader(notice, boundary, output);
        WriteText(notice, boundary, output);
        WriteReport(notice, boundary, output);
        if (notice.Original is not null)
            WriteOriginal(notice, notice.Original, boundary, output);
        Line(output, "");
        Line(output, $"--{boundary}--");
    }

    private static void WriteHeader(Notice notice, string boundary, IBufferWriter<byte> output)
    {
        string date = MailTime.HeaderDate(notice.Now);
        Line(output, $"Received: by {notice.MyHostname} (Postfix)");
        Line(output, $"\tid {notice.NoticeId}; {date}");
        Line(output, $"Date: {date}");
        Line(output, "From: Mail Delivery System <MAILER-DAEMON>");
        Line(output, $"Subject: {Subject(notice)}");
        Line(output, $"To: {NoticeText.OneLine(Address.ToExternal(notice.To))}");
        if (notice is { Threaded: true, Original: not null } && MessageId(notice.Original) is { Length: > 0 } id)
        {
            Line(output, $"References: {id}");
            Line(output, $"In-Reply-To: {id}");
        }
        Line(output, notice.IsPostmasterCopy ? "Auto-Submitted: auto-generated" : "Auto-Submitted: auto-replied");
        Line(output, "MIME-Version: 1.0");
        Line(output, "Content-Type: multipart/report; report-type=delivery-status;");
        Line(output, $"\tboundary=\"{boundary}\"");
        Line(output, "Content-Transfer-Encoding: 8bit");
        Line(output, "");
        Line(output, "This is a MIME-encapsulated message.");
    }

    private static string Subject(Notice notice) => (notice.Kind, notice.IsPostmasterCopy) switch
    {
        (NoticeKind.Failure, false) => "Undelivered Mail Returned to Sender",
        (NoticeKind.Failure, true) => "Postmaster Copy: Undelivered Mail",
        (NoticeKind.Delay, false) => "Delayed Mail (still being retried)",
        (NoticeKind.Delay, true) => "Postmaster Warning: Delayed Mail",
        (NoticeKind.Success, _) => "Successful Mail Delivery Report",
        _ => "Mail Delivery Status Report",
    };

    private static void WriteText(Notice notice, string boundary, IBufferWriter<byte> output)
    {
        Line(output, "");
        Line(output, $"--{boundary}");
        Line(output, "Content-Description: Notification");
        Line(output, "Content-Type: text/plain; charset=utf-8");
        Line(output, "Content-Transfer-Encoding: 8bit");
        Line(output, "");
        if (!notice.IsPostmasterCopy)
            WriteIntroduction(notice, output);
        foreach (LoggedRecipient recipient in notice.Recipients)
        {
            Line(output, "");
            string expanded = recipient.OriginalRecipient.Length > 0
                && !recipient.OriginalRecipient.Equals(recipient.Recipient, StringComparison.OrdinalIgnoreCase)
                ? $" (expanded from <{Address.ToExternal(recipient.OriginalRecipient)}>)" : "";
            NoticeText.WriteFolded(output, $"{NoticeText.OneLine($"<{Address.ToExternal(recipient.Recipient)}>{expanded}")}: {NoticeText.Readable(recipient.Dsn.Reason)}");
        }
    }

    // These sentences are an interface: software that recognises bounces of Postfix looks for them.
    private static void WriteIntroduction(Notice notice, IBufferWriter<byte> output)
    {
        Line(output, $"This is the mail system at host {notice.MyHostname}.");
        Line(output, "");
        switch (notice.Kind)
        {
            case NoticeKind.Failure:
                output.Write("""
                    I'm sorry to have to inform you that your message could not
                    be delivered to one or more recipients. It's attached below.

                    For further assistance, please send mail to postmaster.

                    If you do so, please include this problem report. You can
                    delete your own text from the attached returned message.

                    """u8);
                break;
            case NoticeKind.Delay:
                output.Write("""
                    ####################################################################
                    # THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #
                    ####################################################################

                    """u8);
                Line(output, "");
                Line(output, $"Your message could not be delivered for more than {(long)notice.DelayWarningTime.TotalHours} hour(s).");
                Line(output, $"It will be retried until it is {(long)notice.QueueLifetime.TotalDays} day(s) old.");
                output.Write("""

                    For further assistance, please send mail to postmaster.

                    If you do so, please include this problem report. You can
                    delete your own text from the attached returned message.

                    """u8);
                break;
            case NoticeKind.Success:
                output.Write("""
                    Your message was successfully delivered to the destination(s)
                    listed below. If the message was delivered to mailbox you will
                    receive no further notifications. Otherwise you may still receive
                    notifications of mail delivery errors from other systems.

                    """u8);
                break;
            default:
                Line(output, "Enclosed is the mail delivery report that you requested.");
                break;
        }
        Line(output, "");
        Line(output, "                   The mail system");
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

        string sender = ReportedSender(notice);
        Line(output, $"Reporting-MTA: dns; {notice.MyHostname}");
        if (!string.IsNullOrEmpty(notice.EnvelopeId))
            Line(output, $"Original-Envelope-Id: {NoticeText.OneLine(notice.EnvelopeId)}");
        Line(output, $"X-Postfix-Queue-ID: {notice.QueueId}");
        Line(output, $"X-Postfix-Sender: {AddressType(notice, sender)}; {sender}");
        if (notice.Arrival > 0)
            Line(output, $"Arrival-Date: {MailTime.HeaderDate(notice.Arrival)}");
        foreach (LoggedRecipient recipient in notice.Recipients)
            WriteReport(notice, recipient, output);
    }

    private static void WriteReport(Notice notice, LoggedRecipient recipient, IBufferWriter<byte> output)
    {
        Dsn dsn = recipient.Dsn;
        string address = NoticeText.OneLine(Address.ToExternal(recipient.Recipient));
        Line(output, "");
        Line(output, $"Final-Recipient: {AddressType(notice, address)}; {address}");
        if (!string.IsNullOrEmpty(recipient.DsnOriginalRecipient))
            Line(output, $"Original-Recipient: {NoticeText.OneLine(recipient.DsnOriginalRecipient)}");
        else if (recipient.OriginalRecipient.Length > 0)
        {
            string original = NoticeText.OneLine(Address.ToExternal(recipient.OriginalRecipient));
            Line(output, $"Original-Recipient: {AddressType(notice, original)}; {original}");
        }
        // Expired mail: its last status stays transient, but it has failed.
        string action = notice.Kind == NoticeKind.Failure ? "failed"
            : dsn.Action.Length > 0 ? NoticeText.OneLine(dsn.Action)
            : notice.Kind == NoticeKind.Delay ? "delayed" : "delivered";
        Line(output, $"Action: {action}");
        Line(output, $"Status: {NoticeText.OneLine(dsn.Status)}");
        if (!string.IsNullOrEmpty(dsn.RemoteMta))
            Line(output, $"Remote-MTA: dns; {NoticeText.OneLine(dsn.RemoteMta)}");
        NoticeText.WriteFolded(output, $"Diagnostic-Code: {NoticeText.Readable(DiagnosticCode(dsn))}");
        if (notice is { Kind: NoticeKind.Delay, Arrival: > 0 })
            Line(output, $"Will-Retry-Until: {MailTime.HeaderDate(notice.Arrival + (long)notice.QueueLifetime.TotalSeconds)}");
    }

    private static string DiagnosticCode(Dsn dsn) => string.IsNullOrEmpty(dsn.DiagnosticType) || string.IsNullOrEmpty(dsn.DiagnosticText)
        ? $"X-Postfix; {dsn.Reason}" : $"{dsn.DiagnosticType}; {dsn.DiagnosticText}";

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
        Line(output, $"Return-Path: <{ReportedSender(notice)}>");
        bool ended = true;
        foreach (ContentPiece piece in full ? original.Content() : Headers(original))
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

    /// <summary>The pieces of the header lines: up to an empty line, or a line that cannot be one.</summary>
    private static IEnumerable<ContentPiece> Headers(IOriginalMessage original)
    {
        bool startsLine = true;
        foreach (ContentPiece piece in original.Content())
        {
            if (startsLine && !IsHeaderLine(piece.Text.Span))
                yield break;
            startsLine = piece.EndsLine;
            yield return piece;
        }
    }

    private static bool IsHeaderLine(ReadOnlySpan<byte> line)
    {
        if (line.Length == 0 || line[0] is (byte)' ' or (byte)'\t')
            return line.Length > 0;
        int colon = line.IndexOf((byte)':');
        return colon > 0 && !line[..colon].TrimEnd(" \t"u8).ContainsAnyExceptInRange((byte)'!', (byte)'~');
    }

    private static string? MessageId(IOriginalMessage original)
    {
        const string Name = "message-id:";
        string? id = null;
        foreach (ContentPiece piece in Headers(original))
        {
            string line = ByteText.Decode(piece.Text.Span);
            if (id is not null)
            {
                // A long id may stand on the line after the name.
                if (line.Length > 0 && line[0] is ' ' or '\t' && id.Length == 0)
                    id = line.Trim();
                break;
            }
            if (line.StartsWith(Name, StringComparison.OrdinalIgnoreCase))
                id = line[Name.Length..].Trim();
        }
        return id is { Length: <= 900 } ? NoticeText.OneLine(id) : null;
    }

    private static string ReportedSender(Notice notice) =>
        notice.Sender.Length == 0 ? $"MAILER-DAEMON@{notice.MyHostname}" : NoticeText.OneLine(Address.ToExternal(notice.Sender));

    private static string AddressType(Notice notice, string address) => notice.SmtpUtf8 && !ByteText.IsAscii(address) ? "utf-8" : "rfc822";

    private static bool IsAsciiReport(Notice notice)
    {
        if (!ByteText.IsAscii(notice.Sender) || !ByteText.IsAscii(notice.EnvelopeId))
            return false;
        foreach (LoggedRecipient recipient in notice.Recipients)
        {
            if (!ByteText.IsAscii(recipient.Recipient) || !ByteText.IsAscii(recipient.DsnOriginalRecipient) || !ByteText.IsAscii(recipient.OriginalRecipient)
                || !ByteText.IsAscii(DiagnosticCode(recipient.Dsn)) || !ByteText.IsAscii(recipient.Dsn.RemoteMta))
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
        foreach (ContentPiece piece in IsReturnedInFull(notice, notice.Original) ? notice.Original.Content() : Headers(notice.Original))
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

    private static void Line(IBufferWriter<byte> output, string text)
    {
        Span<byte> buffer = output.GetSpan(ByteText.ByteCount(text) + 1);
        int length = ByteText.Encode(text, buffer);
        buffer[length] = (byte)'\n';
        output.Advance(length + 1);
    }
}
