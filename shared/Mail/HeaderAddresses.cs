using System.Text;

namespace PostfixNet.Mail;

/// <summary>One mailbox found in a header.</summary>
/// <param name="Address">Internal form; empty for <c>&lt;&gt;</c>.</param>
/// <param name="Start">Where its spelling begins in the text: after <c>&lt;</c> if there is one.</param>
/// <param name="End">One past its spelling.</param>
public sealed record HeaderAddress(string Address, int Start, int End);

/// <summary>Address lists as they stand in headers: RFC 5322 section 3.4 with the obsolete forms of section 4.4, and whatever
/// else people write.</summary>
/// <remarks>Comments, quoted strings, groups, angle addresses and routes are understood; a missing comma between two
/// words is supplied; an unclosed quote, comment or bracket ends with the text. Never fails. Time and memory are linear in the
/// text and bounded by the token limit; nesting of comments costs no stack.</remarks>
public static class HeaderAddresses
{
    /// <summary>Default of header_address_token_limit.</summary>
    public const int DefaultTokenLimit = 10240;

    // A word with a backslash counts as quoted: it means another text than it spells.
    private enum Kind { Atom, Quoted, Literal, Special }

    private readonly record struct Token(Kind Kind, int Start, int End);

    /// <summary>The mailboxes of a header's body, in order; group names and comments are not among them.</summary>
    /// <param name="body">Text after the colon, folded or not.</param>
    /// <param name="tokenLimit">Words, quoted strings, and special characters beyond this number are not looked at.</param>
    public static IReadOnlyList<HeaderAddress> Parse(string body, int tokenLimit = DefaultTokenLimit)
    {
        List<HeaderAddress> found = [];
        List<Token> element = [];
        int at = 0;
        bool inAngle = false;
        bool inRoute = false;
        for (int count = 0; count < tokenLimit && Next(body, ref at, out Token token); count++)
        {
            char special = token.Kind == Kind.Special ? body[token.Start] : '\0';
            switch (special)
            {
                case '<':
                    inAngle = true;
                    inRoute = false;
                    break;
                case '>' when !inAngle:
                    continue;
                case '>':
                    inAngle = inRoute = false;
                    break;
                case '@' when element.Count == 0 || inAngle && IsSpecial(body, element[element.Count - 1], '<'):
                    inRoute = true;
                    break;
                case ':' when inRoute:
                    inRoute = false;
                    break;
                case ',' when inRoute && (NextIs(body, at, '@') || inAngle && NextIs(body, at, ',')):
                    break;
                case ':':
                    // What came before names a group; its members follow, up to ';'.
                    element.Clear();
                    inAngle = false;
                    continue;
                case ',' or ';':
                    AddElement(body, element, found);
                    element.Clear();
                    inAngle = inRoute = false;
                    continue;
            }
            element.Add(token);
        }
        AddElement(body, element, found);
        return found;
    }

    /// <summary>Replaces addresses and leaves everything else as it is, byte for byte.</summary>
    /// <param name="body">Text after the colon.</param>
    /// <param name="rewrite">Internal form to internal form; called for each non-empty address.</param>
    /// <param name="tokenLimit">As in <see cref="Parse"/>; what is not looked at is not changed.</param>
    /// <returns>The same string object when nothing changed.</returns>
    public static string Rewrite(string body, Func<string, string> rewrite, int tokenLimit = DefaultTokenLimit)
    {
        StringBuilder? text = null;
        int copied = 0;
        foreach (HeaderAddress mailbox in Parse(body, tokenLimit))
        {
            if (mailbox.Address.Length == 0)
                continue;
            string changed = rewrite(mailbox.Address);
            if (changed == mailbox.Address)
                continue;
            text ??= new StringBuilder(body.Length + 64);
            text.Append(body, copied, mailbox.Start - copied).Append(Address.ToExternal(changed));
            copied = mailbox.End;
        }
        return text is null ? body : text.Append(body, copied, body.Length - copied).ToString();
    }

    private static bool IsSpecial(string body, Token token, char special) => token.Kind == Kind.Special && body[token.Start] == special;

    private static bool NextIs(string body, int at, char special)
    {
        while (at < body.Length && body[at] is ' ' or '\t' or '\n' or '\r')
            at++;
        return at < body.Length && body[at] == special;
    }

    private static int Find(string body, List<Token> element, int from, int end, char special)
    {
        int i = from;
        while (i < end && !IsSpecial(body, element[i], special))
            i++;
        return i;
    }

