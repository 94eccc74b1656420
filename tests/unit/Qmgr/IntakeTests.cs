using PostfixNet.Native;
using PostfixNet.Qmgr;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>Which files become messages, and when.</summary>
public sealed class IntakeTests
{
    [Fact]
    public void S5_01_No_more_messages_come_in_than_there_may_be()
    {
        using QueueRig rig = new("qmgr_message_active_limit = 2\n");
        for (int i = 0; i < 3; i++)
            rig.Put();
        rig.Machine.Trigger("I");
        rig.Run();
        Assert.Equal((2, 2), (rig.Active.Count, rig.Queues.ScanEntries(QueueName.Active).Count()));
        rig.Finish(most: 1);
        Assert.Equal((2, 3), (rig.Active.Count, rig.Batches.Count));
    }

    // S5-01: each message has a few recipients in memory, and together they have no more than the limit.
    [Fact]
    public void Recipients_in_memory_are_bounded()
    {
        using QueueRig rig = new("qmgr_message_recipient_minimum = 1\nqmgr_message_recipient_limit = 8\ndefault_extra_recipient_limit = 0\n");
        for (int i = 0; i < 6; i++)
            rig.Put(recipients: 10);
        rig.Machine.Trigger("I");
        rig.Run();
        Assert.Equal([2, 2, 2, 2, 1, 1], rig.Batches.Select(batch => batch.Recipients.Count));
        Assert.Equal(10, rig.Active.Recipients);
    }

    [Fact]
    public void S5_02_What_is_no_complete_file_is_left_alone()
    {
        using QueueRig rig = new();
        QueueId building = rig.Put(), target = rig.Put(QueueName.Hold), linked = rig.Put(QueueName.Hold);
        string directory = rig.Queues.DirectoryOf(QueueName.Incoming);
        FileSystem.ChangeMode(rig.Queues.PathOf(QueueName.Incoming, building), QueueFileMode.Building);
        File.CreateSymbolicLink($"{directory}/AAAAAA1", rig.Queues.PathOf(QueueName.Hold, target));
        Directory.CreateDirectory($"{directory}/AAAAAA2");
        File.WriteAllText($"{directory}/notes.txt", "not a queue file");
        File.CreateSymbolicLink($"{rig.Queues.DirectoryOf(QueueName.Deferred)}/AAAAAA3", "nowhere");
        rig.Machine.Trigger("IDA");
        rig.Run();
        Assert.Empty(rig.Batches);
        Assert.Empty(rig.Queues.ScanEntries(QueueName.Active));
        Assert.Equal(4, Directory.GetFileSystemEntries(directory).Length);
        Assert.Equal((QueueName.Hold, QueueName.Hold), (rig.Queues.Locate(target), rig.Queues.Locate(linked)));
    }

    [Theory]
    [InlineData(QueueName.Deferred, 60, "", false)]
    [InlineData(QueueName.Incoming, 60, "", false)]
    [InlineData(QueueName.Deferred, -1, "", true)]
    [InlineData(QueueName.Deferred, 60, "A", true)]
    [InlineData(QueueName.Deferred, 60, "P", false)]
    [InlineData(QueueName.Deferred, 10 * 86_400, "", true)] // nobody waits that long: the clock was set back
    public void S5_03_A_time_to_come_means_not_yet(QueueName queue, int dueIn, string request, bool isTaken)
    {
        using QueueRig rig = new();
        QueueId id = rig.Put(queue, dueIn: dueIn);
        rig.Feed(queue, id, request switch { "A" => NotDue.All, "P" => NotDue.Paused, _ => NotDue.None });
        Assert.Equal(isTaken ? QueueName.Active : queue, rig.Queues.Locate(id));
        Assert.Equal(isTaken ? 1 : 0, rig.Batches.Count);
    }

    [Fact]
    public void S5_04_A_file_moves_to_active_and_one_that_is_gone_does_no_harm()
    {
        using QueueRig rig = new();
        QueueId first = rig.Put(), gone = rig.Put(QueueName.Deferred), last = rig.Put(QueueName.Deferred);
        rig.Feed(QueueName.Incoming, first);
        QueueEntry entry = new(gone, rig.Queues.PathOf(QueueName.Deferred, gone));
        File.Delete(entry.Path);
        rig.Machine.Manager.Admission.Feed(entry, NotDue.None);
        rig.Feed(QueueName.Deferred, last);
        Assert.Equal([first, last], rig.Batches.Select(batch => batch.Message.Id));
        Assert.All([first, last], id => Assert.Equal(QueueName.Active, rig.Queues.Locate(id)));
    }

