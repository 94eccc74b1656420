using System.Globalization;

namespace PostfixNet.Configuration;

/// <summary>Times of day in which a destination gets no mail: the key quiet_hours of a table [destination."NAME"].</summary>
/// <remarks>One or several of "[DAYS] HH:MM-HH:MM [ZONE]": "22:00-07:00", "Sat,Sun 00:00-24:00", "Mon-Fri 18:00-08:00 Europe/Berlin". The days are those on which the time begins;
/// without them it is each day. An end that is not after the beginning is on the day after. Without a zone it is that of this host.</remarks>
public sealed class QuietHours
{
    internal const string Accepted = "give times such as \"22:00-07:00\", \"Mon-Fri 18:00-08:00\" or \"Sat,Sun 00:00-24:00 Europe/Berlin\"";
    private const int DayMinutes = 1440, AllDays = 0x7F;

    private static readonly string[] s_days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    private readonly List<Span> _spans;

    private QuietHours(List<Span> spans, string text) => (_spans, Text) = (spans, text);

    /// <summary>As it was given.</summary>
    internal string Text { get; }

    /// <summary>When the quiet that there is at a moment ends; null: there is none.</summary>
    /// <param name="now">Seconds since 1970.</param>
    /// <returns>Seconds since 1970; a week later when it never ends.</returns>
    public long? Until(long now)
    {
        long end = now;
        // One may follow on another.
        for (int i = 0; i <= _spans.Count * 8; i++)
        {
            long later = _spans.Max(span => span.EndOf(end) ?? end);
            if (later == end)
                break;
            end = later;
        }
        return end > now ? Math.Min(end, now + 7 * DayMinutes * 60) : null;
    }

    /// <summary>Understands it.</summary>
    /// <exception cref="FormatException">What is wrong with it.</exception>
    internal static QuietHours Parse(IReadOnlyList<string> texts) => new([.. texts.Select(Span.Parse)], string.Join(", ", texts));

    /// <summary>One of the times.</summary>
    /// <param name="Days">A bit for each day of the week on which it begins, Sunday's first.</param>
    /// <param name="Begin">Minutes after midnight.</param>
    /// <param name="Length">Minutes.</param>
    private sealed record Span(int Days, int Begin, int Length, TimeZoneInfo Zone)
    {
        internal static Span Parse(string text)
        {
            string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            bool hasDays = words.Length > 1 && char.IsAsciiLetter(words[0][0]);
            int at = hasDays ? 1 : 0;
            if (words.Length <= at || words.Length > at + 2 || words[at].Split('-') is not [var from, var to] || Minutes(from) is not { } begin || Minutes(to) is not { } end || begin == DayMinutes || begin == end)
                throw new FormatException($"\"{text}\" is not understood; {Accepted}");
            return new Span(hasDays ? DaysOf(words[0]) : AllDays, begin, end > begin ? end - begin : end + DayMinutes - begin, ZoneOf(words.Length > at + 1 ? words[at + 1] : null));
        }

        /// <summary>Its end, when a moment is in it.</summary>
        internal long? EndOf(long now)
        {
            DateTime utc = DateTime.UnixEpoch.AddSeconds(now), today = (utc + Zone.GetUtcOffset(utc)).Date;
            foreach (DateTime day in (ReadOnlySpan<DateTime>)[today.AddDays(-1), today])
            {
                if ((Days & (1 << (int)day.DayOfWeek)) != 0 && Moment(day.AddMinutes(Begin)) <= now && Moment(day.AddMinutes(Begin + Length)) is var end && end > now)
                    return end;
            }
            return null;
        }

        private long Moment(DateTime local) => (long)(local - Zone.GetUtcOffset(DateTime.SpecifyKind(local, DateTimeKind.Unspecified)) - DateTime.UnixEpoch).TotalSeconds;

        private static int? Minutes(string text) => text.Split(':') is [{ Length: 1 or 2 } hours, { Length: 2 } minutes]
            && int.TryParse(hours, NumberStyles.None, CultureInfo.InvariantCulture, out int hour) && int.TryParse(minutes, NumberStyles.None, CultureInfo.InvariantCulture, out int minute)
            && minute < 60 && hour * 60 + minute <= DayMinutes ? hour * 60 + minute : null;

        // "Mon-Fri", "Sat,Sun"; "Fri-Mon" goes over the end of the week.
        private static int DaysOf(string text)
        {
            int days = 0;
            foreach (string part in text.Split(','))
            {
                int[] ends = [.. part.Split('-').Select(static name => Array.IndexOf(s_days, name.ToLowerInvariant()))];
                if (ends.Length > 2 || ends.Contains(-1))
                    throw new FormatException($"\"{text}\" are no days: Mon, Tue, Wed, Thu, Fri, Sat, Sun; {Accepted}");
                for (int day = ends[0]; ; day = (day + 1) % 7)
                {
                    days |= 1 << day;
                    if (day == ends[^1])
                        break;
                }
            }
            return days;
        }

        private static TimeZoneInfo ZoneOf(string? name)
        {
            try
            {
                return name is null ? TimeZoneInfo.Local : TimeZoneInfo.FindSystemTimeZoneById(name);
            }
            catch (Exception e) when (e is TimeZoneNotFoundException or InvalidTimeZoneException or System.Security.SecurityException)
            {
                throw new FormatException($"there is no time zone \"{name}\" on this host; give one of /usr/share/zoneinfo, such as \"Europe/Berlin\"");
            }
        }
    }
}
