using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Cleanup;

/// <summary>Writes the recipients of a message: completed, aliases expanded, each one once.</summary>
internal sealed class RecipientList(CleanupOptions options, Message message, RecordWriter output)
{
    private readonly HashSet<string> _seen = new(StringComparer.OrdinalIgnoreCase);
    private readonly AliasExpansion _aliases = new(options);
    // Names of this host are for where mail is delivered: behind the filter, when addresses are to stay as they are before it.
    private readonly LocalExpansion? _names = !message.IsMapped && message.Reception.ContentFilter.Length > 0 ? null : options.LocalAliases is { } names ? new LocalExpansion(options, names, new AliasExpansion(options)) : null;
    private readonly Dictionary<string, ListMail> _lists = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<(Recipient Recipient, ListMail List)> _listed = [];
    private readonly HashSet<(Recipient Recipient, ListMail List)> _isListed = [];
    private readonly HashSet<Recipient> _ended = [];

    /// <summary>Somebody was named, not only those who get copies.</summary>
    internal bool HasNamed { get; private set; }

    /// <summary>Recipients written.</summary>
    internal int Count { get; private set; }

    /// <summary>Recipients who are lists with an owner, and what their members get: messages of their own.</summary>
    internal IReadOnlyList<(Recipient Recipient, ListMail List)> Listed => _listed;

    /// <summary>What was said of the next recipient.</summary>
    internal RecipientRecords Said { get; } = new();

    /// <summary>Writes a recipient, with what was said of it before.</summary>
    /// <returns>The address, complete and rewritten, before it is looked up as an alias.</returns>
    /// <exception cref="Refusal">The alias table is broken.</exception>
    internal string Add(string address)
    {
        string complete = Rewritten(Address.OrDefault(address, options.EmptyAddressRecipient, options.Completion));
        Recipient recipient = Said.Complete(complete);
        recipient = recipient with
        {
            Original = recipient.Original ?? address,
            DsnOriginal = recipient.DsnOriginal is { } given && given.Contains(';') ? given : OriginalOf(complete),
        };
        message.Notify |= recipient.Notify;
        Expand(recipient);
        HasNamed = true;
        if (!message.IsInternal && message.IsMapped && options.Copies.OfRecipient(message, complete) is { } copy)
            AddCopy(copy);
        return complete;
    }

    /// <summary>Writes one that a milter adds.</summary>
    /// <param name="original">ORCPT; null: it said none.</param>
    /// <exception cref="Refusal">The alias table is broken.</exception>
    internal void AddForMilter(string address, string? original, Notify notify)
    {
        string complete = Rewritten(Address.Complete(address, options.Completion));
        message.Notify |= notify;
        Expand(new Recipient(complete, Original: complete, Notify: notify, DsnOriginal: original));
    }

    /// <summary>A recipient was taken away, and can come again.</summary>
    /// <param name="address">Original, or final.</param>
    internal void Forget(string address)
    {
        _seen.RemoveWhere(key => key.Split('\n') is [.., var original, var final] && (original == address || final == address));
        message.Expanded.RemoveAll(outcome => outcome.Dsn.Action == DsnAction.Delivered && (outcome.Recipient.Original ?? outcome.Recipient.Address) == address);
        _listed.RemoveAll(item => (item.Recipient.Original ?? item.Recipient.Address) == address && _isListed.Remove(item));
    }

    /// <summary>Writes one who gets a copy: its failure is not the sender's concern, and nobody asked for it by that name.</summary>
    /// <exception cref="Refusal">The alias table is broken.</exception>
    internal void AddCopy(string address)
    {
        string complete = Rewritten(Address.Complete(address, options.Completion));
        Expand(new Recipient(complete, Original: complete, Notify: Notify.Never));
    }

    private string Rewritten(string address) => options.Rewriting.Rewrite(message, AddressPlace.EnvelopeRecipient, address);

