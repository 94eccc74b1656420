using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Qmgr;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>How the recipients of a message become deliveries.</summary>
public sealed class DispatchTests
{
    [Fact]
    public void A0_8_Recipients_of_one_next_hop_go_together_up_to_the_limit()
    {
        const string Toml = "smtp_destination_recipient_limit = 2\n";
        Simulation.Simulation simulation = new(Toml);
        Dispatch dispatch = new(_ => simulation.Transport, (_, _, _) => Assert.Fail("every recipient has an agent"), (_, _, _) => false)
        {
            Routing = new Routing(MainConfig.FromText(Toml), new Sites()),
        };
        List<Recipient> recipients = [];
        for (int i = 0; i < 5; i++)
        {
            recipients.Add(new Recipient($"user{i}@one.test"));
            if (i < 2)
                recipients.Add(new Recipient($"user{i}@two.test"));
        }
        Message message = new() { Id = default, Envelope = new Envelope(), ActiveMicroseconds = 0 }, other = new() { Id = default, Envelope = new Envelope(), ActiveMicroseconds = 0 };
        dispatch.Sort(message, recipients);
        dispatch.Sort(other, [new Recipient("user9@one.test")]);
        simulation.Clock.RunFor(10);
        Assert.Equal(["one.test user0 user1", "one.test user2 user3", "one.test user4", "one.test user9", "two.test user0 user1"],
            simulation.Started.Select(entry => $"{entry.Destination.NextHop} {string.Join(' ', entry.Recipients.Select(r => r.Address.Split('@')[0]))}").Order(StringComparer.Ordinal));
        Assert.All(simulation.Started, entry => Assert.Equal(entry.Recipients[0].Address == "user9@one.test" ? other : message, entry.Message));
    }
}
