using PostfixNet.Configuration;
using PostfixNet.Qmgr;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>Retry times, on a clock that is only a number.</summary>
public sealed class RetryPolicyTests
{
    private static readonly TimeSpan s_minimum = TimeSpan.FromSeconds(300), s_maximum = TimeSpan.FromSeconds(4000);

    private static RetryPolicy Policy(string retry, int? jitter = 0) => Policies($"""
        [destination."*"]
        retry = {retry}
        {(jitter is null ? "" : $"jitter = {jitter}")}
        """).Usual.Refused;

    private static DestinationPolicies Policies(string toml) => new(MainConfig.FromText(toml).Destinations, s_minimum, s_maximum);

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    /// <summary>Seconds after the arrival at which attempts are made, each at its time exactly.</summary>
    private static List<int> Attempts(RetryPolicy policy, int count, double chance = 0)
    {
        List<int> times = [0];
        double age = 0;
        while (times.Count < count && !policy.IsOver(Seconds(age)))
        {
            age += policy.PauseAt(Seconds(age), chance).TotalSeconds;
            times.Add((int)Math.Round(age));
        }
        return times;
    }

    [Theory] // age at the failure, seconds until the next attempt; the bounds are 300 and 4000
    [InlineData(-5, 300)]
    [InlineData(0, 300)]
    [InlineData(300, 300)]
    [InlineData(599, 599)]
    [InlineData(4000, 4000)]
    [InlineData(100_000, 4000)]
    public void S5_20_The_pause_is_the_age_within_bounds(int age, int pause) =>
        Assert.Equal(Seconds(pause), Policy("\"postfix\"").PauseAt(Seconds(age), 0.5));

    // A0.6
    [Fact]
    public void Postfix_attempts_double_the_age_up_to_the_maximum() =>
        Assert.Equal([0, 300, 600, 1200, 2400, 4800, 8800, 12_800], Attempts(Policy("\"postfix\""), 8));

    // A0.6
    [Fact]
    public void S1_42_Quadratic_attempts_are_400_seconds_times_the_square_after_the_arrival()
    {
        RetryPolicy policy = Policy("\"quadratic\"");
        Assert.Equal([0, 400, 1600, 3600, 6400, 10_000, 14_400], Attempts(policy, 7));
        // Late, or early by a second: the next one of the series, never the past and never the same again.
        Assert.Equal(Seconds(1600 - 700), policy.PauseAt(Seconds(700), 0));
        Assert.Equal(Seconds(1600 - 399), policy.PauseAt(Seconds(399), 0));
        for (int age = 0; age < 432_000; age += 977)
            Assert.True(policy.PauseAt(Seconds(age), 0) > TimeSpan.Zero, $"age {age}");
    }

    // A0.6
    [Fact]
    public void S3_17_Doubling_begins_at_seven_and_a_half_minutes_and_fails_after_nine_attempts()
    {
        int[] minutesTimesTwo = [0, 15, 45, 105, 225, 465, 945, 1905, 3825];
        Assert.Equal(minutesTimesTwo.Select(half => half * 30), Attempts(Policy("\"doubling\""), 100));
        RetryPolicy policy = Policy("\"doubling\"", jitter: null);
        // Five seconds more or less in the first pause, and in proportion later.
        Assert.Equal(Seconds(445), policy.PauseAt(TimeSpan.Zero, 0));
        Assert.Equal(Seconds(450), policy.PauseAt(TimeSpan.Zero, 0.5));
        foreach (double chance in new[] { 0, 0.3, 0.7, 0.999999 })
        {
            List<int> attempts = Attempts(policy, 100, chance);
            Assert.Equal(9, attempts.Count);
            for (int i = 0; i < 9; i++)
                Assert.InRange(attempts[i], minutesTimesTwo[i] * 30 * 444.9 / 450, minutesTimesTwo[i] * 30 * 455.1 / 450);
        }
    }

    [Fact]
    public void A_list_of_pauses_goes_on_with_its_last() =>
        Assert.Equal([0, 300, 1200, 4800, 19_200, 33_600, 48_000], Attempts(Policy("\"5m, 15m, 1h, 4h\""), 7));

