using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>A recipient, and how far it got in this request.</summary>
internal sealed class AttemptRecipient(Recipient recipient)
{
    internal Recipient Recipient => recipient;

    internal string Address => recipient.Address;

    internal RecipientMark Mark { get; set; }
}
