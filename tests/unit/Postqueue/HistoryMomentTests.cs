using PostfixNet.Postqueue;

namespace PostfixNet.UnitTests.Postqueue;

/// <summary>Moments, as people give them to "postqueue history".</summary>
public sealed class HistoryMomentTests
{
    private const long Now = 1_795_000_000_000_000;

    [Theory]
    [InlineData("2h", Now - 7_200_000_000)]
    [InlineData("7d", Now - 604_800_000_000)]
    [InlineData("2026-11-18T11:06:40Z", 1_795_000_000_000_000)]
    [InlineData("2026-11-18Z", 1_794_960_000_000_000)]
    [InlineData("2026-11-18 00:00Z", 1_794_960_000_000_000)]
    public void They_are_understood(string text, long microseconds) => Assert.Equal(microseconds, HistoryMoment.Parse(text, Now));

    [Fact]
    public void Without_a_zone_they_are_of_this_host()
    {
        long? moment = HistoryMoment.Parse("2026-11-18 11:06", Now);
        Assert.Equal("11:06", PostfixNet.Mail.MailTime.LogStamp(moment!.Value / 1_000_000)[7..12]);
    }

    [Theory]
    [InlineData("yesterday")]
    [InlineData("")]
    [InlineData("-1h")]
    [InlineData("2026-13-01")]
    [InlineData("2026-11-18 25:00")]
    public void Others_are_not(string text) => Assert.Null(HistoryMoment.Parse(text, Now));
}
