using PostfixNet.Mail;

namespace PostfixNet.UnitTests.Mail;

public class DateAndDelayTests
{
    // S1-37
    [Theory]
    [InlineData(0.0049, "0")]
    [InlineData(0.005, "0.01")]
    [InlineData(0.014, "0.01")]
    [InlineData(0.015, "0.02")]
    [InlineData(0.099, "0.1")]
    [InlineData(0.104, "0.1")]
    [InlineData(0.105, "0.11")]
    [InlineData(0.995, "1")]
    [InlineData(1.04, "1")]
    [InlineData(1.05, "1.1")]
    [InlineData(9.94, "9.9")]
    [InlineData(9.95, "10")]
    [InlineData(10.4, "10")]
    [InlineData(10.5, "11")]
    [InlineData(59.6, "60")]
    [InlineData(703.2, "703")]
    [InlineData(0, "0")]
    [InlineData(-3, "0")]
    [InlineData(2, "2")]
    [InlineData(double.NaN, "0")]
    [InlineData(1e300, "1000000000000")]
    public void Delays_have_two_digits(double seconds, string text) => Assert.Equal(text, DelayText.Format(seconds));

    [Theory]
    [InlineData(0.0123, 0, "0")]
    [InlineData(0.5, 0, "1")]
    [InlineData(0.0123, 3, "0.012")]
    [InlineData(0.000123, 6, "0.00012")]
    [InlineData(0.000001, 6, "0.000001")]
    [InlineData(1.26, 6, "1.3")]
    public void Resolution_limits_the_decimals(double seconds, int limit, string text) => Assert.Equal(text, DelayText.Format(seconds, limit));

    [Fact]
    public void Dates_are_in_the_local_zone()
    {
        const long Moment = 1795240595; // 2026-11-21 05:56:35 UTC
        TimeZoneInfo zone = TimeZoneInfo.Local;
        DateTimeOffset local = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeSeconds(Moment), zone);
        string text = MailTime.HeaderDate(Moment);
        string offset = local.ToString("zzz", null).Replace(":", "", StringComparison.Ordinal);
        Assert.StartsWith(local.ToString("ddd, d MMM yyyy HH:mm:ss ", null) + offset + " (", text, StringComparison.Ordinal);
        if (zone.BaseUtcOffset == TimeSpan.Zero && zone.Id is "UTC" or "Etc/UTC")
            Assert.Equal("Sat, 21 Nov 2026 05:56:35 +0000 (UTC)", text);
        Assert.Equal(local.ToString("ddd MMM d HH:mm:ss", null), MailTime.ListingDate(Moment));
        Assert.Equal("20261121055635", MailTime.MessageIdStamp(Moment));
    }

    [Fact]
    public void Days_are_padded_in_stamps_but_not_in_headers()
    {
        const long Moment = 1793534400; // 2026-11-01 12:00 UTC
        Assert.StartsWith("Nov  1 ", MailTime.LogStamp(Moment), StringComparison.Ordinal);
        Assert.StartsWith("Sun, 1 Nov 2026 ", MailTime.HeaderDate(Moment), StringComparison.Ordinal);
    }

    [Theory] // minutes east, zone, end of the date
    [InlineData(0, "UTC", "+0000 (UTC)")]
    [InlineData(60, "CET", "+0100 (CET)")]
    [InlineData(345, "+0545", "+0545 (+0545)")]
    [InlineData(-210, "NST", "-0330 (NST)")]
    [InlineData(-30, "", "-0030")]
    public void Zones_are_numbers_with_a_name(int offset, string zone, string end) =>
        Assert.Equal("Sun, 1 Nov 2026 02:03:04 " + end, MailTime.HeaderDate(new LocalTime(2026, 11, 1, 2, 3, 4, 0, offset, zone)));

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    public void Any_number_is_a_date(long seconds) => Assert.NotEmpty(MailTime.HeaderDate(seconds));
}
