using PostfixNet.Qmgr;
using PostfixNet.UnitTests.Qmgr.Simulation;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>What destinations and messages may expect of each other, in a simulated transport.</summary>
public sealed class FairnessTests
{
    private const string OneByOne = "default_destination_recipient_limit = 1\n";

    // S5-30: overtaking is bounded, and a mailing is slowed by k/(k-1) at most.
    [Fact]
    public void S5_30_One_recipient_overtakes_a_mailing_of_50000()
    {
        using Simulation.Simulation simulation = new(OneByOne, agents: 20);
        simulation.Submit(50_000, "big.test");
        simulation.Clock.RunFor(30);
        int before = simulation.Started.Count;
        Message small = simulation.Submit(1, "big.test");
        simulation.Clock.RunFor(5);
        int place = simulation.Started.FindIndex(before, entry => entry.Message == small) - before;
        Assert.InRange(place, 0, 20); // as soon as an agent is free: one of the next round
    }

    [Theory]
    [InlineData(5, 1.25)]
    [InlineData(2, 2)]
    public void S5_30_A_mailing_is_slowed_by_no_more_than_the_slot_cost_says(int cost, double factor)
    {
        const int Size = 2000;
        using Simulation.Simulation simulation = new($"{OneByOne}default_delivery_slot_cost = {cost}\ninitial_destination_concurrency = 20\n", agents: 20);
        Message mailing = simulation.Submit(Size, "big.test");
        // Small mail without end: more than could ever be delivered beside the mailing.
        for (int i = 0; i < Size * 2; i++)
            simulation.Submit(1, "big.test");
        simulation.Clock.RunFor(1000);
        int last = simulation.Started.FindLastIndex(entry => entry.Message == mailing);
        Assert.InRange(last + 1, Size * 1.1, Size * factor + 10);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Without_slots_nothing_overtakes(int cost)
    {
        using Simulation.Simulation simulation = new($"{OneByOne}default_delivery_slot_cost = {cost}\n", agents: 20);
        Message mailing = simulation.Submit(300, "big.test");
        simulation.Submit(1, "big.test");
        simulation.Clock.RunFor(1000);
        Assert.Equal(300, simulation.Started.FindLastIndex(entry => entry.Message == mailing) + 1);
    }

    [Fact]
    public void A_short_job_is_not_overtaken()
    {
        // 14 deliveries never earn the three slots that are the minimum.
        using Simulation.Simulation simulation = new(OneByOne, agents: 1);
        Message shortJob = simulation.Submit(14, "a.test");
        simulation.Submit(1, "a.test");
        simulation.Clock.RunFor(100);
        Assert.Equal(14, simulation.Started.FindLastIndex(entry => entry.Message == shortJob) + 1);
    }

    // S1-46 and S3-14 in spirit: each destination has its own window, and nobody waits for another's.
    [Fact]
    public void Healthy_destinations_keep_full_concurrency_beside_dead_and_slow_ones()
    {
        long alone = TimeOfHealthy(withOthers: false), beside = TimeOfHealthy(withOthers: true);
        Assert.True(beside <= alone * 1.05, $"{beside} ms beside troubled destinations, {alone} ms alone");
    }

    private static long TimeOfHealthy(bool withOthers)
    {
        // Enough for 5 full windows, 10 first ones, and the reserve.
        using Simulation.Simulation simulation = new(OneByOne, agents: 170);
        for (int i = 0; i < 5 && withOthers; i++)
        {
            simulation.Site($"dead{i}.test").IsDead = true;
            simulation.Site($"dead{i}.test").RefusalLatency = 30_000;
            simulation.Site($"slow{i}.test").Latency = 600_000;
        }
        List<string> healthy = [];
        for (int i = 0; i < 5; i++)
            healthy.Add($"well{i}.test");
        for (int n = 0; n < 400; n++)
        {
            for (int i = 0; i < 5 && withOthers; i++)
            {
                simulation.Submit(1, $"dead{i}.test");
                simulation.Submit(1, $"slow{i}.test");
            }
            foreach (string site in healthy)
                simulation.Submit(1, site);
        }
        simulation.Clock.RunFor(1000);
        long end = 0;
        foreach (string site in healthy)
        {
            Assert.Equal(400, simulation.Site(site).Delivered);
            end = Math.Max(end, simulation.Site(site).Ends[^1]);
        }
        return end;
    }

    [Fact]
    public void Hanging_destinations_leave_agents_to_others()
    {
        using Simulation.Simulation simulation = new($"{OneByOne}initial_destination_concurrency = 20\n", agents: 20);
        simulation.Site("hang1.test").Latency = simulation.Site("hang2.test").Latency = 3_600_000;
        simulation.Submit(100, "hang1.test", "hang2.test");
        for (int i = 0; i < 100; i++)
            simulation.Submit(1, "well.test");
        simulation.Clock.RunFor(200);
        Assert.Equal(100, simulation.Site("well.test").Delivered);
    }

    [Fact]
    public void Alone_a_destination_gets_every_agent()
    {
        using Simulation.Simulation simulation = new($"{OneByOne}initial_destination_concurrency = 20\n", agents: 20);
        simulation.Submit(100, "only.test");
        simulation.Clock.RunFor(1);
        Assert.Equal(20, simulation.Site("only.test").MostAtOnce);
    }

    [Fact]
    public void Destinations_of_one_message_take_turns()
    {
        using Simulation.Simulation simulation = new($"{OneByOne}initial_destination_concurrency = 20\n", agents: 3);
        simulation.Submit(4, "a.test", "b.test", "c.test");
        simulation.Clock.RunFor(100);
        for (int i = 0; i < 12; i += 3)
            Assert.Equal(3, simulation.Started.GetRange(i, 3).Select(entry => entry.Destination.NextHop).Distinct().Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Nothing_starves_whatever_comes(int seed)
    {
        Random random = new(seed);
        using Simulation.Simulation simulation = new("default_destination_recipient_limit = 5\n", agents: 1 + random.Next(30));
        int submitted = 0;
        for (int i = 0; i < 12; i++)
        {
            Site site = simulation.Site($"s{i}.test");
            site.Latency = 10 + random.Next(3000);
            site.Capacity = i % 3 == 0 ? 1 + random.Next(10) : int.MaxValue;
        }
        simulation.Retry = TimeSpan.FromSeconds(300);
        for (int n = 0; n < 600; n++)
        {
            string[] sites = [.. Enumerable.Range(0, 12).Where(_ => random.Next(4) == 0).Select(i => $"s{i}.test")];
            if (sites.Length > 0)
            {
                submitted++;
                simulation.Submit(1 + (random.Next(20) == 0 ? random.Next(500) : random.Next(3)), sites);
            }
            simulation.Clock.RunFor(random.NextDouble());
        }
        simulation.Clock.RunFor(200_000);
        Assert.Equal((0, 0, 0), (simulation.Busy, simulation.Manager.Active.Count, simulation.Left));
        Assert.Equal(submitted, simulation.Started.Select(entry => entry.Message.Id).Distinct().Count());
    }

    [Fact]
    public void Order_is_cheap_to_keep_with_20000_messages()
    {
        using Simulation.Simulation simulation = new(agents: 100);
        for (int i = 0; i < 20_000; i++)
        {
            simulation.Site($"s{i}.test").Latency = 10;
            simulation.Submit(1, $"s{i}.test");
        }
        long before = simulation.Transport.Moves;
        simulation.Clock.RunFor(100_000);
        Assert.Equal(20_000, simulation.Started.Count);
        double perStart = (simulation.Transport.Moves - before) / 20_000.0;
        Assert.True(perStart < 150, $"{perStart} moves per start"); // a few times log2(20000) = 14.3
    }
}
