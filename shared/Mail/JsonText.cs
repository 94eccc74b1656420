using System.Globalization;
using System.Text;

namespace PostfixNet.Mail;

/// <summary>Strings in lines of JSON that are put together piece by piece, spelled as Postfix does.</summary>
public static class JsonText
{
    /// <summary>A JSON string with its quotes. UTF-8 stays as it is; bytes that are no UTF-8 become '?'.</summary>
    /// <remarks>The base library's encoders, also the most relaxed one, write what is beyond the basic plane as \uD83D\uDE00.</remarks>
    public static string Quote(string text)
    {
        StringBuilder quoted = new(text.Length + 2);
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
        return quoted.Append('"').ToString();
    }
}
