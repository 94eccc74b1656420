namespace PostfixNet.Mail;

/// <summary>Why a message needs SMTPUTF8 (RFC 6531). The numbers are those of the size record.</summary>
[Flags]
public enum SmtpUtf8
{
    /// <summary>It does not.</summary>
    None = 0,
    /// <summary>It was submitted as such, or was found to be.</summary>
    Requested = 1,
    /// <summary>A header has UTF-8.</summary>
    Header = 2,
    /// <summary>The sender's address has.</summary>
    Sender = 4,
    /// <summary>A recipient's address has.</summary>
    Recipient = 8,
}

/// <summary>How <see cref="SmtpUtf8"/> is written.</summary>
public static class SmtpUtf8Flags
{
    private const SmtpUtf8 All = SmtpUtf8.Requested | SmtpUtf8.Header | SmtpUtf8.Sender | SmtpUtf8.Recipient;

    /// <summary>Understands the number of a size record or request; bits without a meaning are left out.</summary>
    public static SmtpUtf8 FromNumber(long number) => (SmtpUtf8)number & All;
}
