using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Cleanup;

/// <summary>Writes the recipients of a message: completed, aliases expanded, each one once.</summary>
internal sealed class RecipientList(CleanupOptions options, Message message, RecordWriter output)
{
    private readonly HashSet<string> _seen = new(StringComparer.OrdinalIgnoreCase);
    private readonly AliasExpansion _aliases = new(options);

    /// <summary>Somebody was named, not only those who get copies.</summary>
    internal bool HasNamed { get; private set; }

    /// <summary>Recipients written.</summary>
    internal int Count { get; private set; }

    /// <summary>What was said of the next recipient.</summary>
    internal RecipientRecords Said { get; } = new();

    /// <summary>Writes a recipient, with what was said of it before.</summary>
    /// <exception cref="Refusal">The alias table is broken.</exception>
    internal void Add(string address)
    {
        string complete = Rewritten(Address.OrDefault(address, options.EmptyAddressRecipient, options.Completion));
        Recipient recipient = Said.Complete(complete);
        // RFC 6533 section 3 for the type of addresses outside ASCII.
        recipient = recipient with
        {
            Original = recipient.Original ?? address,
            DsnOriginal = recipient.DsnOriginal is { } given && given.Contains(';') ? given : $"{(ByteText.IsAscii(complete) || !ByteText.IsValidUtf8(complete) ? "rfc822" : "utf-8")};{complete}",
        };
        message.Notify |= recipient.Notify;
        Expand(recipient);
        HasNamed = true;
        if (!message.IsInternal && options.Copies.OfRecipient(message, complete) is { } copy)
            AddCopy(copy);
    }

    /// <summary>Writes one who gets a copy: its failure is not the sender's concern, and nobody asked for it by that name.</summary>
    /// <exception cref="Refusal">The alias table is broken.</exception>
    internal void AddCopy(string address)
    {
        string complete = Rewritten(Address.Complete(address, options.Completion));
        Expand(new Recipient(complete, Original: complete, Notify: Notify.Never));
    }

    private string Rewritten(string address) => options.Rewriting.Rewrite(message, AddressPlace.EnvelopeRecipient, address);

    private void Expand(Recipient recipient)
    {
        // Notices too: as in Postfix, those to root and to the postmaster go where his other mail goes.
        if (options.VirtualAliases is null)
        {
            Write(recipient);
            return;
        }
        string complete = recipient.Address;
        IReadOnlyList<string> members = _aliases.Expand(message, complete);
        bool isExpanded = members.Count > 1 || !members[0].Equals(complete, StringComparison.Ordinal);
        if (isExpanded && (recipient.Notify & Notify.Success) != 0)
        {
            // RFC 3461 section 5.2.7.3: the alias is reported on here, and its members no more for their success.
            message.Expanded.Add(new Outcome(recipient, new Dsn("2.0.0", "alias expanded", DsnAction.Expanded)));
            recipient = recipient with { Notify = recipient.Notify == Notify.Success ? Notify.Never : recipient.Notify & ~Notify.Success };
        }
        foreach (string member in members)
            Write(recipient with { Address = member });
    }

    private void Write(Recipient recipient)
    {
        string address = recipient.Address;
        string key = options.EnableOriginalRecipient
            ? $"{recipient.DsnOriginal}\n{(int)recipient.Notify}\n{recipient.Original}\n{address}" : $"{(int)recipient.Notify}\n{address}";
        if (_seen.Contains(key))
            return;
        if (options.DuplicateFilterLimit <= 0 || _seen.Count < options.DuplicateFilterLimit)
            _seen.Add(key);
        // Of a notice its maker says what it needs, but does not know of aliases.
        if (!ByteText.IsAscii(address) && ByteText.IsValidUtf8(address)
            && (options.DetectsSmtpUtf8(message) || (message.IsInternal && address != recipient.Original)))
            message.SmtpUtf8 |= SmtpUtf8.Requested;
        RecipientRecords.Write(output, recipient);
        Count++;
    }
}
