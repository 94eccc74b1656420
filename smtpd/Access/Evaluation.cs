namespace PostfixNet.Smtpd;

/// <summary>One question of a client's, while restrictions are gone through: where it stands, and what they have said so far.</summary>
/// <param name="stage">"CONNECT", "HELO", "EHLO", "MAIL", "RCPT", "DATA", "BDAT" or "END-OF-MESSAGE".</param>
/// <param name="recipient">That of RCPT, or the only one, internal form; null: there is none, or are several.</param>
internal sealed class Evaluation(AccessServices services, AccessOptions options, Session session, string stage, string? recipient)
{
    internal AccessServices Services => services;

    internal AccessOptions Options => options;

    internal Session Session => session;

    internal string Stage => stage;

    internal string? Recipient => recipient;

    /// <summary>Octets of the content; 0: it is not there yet.</summary>
    internal long Size { get; init; }

    /// <summary>What the list in hand is about.</summary>
    internal Subject Subject { get; set; }

    /// <summary>Refusals are only told to the log (warn_if_reject).</summary>
    internal bool IsWarning { get; set; }

    /// <summary>What is said in the place of a refusal: an earlier check could not be made, and might have permitted.</summary>
    internal Reply? DeferIfReject { get; set; }

    /// <summary>What is said in the place of a permission: an earlier check could not be made, and might have refused.</summary>
    internal Reply? DeferIfPermit { get; set; }

    /// <summary>Whether the recipient exists is decided (reject_unlisted_recipient).</summary>
    internal bool IsRecipientChecked { get; set; }

    /// <summary>How deep lists stand in lists.</summary>
    internal int Depth { get; set; }

    /// <summary>What is told, once the verdict is <see cref="Verdict.Refused"/>.</summary>
    internal Reply? Refusal { get; private set; }

    /// <summary>Refuses.</summary>
    /// <param name="code">400..599.</param>
    /// <param name="status">RFC 3463; its class follows the code.</param>
    internal Verdict Refuse(int code, string status, string text) => Refuse(MakeReply(code, status, text));

    /// <summary>Refuses for a reason that is this system's: no warning takes its place, and it is no error of the client.</summary>
    internal Verdict RefuseForTrouble(string status, string text) => Refuse(MakeReply(451, status, text) with { IsOurTrouble = true });

    /// <summary>The rest of a list that cannot be understood.</summary>
    internal Verdict RefuseForConfiguration() => RefuseForTrouble("4.3.5", "Server configuration error");

    /// <inheritdoc cref="Refuse(int, string, string)"/>
    internal Verdict Refuse(Reply reply)
    {
        bool warns = IsWarning && !reply.IsOurTrouble;
        if (!warns && reply.Code >= 500 && DeferIfReject is { } deferral)
        {
            (DeferIfReject, reply) = (null, deferral);
            warns = IsWarning = false;
        }
        Tell(warns ? "reject_warning" : "reject", reply.ToString());
        if (warns)
            return Verdict.Undecided;
        Refusal = reply;
        return Verdict.Refused;
    }

    /// <summary>"&lt;x&gt;: Sender address rejected: ", and why.</summary>
    internal Verdict RefuseSubject(int code, string status, string why) => Refuse(code, status, $"{Subject} rejected: {why}");

    /// <summary>Of those put off the first is told.</summary>
    internal Verdict Defer(int code, string status, string why) => Defer(MakeReply(code, status, $"{Subject} rejected: {why}"));

    /// <inheritdoc cref="Defer(int, string, string)"/>
    internal Verdict Defer(Reply reply)
    {
        if (IsWarning)
            return Refuse(reply);
        DeferIfPermit ??= reply;
        return Verdict.Undecided;
    }

    /// <summary>Tells the log.</summary>
    internal void Tell(string what, string text) => services.Log.Decided(session, null, what, stage, text, recipient);

    internal static Reply MakeReply(int code, string status, string text) =>
        // RFC 5321 section 3.8: who says 421 closes. 521: RFC 7504.
        new(code, $"{code / 100}{status[1..]}", text) { IsLast = code is 421 or 521 };
}
