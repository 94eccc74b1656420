using PostfixNet.Qmgr;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;
using QmgrLog = PostfixNet.Qmgr.Log;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>The operator's list, as the queue manager follows it.</summary>
public sealed class PausedDeliveriesTests
{
    // S1-38
    [Fact]
    public void A_list_that_cannot_be_read_pauses_everything_until_it_can()
    {
        using TemporaryDirectory directory = new();
        PauseList.None.With(Pause.Parse(["transport", "relay"], 1)!)!.Write(directory.Path);
        string file = Path.Join(directory.Path, PauseList.FileName);
        byte[] good = File.ReadAllBytes(file);
        LogRecord log = new();
        PausedDeliveries paused = new(directory.Path, TimeProvider.System, new QmgrLog(log));
        Assert.True(paused.Read());
        Assert.False(paused.Read());
        Assert.Equal((1, false), (paused.Version, paused.IsEverything));
        File.WriteAllText(file, "what?\n");
        Assert.True(paused.Read());
        Assert.False(paused.Read());
        Assert.Equal((2, true), (paused.Version, paused.IsEverything));
        File.WriteAllBytes(file, good);
        Assert.True(paused.Read());
        Assert.Equal((3, false), (paused.Version, paused.IsEverything));
        File.Delete(file);
        Assert.True(paused.Read());
        Assert.Equal(["deliveries paused: transport relay", $"error: {file}:1: not a pause: all deliveries are paused",
            "deliveries paused: transport relay", "deliveries resumed: all deliveries", "deliveries resumed: transport relay"], log.Lines);
    }

    [Fact]
    public void Mail_of_a_destination_with_quiet_hours_waits_for_their_end_and_other_mail_does_not()
    {
        // The clock of the tests begins somewhere in an hour; two hours on are quiet whenever that is.
        using QueueRig rig = new();
        long now = (long)rig.Clock.Seconds, begin = now - now % 3600 + 3600;
        string Hour(long moment) => DateTimeOffset.FromUnixTimeSeconds(moment).ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(rig.Machine.Manager.Reload(rig.Machine.Configuration($"initial_destination_concurrency = 20\n[destination.\"q.test\"]\nquiet_hours = \"{Hour(begin)}-{Hour(begin + 7200)} UTC\"\n")));
        QueueId before = rig.Put();
        rig.Feed(QueueName.Incoming, before);
        Assert.Single(rig.Batches);
        rig.Finish();
        rig.Clock.RunFor(begin + 10 - now);
        Assert.Contains(rig.Events, static line => line.StartsWith("quiet hours of destination \"q.test\", until ", StringComparison.Ordinal));
        QueueId quiet = rig.Put(), other = rig.Machine.Put(QueueName.Incoming, ["user@other.test"]), wanted = rig.Put(mode: QueueFileMode.Ready | QueueFileMode.FlushFirst);
        foreach (QueueId id in (QueueId[])[quiet, other, wanted])
            rig.Feed(QueueName.Incoming, id);
        Assert.Equal([other, wanted], rig.Batches.Skip(1).Select(static batch => batch.Message.Id));
        rig.Finish();
        Assert.Equal(QueueName.Deferred, rig.Queues.Locate(quiet));
        rig.Clock.RunFor(7200 - 30);
        Assert.Equal(3, rig.Batches.Count);
        rig.Clock.RunFor(40);
        Assert.Equal(quiet, rig.Message.Id);
        Assert.Contains("quiet hours of destination \"q.test\" are over", rig.Events);
    }

    // Newcomer 18: an attempt that the pause prevents is none, and tells nothing new.
    [Fact]
    public void A_flush_while_paused_keeps_the_reasons_of_the_last_attempt()
    {
        using QueueRig rig = new();
        QueueId id = rig.Put(QueueName.Deferred), fresh = rig.Put(QueueName.Deferred);
        rig.Record(QueueName.Defer, id);
        PauseList.None.With(Pause.Parse(["destination", "q.test"], 1)!)!.Write(rig.Queues.Root);
        rig.Machine.Trigger("P");
        rig.Run();
        rig.Events.Clear();
        foreach (QueueId one in (QueueId[])[id, fresh])
            rig.Feed(QueueName.Deferred, one, NotDue.All);
        Assert.Equal((QueueName.Deferred, QueueName.Deferred, 0), (rig.Queues.Locate(id), rig.Queues.Locate(fresh), rig.Batches.Count));
        Assert.Equal("*\n", File.ReadAllText(rig.Queues.PathOf(QueueName.Defer, id)));
        Assert.Single(rig.Events, "defer append"); // of the one that has none yet
        PauseList.None.Write(rig.Queues.Root);
        rig.Machine.Trigger("P");
        rig.Run();
        Assert.Equal(2, rig.Batches.Count);
        Assert.False(File.Exists(rig.Queues.PathOf(QueueName.Defer, id)));
    }
}
