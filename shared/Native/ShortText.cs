using System.Text;

namespace PostfixNet.Native;

/// <summary>Searching and converting of short texts, one character after the other.</summary>
/// <remarks>The framework's own methods work on many characters at a time, and the first use of each makes the runtime load
/// dozens of types: two to eight milliseconds, where a whole sendmail lives for forty. What every start of a program runs
/// through uses these instead; later work may use either.</remarks>
public static unsafe class ShortText
{
    /// <summary>Index of the first such byte, or -1. Fast for long texts too: the C library searches.</summary>
    public static int IndexOf(ReadOnlySpan<byte> bytes, byte wanted)
    {
        fixed (byte* start = bytes)
        {
            if (start == null)
                return -1;
            byte* found = LibC.MemChr(start, wanted, bytes.Length);
            return found == null ? -1 : (int)(found - start);
        }
    }

    /// <summary>Index of the first such character from <paramref name="start"/> on, or -1.</summary>
    public static int IndexOf(string text, char wanted, int start = 0)
    {
        for (int i = start; i < text.Length; i++)
        {
            if (text[i] == wanted)
                return i;
        }
        return -1;
    }

    /// <summary>Index of the last such character, or -1.</summary>
    public static int LastIndexOf(string text, char wanted)
    {
        int i = text.Length - 1;
        while (i >= 0 && text[i] != wanted)
            i--;
        return i;
    }

    /// <summary>Whether the text has such a character.</summary>
    public static bool Contains(string text, char wanted) => IndexOf(text, wanted) >= 0;

    /// <summary>The text of ASCII bytes; null when one of them is not ASCII.</summary>
    public static string? FromAscii(ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            if (b > 0x7F)
                return null;
        }
        string text = new('\0', bytes.Length);
        fixed (char* to = text)
        {
            for (int i = 0; i < bytes.Length; i++)
                to[i] = (char)bytes[i];
        }
        return text;
    }

    /// <summary>Copies the ASCII characters at the beginning of a text, as many as fit.</summary>
    /// <returns>How many; less than the text's length when another character, or the end of the buffer, came first.</returns>
    public static int CopyAscii(ReadOnlySpan<char> text, Span<byte> buffer)
    {
        int length = Math.Min(text.Length, buffer.Length);
        for (int i = 0; i < length; i++)
        {
            char c = text[i];
            if (c > '\x7F')
                return i;
            buffer[i] = (byte)c;
        }
        return length;
    }

    /// <summary>The UTF-8 bytes of a text.</summary>
    public static byte[] ToUtf8(string text)
    {
        byte[] bytes = new byte[text.Length];
        return CopyAscii(text, bytes) == text.Length ? bytes : Encoding.UTF8.GetBytes(text);
    }

    /// <summary>A number in decimal digits, with "-" if negative.</summary>
    public static string FromNumber(long number)
    {
        char* digits = stackalloc char[20];
        int at = 20;
        ulong rest = number < 0 ? (ulong)-number : (ulong)number;
        do
        {
            digits[--at] = (char)('0' + rest % 10);
            rest /= 10;
        }
        while (rest > 0);
        if (number < 0)
            digits[--at] = '-';
        return new string(digits, at, 20 - at);
    }

    /// <summary>Reads decimal digits, after at most one sign.</summary>
    /// <returns>False when there is anything else, nothing, or more than 64 bits hold.</returns>
    public static bool TryParseNumber(ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        bool isNegative = text.Length > 0 && text[0] == '-';
        int i = isNegative || (text.Length > 0 && text[0] == '+') ? 1 : 0;
        if (i == text.Length)
            return false;
        // Counted downwards: the least number has no positive counterpart.
        for (; i < text.Length; i++)
        {
            int digit = text[i] - '0';
            if (digit is < 0 or > 9 || number < (long.MinValue + digit) / 10)
                return false;
            number = number * 10 - digit;
        }
        if (isNegative)
            return true;
        number = -number;
        return number >= 0;
    }

    /// <summary>The text of a C string in UTF-8; "" for a null pointer.</summary>
    internal static string FromNative(byte* start)
    {
        if (start == null)
            return "";
        int length = 0;
        while (start[length] != 0)
            length++;
        ReadOnlySpan<byte> bytes = new(start, length);
        return FromAscii(bytes) ?? Encoding.UTF8.GetString(bytes);
    }
}