    [Fact]
    public void A_list_that_says_so_ends()
    {
        RetryPolicy policy = Policy("""["5m", "15m", "fail"]""");
        Assert.Equal([0, 300, 1200], Attempts(policy, 100));
        Assert.False(policy.IsOver(Seconds(900)));
        Assert.True(policy.IsOver(Seconds(1200)));
        Assert.False(Policy("\"5m, 15m\"").IsOver(TimeSpan.FromDays(100)));
    }

    // The scan that finds a file may come up to queue_run_delay after its time.
    [Theory]
    [InlineData("\"doubling\"", 9)]
    [InlineData("\"10m, 20m, 40m, fail\"", 4)]
    public void Late_attempts_take_no_step_twice_and_leave_none_out(string retry, int count)
    {
        RetryPolicy policy = Policy(retry);
        List<double> pauses = [];
        double age = 0;
        while (!policy.IsOver(Seconds(age)))
        {
            pauses.Add(policy.PauseAt(Seconds(age), 0).TotalSeconds);
            age += pauses[^1] + 290;
        }
        Assert.Equal(count - 1, pauses.Count);
        Assert.Equal(pauses.Distinct(), pauses);
    }

    // A0.12
    [Theory]
    [InlineData("", 300, 300, 375)]
    [InlineData("", 1000, 1000, 1250)]
    [InlineData("", 3500, 3200, 4000)]
    [InlineData("", 100_000, 3200, 4000)]
    [InlineData("retry = \"quadratic\"", 400, 1200, 1500)]
    [InlineData("retry = \"1h\"", 0, 3600, 4500)]
    [InlineData("retry = \"1h\"\njitter = 50", 0, 3600, 5400)]
    public void Attempts_spread_evenly_over_a_quarter_of_the_pause(string settings, int age, int least, int most)
    {
        RetryPolicy policy = Policies("[destination.\"*\"]\n" + settings).Usual.Refused;
        Random random = new(20);
        int[] tenths = new int[10];
        for (int i = 0; i < 10_000; i++)
        {
            double pause = policy.PauseAt(Seconds(age), random.NextDouble()).TotalSeconds;
            Assert.InRange(pause, least, most);
            tenths[(int)((pause - least) * 9.999 / (most - least))]++;
        }
        // Expected are 1000 each, with a standard deviation of 30.
        Assert.All(tenths, count => Assert.InRange(count, 850, 1150));
    }

    [Fact]
    public void Minimum_above_maximum_holds() =>
        Assert.Equal(Seconds(9000), new RetryPolicy(null, null, Seconds(9000), s_maximum).PauseAt(TimeSpan.Zero, 0.9));

    [Theory]
    [InlineData("\"postfix\"")]
    [InlineData("\"quadratic\"")]
    [InlineData("\"doubling\"")]
    [InlineData("\"1h, 9h, 2h\"")]
    public void No_pause_is_longer_than_the_longest(string retry)
    {
        DestinationPolicies policies = Policies($"[destination.\"a.test\"]\nretry = {retry}");
        RetryPolicy policy = policies.For(MainConfig.FromText($"[destination.\"a.test\"]\nretry = {retry}").Destinations.Named("a.test")).Refused;
        TimeSpan longest = policies.LongestPause(TimeSpan.FromDays(5));
        for (int age = 0; age <= 432_000; age += 431)
            Assert.True(policy.PauseAt(Seconds(age), 0.999) <= longest, $"age {age}");
    }

    [Fact]
    public void A_table_may_treat_sites_in_trouble_otherwise_than_refusals()
    {
        MainConfig config = MainConfig.FromText("""
            [destination."a.test"]
            retry = "1m"
            retry_unreachable = "2h"
            jitter = 0
            """);
        DestinationPolicies policies = new(config.Destinations, s_minimum, s_maximum);
        DestinationPolicy policy = policies.For(config.Destinations.ForMail("a.test", "a.test"));
        Assert.Equal((60, 7200), (policy.Refused.PauseAt(TimeSpan.Zero, 0).TotalSeconds, policy.Unreachable.PauseAt(TimeSpan.Zero, 0).TotalSeconds));
        Assert.InRange(policies.For(null).Refused.PauseAt(TimeSpan.Zero, 0.5).TotalSeconds, 301, 375);
    }
}
