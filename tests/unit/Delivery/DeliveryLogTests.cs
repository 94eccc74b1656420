using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Delivery;

/// <summary>The line of an outcome.</summary>
public sealed class DeliveryLogTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("bob@sink.test", "")]
    [InlineData("BOB@sink.test", "")]
    [InlineData("info@origin.test", ", orig_to=<info@origin.test>")]
    public void S1_37_The_original_recipient_is_shown_when_it_differs(string original, string shown)
    {
        Assert.True(QueueId.TryParse("1BC7BB2A7B8", out QueueId id));
        Assert.Equal($"1BC7BB2A7B8: to=<bob@sink.test>{shown}, relay=none, delay=10, delays=1/2/3/4, dsn=2.0.0, status=sent (ok)",
            DeliveryLog.Line(id, new Recipient("bob@sink.test", original), "none", 0, new DeliveryLog.Times(0, 1_000_000, 3_000_000, 6_000_000, 10_000_000), DeliveryStatus.Sent, new Dsn("2.0.0", "ok")).Text);
    }
}
