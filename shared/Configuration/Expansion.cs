using System.Globalization;
using System.Text;

namespace PostfixNet.Configuration;

/// <summary>Replaces <c>$name</c>, <c>${name}</c>, <c>$(name)</c>, <c>${name?text}</c>, <c>${name:text}</c>,
/// <c>${name?{text}:{text}}</c> and <c>${{text} == {text} ? {text} : {text}}</c> in values, as Postfix does; <c>$$</c> is a dollar sign.</summary>
/// <remarks>"?" gives its text when the named value is not empty, or the comparison holds; ":" when not. Whole numbers are compared as such, all else as
/// text; "&lt;level" and its kin compare compatibility levels. Blanks within braces belong to the text.</remarks>
public static class Expansion
{
    private const int Deepest = 100;

    /// <summary>What a comparison alone stands for when it holds; else it is empty.</summary>
    private const string True = "true";

    /// <summary>The text, expanded.</summary>
    /// <param name="text">Text with dollar signs or without.</param>
    /// <param name="valueOf">Expanded value of a parameter; throws for a name that is none.</param>
    /// <exception cref="FormatException">Something after a dollar sign is not understood; the message says what.</exception>
    public static string Expand(string text, Func<string, string> valueOf) => Expand(text, valueOf, 0);

    private static string Expand(string text, Func<string, string> valueOf, int depth)
    {
        int dollar = text.IndexOf('$', StringComparison.Ordinal);
        if (dollar < 0)
            return text;
        if (depth > Deepest)
            throw new FormatException("braces within braces, more than 100 deep");
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
                result.Append(ExpandGroup(text[(at + 1)..end], valueOf, depth));
                at = end + 1;
            }
            else
            {
                int start = at;
                at = EndOfName(text, at);
                if (at == start)
                    throw new FormatException($"\"$\" at character {dollar + 1} of the value is followed by no name; accepted are $name, ${{name}}, and $$ for a dollar sign");
                result.Append(valueOf(text[start..at]));
            }
        }
        return result.Append(text, at, text.Length - at).ToString();
    }

    private static string ExpandGroup(string group, Func<string, string> valueOf, int depth)
    {
        string text = group.TrimStart();
        string value;
        int end;
        if (text.StartsWith('{'))
        {
            (value, end) = Compare(text, valueOf, depth);
        }
        else
        {
            end = EndOfName(text, 0);
            string after = text[end..].TrimStart();
            if (end == 0 || (after.Length > 0 && after[0] is not ('?' or ':')))
                throw NotUnderstood(group);
            value = valueOf(text[..end]);
        }
        string rest = text[end..].TrimStart();
        if (rest.Length == 0)
            return value;
        bool ifSet = rest[0] == '?';
        if (!ifSet && rest[0] != ':')
            throw NotUnderstood(group);
        (string first, string second) = Branches(rest[1..], ifSet, group);
        return Expand(value.Length > 0 == ifSet ? first : second, valueOf, depth + 1);
    }

    // Text, or "{text}", or, behind a "?", "{text}:{text}".
    private static (string First, string Second) Branches(string text, bool mayHaveSecond, string group)
    {
        string braces = text.TrimStart();
        if (!braces.StartsWith('{'))
            return (text, "");
        int end = ClosingOf(braces, 0);
        string first = braces[1..end], after = braces[(end + 1)..].Trim();
        if (after.Length == 0)
            return (first, "");
        string other = after[0] == ':' && mayHaveSecond ? after[1..].TrimStart() : "";
        return other is ['{', .., '}'] && ClosingOf(other, 0) == other.Length - 1 ? (first, other[1..^1]) : throw NotUnderstood(group);
    }

    // "{text} operator {text}", and where it ends.
    private static (string Value, int End) Compare(string text, Func<string, string> valueOf, int depth)
    {
        int end = ClosingOf(text, 0);
        int brace = text.IndexOf('{', end + 1);
        if (brace < 0)
            throw NotUnderstood(text);
        int last = ClosingOf(text, brace);
        string left = Expand(text[1..end], valueOf, depth + 1), right = Expand(text[(brace + 1)..last], valueOf, depth + 1);
        string operation = text[(end + 1)..brace].Trim();
        bool isOfLevels = operation.EndsWith("level", StringComparison.Ordinal);
        int order = isOfLevels ? Level(left).CompareTo(Level(right))
            : long.TryParse(left, NumberStyles.None, CultureInfo.InvariantCulture, out long a) && long.TryParse(right, NumberStyles.None, CultureInfo.InvariantCulture, out long b)
            ? a.CompareTo(b) : string.CompareOrdinal(left, right);
        bool holds = (isOfLevels ? operation[..^"level".Length] : operation) switch
        {
            "==" => order == 0,
            "!=" => order != 0,
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            ">=" => order >= 0,
            _ => throw NotUnderstood(text),
        };
        return (holds ? True : "", last + 1);
    }

    /// <summary>A compatibility level: "2", "3.6", "3.6.1".</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static Version Level(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Trim().Split('.');
        int[] numbers = new int[3];
        for (int i = 0; i < parts.Length; i++)
        {
            if (i >= numbers.Length || !int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
                throw new FormatException($"\"{text}\" is no compatibility level");
        }
        return new Version(numbers[0], numbers[1], numbers[2]);
    }

    private static FormatException NotUnderstood(string group) =>
        new($"\"${{{(group.Length > 60 ? group[..60] + "..." : group)}}}\" is not understood; accepted are ${{name}}, ${{name?text}}, ${{name:text}}, ${{name?{{text}}:{{text}}}}, ${{{{text}} == {{text}} ? {{text}} : {{text}}}}");

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

    private static int EndOfName(string text, int at)
    {
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '_'))
            at++;
        return at;
    }
}
