using PostfixNet.Mail;
using PostfixNet.Qmgr;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>Recipients that the queue manager decides about itself.</summary>
public sealed class BuiltInTests
{
    // A0.4, S2-09; the active queue may be a hashed one.
    [Theory]
    [InlineData("error", false, true, "status=bounced", "")]
    [InlineData("error", true, false, "", "")]
    [InlineData("retry", false, false, "status=deferred", "")]
    [InlineData("retry", true, false, "status=deferred", "")]
    [InlineData("discard", false, true, "status=sent", "")]
    [InlineData("error", false, true, "status=bounced", "active")]
    [InlineData("discard", false, true, "status=sent", "active")]
    public void A_recipient_is_done_only_when_that_is_on_record(string transport, bool fails, bool isDone, string logged, string hashed)
    {
        using QueueRig rig = new($"transport_maps = {{ \"q.test\" = \"{transport}:5.7.1 not here\" }}\n", hashed);
        rig.Bounce.Fails = rig.Defer.Fails = fails;
        // The other recipient keeps the message in the active queue.
        QueueId id = rig.Machine.Put(QueueName.Incoming, ["user@q.test", "user@elsewhere.test"]);
        rig.Feed(QueueName.Incoming, id);
        Message message = rig.Active.Find(id)!;
        Assert.Equal((1, !isDone, fails), (message.Open, message.SomeDeferred, message.IsUnrecorded));
        List<Recipient> left = [];
        using QueueFile file = QueueFile.Open(rig.Queues.PathOf(QueueName.Active, id));
        file.ReadEnvelope(left, 10, out _);
        Assert.Equal(isDone ? ["user@elsewhere.test"] : ["user@q.test", "user@elsewhere.test"], left.Select(recipient => recipient.Address));
        Assert.Equal(logged, string.Join('|', rig.Events.Where(e => e.Contains("status=", StringComparison.Ordinal))
            .Select(e => e[e.IndexOf("status=", StringComparison.Ordinal)..e.IndexOf(" (", StringComparison.Ordinal)])));
    }
}
