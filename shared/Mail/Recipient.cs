namespace PostfixNet.Mail;

/// <summary>One recipient of a message, from the queue file to the report on it.</summary>
/// <param name="Address">Internal (unquoted) form; may be empty.</param>
/// <param name="Original">The address before rewriting and aliases, internal form; null when not known.</param>
/// <param name="DsnOriginal">ORCPT as "type;address", decoded; null when not known. RFC 3461 section 4.2.</param>
/// <param name="Notify">What the sender wants to hear of.</param>
/// <param name="Offset">Of its record in the queue file, for the done mark; 0 when it has none (alias expansion).</param>
public sealed record Recipient(
    string Address, string? Original = null, string? DsnOriginal = null, Notify Notify = Notify.Default, long Offset = 0)
{
    /// <summary>It came from another address, which readers of logs and reports are to see too.</summary>
    public bool HasOtherOriginal => Original is { Length: > 0 } && !Original.Equals(Address, StringComparison.OrdinalIgnoreCase);
}

/// <summary>What became of a recipient: one line of a bounce, defer or trace log.</summary>
/// <param name="Recipient">Who.</param>
/// <param name="Dsn">What, and why.</param>
public sealed record Outcome(Recipient Recipient, Dsn Dsn);

/// <summary>Result of one delivery to one recipient: status= in log lines.</summary>
public enum DeliveryStatus
{
    /// <summary>Somebody else is responsible now.</summary>
    Sent,
    /// <summary>To be tried again.</summary>
    Deferred,
    /// <summary>Returned to the sender.</summary>
    Bounced,
    /// <summary>Would be bounced, and is to be tried again because soft_bounce says so.</summary>
    SoftBounced,
    /// <summary>Only a probe (sendmail -bv): would have been sent.</summary>
    Deliverable,
    /// <summary>Only a probe: would not.</summary>
    Undeliverable,
}