    [Fact]
    public void S5_05_A_damaged_file_goes_to_corrupt_as_it_is()
    {
        using QueueRig rig = new();
        QueueId id = rig.Put();
        string path = rig.Queues.PathOf(QueueName.Incoming, id);
        byte[] half = File.ReadAllBytes(path)[..150];
        File.WriteAllBytes(path, half);
        rig.Feed(QueueName.Incoming, id);
        Assert.Equal(half, File.ReadAllBytes(rig.Queues.PathOf(QueueName.Corrupt, id)));
        Assert.Equal([$"warning: {id}: message rejected: missing end record",
            $"warning: saving corrupt file \"{id}\" from queue \"active\" to queue \"corrupt\""], rig.Events);
        Assert.Equal(0, rig.Active.Count);
    }

    // S4-08, S5-14: an agent marked it, and could not tell us.
    [Fact]
    public void A_file_that_is_marked_as_damaged_goes_to_corrupt()
    {
        using QueueRig rig = new();
        QueueId id = rig.Put();
        FileSystem.ChangeMode(rig.Queues.PathOf(QueueName.Incoming, id), QueueFileMode.Corrupt);
        rig.Feed(QueueName.Incoming, id);
        Assert.Equal(QueueName.Corrupt, rig.Queues.Locate(id));
        Assert.Empty(rig.Batches);
    }

    [Fact]
    public void S5_06_A_file_that_an_agent_still_works_on_goes_back_for_a_minute()
    {
        using QueueRig rig = new();
        QueueId id = rig.Put(QueueName.Deferred);
        using (QueueFile file = QueueFile.Open(rig.Queues.PathOf(QueueName.Deferred, id)))
        {
            Assert.True(FileSystem.TryLock(file.Handle));
            rig.Feed(QueueName.Deferred, id);
            Assert.Equal((QueueName.Incoming, 0), (rig.Queues.Locate(id), rig.Active.Count));
            Assert.InRange(rig.DueIn(QueueName.Incoming, id), 30, 60);
        }
        rig.Machine.SetDue(QueueName.Incoming, id, 0);
        rig.Feed(QueueName.Incoming, id);
        Assert.Equal(id, rig.Message.Id);
    }

    [Fact]
    public void S5_07_The_mark_of_an_operators_flush_is_used_once()
    {
        using QueueRig rig = new();
        QueueId id = rig.Put();
        FileSystem.ChangeMode(rig.Queues.PathOf(QueueName.Incoming, id), QueueFileMode.Ready | QueueFileMode.FlushFirst);
        rig.Feed(QueueName.Incoming, id);
        Assert.True(rig.Message.IgnoresDeadDestinations);
        rig.Finish(deferred: true);
        rig.Feed(QueueName.Deferred, id, NotDue.All);
        Assert.False(rig.Message.IgnoresDeadDestinations);
    }

    [Fact]
    public void S5_28_Incoming_and_deferred_take_turns()
    {
        using QueueRig rig = new("qmgr_message_active_limit = 6\n");
        HashSet<QueueId> deferred = [];
        for (int i = 0; i < 6; i++)
        {
            rig.Put();
            deferred.Add(rig.Put(QueueName.Deferred));
        }
        rig.Machine.Trigger("ID");
        rig.Run();
        Assert.Equal(6, rig.Batches.Count);
        for (int i = 1; i < 6; i++)
            Assert.NotEqual(deferred.Contains(rig.Batches[i - 1].Message.Id), deferred.Contains(rig.Batches[i].Message.Id));
    }

    [Fact]
    public void S1_21_Other_work_is_done_between_the_steps_of_a_walk()
    {
        using QueueRig rig = new();
        for (int i = 0; i < 45; i++)
            rig.Put();
        rig.Machine.Trigger("I");
        List<int> seen = [];
        void Look()
        {
            seen.Add(rig.Active.Count);
            if (rig.Active.Count < 45)
                rig.Clock.Soon(Look);
        }
        rig.Clock.Soon(Look);
        rig.Run();
        Assert.Equal([20, 40, 45], seen);
    }

    [Fact]
    public void A_new_file_behind_the_walk_is_found_by_another_one()
    {
        using QueueRig rig = new();
        for (int i = 0; i < 25; i++)
            rig.Put();
        rig.Machine.Trigger("I");
        rig.Clock.Soon(() =>
        {
            rig.Put();
            rig.Machine.Trigger("I");
        });
        rig.Run();
        Assert.Equal(26, rig.Active.Count);
    }

    [Fact]
    public void Nothing_comes_in_while_the_queue_is_closed()
    {
        using QueueRig rig = new();
        PauseList.None.With(new Pause(null, null, null, 1))!.Write(rig.Queues.Root);
        rig.Machine.Trigger("P");
        rig.Put();
        rig.Machine.Trigger("I");
        rig.Run();
        Assert.Empty(rig.Batches);
        PauseList.None.Write(rig.Queues.Root);
        rig.Machine.Trigger("P");
        rig.Run();
        Assert.Single(rig.Batches);
    }
}
