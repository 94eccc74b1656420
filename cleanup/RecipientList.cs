using System.Globalization;
using PostfixNet.Mail;
using PostfixNet.Notices;
using PostfixNet.Queue;

namespace PostfixNet.Cleanup;

/// <summary>Writes the recipients of a message: completed, aliases expanded, each one once.</summary>
internal sealed class RecipientList(CleanupOptions options, Message message, RecordWriter output)
{
    private const int NotifyMask = 15;

    private readonly HashSet<string> _seen = new(StringComparer.OrdinalIgnoreCase);
    private readonly AliasExpansion _aliases = new(options);
    private string? _original, _dsnOriginal;
    private int _notify;

    /// <summary>Recipients written.</summary>
    internal int Count { get; private set; }

    /// <summary>The address before rewriting, of the next recipient.</summary>
    internal void Original(string address) => _original = address;

    /// <summary>ORCPT of the next recipient, type;address. RFC 3461 section 4.2.</summary>
    internal void DsnOriginal(string typeAndAddress) => _dsnOriginal = typeAndAddress.Contains(';') ? typeAndAddress : null;

    /// <summary>NOTIFY of the next recipient. RFC 3461 section 4.1.</summary>
    internal void Notify(string flags)
    {
        // Nonsense is no reason to lose the mail; NEVER excludes the others.
        if (int.TryParse(flags, NumberStyles.None, CultureInfo.InvariantCulture, out int bits) && (bits & ~NotifyMask) == 0)
            _notify = (bits & 1) != 0 ? 1 : bits;
    }

    /// <summary>Drops what was said of a recipient that does not become one.</summary>
    internal void Skip()
    {
        (_original, _dsnOriginal, _notify) = (null, null, 0);
    }

    /// <summary>Writes a recipient, with what was said of it before.</summary>
    /// <exception cref="Refusal">The alias table is broken.</exception>
    internal void Add(string address)
    {
        string complete = Address.OrDefault(address, options.EmptyAddressRecipient, options.Completion);
        string original = _original ?? address;
        bool isAscii = ByteText.IsAscii(complete);
        // RFC 6533 section 3 for the type of addresses outside ASCII.
        string dsnOriginal = _dsnOriginal ?? $"{(isAscii ? "rfc822" : "utf-8")};{complete}";
        int notify = _notify;
        Skip();
        if (options.VirtualAliases is null || message.IsInternal)
        {
            Write(complete, original, dsnOriginal, notify);
            return;
        }
        IReadOnlyList<string> members = _aliases.Expand(message, complete);
        bool isExpanded = members.Count > 1 || !members[0].Equals(complete, StringComparison.Ordinal);
        if (isExpanded && (notify & Notices.Notify.Success) != 0)
        {
            // RFC 3461 section 5.2.7.3: the alias is reported on here, and its members no more for their success.
            message.Expanded.Add(new LoggedRecipient(complete, original, 0, dsnOriginal, notify, new Dsn("2.0.0", "expanded", "alias expanded")));
            notify = notify == Notices.Notify.Success ? Notices.Notify.Never : notify & ~Notices.Notify.Success;
        }
        foreach (string member in members)
            Write(member, original, dsnOriginal, notify);
    }

    private void Write(string address, string original, string dsnOriginal, int notify)
    {
        string key = options.EnableOriginalRecipient ? $"{dsnOriginal}\n{notify}\n{original}\n{address}" : $"{notify}\n{address}";
        if (_seen.Contains(key))
            return;
        if (options.DuplicateFilterLimit <= 0 || _seen.Count < options.DuplicateFilterLimit)
            _seen.Add(key);
        if (!ByteText.IsAscii(address) && ByteText.IsValidUtf8(address)
            && (message.IsInternal ? options.DetectSmtpUtf8OfNotices : options.DetectSmtpUtf8))
            message.SmtpUtf8 |= Message.SmtpUtf8Needed;
        if (notify != 0)
            output.WriteAttribute(AttributeName.NotifyFlags, notify);
        output.WriteAttribute(AttributeName.DsnOriginalRecipient, dsnOriginal);
        output.Write(RecordType.OriginalRecipient, original);
        output.Write(RecordType.Recipient, address);
        message.NotifyFlags |= notify;
        Count++;
    }
}
