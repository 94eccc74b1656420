using System.Globalization;

namespace PostfixNet.Mail;

/// <summary>When mail that was handed in ahead of its time is to go out: the parameters HOLDFOR and HOLDUNTIL of RFC 4865.</summary>
public static class FutureRelease
{
    /// <summary>Days that any mail can wait for its time, whoever says so.</summary>
    public const int MostDays = 366;

    private const int MostDigits = 9;

    private static readonly string[] s_dates = ["yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"];

    /// <summary>The whole second that comes next: from there on seconds are counted, so that nothing goes out early.</summary>
    /// <param name="microseconds">Since 1970.</param>
    /// <returns>Seconds since 1970.</returns>
    public static long Next(long microseconds) => (microseconds + 999_999) / 1_000_000;

    /// <summary>HOLDFOR: so many seconds from now.</summary>
    /// <param name="now">Seconds since 1970, from <see cref="Next"/>.</param>
    /// <returns>Seconds since 1970; null: it is no number of at most nine digits.</returns>
    public static long? After(string seconds, long now) => seconds.Length <= MostDigits && long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out long wait) ? now + wait : null;

    /// <summary>HOLDUNTIL: a date-time of RFC 3339, with "Z" or the difference to UTC.</summary>
    /// <returns>Seconds since 1970, not before that moment; null: it is none.</returns>
    public static long? At(string date) =>
        DateTimeOffset.TryParseExact(date.ToUpperInvariant(), s_dates, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset moment)
            ? (moment.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond : null;

    /// <summary>A moment as HOLDUNTIL has it.</summary>
    /// <param name="seconds">Since 1970.</param>
    public static string Date(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds).ToString(s_dates[2], CultureInfo.InvariantCulture);
}
