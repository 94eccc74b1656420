using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>A recipient, and how far it got in this request.</summary>
internal sealed class AttemptRecipient(Recipient recipient)
{
    internal Recipient Recipient => recipient;

    internal string Address => recipient.Address;

    internal RecipientMark Mark { get; set; }

    /// <summary>A final refusal that may be about the address that we came from, so that servers are asked over the other kind, IPv4 or IPv6, before it counts; null: none was (S3-35).</summary>
    internal Dsn? RefusalOfFamily { get; set; }
}
