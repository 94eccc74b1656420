using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>Mail that was handed in ahead of its time (S3-52, RFC 4865), as the queue manager keeps it.</summary>
public sealed class FutureReleaseTests : IDisposable
{
    private const int Wait = 10_000;

    private readonly QueueRig _rig = new("queue_run_delay = \"300s\"\nmaximal_queue_lifetime = \"1h\"\n");

    private QueueId Put(int releaseIn = Wait) => _rig.Machine.Put(QueueName.Incoming, ["user@q.test"], releaseIn: releaseIn);

    public void Dispose() => _rig.Dispose();

    private void Walk(string requests = "I")
    {
        _rig.Machine.Trigger(requests);
        _rig.Run();
    }

    [Fact]
    public void It_goes_out_at_its_time_and_not_with_a_walk_before_or_after()
    {
        QueueId id = Put();
        Walk();
        Assert.Equal(QueueName.Deferred, _rig.Queues.Locate(id));
        Assert.Equal(QueueFileMode.Ready | QueueFileMode.Scheduled, FileSystem.Status(_rig.Queues.PathOf(QueueName.Deferred, id))!.Value.Mode);
        Assert.InRange(_rig.DueIn(QueueName.Deferred, id), Wait - 1, Wait);
        Assert.Single(_rig.Events, line => line.StartsWith($"{id}: to go out at ", StringComparison.Ordinal) && line.EndsWith(", as its sender asked for", StringComparison.Ordinal));
        _rig.Clock.RunFor(Wait - 2);
        Assert.Empty(_rig.Batches);
        _rig.Clock.RunFor(2.1);
        Assert.Single(_rig.Batches);
        Assert.Equal(QueueFileMode.Ready, FileSystem.Status(_rig.Queues.PathOf(QueueName.Active, id))!.Value.Mode);
    }

    // "postqueue -f" is for what waits because it could not be delivered.
    [Fact]
    public void A_flush_of_everything_leaves_it_and_one_of_the_message_does_not()
    {
        QueueId id = Put();
        Walk("IA");
        Walk("DAF");
        Assert.Equal((QueueName.Deferred, 0), (_rig.Queues.Locate(id), _rig.Batches.Count));
        // As postqueue -i.
        string path = _rig.Queues.PathOf(QueueName.Deferred, id);
        FileSystem.ChangeMode(path, QueueFileMode.Ready | QueueFileMode.Scheduled | QueueFileMode.FlushFirst);
        _rig.Machine.SetDue(QueueName.Deferred, id, 0);
        _rig.Queues.Rename(path, QueueName.Incoming, id);
        Walk();
        Assert.Single(_rig.Batches);
    }

    [Fact]
    public void An_operator_may_choose_an_earlier_time()
    {
        QueueId id = Put();
        Walk();
        _rig.Machine.SetDue(QueueName.Deferred, id, 20);
        Walk("D");
        _rig.Clock.RunFor(21);
        Assert.Single(_rig.Batches);
    }

    // S5-20: it has all its attempts before it.
    [Fact]
    public void Its_age_counts_from_its_time()
    {
        QueueId id = Put(20_000);
        Walk();
        _rig.Clock.RunFor(20_001);
        _rig.Finish(deferred: true);
        Assert.Equal(QueueName.Deferred, _rig.Queues.Locate(id));
        Assert.DoesNotContain(_rig.Events, static line => line.Contains("expired", StringComparison.Ordinal));
        // Not a second time: its time has been.
        _rig.Machine.SetDue(QueueName.Deferred, id, 0);
        Walk("D");
        Assert.Equal(2, _rig.Batches.Count);
    }

    [Fact]
    public void A_time_that_has_been_is_now()
    {
        Put(-5);
        Walk();
        Assert.Single(_rig.Batches);
    }

    // Killed between the parts of the move: the next process finds it in active.
    [Fact]
    public void What_an_earlier_process_left_waits_again()
    {
        QueueId id = Put();
        _rig.Queues.Rename(_rig.Queues.PathOf(QueueName.Incoming, id), QueueName.Active, id);
        _rig.Machine.Manager.Admission.TakeBackLeftovers();
        Walk();
        Assert.Equal((QueueName.Deferred, 0), (_rig.Queues.Locate(id), _rig.Batches.Count));
    }
}
