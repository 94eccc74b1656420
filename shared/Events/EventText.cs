using System.Buffers;
using System.Globalization;
using System.Text;
using PostfixNet.Mail;

namespace PostfixNet.Events;

/// <summary>Text of an event as JSON can have it, which is Unicode: an octet that is no UTF-8 becomes \xNN, and so that this can be undone, a backslash before
/// what would look so becomes \x5C.</summary>
internal static class EventText
{
    private const char FirstEscape = '\uDC80', LastEscape = '\uDCFF', EscapeBase = '\uDC00';
    private static readonly SearchValues<char> s_special = SearchValues.Create([.. Enumerable.Range(0xD800, 0x800).Select(static c => (char)c), '\\']);

    /// <summary>The text, cut after some characters.</summary>
    /// <param name="longest">At most so many characters; what became of an octet counts as four.</param>
    internal static string Encode(string text, int longest, ref bool isCut)
    {
        string encoded = Encode(text);
        if (encoded.Length <= longest)
            return encoded;
        isCut = true;
        return encoded[..(char.IsHighSurrogate(encoded[longest - 1]) ? longest - 1 : longest)];
    }

    private static string Encode(string text)
    {
        // Mostly it is plain.
        if ((ByteText.IsAscii(text) && !text.Contains('\\', StringComparison.Ordinal)) || text.AsSpan().IndexOfAny(s_special) < 0)
            return text;
        StringBuilder encoded = new(text.Length + 16);
        ReadOnlySpan<char> rest = text;
        while (rest.Length > 0)
        {
            int used = 1;
            if (rest[0] is >= FirstEscape and <= LastEscape)
                encoded.Append(CultureInfo.InvariantCulture, $"\\x{rest[0] - EscapeBase:X2}");
            else if (IsEscape(rest))
                encoded.Append("\\x5C");
            else if (Rune.DecodeFromUtf16(rest, out Rune rune, out used) == OperationStatus.Done)
                encoded.Append(rest[..used]);
            else
                encoded.Append(rune.ToString()); // U+FFFD
            rest = rest[used..];
        }
        return encoded.ToString();
    }

    /// <summary>The text that was encoded.</summary>
    internal static string Decode(string text)
    {
        if (!text.Contains("\\x", StringComparison.Ordinal))
            return text;
        List<byte> bytes = new(text.Length);
        Span<byte> utf8 = stackalloc byte[4];
        ReadOnlySpan<char> rest = text;
        while (rest.Length > 0)
        {
            if (IsEscape(rest))
            {
                bytes.Add(byte.Parse(rest[2..4], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                rest = rest[4..];
                continue;
            }
            _ = Rune.DecodeFromUtf16(rest, out Rune rune, out int used);
            bytes.AddRange(utf8[..rune.EncodeToUtf8(utf8)]);
            rest = rest[used..];
        }
        return ByteText.Decode([.. bytes]);
    }

    private static bool IsEscape(ReadOnlySpan<char> text) =>
        text.Length >= 4 && text[0] == '\\' && text[1] == 'x' && char.IsAsciiHexDigit(text[2]) && char.IsAsciiHexDigit(text[3]);
}
