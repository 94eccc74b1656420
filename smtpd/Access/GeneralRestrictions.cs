namespace PostfixNet.Smtpd;

/// <summary>Restrictions that ask for nothing, or for how the client talks.</summary>
internal static class GeneralRestrictions
{
    internal static readonly Restriction[] All =
    [
        new("permit", static _ => Verdict.Permitted),
        new("reject", static evaluation => evaluation.RefuseSubject(evaluation.Options.Codes.Reject, "5.7.1", "Access denied")),
        new("defer", static evaluation => evaluation.RefuseSubject(evaluation.Options.Codes.Defer, "4.3.2", "Try again later")),
        new("defer_if_permit", static evaluation => evaluation.Defer(450, "4.7.0", "defer_if_permit requested")),
        new("defer_if_reject", static evaluation =>
        {
            evaluation.DeferIfReject ??= Evaluation.MakeReply(450, "4.7.0", $"{evaluation.Subject} rejected: defer_if_reject requested");
            return Verdict.Undecided;
        }),
        new("reject_unauth_pipelining", static evaluation => evaluation.Session.HasSpokenEarly
            ? evaluation.RefuseSubject(503, "5.5.0", "Improper use of SMTP command pipelining") : Verdict.Undecided),
        new("reject_plaintext_session", static evaluation => evaluation.Session.Tls is null
            ? evaluation.Refuse(evaluation.Options.Codes.Plaintext, "4.7.1", "Session encryption is required") : Verdict.Undecided),
        // RFC 5321 section 4.5.5: a notice has one recipient.
        new("reject_multi_recipient_bounce", static evaluation => evaluation.Session.Transaction is { Sender: "" } transaction
            && transaction.Recipients.Count > (evaluation.Stage == "RCPT" ? 0 : 1)
            ? evaluation.RefuseSubject(evaluation.Options.Codes.MultiRecipientBounce, "5.5.3", "Multi-recipient bounce") : Verdict.Undecided),
    ];
}