    private static void AddElement(string body, List<Token> element, List<HeaderAddress> found)
    {
        int open = Find(body, element, 0, element.Count, '<');
        if (open == element.Count)
        {
            AddBareWords(body, element, found);
            return;
        }
        // More than one bracket pair when a comma is missing: "<a@x> <b@y>".
        while (open < element.Count)
        {
            int close = Find(body, element, open, element.Count, '>');
            int first = close;
            while (!IsSpecial(body, element[first - 1], '<'))
                first--;
            if (first == close)
                found.Add(new HeaderAddress("", element[first - 1].End, element[first - 1].End));
            else
                found.Add(Make(body, element, first, close));
            open = Find(body, element, close, element.Count, '<');
        }
    }

    private static void AddBareWords(string body, List<Token> element, List<HeaderAddress> found)
    {
        int start = 0;
        for (int i = 1; i <= element.Count; i++)
        {
            // Two words side by side are two addresses whose comma is missing.
            if (i < element.Count && !(IsWord(element[i - 1]) && IsWord(element[i])))
                continue;
            found.Add(Make(body, element, start, i));
            start = i;
        }
    }

    private static bool IsWord(Token token) => token.Kind != Kind.Special;

    private static HeaderAddress Make(string body, List<Token> element, int first, int end)
    {
        int start = element[first].Start;
        int stop = element[end - 1].End;
        if (IsSpecial(body, element[first], '@'))
        {
            int colon = Find(body, element, first, end, ':');
            if (colon < end - 1)
                first = colon + 1;
        }
        if (end - first == 1 && element[first].Kind == Kind.Atom)
            return new HeaderAddress(body[element[first].Start..stop], start, stop);
        StringBuilder address = new(stop - start);
        for (int i = first; i < end; i++)
        {
            Token token = element[i];
            if (i > first && IsWord(token) && IsWord(element[i - 1]))
                address.Append(' ');
            if (token.Kind == Kind.Quoted)
                AppendUnquoted(address, body, token);
            else if (token.Kind == Kind.Literal)
                AppendLine(address, body.AsSpan(token.Start, token.End - token.Start));
            else
                address.Append(body, token.Start, token.End - token.Start);
        }
        return new HeaderAddress(address.ToString(), start, stop);
    }

    private static void AppendUnquoted(StringBuilder address, string body, Token token)
    {
        int end = token.End;
        for (int i = token.Start; i < end; i++)
        {
            char c = body[i];
            if (c == '"')
                continue;
            if (c == '\\' && i + 1 < end)
                c = body[++i];
            if (c is not ('\n' or '\r'))
                address.Append(c);
        }
    }

    private static void AppendLine(StringBuilder address, ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (c is not ('\n' or '\r'))
                address.Append(c);
        }
    }

    private static bool Next(string body, ref int at, out Token token)
    {
        while (at < body.Length)
        {
            char c = body[at];
            if (c is ' ' or '\t' or '\n' or '\r')
                at++;
            else if (c == '(')
                at = EndOfComment(body, at);
            else
                break;
        }
        token = default;
        if (at >= body.Length)
            return false;
        int start = at;
        switch (body[at])
        {
            case '"':
                at = EndOfBracket(body, at, '"');
                token = new Token(Kind.Quoted, start, at);
                return true;
            case '[':
                at = EndOfBracket(body, at, ']');
                token = new Token(Kind.Literal, start, at);
                return true;
            case '<' or '>' or '@' or ',' or ';' or ':' or '.' or ')' or ']':
                at++;
                token = new Token(Kind.Special, start, at);
                return true;
            default:
                while (at < body.Length && !IsDelimiter(body[at]))
                    at += body[at] == '\\' && at + 1 < body.Length ? 2 : 1;
                token = new Token(body.AsSpan(start, at - start).Contains('\\') ? Kind.Quoted : Kind.Atom, start, at);
                return true;
        }
    }

    private static bool IsDelimiter(char c) =>
        c is ' ' or '\t' or '\n' or '\r' or '(' or ')' or '<' or '>' or '@' or ',' or ';' or ':' or '.' or '"' or '[' or ']';

    private static int EndOfComment(string body, int at)
    {
        int depth = 0;
        for (; at < body.Length; at++)
        {
            char c = body[at];
            if (c == '\\')
                at++;
            else if (c == '(')
                depth++;
            else if (c == ')' && --depth == 0)
                return at + 1;
        }
        return body.Length;
    }

    private static int EndOfBracket(string body, int at, char close)
    {
        for (at++; at < body.Length; at++)
        {
            if (body[at] == '\\')
                at++;
            else if (body[at] == close)
                return at + 1;
        }
        return body.Length;
    }
}
