using PostfixNet.Configuration;
using PostfixNet.Native;
using PostfixNet.Qmgr;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>How files become messages.</summary>
public sealed class ActiveQueueTests
{
    // S1-34, S1-45, S5-04
    [Fact]
    public void A_file_that_was_held_and_released_while_it_is_worked_on_is_not_worked_on_twice()
    {
        using TemporaryDirectory directory = new();
        QueueDirectories queues = new(directory.Path, [], 0);
        queues.CreateMissing(owner: null, group: 0);
        Assert.True(QueueId.TryParse("1234567890", out QueueId id));
        string incoming = queues.PathOf(QueueName.Incoming, id);
        File.Copy(Vectors.PathOf("one-rcpt.incoming"), incoming);
        FileSystem.ChangeMode(incoming, QueueFileMode.Ready);
        List<Message> scheduled = [];
        ActiveQueue active = new(queues, new Settings(MainConfig.FromText("")), (message, _) => scheduled.Add(message), _ => Assert.Fail("nothing is put off"));
        active.Feed(Assert.Single(queues.ScanEntries(QueueName.Incoming)), NotDue.None);
        Message message = Assert.Single(scheduled);

        File.Move(queues.PathOf(QueueName.Active, id), queues.PathOf(QueueName.Deferred, id));
        active.Feed(Assert.Single(queues.ScanEntries(QueueName.Deferred)), NotDue.None);
        Assert.Single(scheduled);
        Assert.Single(queues.ScanEntries(QueueName.Active));
        Assert.Equal(1, active.Count);

        active.Released(message);
        Assert.Equal(0, active.Count);
        File.Move(queues.PathOf(QueueName.Active, id), queues.PathOf(QueueName.Deferred, id));
        active.Feed(Assert.Single(queues.ScanEntries(QueueName.Deferred)), NotDue.None);
        Assert.Equal(2, scheduled.Count);
    }
}