    /// <summary>The original recipient of RFC 3461 for whom none was given; RFC 6533 section 3 for the type of addresses outside ASCII.</summary>
    internal static string OriginalOf(string address) => $"{(ByteText.IsAscii(address) || !ByteText.IsValidUtf8(address) ? "rfc822" : "utf-8")};{address}";

    /// <summary>Writes what is known only at the end, and again when a milter has added recipients: that lists have got the message, whose members get it as another one.</summary>
    /// <param name="isReturned">The message goes back to its sender, also in the name of lists.</param>
    internal void End(bool isReturned)
    {
        foreach (Recipient list in _listed.Select(static listed => listed.Recipient).Distinct())
        {
            if (!_ended.Add(list))
                continue;
            if (!isReturned && (list.Notify & Notify.Success) != 0)
                Report(list, DsnAction.Delivered);
            RecipientRecords.Write(output, list, isDone: !isReturned);
            Count++;
        }
        if (isReturned)
        {
            // No list has got it after all.
            message.Expanded.RemoveAll(static outcome => outcome.Dsn.Action == DsnAction.Delivered);
            _listed.Clear();
            _isListed.Clear();
        }
    }

    private void Expand(Recipient recipient)
    {
        // Notices too: as in Postfix, those to root and to the postmaster go where his other mail goes.
        if (options.VirtualAliases is null || !message.IsMapped)
        {
            ExpandName(recipient);
            return;
        }
        string complete = recipient.Address;
        IReadOnlyList<string> members = _aliases.Expand(message, complete);
        if (members.Count > 1 || !members[0].Equals(complete, StringComparison.Ordinal))
            recipient = Expanded(recipient);
        foreach (string member in members)
            ExpandName(recipient with { Address = member });
    }

    private void ExpandName(Recipient recipient)
    {
        if (_names is null)
        {
            Write(recipient);
            return;
        }
        IReadOnlyList<LocalMember> members = _names.Expand(message, recipient.Address);
        if (members is [{ Owner: null } only] && only.Address == recipient.Address)
        {
            Write(recipient);
            return;
        }
        // RFC 3461 section 5.2.7: a list with an owner gets the message, an alias is expanded.
        Recipient given = recipient;
        if (members.Any(static member => member.Owner is null))
            given = recipient = Expanded(recipient);
        foreach (LocalMember member in members)
        {
            if (member.Owner is null)
                Write(recipient with { Address = member.Address });
            else
                Add(member.Owner, given, member.Address);
        }
    }

    private void Add(string owner, Recipient given, string member)
    {
        if (!_lists.TryGetValue(owner, out ListMail? list))
            _lists.Add(owner, list = new ListMail(owner));
        list.Add(member);
        if (_isListed.Add((given, list)))
        {
            _listed.Add((given, list));
            message.Aliases?.Add(given);
        }
    }

    // RFC 3461 section 5.2.7.3: the alias is reported on here, and its members no more for their success.
    private Recipient Expanded(Recipient recipient)
    {
        message.Aliases?.Add(recipient);
        if ((recipient.Notify & Notify.Success) == 0)
            return recipient;
        Report(recipient, DsnAction.Expanded);
        return recipient with { Notify = recipient.Notify == Notify.Success ? Notify.Never : recipient.Notify & ~Notify.Success };
    }

    private void Report(Recipient recipient, DsnAction action) => message.Expanded.Add(new Outcome(recipient, new Dsn("2.0.0", "alias expanded", action)));

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
        if (NeedsSmtpUtf8(address) && (options.DetectsSmtpUtf8(message) || (message.IsInternal && address != recipient.Original)))
            message.SmtpUtf8 |= SmtpUtf8.Requested;
        RecipientRecords.Write(output, recipient);
        Count++;
    }

    /// <summary>An address is outside ASCII.</summary>
    internal static bool NeedsSmtpUtf8(string address) => !ByteText.IsAscii(address) && ByteText.IsValidUtf8(address);
}
