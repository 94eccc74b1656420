using System.Globalization;

namespace PostfixNet.Toml;

/// <summary>The number forms of TOML, stricter than those of .NET.</summary>
internal static class TomlNumber
{
    /// <summary>Decimal with optional sign, or 0x, 0o, 0b without; single underscores between digits; no leading zeros.</summary>
    /// <param name="isTooLarge">It is an integer, but does not fit 64 bits.</param>
    internal static bool TryReadInteger(ReadOnlySpan<char> word, out long value, out bool isTooLarge)
    {
        value = 0;
        isTooLarge = false;
        bool isNegative = word.StartsWith("-");
        int numberBase = 10;
        ReadOnlySpan<char> digits = word;
        if (word.Length > 2 && word[0] == '0' && word[1] is 'x' or 'o' or 'b')
        {
            numberBase = word[1] switch { 'x' => 16, 'o' => 8, _ => 2 };
            digits = word[2..];
        }
        else if (word.Length > 0 && word[0] is '+' or '-')
        {
            digits = word[1..];
        }
        if (!AreDigits(digits, numberBase) || (numberBase == 10 && digits.Length > 1 && digits[0] == '0'))
            return false;

        // Counted downwards: the lowest number has no positive counterpart.
        foreach (char c in digits)
        {
            if (c == '_')
                continue;
            int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
            if (value < (long.MinValue + digit) / numberBase)
            {
                isTooLarge = true;
                return false;
            }
            value = value * numberBase - digit;
        }
        if (isNegative)
            return true;
        isTooLarge = value == long.MinValue;
        value = -value;
        return !isTooLarge;
    }

    /// <summary>Decimal digits with a fraction, an exponent or both; or inf or nan, signed or not.</summary>
    /// <param name="text">The number as written, without underscores.</param>
    internal static bool TryReadFloat(ReadOnlySpan<char> word, out double value, out string text)
    {
        value = 0;
        text = "";
        ReadOnlySpan<char> rest = word.Length > 0 && word[0] is '+' or '-' ? word[1..] : word;
        if (rest is "inf" or "nan")
        {
            value = rest is "nan" ? double.NaN : word[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            text = word.ToString();
            return true;
        }

        int exponentAt = rest.IndexOfAny('e', 'E');
        ReadOnlySpan<char> mantissa = exponentAt < 0 ? rest : rest[..exponentAt];
        int pointAt = mantissa.IndexOf('.');
        if (exponentAt < 0 && pointAt < 0)
            return false;
        ReadOnlySpan<char> whole = pointAt < 0 ? mantissa : mantissa[..pointAt];
        if (!AreDigits(whole, 10) || (whole.Length > 1 && whole[0] == '0'))
            return false;
        if (pointAt >= 0 && !AreDigits(mantissa[(pointAt + 1)..], 10))
            return false;
        if (exponentAt >= 0)
        {
            ReadOnlySpan<char> exponent = rest[(exponentAt + 1)..];
            if (!AreDigits(exponent.Length > 0 && exponent[0] is '+' or '-' ? exponent[1..] : exponent, 10))
                return false;
        }
        text = word.ToString().Replace("_", "", StringComparison.Ordinal);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>At least one digit, first and last a digit, underscores only between two digits.</summary>
    private static bool AreDigits(ReadOnlySpan<char> text, int numberBase)
    {
        bool wasDigit = false;
        foreach (char c in text)
        {
            bool isDigit = numberBase switch
            {
                16 => char.IsAsciiHexDigit(c),
                10 => char.IsAsciiDigit(c),
                8 => c is >= '0' and <= '7',
                _ => c is '0' or '1',
            };
            if (!isDigit && !(c == '_' && wasDigit))
                return false;
            wasDigit = isDigit;
        }
        return wasDigit;
    }
}
