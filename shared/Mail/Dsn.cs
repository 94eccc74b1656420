namespace PostfixNet.Mail;

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

/// <summary>What was done about a recipient, for the report to the sender: RFC 3464 section 2.3.3, and the two results of a probe.</summary>
public enum DsnAction
{
    /// <summary>The kind of the report tells.</summary>
    Unstated,
    /// <summary>Returned to the sender.</summary>
    Failed,
    /// <summary>Still tried.</summary>
    Delayed,
    /// <summary>Put into the mailbox.</summary>
    Delivered,
    /// <summary>Given to a server that reports no success itself.</summary>
    Relayed,
    /// <summary>An alias, replaced by its members.</summary>
    Expanded,
    /// <summary>A probe (sendmail -bv): would have been delivered.</summary>
    Deliverable,
    /// <summary>A probe: would not.</summary>
    Undeliverable,
}

/// <summary>The words of <see cref="DsnAction"/> in reports and recipient logs.</summary>
public static class DsnActions
{
    /// <summary>The word; empty for <see cref="DsnAction.Unstated"/>.</summary>
    public static string Word(this DsnAction action) => action switch
    {
        DsnAction.Failed => "failed",
        DsnAction.Delayed => "delayed",
        DsnAction.Delivered => "delivered",
        DsnAction.Relayed => "relayed",
        DsnAction.Expanded => "expanded",
        DsnAction.Deliverable => "deliverable",
        DsnAction.Undeliverable => "undeliverable",
        _ => "",
    };

    /// <summary>Understands a word, in any case; any other says nothing.</summary>
    public static DsnAction Parse(string word)
    {
        for (DsnAction action = DsnAction.Failed; action <= DsnAction.Undeliverable; action++)
        {
            if (word.Equals(action.Word(), StringComparison.OrdinalIgnoreCase))
                return action;
        }
        return DsnAction.Unstated;
    }
}

/// <summary>Why one recipient was delivered, deferred or bounced; both logged and reported to the sender.</summary>
/// <param name="Status">Whole code, e.g. "4.4.1"; RFC 3463.</param>
/// <param name="Reason">One line for a human; never parsed again. <see cref="ByteText"/>.</param>
/// <param name="Action">What was done.</param>
/// <param name="DiagnosticType">"smtp" with a remote reply, else null; RFC 3464 section 2.3.6.</param>
/// <param name="DiagnosticText">The reply as received, lines joined; null exactly when the type is.</param>
/// <param name="RemoteMta">Host name of the replying server; null when this system decided. RFC 3464 section 2.3.5.</param>
public sealed record Dsn(
    string Status, string Reason, DsnAction Action = DsnAction.Unstated,
    string? DiagnosticType = null, string? DiagnosticText = null, string? RemoteMta = null)
{
    /// <summary>Class of the status; anything malformed counts as transient, because that loses nothing.</summary>
    public DsnClass Class => Status.Length > 0 ? Status[0] switch { '2' => DsnClass.Success, '5' => DsnClass.Permanent, _ => DsnClass.Transient } : DsnClass.Transient;

    /// <summary>The same trouble as one to be tried again: 5.7.1 becomes 4.7.1.</summary>
    public Dsn AsTransient() => Class == DsnClass.Transient ? this : this with { Status = $"4{Status.AsSpan(1)}" };

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
