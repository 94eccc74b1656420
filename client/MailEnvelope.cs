using MimeKit;

namespace PostfixNet.Client;

/// <summary>Who sends, and who gets it; the headers do not matter for that.</summary>
/// <param name="Sender">Address to which notices go; empty: nobody is told.</param>
/// <param name="Recipients">Addresses, at least one.</param>
public sealed record MailEnvelope(string Sender, IReadOnlyList<string> Recipients)
{
    /// <summary>With one recipient.</summary>
    public MailEnvelope(string sender, string recipient) : this(sender, [recipient]) { }

    /// <summary>What the headers say: Sender, else From; To, Cc and Bcc. Those that begin with Resent-, if there are any.</summary>
    /// <exception cref="ArgumentException">There is no sender, or no recipient.</exception>
    public static MailEnvelope Of(MimeMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        bool isResent = message.ResentSender is not null || message.ResentFrom.Count > 0;
        MailboxAddress sender = (isResent ? message.ResentSender ?? message.ResentFrom.Mailboxes.FirstOrDefault() : message.Sender ?? message.From.Mailboxes.FirstOrDefault())
            ?? throw new ArgumentException("the message has no sender: set From, or give an envelope", nameof(message));
        string[] recipients = [.. (isResent ? new[] { message.ResentTo, message.ResentCc, message.ResentBcc } : [message.To, message.Cc, message.Bcc])
            .SelectMany(static list => list.Mailboxes).Select(static mailbox => mailbox.Address).Distinct(StringComparer.Ordinal)];
        return recipients.Length > 0 ? new MailEnvelope(sender.Address, recipients)
            : throw new ArgumentException("the message has no recipients: set To, Cc or Bcc, or give an envelope", nameof(message));
    }

    // A line end within an address would be another command.
    internal void Check()
    {
        if (Recipients is not { Count: > 0 })
            throw new ArgumentException("the envelope has no recipients");
        foreach (string address in Recipients.Prepend(Sender))
        {
            if (address is null || address.Any(static c => c is < ' ' or '\u007F' or '<' or '>') || address.Length > 1000)
                throw new ArgumentException($"\"{Shown(address)}\" is no address for an envelope");
        }
        if (Recipients.Any(static address => address.Length == 0))
            throw new ArgumentException("a recipient of the envelope is empty");
    }

    private static string Shown(string? address) => address is null ? "null" : string.Concat(address.Take(100).Select(static c => char.IsControl(c) ? '?' : c));
}
