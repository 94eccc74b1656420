using System.Globalization;
using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Postqueue;

/// <summary>A moment of the past, as people give it.</summary>
internal static class HistoryMoment
{
    internal const string Accepted = "give a time ago such as \"2h\" or \"7d\", or a date such as \"2026-11-27\" or \"2026-11-27 10:00\" (of this host's time zone), or one with \"Z\"";

    private static readonly string[] s_formats = ["yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss"];

    /// <summary>Reads it.</summary>
    /// <param name="now">Microseconds since 1970.</param>
    /// <returns>Microseconds since 1970; null: it is none.</returns>
    internal static long? Parse(string text, long now)
    {
        if (MainConfig.Time(text) is { } ago)
            return now - (long)ago.TotalMicroseconds;
        if (text.EndsWith('Z') && DateTime.TryParseExact(text[..^1], s_formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime utc))
            return Microseconds(utc);
        return DateTime.TryParseExact(text, s_formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime local) ? Local(local) : null;
    }

    // The difference to UTC is asked for twice: it may be another one at that moment than at the first guess.
    private static long Local(DateTime local)
    {
        long guess = Microseconds(local);
        long second = guess - LocalTime.At(guess / 1_000_000).OffsetMinutes * 60_000_000L;
        return guess - LocalTime.At(second / 1_000_000).OffsetMinutes * 60_000_000L;
    }

    private static long Microseconds(DateTime time) => (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
