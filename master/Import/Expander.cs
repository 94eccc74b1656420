using System.Globalization;
using System.Text;

namespace PostfixNet.Master.Import;

/// <summary>Replaces $name and its kin as Postfix does, comparisons included: <c>$name</c>, <c>${name}</c>, <c>$(name)</c>, <c>${name?text}</c>,
/// <c>${name:text}</c>, <c>${name?{text}:{text}}</c>, <c>${{text} == {text} ? {text} : {text}}</c>, <c>$$</c>.</summary>
/// <param name="written">The text that a name stands for, not expanded; null: there is no such name.</param>
internal sealed class Expander(Func<string, string?> written)
{
    private const int Deepest = 100;
    private const int LongestResult = 1 << 20;
    private const string True = "bool:true";

    private int _size;

    /// <summary>The text, expanded.</summary>
    /// <exception cref="FormatException">It cannot be; the message says why.</exception>
    internal string Expand(string text)
    {
        _size = 0;
        return Expand(text, 0);
    }

    private string Expand(string text, int depth)
    {
        if (depth > Deepest)
            throw new FormatException("names that stand for one another in a circle, or more than 100 deep");
        // Names that stand for several others, over and over, grow without bound.
        _size += text.Length + 1;
        if (_size > LongestResult)
            throw new FormatException("the value becomes longer than 1 MB");
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
                result.Append(Group(text[(at + 1)..end], depth));
                at = end + 1;
            }
            else
            {
                int start = at;
                while (at < text.Length && IsNameCharacter(text[at]))
                    at++;
                if (at == start)
                    throw new FormatException("\"$\" without a name; a dollar sign is written \"$$\"");
                result.Append(Value(text[start..at], depth));
            }
        }
        return result.Append(text, at, text.Length - at).ToString();
    }

    private string Value(string name, int depth) => written(name) is { } text ? Expand(text, depth + 1) : "";

    private string Group(string group, int depth)
    {
        string text = group.TrimStart();
        string value;
        int at;
        if (text.StartsWith('{'))
        {
            (value, at) = Compare(text, depth);
        }
        else
        {
            at = 0;
            while (at < text.Length && IsNameCharacter(text[at]))
                at++;
            if (at == 0)
                throw NotUnderstood(group);
            value = Value(text[..at], depth);
        }
        string rest = text[at..].TrimStart();
        if (rest.Length == 0)
            return value;
        bool ifSet = rest[0] == '?';
        if (!ifSet && rest[0] != ':')
            throw NotUnderstood(group);
        (string first, string second) = Branches(rest[1..], ifSet, group);
        return Expand(value.Length > 0 == ifSet ? first : second, depth + 1);
    }

    // "{a} op {b}", and where it ends.
    private (string Value, int End) Compare(string text, int depth)
    {
        int end = ClosingOf(text, 0);
        string left = Expand(text[1..end].Trim(), depth + 1);
        int brace = text.IndexOf('{', end + 1);
        if (brace < 0)
            throw NotUnderstood(text);
        string operation = text[(end + 1)..brace].Trim();
        int last = ClosingOf(text, brace);
        string right = Expand(text[(brace + 1)..last].Trim(), depth + 1);
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

    private static (string First, string Second) Branches(string text, bool hasSecond, string group)
    {
        string trimmed = text.TrimStart();
        if (!trimmed.StartsWith('{'))
            return (text, "");
        int end = ClosingOf(trimmed, 0);
        string first = trimmed[1..end].Trim(), rest = trimmed[(end + 1)..].Trim();
        if (rest.Length == 0)
            return (first, "");
        string other = rest[0] == ':' && hasSecond ? rest[1..].TrimStart() : "";
        return other is ['{', .., '}'] && ClosingOf(other, 0) == other.Length - 1 ? (first, other[1..^1].Trim()) : throw NotUnderstood(group);
    }

    /// <summary>A compatibility level: "2", "3.6", "3.6.1".</summary>
    /// <exception cref="FormatException">It is none.</exception>
    internal static Version Level(string text)
    {
        string[] parts = text.Trim().Split('.');
        int[] numbers = new int[3];
        if (parts.Length > 3)
            throw new FormatException($"\"{text}\" is no compatibility level");
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
                throw new FormatException($"\"{text}\" is no compatibility level");
        }
        return new Version(numbers[0], numbers[1], numbers[2]);
    }

    private static FormatException NotUnderstood(string group) => new($"\"${{{(group.Length > 60 ? group[..60] + "..." : group)}}}\" is not understood");

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
        throw new FormatException($"\"{opening}\" without \"{closing}\"");
    }

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
