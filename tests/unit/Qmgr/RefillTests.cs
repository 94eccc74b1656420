using PostfixNet.Qmgr;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>Large messages are read on while they are delivered.</summary>
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
            default_destination_recipient_limit = 1
            default_recipient_refill_limit = 5
            default_recipient_refill_delay = "5s"
            """);
        rig.Start(recipients: 30);
        Message message = rig.Message;
        Assert.Equal(10, message.Open);
        rig.Finish(most: 4);
        Assert.Equal(6, message.Open);
        rig.Finish(most: 1);
        Assert.Equal((10, 15), (message.Open, rig.Batches.Count));
        rig.Clock.RunFor(1);
        rig.Finish(most: 2);
        Assert.Equal(8, message.Open);
        // Nothing is read when nothing is done, however late.
        rig.Clock.RunFor(60);
        Assert.Equal(8, message.Open);
        rig.Finish(most: 1);
        Assert.Equal((10, 18), (message.Open, rig.Batches.Count));
    }

    // S5-15
    [Fact]
    public void What_cannot_be_read_is_left_for_the_end()
    {
        using QueueRig rig = new("""
            qmgr_message_recipient_minimum = 2
            qmgr_message_recipient_limit = 8
            default_destination_recipient_limit = 1
            default_recipient_refill_limit = 1
            """);
        QueueId id = rig.Start(recipients: 5);
        Message message = rig.Message;
        File.Delete(rig.Queues.PathOf(QueueName.Active, id));
        rig.Finish(most: 1);
        Assert.True(message.Unread!.CannotBeRead);
        Assert.Equal(1, message.Open);
        Assert.StartsWith($"warning: {id}: ", Assert.Single(rig.Events), StringComparison.Ordinal);
        rig.Finish();
        Assert.Equal([$"warning: {id}: ", $"{id}: gone before it was deferred"], rig.Events.Skip(1).Select((e, i) => i == 0 ? e[..$"warning: {id}: ".Length] : e));
        Assert.Equal(0, rig.Active.Count);
    }
}
