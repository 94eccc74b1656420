using System.Text;

namespace PostfixNet.Mail;

/// <summary>An address in a list, with what stands in it: RFC 5322 section 3.4.1.</summary>
internal sealed class Mailbox
{
    private readonly List<AddressToken> _tokens = [];
    private List<AddressToken>? _comments;

    /// <summary>In angle brackets.</summary>
    internal required bool IsAngle { get; init; }

    /// <summary>Nothing is there, not even two quotes: <c>&lt;&gt;</c>.</summary>
    internal bool IsNull => _tokens.Count == 0;

    /// <summary>A further word would be another address.</summary>
    internal bool EndsWithWord => _tokens.Count > 0 && _tokens[^1].IsWord;

    internal void Add(AddressToken token) => (token.Kind == AddressTokenKind.Comment ? _comments ??= [] : _tokens).Add(token);

    /// <summary>What it means.</summary>
    /// <param name="comma">Stands for one that is in angle brackets without quotes; Postfix adds a blank in headers, and in envelopes none.</param>
    internal HeaderAddress Address(string comma = ",")
    {
        int first = AfterRoute();
        if (first == 0 && _tokens.Count == 1 && _tokens[0].Kind == AddressTokenKind.Atom)
            return new HeaderAddress(_tokens[0].Text);
        StringBuilder address = new();
        bool hasOperator = false, hasOperatorInWord = false;
        for (int i = first; i < _tokens.Count; i++)
        {
            AddressToken token = _tokens[i];
            if (i > first && token.IsWord && _tokens[i - 1].IsWord)
                address.Append(' ');
            address.Append(token.Is(',') ? comma : token.Text);
            hasOperator |= token.IsOperator;
            hasOperatorInWord |= token.IsWord && token.Text.AsSpan().IndexOfAny(AddressToken.Operators) >= 0;
        }
        string route = string.Concat(_tokens.Take(first).Select(static t => t.Text));
        return new HeaderAddress(address.ToString(), hasOperatorInWord && !hasOperator, route);
    }

    /// <summary>Adds the address as it was spelled, with the blanks that it needs, but without brackets.</summary>
    internal void AppendSpelling(StringBuilder text)
    {
        for (int i = 0; i < _tokens.Count; i++)
        {
            if (i > 0 && _tokens[i].IsWord && _tokens[i - 1].IsWord)
                text.Append(' ');
            _tokens[i].AppendTo(text);
        }
    }

    /// <summary>Adds it to a list that is written anew.</summary>
    /// <param name="address">External form, to be written in place of the spelling.</param>
    internal void AppendTo(StringBuilder text, string address)
    {
        if (IsAngle)
            text.Append('<');
        text.Append(address);
        for (int i = 0; i < _comments?.Count; i++)
        {
            if (i > 0 || !IsNull)
                text.Append(' ');
            _comments[i].AppendTo(text);
        }
        if (IsAngle)
            text.Append('>');
    }

    // RFC 5322 section 4.4: "@a,@b:" before an address is the way it was to take once.
    private int AfterRoute()
    {
        if (_tokens.Count == 0 || !_tokens[0].Is('@'))
            return 0;
        int colon = _tokens.FindIndex(static t => t.Is(':'));
        return colon < 0 || colon == _tokens.Count - 1 ? 0 : colon + 1;
    }
}
