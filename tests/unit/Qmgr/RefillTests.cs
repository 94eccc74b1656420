using PostfixNet.Qmgr;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>Large messages are read on while they are delivered.</summary>
[Collection("MailLog")]
public sealed class RefillTests
{
    // S5-27
    [Fact]
    public void A_large_message_is_read_on_when_enough_of_it_is_done_or_after_a_while()
    {
        using QueueRig rig = new("""
            qmgr_message_recipient_minimum = 10
            qmgr_message_recipient_limit = 40
            default_extra_recipient_limit = 0
            default_recipient_refill_limit = 5
            default_recipient_refill_delay = "5s"
            """);
        rig.Start(recipients: 30);
        Message message = rig.Message;
        List<int> read = [];
        Refill refill = new(rig.Active, rig.Settings, rig.Clock, (_, recipients) => read.Add(recipients.Count));
        rig.Active.Done(message, 4);
        refill.Consider(message);
        Assert.Empty(read);
        rig.Active.Done(message, 1);
        refill.Consider(message);
        Assert.Equal([5], read);
        rig.Active.Done(message, 2);
        refill.Consider(message);
        Assert.Equal([5], read);
        rig.Clock.RunFor(6);
        refill.Consider(message);
        Assert.Equal([5, 2], read);
        // Nothing is read when nothing is done, however late.
        rig.Clock.RunFor(60);
        refill.Consider(message);
        Assert.Equal([5, 2], read);
    }

    // S5-15
    [Fact]
    public void What_cannot_be_read_is_left_for_the_end()
    {
        using QueueRig rig = new("qmgr_message_recipient_minimum = 2\nqmgr_message_recipient_limit = 8\ndefault_recipient_refill_limit = 1\n");
        QueueId id = rig.Start(recipients: 5);
        File.Delete(rig.Queues.PathOf(QueueName.Active, id));
        rig.Active.Done(rig.Message, 1);
        Refill refill = new(rig.Active, rig.Settings, rig.Clock, (_, _) => Assert.Fail("there is nothing to read"));
        refill.Consider(rig.Message);
        Assert.True(rig.Message.CannotRefill);
        Assert.StartsWith($"warning: {id}: ", Assert.Single(rig.Events), StringComparison.Ordinal);
        refill.Consider(rig.Message);
        Assert.Single(rig.Events);
    }
}
