using System.Globalization;
using PostfixNet.Configuration;

namespace PostfixNet.UnitTests.Configuration;

/// <summary>The key quiet_hours of destinations.</summary>
public sealed class QuietHoursTests
{
    // 2026-11-27 is a Friday.
    [Theory]
    [InlineData("22:00-07:00 UTC", "2026-11-27 21:59", null)]
    [InlineData("22:00-07:00 UTC", "2026-11-27 22:00", "2026-11-28 07:00")]
    [InlineData("22:00-07:00 UTC", "2026-11-28 06:59", "2026-11-28 07:00")]
    [InlineData("22:00-07:00 UTC", "2026-11-28 07:00", null)]
    [InlineData("12:00-13:30 UTC", "2026-11-27 13:29", "2026-11-27 13:30")]
    [InlineData("Mon-Fri 18:00-08:00 UTC", "2026-11-28 07:00", "2026-11-28 08:00")]
    [InlineData("Mon-Fri 18:00-08:00 UTC", "2026-11-29 07:00", null)]
    [InlineData("Fri-Mon 09:00-10:00 UTC", "2026-11-29 09:30", "2026-11-29 10:00")]
    [InlineData("Fri-Mon 09:00-10:00 UTC", "2026-11-26 09:30", null)]
    [InlineData("sat,SUN 0:00-24:00 UTC", "2026-11-28 12:00", "2026-11-30 00:00")]
    [InlineData("Fri 18:00-24:00 UTC; Sat,Sun 00:00-24:00 UTC; Mon 00:00-08:00 UTC", "2026-11-27 19:00", "2026-11-30 08:00")]
    [InlineData("00:00-24:00 UTC", "2026-11-27 12:00", "2026-12-04 12:00")]
    [InlineData("22:00-07:00 America/New_York", "2026-11-28 03:00", "2026-11-28 12:00")]
    // Clocks go forward at 01:00 UTC on the 29th of March: the night has an hour less.
    [InlineData("22:00-07:00 Europe/Berlin", "2026-03-28 21:00", "2026-03-29 05:00")]
    [InlineData("22:00-07:00 Europe/Berlin", "2026-10-24 20:00", "2026-10-25 06:00")]
    public void Mail_waits_until_their_end(string hours, string now, string? end)
    {
        long? until = QuietHours.Parse(hours.Split("; ")).Until(Seconds(now));
        Assert.Equal(end, until is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) : null);
    }

    [Theory]
    [InlineData("22:00")]
    [InlineData("22:00-22:00")]
    [InlineData("24:00-07:00")]
    [InlineData("22:60-07:00")]
    [InlineData("22-7")]
    [InlineData("")]
    [InlineData("Freitag 22:00-07:00")]
    [InlineData("Mon-Tue-Wed 22:00-07:00")]
    [InlineData("22:00-07:00 Nowhere/City")]
    [InlineData("22:00-07:00 ../../etc/passwd")]
    [InlineData("Mon 22:00-07:00 UTC x")]
    public void What_is_not_understood_is_refused_with_what_is(string hours)
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => MainConfig.FromText($"[destination.\"q.test\"]\nquiet_hours = \"{hours}\"\n").Destinations);
        Assert.Contains("destination.\"q.test\".quiet_hours: ", e.Message, StringComparison.Ordinal);
        Assert.Contains("give ", e.Message, StringComparison.Ordinal);
    }

    private static long Seconds(string date) => DateTimeOffset.ParseExact(date, "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUnixTimeSeconds();
}
