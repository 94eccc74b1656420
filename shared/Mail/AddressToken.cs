using System.Text;

namespace PostfixNet.Mail;

/// <summary>What a piece of an address list is, RFC 5322 section 3.2.</summary>
internal enum AddressTokenKind
{
    /// <summary>A word without quotes.</summary>
    Atom,
    /// <summary>A word in quotes, or one that would need them because a backslash took the meaning of a character away.</summary>
    Quoted,
    /// <summary>A domain literal, with its brackets.</summary>
    Literal,
    /// <summary>A comment as it stands, with its parentheses.</summary>
    Comment,
    /// <summary>One character that means something: <c>. @ , : ; &lt; &gt; ! % ) ]</c>.</summary>
    Special,
}

/// <summary>A piece of an address list.</summary>
/// <param name="Text">What it means: without quotes, without backslashes; line ends are blanks.</param>
internal readonly record struct AddressToken(AddressTokenKind Kind, string Text)
{
    internal const string Operators = "@!%";

    private const string Specials = "\"(),.:;<>@[]!%";

    /// <summary>The comma that is supplied where it is missing.</summary>
    internal static readonly AddressToken Comma = new(AddressTokenKind.Special, ",");

    /// <summary>Two of them side by side are two addresses.</summary>
    internal bool IsWord => Kind is AddressTokenKind.Atom or AddressTokenKind.Quoted or AddressTokenKind.Literal;

    /// <summary>Tells where a local part and a domain meet.</summary>
    internal bool IsOperator => Kind == AddressTokenKind.Special && Operators.Contains(Text[0]);

    internal bool Is(char special) => Kind == AddressTokenKind.Special && Text[0] == special;

    /// <summary>Adds it as a header spells it.</summary>
    internal void AppendTo(StringBuilder text)
    {
        if (Kind != AddressTokenKind.Quoted)
        {
            text.Append(Text);
            return;
        }
        text.Append('"');
        Address.AppendEscaped(text, Text);
        text.Append('"');
    }

    /// <summary>Divides a text into its pieces. What is not closed ends with the text.</summary>
    /// <param name="limit">Pieces beyond this number are not looked at.</param>
    internal static List<AddressToken> Scan(string body, int limit)
    {
        List<AddressToken> tokens = [];
        for (int at = 0; tokens.Count < limit;)
        {
            while (at < body.Length && IsBlank(body[at]))
                at++;
            if (at == body.Length)
                break;
            tokens.Add(body[at] switch
            {
                '(' => new AddressToken(AddressTokenKind.Comment, Comment(body, ref at)),
                '"' => new AddressToken(AddressTokenKind.Quoted, Enclosed(body, ref at, '"')),
                '[' => new AddressToken(AddressTokenKind.Literal, $"[{Enclosed(body, ref at, ']')}]"),
                char c when Specials.Contains(c) => new AddressToken(AddressTokenKind.Special, s_specials[Specials.IndexOf(body[at++], StringComparison.Ordinal)]),
                _ => Word(body, ref at),
            });
        }
        return tokens;
    }

    private static readonly string[] s_specials = [.. Specials.Select(static c => c.ToString())];

    private static bool IsBlank(char c) => c is ' ' or '\t' or '\n' or '\r';

    private static AddressToken Word(string body, ref int at)
    {
        int start = at;
        bool hasBackslash = false;
        for (; at < body.Length && !IsBlank(body[at]) && !Specials.Contains(body[at]); at++)
        {
            if (body[at] != '\\')
                continue;
            hasBackslash = true;
            if (++at == body.Length)
                break;
        }
        string text = body[start..at];
        if (hasBackslash)
            text = WithoutBackslashes(text);
        bool isPlain = text.Length > 0 && Address.IsDotAtom(text) && (!hasBackslash || text.AsSpan().IndexOfAny('.', '!', '%') < 0);
        return new AddressToken(isPlain ? AddressTokenKind.Atom : AddressTokenKind.Quoted, text);
    }

    private static string Enclosed(string body, ref int at, char close)
    {
        int start = ++at;
        while (at < body.Length && body[at] != close)
            at += body[at] == '\\' && at + 1 < body.Length ? 2 : 1;
        string text = body[start..at];
        if (at < body.Length)
            at++;
        return WithoutBackslashes(text);
    }

    private static string WithoutBackslashes(string text)
    {
        if (text.AsSpan().IndexOfAny("\\\t\r\n") < 0)
            return text;
        StringBuilder plain = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '\\')
            {
                if (++i == text.Length)
                    break;
                c = text[i];
            }
            plain.Append(IsBlank(c) ? ' ' : c);
        }
        return plain.ToString();
    }

    // Backslashes stay: it is shown to people, not understood.
    private static string Comment(string body, ref int at)
    {
        int start = at, depth = 0;
        for (; at < body.Length; at++)
        {
            if (body[at] == '\\' && at + 1 < body.Length)
                at++;
            else if (body[at] == '(')
                depth++;
            else if (body[at] == ')' && --depth == 0)
            {
                at++;
                break;
            }
        }
        return body[start..at].Replace('\n', ' ').Replace('\r', ' ');
    }
}
