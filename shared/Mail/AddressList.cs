namespace PostfixNet.Mail;

/// <summary>A part of an address list.</summary>
/// <param name="Token">A separator, a piece of a name or a comment; not used for an address.</param>
/// <param name="Mailbox">An address; null for all else.</param>
/// <param name="IsGroupColon">The colon that ends the name of a group, and has a blank behind it.</param>
internal readonly record struct AddressListItem(AddressToken Token, Mailbox? Mailbox = null, bool IsGroupColon = false);

/// <summary>Finds the addresses of a list: RFC 5322 section 3.4, and what people write instead.</summary>
/// <remarks>A colon ends the name of a group only when a semicolon follows somewhere; else it is a character of the address.
/// A comma is supplied between two addresses that have none. Brackets that do not pair are closed before the next comma, or
/// left out. Linear in time and memory.</remarks>
internal sealed class AddressList
{
    private readonly List<AddressToken> _tokens;
    private readonly List<AddressListItem> _items = [];
    private readonly int[] _nextAngle;     // where the nearest angle bracket is, for each token and the end
    private readonly int[] _nextSeparator; // likewise comma or semicolon
    private int _lastSemicolon = -1;
    private int _noRouteBefore;
    private bool _needsComma;
    private int _groupColon = -1;            // the last one, when no comma has come since

    private AddressList(List<AddressToken> tokens)
    {
        _tokens = tokens;
        _nextAngle = new int[tokens.Count + 1];
        _nextSeparator = new int[tokens.Count + 1];
        _nextAngle[tokens.Count] = _nextSeparator[tokens.Count] = tokens.Count;
        for (int i = tokens.Count - 1; i >= 0; i--)
        {
            _nextAngle[i] = tokens[i].Is('<') || tokens[i].Is('>') ? i : _nextAngle[i + 1];
            _nextSeparator[i] = tokens[i].Is(',') || tokens[i].Is(';') ? i : _nextSeparator[i + 1];
        }
    }

    /// <summary>Understands a header's body.</summary>
    /// <param name="tokenLimit">As in <see cref="HeaderAddresses.Rewrite"/>.</param>
    internal static AddressList Parse(string body, int tokenLimit)
    {
        AddressList list = new(AddressToken.Scan(body, tokenLimit));
        list.FindLastSemicolon();
        list.ReadElements();
        return list;
    }

    /// <summary>In order; together they are the whole list.</summary>
    internal IReadOnlyList<AddressListItem> Items => _items;

    /// <summary>It has angle brackets that do not pair, and is better written anew.</summary>
    internal bool IsMended { get; private set; }

    private void FindLastSemicolon()
    {
        for (int i = 0; i < _tokens.Count; i++)
        {
            if (_tokens[i].Is('<') && Closing(i) is var close and >= 0)
                i = close - 1;
            else if (_tokens[i].Is(';'))
                _lastSemicolon = i;
        }
    }

    // An element is what stands between separators: names, angle addresses, words.
    private void ReadElements()
    {
        int start = 0;
        for (int i = 0; i < _tokens.Count; i++)
        {
            AddressToken token = _tokens[i];
            if (token.Is('<'))
            {
                int close = Closing(i);
                if (close < 0)
                    continue;
                AddName(start, i);
                AddAngle(i, close);
                i = close < _tokens.Count && _tokens[close].Is('>') ? close : close - 1;
                start = i + 1;
            }
            else if (token.Is('@') && i == start && AfterRoute(i) is var after && after > i)
            {
                i = after - 1;
            }
            else if (token.Is(':') && i < _lastSemicolon)
            {
                AddGroupName(start, i);
                start = i + 1;
            }
            else if (token.Is(',') || token.Is(';'))
            {
                AddWords(start, i);
                _items.Add(new AddressListItem(token));
                _needsComma = token.Is(';');
                if (!_needsComma)
                    _groupColon = -1;
                start = i + 1;
            }
        }
        AddWords(start, _tokens.Count);
    }

