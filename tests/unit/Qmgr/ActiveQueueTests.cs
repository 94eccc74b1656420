using PostfixNet.Qmgr;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>How files become messages.</summary>
public sealed class ActiveQueueTests
{
    // S1-34, S1-45, S5-04
    [Fact]
    public void A_file_that_was_held_and_released_while_it_is_worked_on_is_not_worked_on_twice()
    {
        using QueueRig rig = new();
        QueueId id = rig.Start();
        File.Move(rig.Queues.PathOf(QueueName.Active, id), rig.Queues.PathOf(QueueName.Deferred, id));
        rig.Feed(QueueName.Deferred, id);
        Assert.Single(rig.Batches);
        Assert.Single(rig.Queues.ScanEntries(QueueName.Active));
        Assert.Equal(1, rig.Active.Count);

        rig.Finish(deferred: true);
        Assert.Equal(0, rig.Active.Count);
        rig.Feed(QueueName.Deferred, id, NotDue.All);
        Assert.Equal(2, rig.Batches.Count);
    }
}
