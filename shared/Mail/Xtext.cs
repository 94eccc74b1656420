using System.Globalization;
using System.Text;

namespace PostfixNet.Mail;

/// <summary>Encodings of addresses and envelope ids in SMTP parameters: xtext of RFC 3461 section 4, and the forms of
/// RFC 6533 section 3 for addresses outside ASCII.</summary>
public static class Xtext
{
    /// <summary>Encodes the bytes of <paramref name="text"/>: <c>+</c>, <c>=</c>, blanks, controls and 8-bit become +HH.</summary>
    public static string Encode(string text)
    {
        if (!NeedsEncoding(text))
            return text;
        StringBuilder encoded = new(text.Length + 16);
        foreach (byte b in ByteText.Encode(text))
        {
            if (b is >= (byte)'!' and <= (byte)'~' and not (byte)'+' and not (byte)'=')
                encoded.Append((char)b);
            else
                encoded.Append(CultureInfo.InvariantCulture, $"+{b:X2}");
        }
        return encoded.ToString();
    }

    /// <summary>Decodes; null when a <c>+</c> is not followed by two hexadecimal digits (capital or not) or a character
    /// occurs that xtext does not allow.</summary>
    public static string? Decode(string xtext)
    {
        byte[] bytes = new byte[xtext.Length];
        int length = 0;
        for (int i = 0; i < xtext.Length; i++)
        {
            char c = xtext[i];
            if (c is < '!' or > '~' or '=')
                return null;
            if (c != '+')
            {
                bytes[length++] = (byte)c;
                continue;
            }
            if (i + 2 >= xtext.Length || !char.IsAsciiHexDigit(xtext[i + 1]) || !char.IsAsciiHexDigit(xtext[i + 2]))
                return null;
            bytes[length++] = byte.Parse(xtext.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            i += 2;
        }
        return ByteText.Decode(bytes.AsSpan(0, length));
    }

    /// <summary>Encodes an address as utf-8-addr-xtext: pure ASCII, for servers without SMTPUTF8.</summary>
    /// <returns>null when the text is not valid UTF-8: it has no such form.</returns>
    public static string? EncodeUtf8Address(string address) => EncodeUtf8(address, asciiOnly: true);

    /// <summary>Encodes an address as utf-8-addr-unitext: characters outside ASCII stay, for servers with SMTPUTF8.</summary>
    /// <returns>null when the text is not valid UTF-8.</returns>
    public static string? EncodeUnitext(string address) => EncodeUtf8(address, asciiOnly: false);

    /// <summary>Decodes utf-8-addr-xtext or utf-8-addr-unitext (both may stand in one text).</summary>
    /// <returns>null when malformed: a bare <c>\</c>, <c>+</c> or <c>=</c>, a control, or <c>\x{...}</c> that names no character.</returns>
    public static string? DecodeUtf8Address(string encoded)
    {
        StringBuilder plain = new(encoded.Length);
        for (int i = 0; i < encoded.Length; i++)
        {
            char c = encoded[i];
            if (c is <= ' ' or '\x7f' or '+' or '=')
                return null;
            if (c != '\\')
            {
                plain.Append(c);
                continue;
            }
            int close = encoded.IndexOf('}', i);
            if (close < 0 || close - i < 4 || close - i > 9 || encoded[i + 1] != 'x' || encoded[i + 2] != '{'
                || !int.TryParse(encoded.AsSpan(i + 3, close - i - 3), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int point)
                || !Rune.TryCreate(point, out Rune rune))
                return null;
            plain.Append(rune.ToString());
            i = close;
        }
        return plain.ToString();
    }

    private static string? EncodeUtf8(string address, bool asciiOnly)
    {
        if (!ByteText.IsValidUtf8(address))
            return null;
        StringBuilder encoded = new(address.Length + 16);
        foreach (Rune rune in address.EnumerateRunes())
        {
            bool plain = rune.IsAscii ? rune.Value is > ' ' and < 0x7f and not '+' and not '=' and not '\\' : !asciiOnly;
            if (plain)
                encoded.Append(rune.ToString());
            else
                encoded.Append(CultureInfo.InvariantCulture, $"\\x{{{rune.Value:X2}}}");
        }
        return encoded.ToString();
    }

    private static bool NeedsEncoding(string text)
    {
        foreach (char c in text)
        {
            if (c is < '!' or > '~' or '+' or '=')
                return true;
        }
        return false;
    }
}