    /// <summary>Where the angle address that begins here ends: at its bracket, or, when that is missing, before what comes next.</summary>
    /// <returns>Negative: it is none, because another one begins before it ends.</returns>
    private int Closing(int open)
    {
        int next = _nextAngle[open + 1];
        if (next < _tokens.Count && _tokens[next].Is('>'))
            return next;
        IsMended = true;
        int separator = _nextSeparator[open + 1];
        return separator < next || next == _tokens.Count ? separator : -1;
    }

    // "@a,@b:user@domain" without brackets: the commas belong to the route.
    private int AfterRoute(int start)
    {
        if (start < _noRouteBefore)
            return start;
        for (int i = start; i < _tokens.Count; i++)
        {
            if (_tokens[i].Is(':'))
                return i + 1;
            if (_tokens[i].Is(',') && !(i + 1 < _tokens.Count && _tokens[i + 1].Is('@')) || _tokens[i].Is(';') || _tokens[i].Is('<'))
            {
                _noRouteBefore = i;
                return start;
            }
        }
        _noRouteBefore = _tokens.Count;
        return start;
    }

    private void AddAngle(int open, int close)
    {
        Mailbox mailbox = new() { IsAngle = true };
        for (int i = open + 1; i < close; i++)
            mailbox.Add(_tokens[i]);
        _items.Add(new AddressListItem(default, mailbox));
        _needsComma = true;
    }

    // What comes before an angle address is a name, but for a colon that names no group: an address stands before it.
    private void AddName(int start, int end)
    {
        int colon = end - 1;
        while (colon >= start && !_tokens[colon].Is(':'))
            colon--;
        if (colon >= start)
        {
            AddWords(start, colon);
            _items.Add(new AddressListItem(_tokens[colon]));
            _needsComma = false;
        }
        else if (_needsComma)
        {
            AddComma();
        }
        AddPhrase(Math.Max(start, colon + 1), end);
    }

    private void AddPhrase(int start, int end)
    {
        if (_needsComma && start < end)
            AddComma();
        for (int i = start; i < end; i++)
        {
            if (!IsStray(_tokens[i]))
                _items.Add(new AddressListItem(_tokens[i]));
        }
    }

    // Groups without commas between them are written as Postfix writes them, to which all is the name of the last one.
    private void AddGroupName(int start, int colon)
    {
        _needsComma &= _items.Count == 0 || !_items[^1].Token.Is(';');
        AddPhrase(start, colon);
        if (_groupColon >= 0)
            _items[_groupColon] = _items[_groupColon] with { IsGroupColon = false };
        _groupColon = _items.Count;
        _items.Add(new AddressListItem(_tokens[colon], IsGroupColon: true));
        _needsComma = false;
    }

    private bool IsStray(AddressToken token)
    {
        bool isStray = token.Is('<') || token.Is('>');
        IsMended |= isStray;
        return isStray;
    }

    private void AddComma()
    {
        _items.Add(new AddressListItem(AddressToken.Comma));
        _needsComma = false;
        _groupColon = -1;
    }

    // Words that are in no brackets are addresses themselves; two side by side are two.
    private void AddWords(int start, int end)
    {
        Mailbox? mailbox = null;
        for (int i = start; i < end; i++)
        {
            AddressToken token = _tokens[i];
            if (token.Kind == AddressTokenKind.Comment || IsStray(token))
                continue;
            if (mailbox is null || token.IsWord && mailbox.EndsWithWord)
            {
                if (_needsComma)
                    AddComma();
                mailbox = new Mailbox { IsAngle = false };
                _items.Add(new AddressListItem(default, mailbox));
                _needsComma = true;
            }
            // Comments before it, too, are written after the address.
            for (; start < i; start++)
            {
                if (_tokens[start].Kind == AddressTokenKind.Comment)
                    mailbox.Add(_tokens[start]);
            }
            mailbox.Add(token);
            start = i + 1;
        }
        for (; start < end; start++)
        {
            if (_tokens[start].Kind == AddressTokenKind.Comment)
                _items.Add(new AddressListItem(_tokens[start]));
        }
    }
}
