using PostfixNet.Configuration;
using PostfixNet.Qmgr;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>Retry times and lifetimes.</summary>
public sealed class SettingsTests
{
    private static readonly Settings s_settings = new(MainConfig.FromText("""
        maximal_queue_lifetime = "5d"
        bounce_queue_lifetime = "1d"
        """));

    [Theory] // age at the failure, seconds until the next attempt; the bounds are 300 and 4000
    [InlineData(-5, 300)]
    [InlineData(0, 300)]
    [InlineData(300, 300)]
    [InlineData(599, 599)]
    [InlineData(4000, 4000)]
    [InlineData(100_000, 4000)]
    public void S5_20_Backoff_is_the_age_within_bounds(int age, int backoff) =>
        Assert.Equal(TimeSpan.FromSeconds(backoff), s_settings.Backoff(TimeSpan.FromSeconds(age)));

    // A0.5, A0.11
    [Theory]
    [InlineData(432_000, false, true)]
    [InlineData(431_999, false, false)]
    [InlineData(86_400, true, true)]
    [InlineData(86_400, false, false)]
    public void S5_17_Mail_expires_at_its_lifetime_and_notices_at_theirs(int age, bool isNotice, bool expired) =>
        Assert.Equal(expired, s_settings.IsExpired(TimeSpan.FromSeconds(age), isNotice));
}
