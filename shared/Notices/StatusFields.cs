using PostfixNet.Mail;

namespace PostfixNet.Notices;

/// <summary>The machine-readable part of a notice: the fields of RFC 3464, addresses as RFC 6533 has them.</summary>
/// <param name="isGlobal">message/global-delivery-status: addresses may be UTF-8 as they are.</param>
internal sealed class StatusFields(bool isGlobal)
{
    /// <summary>Status of mail whose time is over: RFC 3463 section 3.5, "delivery time expired" (A0.2).</summary>
    private const string Expired = "4.4.7";

    /// <summary>Type of the part.</summary>
    internal string MediaType => isGlobal ? "message/global-delivery-status" : "message/delivery-status";

    /// <summary>The fields of one message.</summary>
    internal IEnumerable<string> Message(Notice notice)
    {
        yield return ReportingMta(notice.MyHostname);
        if (!string.IsNullOrEmpty(notice.EnvelopeId))
            yield return $"Original-Envelope-Id: {NoticeText.Readable(notice.EnvelopeId)}";
        yield return $"X-Postfix-Queue-ID: {notice.QueueId}";
        yield return Sender(notice.Sender, notice.MyHostname);
        if (notice.Arrival > 0)
            yield return $"Arrival-Date: {MailTime.HeaderDate(notice.Arrival)}";
    }

    /// <summary>Who reports.</summary>
    internal static string ReportingMta(string myHostname) => $"Reporting-MTA: dns; {myHostname}";

    /// <summary>Who sent what the report is about.</summary>
    internal string Sender(string sender, string myHostname) =>
        $"X-Postfix-Sender: {Typed(NoticeText.ReportedSender(sender, myHostname))}";

    /// <summary>The status that is reported: when the attempts have ended, a transient one has become "delivery time expired".</summary>
    internal static string Status(Dsn dsn, bool isExpired) => isExpired && dsn.Class == DsnClass.Transient ? Expired : NoticeText.OneLine(dsn.Status);

    /// <summary>The fields of one recipient.</summary>
    /// <param name="kind">Of the notice: a failure is "failed", whatever the last attempt said.</param>
    /// <param name="isExpired">The attempts have ended: a transient status becomes "delivery time expired".</param>
    internal IEnumerable<string> Recipient(NoticeKind kind, Outcome outcome, bool isExpired)
    {
        (Recipient recipient, Dsn dsn) = outcome;
        yield return $"Final-Recipient: {Typed(Address.ToExternal(recipient.Address))}";
        if (!string.IsNullOrEmpty(recipient.DsnOriginal))
            yield return $"Original-Recipient: {OriginalRecipient(recipient.DsnOriginal)}";
        else if (!string.IsNullOrEmpty(recipient.Original))
            yield return $"Original-Recipient: {Typed(Address.ToExternal(recipient.Original))}";
        DsnAction action = kind == NoticeKind.Failure ? DsnAction.Failed
            : dsn.Action != DsnAction.Unstated ? dsn.Action
            : kind == NoticeKind.Delay ? DsnAction.Delayed : DsnAction.Delivered;
        yield return $"Action: {action.Word()}";
        yield return $"Status: {Status(dsn, isExpired)}";
        if (!string.IsNullOrEmpty(dsn.RemoteMta))
            yield return $"Remote-MTA: dns; {NoticeText.Readable(dsn.RemoteMta)}";
        yield return NoticeText.Folded($"Diagnostic-Code: {NoticeText.Readable(DiagnosticCode(dsn))}");
    }

    /// <summary>True when the fields of a recipient need 8bit, even though addresses never do in a report that is not global.</summary>
    internal static bool IsAscii(Outcome outcome) => ByteText.IsAscii(DiagnosticCode(outcome.Dsn)) && ByteText.IsAscii(outcome.Dsn.RemoteMta);

    private static string DiagnosticCode(Dsn dsn) => string.IsNullOrEmpty(dsn.DiagnosticType) || string.IsNullOrEmpty(dsn.DiagnosticText)
        ? $"X-Postfix; {dsn.Reason}" : $"{dsn.DiagnosticType}; {dsn.DiagnosticText}";

    // RFC 6533 section 3: in a report for systems without UTF-8, such an address is written in ASCII.
    private string Typed(string address)
    {
        address = NoticeText.Readable(address);
        if (ByteText.IsAscii(address))
            return $"rfc822; {address}";
        return $"utf-8; {(isGlobal ? address : Xtext.EncodeUtf8Address(address))}";
    }

    private string OriginalRecipient(string typeAndAddress)
    {
        typeAndAddress = NoticeText.Readable(typeAndAddress);
        int semicolon = typeAndAddress.IndexOf(';', StringComparison.Ordinal);
        return isGlobal || ByteText.IsAscii(typeAndAddress) ? typeAndAddress : $"utf-8;{Xtext.EncodeUtf8Address(typeAndAddress[(semicolon + 1)..])}";
    }
}
