using PostfixNet.Qmgr;
using PostfixNet.UnitTests.Qmgr.Simulation;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>Limits per second that a site has: those that main.toml knows of are kept, the others are learned.</summary>
public sealed class PaceTests
{
    private const string OneByOne = "default_destination_recipient_limit = 1\n";

    // A relay that takes 14 in any second, counted when it has the content, and refuses the others (454).
    [Theory]
    [InlineData(5)]
    [InlineData(200)]
    [InlineData(600)]
    [InlineData(990)]
    public void A_rate_of_main_toml_is_kept_wherever_the_receiver_counts(int slowest)
    {
        using Simulation.Simulation simulation = new($"{OneByOne}[destination.\"*\"]\nrate = \"14/1s\"\n");
        Site site = simulation.Site("relay.test");
        site.Rate = 14;
        Random random = new(7);
        site.LatencyOf = () => random.Next(1, slowest);
        simulation.Submit(400, site.Name);
        simulation.Clock.RunFor(80);
        Assert.Equal((400, 0), (site.Delivered, site.Refused));
        // Nor is much wasted: half of the rate at the worst, all but the deliveries' own time as a rule.
        Assert.InRange(site.Ends[^1], 27_000, 29_000 * (1000 + slowest) / 1000 + 2000);
    }

    [Fact]
    public void A_rate_that_nobody_told_us_is_learned()
    {
        using Simulation.Simulation simulation = new(OneByOne);
        Site site = simulation.Site("relay.test");
        (site.Rate, site.Latency, site.RefusalLatency) = (14, 10, 10);
        simulation.Submit(2000, site.Name);
        simulation.Clock.RunFor(600);
        // All were tried; at full speed nearly all would have been refused.
        Assert.Equal(2000, site.Delivered + site.Refused);
        Assert.InRange(site.Refused, 1, 200);
        Assert.InRange(site.Ends[^1], 2000 / 14 * 1000 - 30_000, 400_000);
    }

    [Fact]
    public void The_window_shrinks_and_grows_again()
    {
        using Simulation.Simulation simulation = new(OneByOne);
        Site site = simulation.Site("relay.test");
        (site.Rate, site.Latency, site.RefusalLatency) = (5, 10, 10);
        simulation.Submit(200, site.Name);
        simulation.Clock.RunFor(5);
        int slow = site.Starts.Count;
        Assert.InRange(slow, 5, 75);
        // The site takes all there is: so after a while it gets it.
        site.Rate = int.MaxValue;
        simulation.Clock.RunFor(300);
        simulation.Submit(2000, site.Name);
        simulation.Clock.RunFor(60);
        Assert.Equal(2200, site.Delivered + site.Refused);
    }

    [Fact]
    public void Two_refusals_teach_nothing_and_a_success_forgets_them()
    {
        Pace pace = new();
        Assert.False(pace.Refused(0));
        Assert.False(pace.Refused(0));
        pace.Taken();
        Assert.False(pace.Refused(0));
        Assert.False(pace.Refused(0));
        Assert.True(pace.Refused(0));
        Assert.True(pace.IsSlow);
        // Those that were under way.
        Assert.False(pace.Refused(10));
        Assert.Equal(1000, pace.OpensAt);
        for (int now = 1000; now < 100_000; now += 1000)
            pace.Refused(now);
        Assert.Equal(99_000 + 10_000, pace.OpensAt);
        for (int i = 0; i < 1000; i++)
            pace.Taken();
        Assert.False(pace.IsSlow);
    }
}
