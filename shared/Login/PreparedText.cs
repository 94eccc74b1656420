using System.Globalization;
using PostfixNet.Mail;

namespace PostfixNet.Login;

/// <summary>Names and passwords in the one form that both sides make keys of: OpaqueString, RFC 8265 section 4.2.</summary>
/// <remarks>It follows SASLprep (RFC 4013), and differs only for what people do not type on purpose, such as ligatures and soft hyphens.
/// ASCII stays as it is.</remarks>
public static class PreparedText
{
    /// <summary>Blanks of all scripts are that of ASCII, a letter and its marks are one character (NFC).</summary>
    /// <param name="text">As <see cref="ByteText"/> decodes it; bytes that are no UTF-8 leave it as it is.</param>
    public static string Of(string text)
    {
        if (ByteText.IsAscii(text) || !ByteText.IsValidUtf8(text))
            return text;
        string plain = string.Create(text.Length, text, static (blanks, from) =>
        {
            for (int i = 0; i < blanks.Length; i++)
                blanks[i] = char.GetUnicodeCategory(from[i]) == UnicodeCategory.SpaceSeparator ? ' ' : from[i];
        });
        return CanonicalComposition.Compose(plain);
    }
}
