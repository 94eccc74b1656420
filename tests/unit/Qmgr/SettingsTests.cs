using PostfixNet.Configuration;
using PostfixNet.Qmgr;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>Lifetimes.</summary>
public sealed class SettingsTests
{
    private static readonly Settings s_settings = new(MainConfig.FromText("""
        maximal_queue_lifetime = "5d"
        bounce_queue_lifetime = "1d"
        """));

    // S5-03, S5-21
    [Fact]
    public void A_time_stamp_may_lie_as_far_ahead_as_a_dead_destination_is_left_alone() =>
        Assert.Equal(TimeSpan.FromMinutes(75), new Settings(MainConfig.FromText("minimal_backoff_time = \"1h\"\nmaximal_backoff_time = \"1h\"\n")).LongestPause);

    // A0.5, A0.11
    [Theory]
    [InlineData(432_000, false, true)]
    [InlineData(431_999, false, false)]
    [InlineData(86_400, true, true)]
    [InlineData(86_400, false, false)]
    public void S5_17_Mail_expires_at_its_lifetime_and_notices_at_theirs(int age, bool isNotice, bool expired) =>
        Assert.Equal(expired, s_settings.IsExpired(TimeSpan.FromSeconds(age), isNotice));
}
