using PostfixNet.Webhooks;

namespace PostfixNet.UnitTests.Webhooks;

/// <summary>When a delivery is tried again.</summary>
public sealed class RetryPlanTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    // S3-49: 11 retries, 1 min to 16 h, with jitter.
    [Fact]
    public void The_time_doubles_from_a_minute_to_sixteen_hours()
    {
        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 960], Enumerable.Range(1, RetryPlan.MostAttempts - 1).Select(static attempts => (int)RetryPlan.After(attempts, s_minute, null, 0.5).TotalMinutes));
        Assert.Equal((45, 75), ((int)RetryPlan.After(1, s_minute, null, 0).TotalSeconds, (int)RetryPlan.After(1, s_minute, null, 1).TotalSeconds));
    }

    [Fact]
    public void The_wish_of_a_server_makes_it_later_and_not_earlier()
    {
        Assert.Equal(TimeSpan.FromMinutes(10), RetryPlan.After(1, s_minute, TimeSpan.FromMinutes(10), 0.5));
        Assert.Equal(s_minute, RetryPlan.After(1, s_minute, TimeSpan.FromSeconds(1), 0.5));
        Assert.Equal(TimeSpan.FromHours(16), RetryPlan.After(1, s_minute, TimeSpan.FromDays(1000), 0.5));
    }

    [Fact]
    public void A_url_is_left_alone_for_five_minutes_at_most() =>
        Assert.Equal([0, 60, 120, 240, 300, 300], Enumerable.Range(1, 6).Select(static failures => (int)RetryPlan.Pause(failures, s_minute, null, 0.5).TotalSeconds));
}
