using System.Buffers;
using System.Globalization;
using System.Text;

namespace PostfixNet.Mail;

/// <summary>Strings in lines of JSON that are put together piece by piece, spelled as Postfix does.</summary>
public static class JsonText
{
    private static readonly SearchValues<char> s_special = SearchValues.Create([.. Enumerable.Range(0, ' ').Select(static c => (char)c), '"', '\\', '\x7f']);

    /// <summary>A JSON string with its quotes. UTF-8 stays as it is; bytes that are no UTF-8 become '?'.</summary>
    /// <remarks>The base library's encoders, also the most relaxed one, write what is beyond the basic plane as \uD83D\uDE00.</remarks>
    public static string Quote(string text) => AppendQuoted(new StringBuilder(text.Length + 2), text).ToString();

    /// <inheritdoc cref="Quote" path="/summary"/>
    /// <param name="quoted">Where it goes.</param>
    /// <returns>The same.</returns>
    public static StringBuilder AppendQuoted(this StringBuilder quoted, string text)
    {
        if (!text.AsSpan().ContainsAny(s_special) && Ascii.IsValid(text))
            return quoted.Append('"').Append(text).Append('"');
        quoted.Append('"');
        foreach (char c in PrintableText.ValidUnicode(text))
        {
            _ = c switch
            {
                '"' or '\\' => quoted.Append('\\').Append(c),
                '\b' => quoted.Append("\\b"),
                '\f' => quoted.Append("\\f"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                < ' ' or '\x7f' => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => quoted.Append(c),
            };
        }
        return quoted.Append('"');
    }
}
