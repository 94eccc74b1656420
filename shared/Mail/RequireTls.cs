namespace PostfixNet.Mail;

/// <summary>What the sender wants of TLS on the whole way of his message (RFC 8689). The numbers are those of the size record, beside
/// <see cref="SmtpUtf8"/>: Postfix has them there since 3.10, and versions before it pass over them.</summary>
public enum RequireTls
{
    /// <summary>Nothing: what the domains of recipients and the operator want, holds.</summary>
    Unsaid = 0,
    /// <summary>"TLS-Required: No": rather delivered than protected, whatever the domains of recipients want.</summary>
    No = 16,
    /// <summary>REQUIRETLS: only over TLS with servers that proved who they are, and that promise the same.</summary>
    Yes = 32,
}

/// <summary>How <see cref="RequireTls"/> is written.</summary>
public static class RequireTlsWords
{
    /// <summary>Understands the number of a size record or request; other bits mean something else. REQUIRETLS outweighs the header (RFC 8689 section 4.1).</summary>
    public static RequireTls FromNumber(long number) =>
        (number & (long)RequireTls.Yes) != 0 ? RequireTls.Yes : (number & (long)RequireTls.No) != 0 ? RequireTls.No : RequireTls.Unsaid;

    /// <summary>"yes" or "no"; null: nothing was said.</summary>
    public static string? Word(this RequireTls wish) => wish switch { RequireTls.Yes => "yes", RequireTls.No => "no", _ => null };
}
