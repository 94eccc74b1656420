using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>Tells refusals of the session and of the client from those of the mail. There are codes for the former (RFC 4954
/// section 6, RFC 5248), but servers say it with all of them; then the words decide.</summary>
internal static class Refusals
{
    private static readonly string[] s_relaying =
    [
        "relaying", "relay access", "relay denied", "relay not", "relay is not", "relay prohibited", "relay rejected", "not relay", "n't relay", "to relay", "no relay", "rcpthosts",
    ];
    private static readonly string[] s_client = ["client host", "helo command", "ehlo command", "helo name", "ehlo name"];
    private static readonly string[] s_login =
    [
        "authenticat", "auth first", "auth required", "auth is required", "auth needed", "smtp auth", "smtp-auth", "logged in", "log in", "login", "starttls", "secure connection",
    ];
    private static readonly string[] s_encryption = ["tls", "ssl", "encryption", "encrypted session", "encrypted connection"];
    private static readonly string[] s_demand = ["requir", "must", "need", "mandatory", "first", "only"];

    // What such words also occur in: a judgement of the message by its author's domain.
    private static readonly string[] s_authorDomain = ["dmarc", "spf", "dkim", "sender id", "header.from"];

    private static readonly string[] s_tooMany =
    [
        "too many message", "too many mail", "too many email", "too many e-mail", "too many transaction", "too many recipient", "too many rcpt", "too many command", "too many error", "too many deliver", "reconnect",
    ];
    private static readonly string[] s_session = ["session", "connection", "transactions"];
    private static readonly string[] s_limit = ["too many", "limit", "maxim", "exceed", "no more", "enough", " max "];
    private static readonly string[] s_rate =
    [
        "throttl", "rate limit", "ratelimit", "rate-limit", "sending rate", "message rate", "rate exceeded", "too fast", "too quick", "slow down", "too much mail", "too frequent", "too often",
        "per second", "per minute", "per hour", "per day", "sending limit", "sending quota", "message limit", "messages limit", "daily limit", "daily quota", "daily sending", "hourly limit", "hourly quota", "too many connection", "too many concurrent", "too many session",
        "too many request", "too many message", "too many mail", "too many email", "too many e-mail",
    ];

    /// <summary>What a refusal is about.</summary>
    /// <param name="stage">Where it came: of content, more can be said in the same words.</param>
    internal static RefusalKind KindOf(SmtpReply reply, SmtpStage stage)
    {
        if (reply.Class is not (4 or 5))
            return RefusalKind.Mail;
        string text = WithoutAddresses(reply.Text);
        if (IsOfClient(reply, text, stage))
            return RefusalKind.Client;
        // "Too many hops", or messages in a mailbox, or a size over the limit.
        if (IsAbout(reply, ".1.", ".2.", ".3.4", ".4.6", ".6."))
            return RefusalKind.Mail;
        if (reply.Code == 421 || Has(text, s_tooMany) || (Has(text, s_session) && Has(text, s_limit)))
            return RefusalKind.SessionLimit;
        // RFC 3463 section 3.8 is about policies; that of grey lists is about a mail, however soon it comes.
        bool isPolicy = reply.Code == 454 || (reply.Class == 4 && IsAbout(reply, ".7."));
        return Has(text, s_rate) || (isPolicy && !Has(text, "grey", "gray")) ? RefusalKind.Rate : RefusalKind.Mail;
    }

    /// <summary>The words say how much is taken, whatever the code says.</summary>
    internal static bool IsSpokenLimit(SmtpReply reply) =>
        Has(reply.Text, s_rate) || (Has(reply.Text, s_session) && Has(reply.Text, s_limit)) || Has(reply.Text, "reconnect");

    /// <summary>Refuses a recipient because there are so many (RFC 5321 section 4.5.3.1.10: 452, and 552 from old servers). A status that is
    /// about something else tells it from full mailboxes and disks; where there is none the next transaction will show, because
    /// it begins with the recipient.</summary>
    internal static bool IsRecipientLimit(SmtpReply reply) =>
        reply.Class is 4 or 5 && ((reply.Code, reply.Status) is (452, "4.5.3" or "4.0.0") or (552, "5.5.3" or "5.0.0")
            || (Has(reply.Text, "too many recipient", "too many rcpt") && !IsAbout(reply, ".1.", ".2.")));

    /// <summary>A refusal of a whole session is about us: a policy, or our name.</summary>
    internal static bool IsOfClient(Dsn trouble) => trouble.Status.StartsWith("5.7.", StringComparison.Ordinal)
        || Has(trouble.DiagnosticText ?? "", "helo", "ehlo", "client", "hostname", "relay", "authenticat", "tls");

    /// <summary>Refuses parameters of MAIL or RCPT (RFC 5321 section 4.1.1.11): 555 and 455 are for that; 501, 504 and 5.5.4 may be.</summary>
    internal static bool IsOfParameters(SmtpReply reply, SmtpStage stage) => KindOf(reply, stage) == RefusalKind.Mail && (
        (reply.Code is 501 or 504 or 555 && IsAbout(reply, ".0.0", ".5.1", ".5.2", ".5.4"))
        || reply.Code == 455 || (reply.Class == 5 && IsAbout(reply, ".5.4")));

    private static bool IsOfClient(SmtpReply reply, string text, SmtpStage stage)
    {
        if (reply.Code is 523 or 525 or 530 or 534 or 535 or 538)
            return !Has(text, s_authorDomain);
        if (reply.Status[1..] is ".7.8" or ".7.9" or ".7.10" or ".7.11" or ".7.12" or ".7.13" or ".7.14")
            return true;
        if (IsAbout(reply, ".1.1", ".2.") || Has(text, s_authorDomain))
            return false;
        if (Has(text, s_relaying))
            return true;
        return stage != SmtpStage.Dot && (Has(text, s_client) || Has(text, s_login) || (Has(text, s_encryption) && Has(text, s_demand)));
    }

    // They are nobody's words.
    private static string WithoutAddresses(string text)
    {
        if (!text.Contains('@', StringComparison.Ordinal) && !text.Contains('<', StringComparison.Ordinal))
            return text;
        return string.Join(' ', text.Split(' ').Where(static word => !word.Contains('@', StringComparison.Ordinal) && !word.StartsWith('<')));
    }

    private static bool IsAbout(SmtpReply reply, params ReadOnlySpan<string> subjects)
    {
        foreach (string subject in subjects)
        {
            if (subject.EndsWith('.') ? reply.Status.AsSpan(1).StartsWith(subject) : reply.Status.AsSpan(1).SequenceEqual(subject))
                return true;
        }
        return false;
    }

    private static bool Has(string text, params ReadOnlySpan<string> words)
    {
        foreach (string word in words)
        {
            if (text.Contains(word, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }
}
