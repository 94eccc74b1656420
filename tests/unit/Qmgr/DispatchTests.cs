using PostfixNet.Ipc;
using PostfixNet.Qmgr;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>How the recipients of a message become deliveries.</summary>
public sealed class DispatchTests
{
    [Fact]
    public void A0_8_Recipients_of_one_next_hop_go_together_up_to_the_limit()
    {
        using Machine machine = new("smtp_destination_recipient_limit = 2\n");
        List<string> recipients = [];
        for (int i = 0; i < 5; i++)
        {
            recipients.Add($"user{i}@one.test");
            if (i < 2)
                recipients.Add($"user{i}@two.test");
        }
        Message message = machine.Feed(QueueName.Incoming, machine.Put(QueueName.Incoming, recipients))!;
        Message other = machine.Feed(QueueName.Incoming, machine.Put(QueueName.Incoming, ["user9@one.test"]))!;
        machine.Clock.RunFor(10);
        Assert.Equal(["one.test user0 user1", "one.test user2 user3", "one.test user4", "one.test user9", "two.test user0 user1"],
            machine.Started.Select(entry => $"{entry.Destination.NextHop} {string.Join(' ', entry.Recipients.Select(r => r.Address.Split('@')[0]))}").Order(StringComparer.Ordinal));
        Assert.All(machine.Started, entry => Assert.Equal(entry.Recipients[0].Address == "user9@one.test" ? other : message, entry.Message));
    }

    // Review 22: a request that no agent could read would fail until the message expires.
    [Fact]
    public void A_request_is_as_large_as_a_message_between_processes_may_be_at_most()
    {
        using Machine machine = new("smtp_destination_recipient_limit = 0\nqmgr_message_recipient_limit = 20000\n");
        string local = new('x', 1800);
        machine.Feed(QueueName.Incoming, machine.Put(QueueName.Incoming, [.. Enumerable.Range(0, 4000).Select(i => $"{local}{i}@one.test")]));
        machine.Clock.RunFor(10);
        Settings settings = new(machine.Configuration(""));
        Assert.All(machine.Started, entry =>
        {
            OutputBuffer request = new(1024);
            request.Add(entry.Request(moreWaits: true, settings).ToAttributes());
            Assert.InRange(request.Length, 0, Channel.MessageLimit);
        });
        Assert.InRange(machine.Started.Sum(entry => entry.Recipients.Count), 1000, 4000);
    }
}
