using System.Globalization;
using System.Text;
using PostfixNet.Mail;

namespace PostfixNet.Tables;

/// <summary>The result of a rule: text with $1, ${1} or $(1) in it, for what matched in a group; $$ is a dollar sign.</summary>
internal sealed class Replacement
{
    private readonly List<(string Text, int Group)> _parts = [];

    /// <summary>The greatest number of a group; 0: there is none.</summary>
    internal int LastGroup { get; private set; }

    /// <exception cref="FormatException">What follows a dollar sign is no number.</exception>
    internal static Replacement Read(string text)
    {
        Replacement replacement = new();
        StringBuilder literal = new();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '$')
            {
                literal.Append(text[i]);
            }
            else if (i + 1 < text.Length && text[i + 1] == '$')
            {
                literal.Append('$');
                i++;
            }
            else
            {
                replacement.Add(literal.ToString(), Group(text, ref i));
                literal.Clear();
            }
        }
        replacement._parts.Add((literal.ToString(), 0));
        return replacement;
    }

    /// <param name="key">What was matched.</param>
    /// <param name="groups">Where the groups are in it.</param>
    internal string Expand(byte[] key, ReadOnlySpan<(int Start, int End)> groups)
    {
        if (_parts.Count == 1)
            return _parts[0].Text;
        // As octets: a group may begin within a character.
        List<byte> result = [];
        foreach ((string text, int group) in _parts)
        {
            result.AddRange(ByteText.Encode(text));
            if (group > 0 && groups[group] is { Start: >= 0 } place)
                result.AddRange(key.AsSpan(place.Start, place.End - place.Start));
        }
        return ByteText.Decode([.. result]);
    }

    private void Add(string text, int group)
    {
        _parts.Add((text, group));
        LastGroup = Math.Max(LastGroup, group);
    }

    private static int Group(string text, ref int at)
    {
        int start = at + 1, end = start;
        if (start < text.Length && text[start] is '{' or '(')
        {
            start++;
            end = text.IndexOf(text[at + 1] == '{' ? '}' : ')', start);
            if (end < 0)
                throw new FormatException($"\"${text[at + 1]}\" in the result has no end");
            at = end;
        }
        else
        {
            while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
                end++;
            at = end - 1;
        }
        return int.TryParse(text.AsSpan(start, end - start), NumberStyles.None, CultureInfo.InvariantCulture, out int group) && group > 0 ? group
            : throw new FormatException("\"$\" in the result is followed by no number of a group; accepted are $1, ${1}, $(1), and $$ for a dollar sign");
    }
}
