using System.Diagnostics.CodeAnalysis;

namespace PostfixNet.Toml;

/// <summary>The date and time forms of TOML: RFC 3339 section 5.6, and its parts.</summary>
internal static class TomlDate
{
    private static ReadOnlySpan<byte> DaysOfMonth => [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

    /// <summary>Four digits and a hyphen, or two digits and a colon: then it can be nothing else.</summary>
    internal static bool LooksLikeDateOrTime(ReadOnlySpan<char> word) =>
        (word.Length > 4 && word[4] == '-' && AreDigits(word[..4])) || (word.Length > 2 && word[2] == ':' && AreDigits(word[..2]));

    /// <param name="word">Whole text, "T", "t" or one blank between date and time.</param>
    /// <param name="form">Which parts it has.</param>
    /// <param name="text">RFC 3339 form of it.</param>
    internal static bool TryRead(ReadOnlySpan<char> word, out TomlDateKind form, [NotNullWhen(true)] out string? text)
    {
        text = null;
        form = TomlDateKind.LocalTime;
        ReadOnlySpan<char> time = word;
        if (word[2] != ':')
        {
            if (!IsDate(word))
                return false;
            form = TomlDateKind.LocalDate;
            if (word.Length == 10)
            {
                text = word.ToString();
                return true;
            }
            if (word[10] is not ('T' or 't' or ' '))
                return false;
            form = TomlDateKind.LocalDateTime;
            time = word[11..];
            int zoneAt = time.IndexOfAny("Zz+-");
            if (zoneAt >= 0)
            {
                if (!IsOffset(time[zoneAt..]))
                    return false;
                form = TomlDateKind.OffsetDateTime;
                time = time[..zoneAt];
            }
        }
        if (!IsTime(time))
            return false;
        text = form == TomlDateKind.LocalTime ? word.ToString() : string.Concat(word[..10], "T", word[11..]).Replace('z', 'Z');
        return true;
    }

    private static bool IsDate(ReadOnlySpan<char> t)
    {
        if (t.Length < 10 || t[4] != '-' || t[7] != '-' || !AreDigits(t[..4]) || !AreDigits(t[5..7]) || !AreDigits(t[8..10]))
            return false;
        int year = Two(t) * 100 + Two(t[2..]), month = Two(t[5..]), day = Two(t[8..]);
        if (year == 0 || month is < 1 or > 12 || day < 1 || day > DaysOfMonth[month - 1])
            return false;
        return month != 2 || day < 29 || (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    }

    private static bool IsTime(ReadOnlySpan<char> t)
    {
        if (t.Length < 8 || t[2] != ':' || t[5] != ':' || !AreDigits(t[..2]) || !AreDigits(t[3..5]) || !AreDigits(t[6..8]))
            return false;
        // Second 60 is a leap second, RFC 3339 section 5.7.
        if (Two(t) > 23 || Two(t[3..]) > 59 || Two(t[6..]) > 60)
            return false;
        return t.Length == 8 || (t.Length > 9 && t[8] == '.' && AreDigits(t[9..]));
    }

    private static bool IsOffset(ReadOnlySpan<char> t) => t is "Z" or "z"
        || (t.Length == 6 && t[0] is '+' or '-' && t[3] == ':' && AreDigits(t[1..3]) && AreDigits(t[4..6]) && Two(t[1..]) <= 23 && Two(t[4..]) <= 59);

    private static bool AreDigits(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExceptInRange('0', '9');

    private static int Two(ReadOnlySpan<char> t) => (t[0] - '0') * 10 + t[1] - '0';
}
