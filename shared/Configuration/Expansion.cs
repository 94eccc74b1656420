using System.Text;

namespace PostfixNet.Configuration;

/// <summary>Replaces <c>$name</c>, <c>${name}</c>, <c>$(name)</c>, <c>${name?text}</c>, <c>${name:text}</c> and
/// <c>${name?{text}:{text}}</c> in values, as Postfix does; <c>$$</c> is a dollar sign.</summary>
/// <remarks>"?" gives its text when the named value is not empty, ":" when it is.</remarks>
public static class Expansion
{
    /// <summary>The text, expanded.</summary>
    /// <param name="text">Text with dollar signs or without.</param>
    /// <param name="valueOf">Expanded value of a parameter; throws for a name that is none.</param>
    /// <exception cref="FormatException">Something after a dollar sign is not understood; the message says what.</exception>
    public static string Expand(string text, Func<string, string> valueOf)
    {
        int dollar = text.IndexOf('$', StringComparison.Ordinal);
        if (dollar < 0)
            return text;
        StringBuilder result = new();
        int at = 0;
        for (; dollar >= 0; dollar = text.IndexOf('$', at))
        {
            result.Append(text, at, dollar - at);
            at = dollar + 1;
            char next = at < text.Length ? text[at] : '\0';
            if (next == '$')
            {
                result.Append('$');
                at++;
            }
            else if (next is '{' or '(')
            {
                int end = ClosingOf(text, at);
                result.Append(ExpandGroup(text.AsSpan(at + 1, end - at - 1), valueOf));
                at = end + 1;
            }
            else
            {
                int start = at;
                while (at < text.Length && IsNameCharacter(text[at]))
                    at++;
                if (at == start)
                    throw new FormatException($"\"$\" at character {dollar + 1} of the value is followed by no name; accepted are $name, ${{name}}, and $$ for a dollar sign");
                result.Append(valueOf(text[start..at]));
            }
        }
        return result.Append(text, at, text.Length - at).ToString();
    }

    private static string ExpandGroup(ReadOnlySpan<char> group, Func<string, string> valueOf)
    {
        int length = 0;
        while (length < group.Length && IsNameCharacter(group[length]))
            length++;
        string name = group[..length].ToString();
        ReadOnlySpan<char> rest = group[length..];
        if (length == 0 || (rest.Length > 0 && rest[0] is not ('?' or ':')))
            throw new FormatException($"\"${{{group}}}\" is not understood; accepted are ${{name}}, ${{name?text}}, ${{name:text}}, ${{name?{{text}}:{{text}}}}");
        string value = valueOf(name);
        if (rest.Length == 0)
            return value;

        bool ifSet = rest[0] == '?';
        ReadOnlySpan<char> first = rest[1..], second = default;
        if (first.TrimStart().StartsWith("{"))
        {
            string braces = first.TrimStart().ToString();
            int end = ClosingOf(braces, 0);
            first = braces.AsSpan(1, end - 1);
            ReadOnlySpan<char> after = braces.AsSpan(end + 1).Trim();
            if (after.Length > 0)
            {
                ReadOnlySpan<char> other = after[0] == ':' && ifSet ? after[1..].Trim() : default;
                if (other.Length < 2 || other[0] != '{' || other[^1] != '}')
                    throw new FormatException($"\"${{{group}}}\" is not understood; accepted is ${{name?{{text}}:{{text}}}}");
                second = other[1..^1];
            }
        }
        return Expand((value.Length > 0 == ifSet ? first : second).ToString(), valueOf);
    }

    /// <summary>Index of the bracket that closes the one at <paramref name="open"/>.</summary>
    private static int ClosingOf(string text, int open)
    {
        char opening = text[open], closing = opening == '{' ? '}' : ')';
        int depth = 0;
        for (int i = open; i < text.Length; i++)
        {
            if (text[i] == opening)
                depth++;
            else if (text[i] == closing && --depth == 0)
                return i;
        }
        throw new FormatException($"\"{opening}\" has no \"{closing}\"");
    }

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
