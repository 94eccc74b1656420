using PostfixNet.Mail;
using PostfixNet.Qmgr;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>Recipients that the queue manager decides about itself.</summary>
[Collection("MailLog")]
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
        using QueueRig rig = new("", hashed);
        QueueId id = rig.Start();
        rig.Bounce.Fails = rig.Defer.Fails = fails;
        Recipient recipient = Assert.Single(rig.Scheduled[0].Recipients);
        bool? left = null;
        new BuiltIn(rig.Queues, rig.Lines, rig.Settings).Deliver(rig.Message, new Route(transport, "5.7.1 not here"),
            [recipient], someLeft => left = someLeft);
        Assert.Equal(!isDone, left);
        Assert.Equal(fails, rig.Message.IsUnrecorded);
        using QueueFile file = QueueFile.Open(rig.Queues.PathOf(QueueName.Active, id));
        Assert.Equal(isDone, QueueFile.IsDone(file.Handle, recipient.Offset));
        Assert.Equal(logged, string.Join('|', rig.Events.Where(e => e.Contains("status=", StringComparison.Ordinal))
            .Select(e => e[e.IndexOf("status=", StringComparison.Ordinal)..e.IndexOf(" (", StringComparison.Ordinal)])));
    }
}
