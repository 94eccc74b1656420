using PostfixNet.Delivery;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>What the queue manager tells of its transports and destinations to whoever looks after the system.</summary>
public sealed class DestinationReportsTests
{
    private const string OneByOne = "default_destination_recipient_limit = 1\n";

    private static DestinationReport Report(Simulation.Simulation simulation) => DestinationReport.From(simulation.Manager.Answer(DestinationReport.Ask()));

    [Fact]
    public void A_dead_destination_is_told_with_since_when_until_when_why_and_what_was_put_off()
    {
        using Simulation.Simulation simulation = new(OneByOne);
        simulation.Site("dead.test").IsDead = true;
        simulation.Submit(20, "dead.test");
        simulation.Submit(30, "slow.test");
        simulation.Clock.RunFor(1);
        DestinationReport report = Report(simulation);
        Assert.Equal((2, 1, true), (report.Destinations, report.Dead, report.HasTrouble));
        Assert.Equal(["dead.test", "slow.test"], report.Told.Select(static told => told.State.NextHop));
        DestinationState dead = Assert.Single(report.Troubled);
        Assert.Equal((WaitCode.DeadDestination, "delivery temporarily suspended: no answer", 15), (dead.State.Code!.Value, dead.State.Reason, dead.Trouble.PutOff));
        Assert.InRange(dead.Trouble.Lasts!.Value, 100, 1000);
        Assert.InRange(dead.State.Left!.Value, 290_000, 375_000);
        Assert.Equal((15, 10), (report.Told[1].State.Load!.Waiting, report.Told[1].State.Load!.Busy));
        TransportState transport = Assert.Single(report.Transports);
        Assert.Equal(("smtp", (WaitCode?)null, false, 2, 1, 15, 10, 100),
            (transport.Name, transport.Code, transport.IsTroubled, transport.Destinations, transport.Dead, transport.Waiting, transport.Busy, transport.ProcessLimit));

        // It is tried once and still dead: the outage began then.
        simulation.Retry = TimeSpan.FromSeconds(10);
        simulation.Clock.RunFor(500);
        dead = Assert.Single(Report(simulation).Troubled);
        Assert.InRange(dead.Trouble.Lasts!.Value, 490_000, 502_000);
        Assert.True(dead.Trouble.PutOff > 15);
        simulation.Site("dead.test").IsDead = false;
        simulation.Clock.RunFor(10_000);
        report = Report(simulation);
        Assert.Equal((0, 0, false), (report.Destinations, report.Dead, report.HasTrouble));
    }

    [Fact]
    public void A_suspended_or_paused_transport_is_told()
    {
        using Simulation.Simulation simulation = new(OneByOne);
        simulation.IsUnreachable = true;
        simulation.Submit(7, "any.test");
        simulation.Clock.RunFor(1);
        TransportState transport = Assert.Single(Report(simulation).Transports);
        Assert.Equal((WaitCode.TransportSuspended, true, 7L), (transport.Code!.Value, transport.IsTroubled, transport.Trouble.PutOff));
        Assert.InRange(transport.Left!.Value, 58_000, 60_000);
        Assert.InRange(transport.Trouble.Lasts!.Value, 0, 2000);
        Assert.False(string.IsNullOrEmpty(transport.Reason));
        simulation.IsUnreachable = false;
        simulation.Clock.RunFor(70);
        transport = Assert.Single(Report(simulation).Transports);
        Assert.Equal(((WaitCode?)null, (long?)null, 0L), (transport.Code, transport.Trouble.Lasts, transport.Trouble.PutOff));
        simulation.Transport.IsPaused = true;
        simulation.Clock.RunFor(2);
        Assert.Equal(WaitCode.Paused, Assert.Single(Report(simulation).Transports).Code);
    }

    [Fact]
    public void Of_very_many_destinations_the_dead_and_the_fullest_are_told_and_all_are_counted()
    {
        using Simulation.Simulation simulation = new(OneByOne, agents: 1);
        simulation.Site("dead.test").IsDead = true;
        simulation.Submit(5, "dead.test");
        simulation.Clock.RunFor(10);
        for (int i = 0; i < DestinationReport.Limit + 500; i++)
            simulation.Submit(1, $"d{i}.test");
        simulation.Submit(3, "full.test");
        simulation.Clock.RunFor(1);
        DestinationReport report = Report(simulation);
        Assert.Equal((DestinationReport.Limit, 1), (report.Told.Count, report.Dead));
        Assert.InRange(report.Destinations, DestinationReport.Limit + 490, DestinationReport.Limit + 502);
        Assert.Equal(["dead.test", "full.test"], report.Told.Take(2).Select(static told => told.State.NextHop));
        // Asked again at once nothing is looked at anew.
        simulation.Submit(9, "later.test");
        Assert.Equal(report.Destinations, Report(simulation).Destinations);
        simulation.Clock.RunFor(2);
        Assert.Contains(Report(simulation).Told, static told => told.State.NextHop == "later.test");
    }
}
