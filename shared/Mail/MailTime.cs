using System.Globalization;
using System.Runtime.InteropServices;
using PostfixNet.Native;

namespace PostfixNet.Mail;

/// <summary>Dates as mail writes them, in the local time zone of the system.</summary>
/// <remarks>Asks the C library for the zone: loading <see cref="TimeZoneInfo"/> costs a starting process milliseconds.</remarks>
public static class MailTime
{
    private static readonly string[] s_days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    private static readonly string[] s_months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    /// <summary>Current time in microseconds since 1970.</summary>
    public static long NowMicroseconds => Microseconds(TimeProvider.System);

    /// <summary>Current time in whole seconds since 1970.</summary>
    public static long NowSeconds => NowMicroseconds / 1_000_000;

    /// <summary>The time of <paramref name="clock"/> in microseconds since 1970.</summary>
    public static long Microseconds(TimeProvider clock) =>
        (clock.GetUtcNow().UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>Header date, RFC 5322 section 3.3, e.g. <c>Sat, 21 Nov 2026 05:56:35 +0000 (UTC)</c>.</summary>
    /// <param name="seconds">Since 1970.</param>
    public static string HeaderDate(long seconds) => HeaderDate(LocalTime.At(seconds));

    internal static string HeaderDate(in LocalTime t)
    {
        int zone = Math.Abs(t.OffsetMinutes);
        string date = string.Create(CultureInfo.InvariantCulture, $"{s_days[t.WeekDay]}, {t.Day} {s_months[t.Month - 1]} {t.Year:D4} "
            + $"{t.Hour:D2}:{t.Minute:D2}:{t.Second:D2} {(t.OffsetMinutes < 0 ? '-' : '+')}{zone / 60:D2}{zone % 60:D2}");
        return t.ZoneName.Length > 0 ? $"{date} ({t.ZoneName})" : date;
    }

    /// <summary>Queue listing date, e.g. <c>Sat Nov 21 05:50:55</c>; the day is padded with a blank.</summary>
    /// <param name="seconds">Since 1970.</param>
    public static string ListingDate(long seconds)
    {
        LocalTime t = LocalTime.At(seconds);
        return $"{s_days[t.WeekDay]} {Stamp(t)}";
    }

    /// <summary>Date of what may be long ago or far ahead, with its year, e.g. <c>2026-11-21 05:50</c>.</summary>
    /// <param name="seconds">Since 1970.</param>
    public static string DateWithYear(long seconds)
    {
        LocalTime t = LocalTime.At(seconds);
        return string.Create(CultureInfo.InvariantCulture, $"{t.Year:D4}-{t.Month:D2}-{t.Day:D2} {t.Hour:D2}:{t.Minute:D2}");
    }

    /// <summary>Log stamp, e.g. <c>Nov  1 05:34:19</c>; the day is padded with a blank.</summary>
    /// <param name="seconds">Since 1970.</param>
    public static string LogStamp(long seconds) => Stamp(LocalTime.At(seconds));

    /// <summary>UTC digits of a message id, e.g. <c>20261121055635</c>.</summary>
    /// <param name="seconds">Since 1970.</param>
    public static string MessageIdStamp(long seconds) =>
        DateTime.UnixEpoch.AddSeconds(seconds).ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);

    private static string Stamp(in LocalTime t) => string.Create(CultureInfo.InvariantCulture,
        $"{s_months[t.Month - 1]} {t.Day,2} {t.Hour:D2}:{t.Minute:D2}:{t.Second:D2}");
}

/// <summary>One moment on the calendar and clock of the local time zone.</summary>
/// <param name="Year">Full year, e.g. 2026.</param>
/// <param name="Month">1..12.</param>
/// <param name="Day">1..31.</param>
/// <param name="Hour">0..23.</param>
/// <param name="Minute">0..59.</param>
/// <param name="Second">0..60.</param>
/// <param name="WeekDay">0 = Sunday.</param>
/// <param name="OffsetMinutes">Minutes east of UTC.</param>
/// <param name="ZoneName">Abbreviation such as "CET"; may be empty.</param>
public readonly record struct LocalTime(
    int Year, int Month, int Day, int Hour, int Minute, int Second, int WeekDay, int OffsetMinutes, string ZoneName)
{
    /// <summary>The local time at a moment; UTC when the moment is beyond what the C library can express.</summary>
    /// <param name="seconds">Since 1970.</param>
    public static unsafe LocalTime At(long seconds)
    {
        // Year 0001..9999 keeps every date at its printed width, whatever stands in a damaged queue file.
        seconds = Math.Clamp(seconds, -62_000_000_000, 253_000_000_000);
        if (LibC.LocalTime(seconds, out LibC.BrokenDownTime t) == 0)
        {
            DateTime utc = DateTime.UnixEpoch.AddSeconds(seconds);
            return new LocalTime(utc.Year, utc.Month, utc.Day, utc.Hour, utc.Minute, utc.Second, (int)utc.DayOfWeek, 0, "UTC");
        }
        // 64-bit Linux divides the seconds' offset without remainder for every zone in use.
        return new LocalTime(t.Year + 1900, t.Month + 1, t.Day, t.Hour, t.Minute, t.Second, t.WeekDay,
            (int)(t.OffsetSeconds / 60), Marshal.PtrToStringUTF8((nint)t.Zone) ?? "");
    }
}
