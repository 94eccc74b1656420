using PostfixNet.Delivery;
using PostfixNet.Qmgr;
using PostfixNet.UnitTests.Qmgr.Simulation;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>How deliveries to a destination follow its health and its limits, in a simulated transport.</summary>
public sealed class DestinationHealthTests
{
    private const string OneByOne = "default_destination_recipient_limit = 1\n";

    // S5-27
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(15)]
    public void Concurrency_settles_at_what_a_site_takes(int capacity)
    {
        using Simulation.Simulation simulation = new(OneByOne);
        Site site = simulation.Site("narrow.test");
        site.Capacity = capacity;
        simulation.Submit(20_000, site.Name);
        simulation.Clock.RunFor(600);
        int learning = site.Refused;
        Assert.InRange(learning, 1, 25);
        int delivered = site.Delivered;
        simulation.Clock.RunFor(600);
        // Tries above the limit become rare, and the site's capacity is used all the time.
        Assert.InRange(site.Refused - learning, 0, 4);
        Assert.InRange(site.Delivered - delivered, capacity * 540, capacity * 600);
    }

    [Fact]
    public void A_site_that_takes_more_than_it_did_gets_more()
    {
        using Simulation.Simulation simulation = new(OneByOne);
        Site site = simulation.Site("wider.test");
        site.Capacity = 3;
        simulation.Submit(50_000, site.Name);
        simulation.Clock.RunFor(300);
        Assert.Equal(3, site.MostAtOnce);
        site.Capacity = 100;
        simulation.Clock.RunFor(1500);
        Assert.Equal(20, site.MostAtOnce);
    }

    // S1-48 in spirit: a site that was given up is tried with one delivery.
    [Fact]
    public void A_dead_destination_is_left_alone_and_then_tried_once()
    {
        using Simulation.Simulation simulation = new(OneByOne);
        Site site = simulation.Site("dead.test");
        site.IsDead = true;
        simulation.Retry = TimeSpan.FromSeconds(10);
        simulation.Submit(1000, site.Name);
        simulation.Clock.RunFor(60);
        Assert.Equal(5, site.Starts.Count);
        // 300 s and half of the jitter of at most a quarter.
        simulation.Clock.RunFor(600);
        Assert.Equal(6, site.Starts.Count);
        Assert.InRange(site.Starts[5] - site.Starts[4], 337_000, 348_000);
        Assert.Contains(simulation.PutOff, put => put.Reason == "delivery temporarily suspended: no answer");
    }

    [Fact]
    public void After_an_outage_the_first_success_opens_the_window_step_by_step()
    {
        using Simulation.Simulation simulation = new(OneByOne);
        Site site = simulation.Site("back.test");
        site.IsDead = true;
        simulation.Retry = TimeSpan.FromSeconds(10);
        simulation.Submit(2000, site.Name);
        simulation.Clock.RunFor(100);
        int before = site.Starts.Count;
        site.IsDead = false;
        simulation.Clock.RunFor(100_000);
        Assert.Equal(2000, site.Delivered);
        List<long> starts = site.Starts.GetRange(before, 2000);
        // One in the first second, and never more than the window in any.
        Assert.Single(starts, start => start < starts[0] + 1000);
        for (int i = 20; i < starts.Count; i++)
            Assert.True(starts[i] - starts[i - 20] >= 1000, $"more than 20 within a second, at {starts[i]}");
    }

    // S5-07
    [Fact]
    public void S5_07_An_operators_message_is_tried_at_a_dead_destination()
    {
        using Simulation.Simulation simulation = new(OneByOne);
        Site site = simulation.Site("dead.test");
        site.IsDead = true;
        simulation.Submit(20, site.Name);
        simulation.Clock.RunFor(10);
        site.IsDead = false;
        simulation.Submit(1, site.Name);
        simulation.Clock.RunFor(10);
        Assert.Equal(0, site.Delivered);
        simulation.Flushes = true;
        simulation.Submit(1, site.Name);
        simulation.Clock.RunFor(10);
        Assert.Equal(1, site.Delivered);
    }

    [Fact]
    public void An_operator_can_have_dead_destinations_forgotten()
    {
        using Simulation.Simulation simulation = new(OneByOne);
        Site site = simulation.Site("dead.test");
        site.IsDead = true;
        simulation.Submit(20, site.Name);
        simulation.Clock.RunFor(10);
        site.IsDead = false;
        simulation.Transport.ForgetTrouble();
        simulation.Submit(3, site.Name);
        simulation.Clock.RunFor(10);
        Assert.Equal(3, site.Delivered);
    }

    [Fact]
    public void An_unreachable_transport_rests_and_its_mail_is_put_off()
    {
        using Simulation.Simulation simulation = new(OneByOne) { IsUnreachable = true };
        simulation.Submit(500, "a.test");
        simulation.Clock.RunFor(1);
        Assert.Equal(500, simulation.PutOff.Count);
        simulation.IsUnreachable = false;
        simulation.Submit(1, "a.test");
        simulation.Clock.RunFor(1);
        Assert.Equal(501, simulation.PutOff.Count);
        simulation.Clock.RunFor(60);
        simulation.Submit(1, "a.test");
        simulation.Clock.RunFor(2);
        Assert.Equal(1, simulation.Site("a.test").Delivered);
    }

    [Fact]
    public void Deferred_transports_deliver_nothing()
    {
        using Simulation.Simulation simulation = new("defer_transports = [\"smtp\"]\n");
        simulation.Submit(1, "a.test");
        simulation.Clock.RunFor(100);
        Assert.Equal("deferred transport", Assert.Single(simulation.PutOff).Reason);
        simulation.Clock.RunFor(10_000);
        Assert.Empty(simulation.Started);
    }

    [Fact]
    public void Rate_delay_is_kept_between_the_end_of_one_delivery_and_the_start_of_the_next()
    {
        using Simulation.Simulation simulation = new($"{OneByOne}smtp_destination_rate_delay = 7\n");
        simulation.Submit(5, "a.test", "b.test");
        simulation.Clock.RunFor(1000);
        foreach (string name in (string[])["a.test", "b.test"])
            Assert.Equal([0, 8000, 16_000, 24_000, 32_000], simulation.Site(name).Starts);
    }

    [Fact]
    public void Rate_delay_outlives_the_mail_of_a_destination()
    {
        using Simulation.Simulation simulation = new($"{OneByOne}smtp_destination_rate_delay = 7\n");
        simulation.Submit(1, "a.test");
        simulation.Clock.RunFor(3);
        simulation.Submit(1, "a.test");
        simulation.Clock.RunFor(1000);
        Assert.Equal([0, 8000], simulation.Site("a.test").Starts);
    }

    [Fact]
    public void Transport_rate_delay_holds_over_all_destinations()
    {
        using Simulation.Simulation simulation = new($"{OneByOne}default_transport_rate_delay = 2\n");
        simulation.Submit(2, "a.test", "b.test");
        simulation.Clock.RunFor(1000);
        Assert.Equal([0, 2000, 4000, 6000], simulation.Site("a.test").Starts.Concat(simulation.Site("b.test").Starts).Order());
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(7, 60)]
    [InlineData(100, 3600)]
    public void No_span_of_the_period_has_more_starts_than_the_rate_allows(int count, int seconds)
    {
        using Simulation.Simulation simulation = new($"{OneByOne}[destination.\".test\"]\nrate = \"{count}/{seconds}s\"\n")
        {
            Retry = TimeSpan.FromSeconds(30),
        };
        simulation.Submit(count * 3, "a.test", "b.test");
        simulation.Clock.RunFor(seconds * 7);
        List<long> starts = [.. simulation.Site("a.test").Starts.Concat(simulation.Site("b.test").Starts).Order()];
        Assert.Equal(count * 6, starts.Count);
        for (int i = count; i < starts.Count; i++)
            Assert.True(starts[i] - starts[i - count] >= seconds * 1000L, $"start {i}");
        // Nor is anything wasted.
        Assert.InRange(starts[^1], 5000L * seconds, 5000L * seconds + 60_000);
    }

    // Else it would fill the active queue, and be neither warned of nor expire.
    [Theory]
    [InlineData("2/1h", 4)]
    [InlineData("2/5m", 0)]
    public void Mail_does_not_wait_long_in_memory_for_a_rate(string rate, int putOff)
    {
        using Simulation.Simulation simulation = new($"{OneByOne}[destination.\".test\"]\nrate = \"{rate}\"\n");
        simulation.Submit(1, "a.test", "b.test", "c.test", "d.test", "e.test", "f.test");
        simulation.Clock.RunFor(10);
        Assert.Equal(2, simulation.Started.Count);
        Assert.Equal(putOff, simulation.PutOff.Count);
        Assert.All(simulation.PutOff, p => Assert.Equal("delivery suspended: the rate limit of the destination is reached", p.Reason));
        // What comes later is put off at once.
        simulation.Submit(1, "g.test");
        simulation.Clock.RunFor(1);
        Assert.Equal(putOff == 0 ? 0 : 5, simulation.PutOff.Count);
    }

    [Fact]
    public void Destinations_that_share_a_limit_share_it_fairly()
    {
        using Simulation.Simulation simulation = new($"{OneByOne}[destination.\".shared\"]\nconcurrency = 4\n");
        int most = 0, underWay = 0;
        simulation.Submit(300, "a.shared", "b.shared", "free.test");
        simulation.Submit(1, "c.shared");
        for (int i = 0; i < 20; i++)
        {
            simulation.Clock.RunFor(1);
            underWay = simulation.Site("a.shared").UnderWay + simulation.Site("b.shared").UnderWay + simulation.Site("c.shared").UnderWay;
            most = Math.Max(most, underWay);
        }
        Assert.Equal(4, most);
        Assert.Equal(1, simulation.Site("c.shared").Delivered);
        Assert.InRange(simulation.Site("a.shared").Starts.Count, 38, 42);
        Assert.InRange(simulation.Site("b.shared").Starts.Count, 38, 42);
        Assert.True(simulation.Site("free.test").MostAtOnce > 4);
    }

    [Fact]
    public void Limits_hold_over_a_reload_for_what_is_under_way()
    {
        const string Shared = $"{OneByOne}[destination.\".shared\"]\nconcurrency = 4\n";
        using Simulation.Simulation simulation = new(Shared);
        simulation.Submit(4, "a.shared");
        simulation.Clock.RunFor(0.5);
        simulation.Reload(Shared);
        simulation.Submit(1, "b.shared");
        simulation.Clock.RunFor(0.4);
        Assert.Empty(simulation.Site("b.shared").Starts);
        simulation.Clock.RunFor(1);
        Assert.Equal([1000], simulation.Site("b.shared").Starts);
    }

    [Fact]
    public void A_pause_after_a_delivery_is_kept_over_a_reload()
    {
        const string Slow = $"{OneByOne}default_destination_rate_delay = 100\n";
        using Simulation.Simulation simulation = new(Slow);
        simulation.Submit(1, "a.test");
        simulation.Clock.RunFor(10);
        simulation.Reload(Slow);
        simulation.Submit(1, "a.test");
        simulation.Clock.RunFor(1000);
        Assert.Equal([0, 101_000], simulation.Site("a.test").Starts);
    }

    [Fact]
    public void Every_wait_has_its_reason()
    {
        using Simulation.Simulation simulation = new($"{OneByOne}initial_destination_concurrency = 1\n", agents: 2);
        simulation.Site("dead.test").IsDead = true;
        Message full = simulation.Submit(2, "full.test");
        simulation.Clock.RunFor(0.5);
        Assert.Equal((WaitCode?[])[WaitCode.NoProcess, WaitCode.DestinationFull], Codes(full, 2, "full.test"));
        // The agent's first word came.
        simulation.Started[0].Process = 4711;
        Assert.Equal((WaitCode?[])[WaitCode.Delivering, WaitCode.DestinationFull], Codes(full, 2, "full.test"));
        Assert.Equal(4711, Ask(full, 2, "full.test")[0].Process);
        simulation.Submit(1, "other.test");
        Message third = simulation.Submit(1, "third.test");
        simulation.Clock.RunFor(0.1);
        Assert.Equal((WaitCode?[])[WaitCode.NoFreeAgent], Codes(third, 1, "third.test"));
        simulation.Transport.IsPaused = true;
        Assert.Equal((WaitCode?[])[WaitCode.Paused], Codes(third, 1, "third.test"));
        simulation.Transport.IsPaused = false;
        simulation.Clock.RunFor(10);
        simulation.Submit(1, "dead.test");
        simulation.Clock.RunFor(1);
        Message dead = simulation.Submit(1, "dead.test");
        WaitState state = Assert.Single(Ask(dead, 1, "dead.test"));
        Assert.Equal(((WaitCode?)WaitCode.DeadDestination, "delivery temporarily suspended: no answer"), (state.Code, state.Reason));
        Assert.InRange(state.Left!.Value, 330_000, 338_000);
        // Of mail in other queues only trouble is told; what is known of the next hop is told of all.
        Assert.Equal(((WaitCode?)null, "full.test"), (Ask(null, 1, "full.test")[0].Code, Ask(null, 1, "full.test")[0].NextHop));
        Assert.Equal(WaitCode.DeadDestination, Ask(null, 1, "dead.test")[0].Code);
        Assert.Equal(WaitCode.Finishing, Ask(dead, 1, "elsewhere.test")[0].Code);

        IEnumerable<WaitCode?> Codes(Message message, int recipients, string site) => Ask(message, recipients, site).Select(static state => state.Code);

        IReadOnlyList<WaitState> Ask(Message? message, int recipients, string site) => simulation.Manager.Explanations.Answer(
            new WaitQuestion(message?.Id.ToString() ?? "", "alice@q.test", [.. Enumerable.Range(0, recipients).Select(i => $"r{i}@{site}")])).States;
    }
}
