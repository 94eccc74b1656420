using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Delivery;

/// <summary>What the queue manager asks of an agent.</summary>
public sealed class DeliveryRequestTests
{
    [Theory]
    [InlineData("sink.test", 1, true)]
    [InlineData("", 1, false)]
    [InlineData("sink.test", 0, false)]
    public void S4_03_A_request_has_a_next_hop_and_recipients(string nextHop, int recipients, bool isGood)
    {
        Assert.True(QueueId.TryParse("1BC7BB2A7B8", out QueueId id));
        AttributeList sent = new DeliveryRequest
        {
            Queue = QueueName.Active,
            Id = id,
            NextHop = nextHop,
            Sender = "alice@q.test",
            Recipients = [.. Enumerable.Range(0, recipients).Select(i => new Recipient($"user{i}@sink.test", Offset: 100))],
        }.ToAttributes();
        if (isGood)
            Assert.Equal("user0@sink.test", Assert.Single(DeliveryRequest.From(sent).Recipients).Address);
        else
            Assert.Throws<IpcException>(() => DeliveryRequest.From(sent));
    }
}
