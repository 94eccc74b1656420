using System.Text;

namespace PostfixNet.Mail;

/// <summary>One mailbox found in a header.</summary>
/// <param name="Address">Internal form; empty for <c>""</c>.</param>
/// <param name="IsLocalPart">It has no domain, and what looks like one stood in quotes: <c>"a@b"</c>, <c>"a!b"</c>.</param>
/// <param name="Route">What stood before it, RFC 5322 section 4.4: <c>@a,@b:</c>, mostly empty.</param>
public sealed record HeaderAddress(string Address, bool IsLocalPart = false, string Route = "");

/// <summary>Address lists as they stand in headers: RFC 5322 section 3.4 with the obsolete forms of section 4.4, and whatever
/// else people write.</summary>
/// <remarks>Comments, quoted strings, groups, angle addresses and routes are understood; a missing comma between two
/// words is supplied; an unclosed quote, comment or bracket ends with the text. Never fails. Time and memory are linear in the
/// text; nesting of comments costs no stack.</remarks>
public static class HeaderAddresses
{
    /// <summary>The mailboxes of a header's body, in order; names, comments and <c>&lt;&gt;</c> are not among them.</summary>
    /// <param name="body">Text after the colon, folded or not.</param>
    /// <remarks>There is no limit of tokens: where mail goes is read here, and nobody may be passed over because there are many before
    /// him.</remarks>
    public static IReadOnlyList<HeaderAddress> Parse(string body)
    {
        List<HeaderAddress> found = [];
        foreach (AddressListItem item in AddressList.Parse(body, int.MaxValue).Items)
        {
            if (item.Mailbox is { IsNull: false } mailbox)
                found.Add(mailbox.Address());
        }
        return found;
    }

    /// <summary>Replaces addresses. When one changes, the list is written anew, with as many addresses on a line as fit.</summary>
    /// <param name="body">Text after the colon.</param>
    /// <param name="rewrite">To internal form; called for each non-empty address.</param>
    /// <param name="tokenLimit">Words, quoted strings, comments and special characters beyond this number are not looked at, and are lost when
    /// the list is written anew.</param>
    /// <param name="nameLength">Of the header, without its colon.</param>
    /// <param name="mendsSpelling">An address that needs other quotes than it has, or has a route, counts as changed.</param>
    /// <returns>Text after the colon; the same string object when nothing changed.</returns>
    public static string Rewrite(string body, Func<HeaderAddress, string> rewrite, int tokenLimit = int.MaxValue, int nameLength = 0,
        bool mendsSpelling = false)
    {
        AddressList list = AddressList.Parse(body, tokenLimit);
        List<string> addresses = [];
        StringBuilder spelling = new();
        bool isChanged = mendsSpelling && list.IsMended;
        foreach (AddressListItem item in list.Items)
        {
            if (item.Mailbox is not { } mailbox)
                continue;
            string external = "";
            if (!mailbox.IsNull)
            {
                HeaderAddress address = mailbox.Address(comma: ", ");
                string changed = address.Address.Length > 0 ? rewrite(address) : "";
                external = changed.Length > 0 ? Address.ToExternal(changed) : "\"\"";
                mailbox.AppendSpelling(spelling.Clear());
                isChanged |= mendsSpelling ? !spelling.Equals(external) : changed != address.Address;
            }
            addresses.Add(external);
        }
        return isChanged ? Written(list.Items, addresses, nameLength) : body;
    }

    // RFC 5322 section 2.2.3: folded, if it must be, after a comma.
    private static string Written(IReadOnlyList<AddressListItem> items, List<string> addresses, int nameLength)
    {
        FoldedList list = new(nameLength);
        AddressListItem previous = default;
        int address = 0;
        foreach (AddressListItem item in items)
        {
            if (NeedsBlank(previous, item))
                list.Piece.Append(' ');
            if (item.Mailbox is { } mailbox)
                mailbox.AppendTo(list.Piece, addresses[address++]);
            else
                item.Token.AppendTo(list.Piece);
            if (item.Mailbox is null && item.Token.Is(','))
                list.EndPiece();
            previous = item;
        }
        return list.End();
    }

    private static bool NeedsBlank(AddressListItem previous, AddressListItem item)
    {
        if (previous == default || previous is { Mailbox: null } && previous.Token.Is(','))
            return false;
        if (previous.IsGroupColon || item.Mailbox is { IsAngle: true })
            return true;
        return IsText(previous) && IsText(item);

        static bool IsText(AddressListItem item) =>
            item.Mailbox is { IsAngle: false } || item.Mailbox is null && (item.Token.IsWord || item.Token.Kind == AddressTokenKind.Comment);
    }
}
