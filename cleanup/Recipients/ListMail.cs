using PostfixNet.Mail;

namespace PostfixNet.Cleanup;

/// <summary>Mail for the members of an alias that has an owner: a message of its own, since its sender is another one.</summary>
internal sealed class ListMail(string owner)
{
    private readonly HashSet<string> _seen = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Its envelope sender, who hears of failures.</summary>
    internal string Owner => owner;

    /// <summary>Who gets it. Of what was asked for the list they know nothing: RFC 3461 section 5.2.7.4.</summary>
    internal List<Recipient> Recipients { get; } = [];

    internal void Add(string address)
    {
        if (_seen.Add(address))
            Recipients.Add(new Recipient(address, Original: address, DsnOriginal: RecipientList.OriginalOf(address)));
    }
}
