using System.Globalization;
using System.Text;

namespace PostfixNet.Mail;

/// <summary>Text outside ASCII for headers that we make: RFC 2047.</summary>
public static class EncodedWords
{
    /// <summary>Characters of a line that has such a word, RFC 2047 section 2.</summary>
    public const int LongestLine = 76;

    private const int LongestWord = 75;

    /// <summary>A phrase as encoded words, a word in each line but the first that does not fit; lines are separated by LF.</summary>
    /// <param name="text"><see cref="ByteText"/>; when it is no UTF-8, nobody knows what it is, and the words say so (RFC 1428).</param>
    /// <param name="firstLineUsed">Characters before the text on its line.</param>
    public static string Of(string text, int firstLineUsed)
    {
        string charset = ByteText.IsValidUtf8(text) ? "utf-8" : "unknown-8bit";
        StringBuilder words = new();
        StringBuilder word = new($"=?{charset}?q?");
        int start = word.Length, room = Math.Min(LongestWord, LongestLine - firstLineUsed) - 2;
        for (int i = 0; i < text.Length;)
        {
            // A character is not divided.
            int length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;
            string encoded = Encoded(text.Substring(i, length));
            if (word.Length + encoded.Length > room && word.Length > start)
            {
                words.Append(word).Append("?=\n ");
                word.Length = start;
                room = LongestWord - 2;
            }
            word.Append(encoded);
            i += length;
        }
        return words.Append(word).Append("?=").ToString();
    }

    // RFC 2047 section 5 (3): what may stand for itself in a phrase.
    private static string Encoded(string character)
    {
        if (character == " ")
            return "_";
        if (character.Length == 1 && (char.IsAsciiLetterOrDigit(character[0]) || character[0] is '!' or '*' or '+' or '-' or '/'))
            return character;
        StringBuilder hex = new();
        foreach (byte b in ByteText.Encode(character))
            hex.Append(CultureInfo.InvariantCulture, $"={b:X2}");
        return hex.ToString();
    }
}
