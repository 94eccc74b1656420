namespace PostfixNet.Notices;

/// <summary>First digit of a status code, RFC 3463 section 2: what happens next.</summary>
public enum DsnClass
{
    /// <summary>2: done.</summary>
    Success = 2,
    /// <summary>4: to be tried again.</summary>
    Transient = 4,
    /// <summary>5: to be returned to the sender.</summary>
    Permanent = 5,
}

/// <summary>Why one recipient was delivered, deferred or bounced; both logged and reported to the sender.</summary>
/// <param name="Status">Whole code, e.g. "4.4.1"; RFC 3463.</param>
/// <param name="Action">RFC 3464 section 2.3.3: failed, delayed, delivered, relayed, expanded; or deliverable,
/// undeliverable; empty when the place of the record tells.</param>
/// <param name="Reason">One line for a human; never parsed again. <see cref="Mail.ByteText"/>.</param>
/// <param name="DiagnosticType">"smtp" with a remote reply, else null; RFC 3464 section 2.3.6.</param>
/// <param name="DiagnosticText">The reply as received, lines joined; null exactly when the type is.</param>
/// <param name="RemoteMta">Host name of the replying server; null when this system decided. RFC 3464 section 2.3.5.</param>
public sealed record Dsn(
    string Status, string Action, string Reason, string? DiagnosticType = null, string? DiagnosticText = null, string? RemoteMta = null)
{
    /// <summary>Class of the status; anything malformed counts as transient, because that loses nothing.</summary>
    public DsnClass Class => Status.Length > 0 ? Status[0] switch { '2' => DsnClass.Success, '5' => DsnClass.Permanent, _ => DsnClass.Transient } : DsnClass.Transient;

    /// <summary>True for d.ddd.ddd with a first digit of 2, 4 or 5; RFC 3463 section 2.</summary>
    public static bool IsStatus(ReadOnlySpan<char> text)
    {
        if (text.Length < 5 || text[0] is not ('2' or '4' or '5') || text[1] != '.')
            return false;
        ReadOnlySpan<char> rest = text[2..];
        int dot = rest.IndexOf('.');
        return dot is >= 1 and <= 3 && rest.Length - dot - 1 is >= 1 and <= 3
            && !rest[..dot].ContainsAnyExceptInRange('0', '9') && !rest[(dot + 1)..].ContainsAnyExceptInRange('0', '9');
    }
}

/// <summary>One recipient with its outcome, as kept in a bounce, defer or trace log.</summary>
/// <param name="Recipient">Internal form; empty for the null address.</param>
/// <param name="OriginalRecipient">Address before aliases, internal form; empty or equal when there was no change.</param>
/// <param name="Offset">Where its record stands in the queue file, to mark it done; 0 when it has none (alias expansion).</param>
/// <param name="DsnOriginalRecipient">ORCPT as "type;address", decoded; null when not known. RFC 3461 section 4.2.</param>
/// <param name="NotifyFlags">Bits of <see cref="Notify"/>; 0 when the sender asked for nothing in particular.</param>
/// <param name="Dsn">The outcome.</param>
public sealed record LoggedRecipient(
    string Recipient, string OriginalRecipient, long Offset, string? DsnOriginalRecipient, int NotifyFlags, Dsn Dsn);

/// <summary>What a sender wants to be told about a recipient: RFC 3461 section 4.1. The bits are those of queue files.</summary>
public static class Notify
{
    /// <summary>Nothing at all.</summary>
    public const int Never = 1;
    /// <summary>Successful delivery.</summary>
    public const int Success = 2;
    /// <summary>Final failure.</summary>
    public const int Failure = 4;
    /// <summary>Delay.</summary>
    public const int Delay = 8;

    /// <summary>True when the sender is to hear of <paramref name="wanted"/>: asked for it, or asked for nothing in
    /// particular and it is not success.</summary>
    public static bool Wants(int flags, int wanted) => flags == 0 ? wanted is Failure or Delay : (flags & Never) == 0 && (flags & wanted) != 0;
}
