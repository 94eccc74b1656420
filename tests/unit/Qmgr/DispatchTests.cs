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
}
