using System.Globalization;
using PostfixNet.Tables;

namespace PostfixNet.Configuration;

/// <summary>Turns the text of values into times, lists, ports.</summary>
internal static class ValueText
{
    internal const string AcceptedTimes = "a whole number, or one with a unit such as \"30s\", \"5m\", \"1h\", \"5d\", \"2w\"";

    /// <param name="text">Digits and at most one of the units s, m, h, d, w.</param>
    /// <param name="defaultUnit">Unit of a bare number.</param>
    /// <param name="seconds">The time; may be beyond the parameter's range.</param>
    internal static bool TryReadTime(string text, char defaultUnit, out long seconds)
    {
        ReadOnlySpan<char> digits = text.AsSpan().Trim();
        char unit = defaultUnit;
        if (digits.Length > 0 && !char.IsAsciiDigit(digits[^1]))
        {
            unit = (char)(digits[^1] | 0x20);
            digits = digits[..^1];
        }
        long scale = SecondsOf(unit);
        seconds = 0;
        // 12 digits of weeks fit into 64 bits.
        if (scale == 0 || digits.Length > 12 || !long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
            return false;
        seconds = number * scale;
        return true;
    }

    /// <summary>Seconds of a unit; 0 when there is no such unit.</summary>
    internal static long SecondsOf(char unit) => unit switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, 'w' => 604800, _ => 0 };

    /// <summary>Words between commas, blanks and line ends; what stands between braces is one word.</summary>
    internal static void Split(string text, List<string> into) => BracedText.Split(text, into);

    /// <summary>Two values come to the same.</summary>
    internal static bool IsSame(string one, string other)
    {
        List<string> words = [], others = [];
        Split(Plain(one), words);
        Split(Plain(other), others);
        if (words.SequenceEqual(others))
            return true;
        // A bare number has the unit of the default.
        return words is [var word] && others is [var time] && time.Length > 0 && TryReadTime(time, 's', out long seconds)
            && TryReadTime(word, char.IsAsciiLetter(time[^1]) ? time[^1] : 's', out long given) && given == seconds;
    }

    private static string Plain(string text) => text.ToLowerInvariant() switch { "true" => "yes", "false" => "no", "yes" => "yes", "no" => "no", _ => text };
}
