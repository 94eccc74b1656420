using System.Diagnostics;
using PostfixNet.Configuration;
using PostfixNet.Mail;
using PostfixNet.Qmgr;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>When a message ends: with the last of its recipients, once, and never before.</summary>
public sealed class MessageTests
{
    private readonly ActiveQueue _queue = new(new Settings(MainConfig.FromText("")));
    private readonly List<string> _heard = [];
    private readonly Message _message;

    public MessageTests()
    {
        Assert.True(QueueId.TryParse("1234567890", out QueueId id));
        _message = new Message(_queue, id, new Envelope(), active: 0);
        _queue.BatchEnded += _ => _heard.Add("ended");
        _queue.Progressed += _ => _heard.Add("progressed");
    }

    [Fact]
    public void The_last_recipient_of_a_batch_ends_it()
    {
        _message.Read(3, next: 500, now: 0);
        _message.Settle(1);
        _message.Settle(1);
        Assert.Equal(["progressed", "progressed"], _heard);
        _message.Settle(1);
        Assert.Equal(["progressed", "progressed", "ended"], _heard);
        Assert.Equal(500, _message.Unread?.At);
        _message.Read(1, next: 0, now: 0);
        Assert.Equal(3, _heard.Count);
        _message.Settle(1);
        Assert.Equal("ended", _heard[^1]);
        Assert.Null(_message.Unread);
    }

    [Fact]
    public void A_message_with_nobody_left_to_deliver_to_ends_at_once()
    {
        _message.Read(0, next: 0, now: 0);
        Assert.Equal(["ended"], _heard);
    }

    [Fact]
    public void More_recipients_than_there_are_cannot_be_settled()
    {
        _message.Read(2, next: 0, now: 0);
        _message.Settle(1);
        Assert.Throws<UnreachableException>(() => _message.Settle(2));
        Assert.Equal((1, 1), (_message.Open, _queue.Recipients));
        Assert.DoesNotContain("ended", _heard);
    }

    [Fact]
    public void A_delivery_gives_its_recipients_away_only_once()
    {
        using Machine machine = new();
        machine.Feed(QueueName.Incoming, machine.Put(QueueName.Incoming, ["a@q.test", "b@q.test"]));
        machine.Clock.RunFor(0);
        Entry entry = Assert.Single(machine.Started);
        FakeAgents agents = machine.Agents["smtp"];
        agents.UnderWay.Add(entry);
        agents.Defer(entry);
        Assert.Throws<UnreachableException>(() => agents.Defer(entry, new Dsn("4.4.1", "again")));
    }

    // A process that is told to end waits for what is under way, and starts nothing.
    [Fact]
    public void The_process_ends_when_deliveries_and_their_reports_have()
    {
        using Machine machine = new("initial_destination_concurrency = 1\n");
        QueueId first = machine.Put(QueueName.Incoming, ["a@q.test"]), second = machine.Put(QueueName.Incoming, ["b@q.test"]);
        machine.Feed(QueueName.Incoming, first);
        machine.Feed(QueueName.Incoming, second);
        machine.Clock.RunFor(0);
        machine.Manager.MustEnd();
        machine.Bounce.IsSilent = true;
        File.WriteAllText(machine.Queues.PathOf(QueueName.Bounce, first), "*\n");
        machine.Put(QueueName.Incoming, ["late@q.test"]);
        machine.Trigger("I");
        machine.Clock.RunFor(1);
        Assert.False(machine.HasEnded);
        machine.Agents["smtp"].Deliver(Assert.Single(machine.Started));
        machine.Clock.RunFor(1);
        Assert.False(machine.HasEnded);
        machine.Bounce.Answer();
        machine.Clock.RunFor(1);
        Assert.True(machine.HasEnded);
        Assert.Null(machine.Queues.Locate(first));
        Assert.Equal(QueueName.Active, machine.Queues.Locate(second));
        Assert.Single(machine.Started);
    }

    [Fact]
    public void The_process_does_not_wait_for_a_delivery_without_end()
    {
        using Machine machine = new();
        machine.Feed(QueueName.Incoming, machine.Put(QueueName.Incoming, ["a@q.test"]));
        machine.Clock.RunFor(0);
        machine.Manager.MustEnd();
        machine.Clock.RunFor(7.9);
        Assert.False(machine.HasEnded);
        machine.Clock.RunFor(0.2);
        Assert.True(machine.HasEnded);
    }
}
