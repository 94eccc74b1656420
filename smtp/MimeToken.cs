using System.Text;

namespace PostfixNet.Smtp;

/// <summary>Words of a structured MIME header, RFC 2045 section 5.1.</summary>
/// <param name="Text">Lower case; empty at the end.</param>
/// <param name="Original">As it stands, quotes taken off.</param>
internal readonly record struct MimeToken(string Text, string Original)
{
    /// <summary>Takes the next word, quoted string or special off the front; comments and blanks are passed over.</summary>
    internal static MimeToken Next(ref ReadOnlySpan<byte> value)
    {
        SkipComments(ref value);
        if (value.IsEmpty)
            return new MimeToken("", "");
        if (value[0] == '"')
            return Quoted(ref value);
        int length = 0;
        while (length < value.Length && " \t\r\n()<>@,;:\\\"/[]?="u8.IndexOf(value[length]) < 0)
            length++;
        length = Math.Max(1, length); // a special is a word of its own
        string word = Encoding.Latin1.GetString(value[..length]);
        value = value[length..];
        return new MimeToken(word.ToLowerInvariant(), word);
    }

    private static MimeToken Quoted(ref ReadOnlySpan<byte> value)
    {
        StringBuilder text = new();
        int i = 1;
        for (; i < value.Length && value[i] != '"'; i++)
        {
            if (value[i] == '\\' && i + 1 < value.Length)
                i++;
            text.Append((char)value[i]);
        }
        value = value[Math.Min(value.Length, i + 1)..];
        string word = text.ToString();
        return new MimeToken(word.ToLowerInvariant(), word);
    }

    private static void SkipComments(ref ReadOnlySpan<byte> value)
    {
        int depth = 0;
        while (!value.IsEmpty)
        {
            byte c = value[0];
            if (c == '(')
                depth++;
            else if (c == ')' && depth > 0)
                depth--;
            else if (c == '\\' && depth > 0 && value.Length > 1)
                value = value[1..];
            else if (depth == 0 && c is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                return;
            value = value[1..];
        }
    }
}
