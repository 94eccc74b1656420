using PostfixNet.Delivery;
using PostfixNet.Native;
using PostfixNet.Qmgr;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>What becomes of a message when its recipients have been tried.</summary>
public sealed class CompletionTests
{
    private const int Day = 86_400;

    [Fact]
    public void S5_10_Steps_have_their_order()
    {
        using QueueRig rig = new("qmgr_message_recipient_minimum = 1\nqmgr_message_recipient_limit = 4\ndefault_extra_recipient_limit = 0\n");
        QueueId id = rig.Start(recipients: 2, age: 6 * Day, warnIn: -Day);
        Assert.Equal("user0@q.test", Assert.Single(rig.Batches[0].Recipients));
        rig.Record(QueueName.Bounce, id);
        rig.Record(QueueName.Trace, id);
        rig.Finish(deferred: true);
        // The sender hears of failures before more recipients are read; expiry waits for the last.
        Assert.Equal(["bounce flush"], rig.Events);
        Assert.Equal("user1@q.test", Assert.Single(rig.Batches[1].Recipients));
        rig.Record(QueueName.Bounce, id);
        rig.Finish();
        Assert.Equal(["bounce flush", "bounce flush", "trace flush", $"{id}: from=<alice@q.test>, status=expired, returned to sender",
            "defer flush", $"{id}: removed"], rig.Events);
        Assert.Null(rig.Queues.Locate(id));
        Assert.Equal(0, rig.Active.Count);
    }

    // S5-10, S5-31, A0.4
    [Theory]
    [InlineData("bounce", 60, "bounce flush")]
    [InlineData("bounce", 6 * Day, "bounce flush")] // no expiry on top of a notice that is still owed
    [InlineData("trace", 60, "trace flush")]
    [InlineData("defer", 6 * Day, "status=expired|defer flush")]
    public void A_message_stays_with_its_log_when_a_step_fails(string service, int age, string steps)
    {
        using QueueRig rig = new();
        QueueId id = rig.Start(age: age);
        Assert.True(QueueDirectories.TryParse(service, out QueueName log));
        rig.Record(log, id);
        FakeLine line = service switch { "bounce" => rig.Bounce, "trace" => rig.Trace, _ => rig.Defer };
        line.Fails = true;
        rig.Finish(deferred: service == "defer");
        Assert.Equal(QueueName.Deferred, rig.Queues.Locate(id));
        Assert.Equal(steps, string.Join('|', rig.Events.Select(e => e.Contains("status=expired", StringComparison.Ordinal) ? "status=expired" : e)));
        Assert.True(File.Exists(rig.Queues.PathOf(log, id)));

        // The next attempt goes on where it failed; only what was put off has somebody left to deliver to.
        line.Fails = false;
        rig.Events.Clear();
        rig.Feed(QueueName.Deferred, id, NotDue.All);
        rig.Finish(deferred: service == "defer");
        Assert.Contains($"{service} flush", rig.Events);
        Assert.Null(rig.Queues.Locate(id));
    }

    // S5-11
    [Fact]
    public void An_empty_log_is_removed_and_nobody_asked()
    {
        using QueueRig rig = new();
        QueueId id = rig.Start();
        File.WriteAllText(rig.Queues.PathOf(QueueName.Bounce, id), "");
        rig.Finish();
        Assert.Equal([$"{id}: removed"], rig.Events);
        Assert.False(File.Exists(rig.Queues.PathOf(QueueName.Bounce, id)));
    }

    // S5-14, S4-08: whatever else there is to say about it, and however old it is.
    [Fact]
    public void A_file_that_an_agent_found_damaged_goes_to_corrupt_after_its_notice()
    {
        using QueueRig rig = new();
        QueueId id = rig.Start(age: 6 * Day);
        rig.Record(QueueName.Bounce, id);
        rig.Record(QueueName.Trace, id);
        rig.FindCorrupt();
        Assert.Equal(["bounce flush", $"warning: saving corrupt file \"{id}\" from queue \"active\" to queue \"corrupt\""], rig.Events);
        Assert.Equal(QueueName.Corrupt, rig.Queues.Locate(id));
        Assert.Equal(0, rig.Active.Count);
    }

    [Fact]
    public void S5_15_Recipients_come_in_batches_and_a_deferral_in_the_first_is_remembered()
    {
        using QueueRig rig = new("qmgr_message_recipient_minimum = 2\nqmgr_message_recipient_limit = 4\ndefault_extra_recipient_limit = 0\n");
        QueueId id = rig.Start(recipients: 5);
        rig.Finish(deferred: true);
        rig.Finish();
        rig.Finish();
        Assert.Equal(["user0@q.test user1@q.test", "user2@q.test user3@q.test", "user4@q.test"],
            rig.Batches.Select(batch => string.Join(' ', batch.Recipients)));
        Assert.Equal(QueueName.Deferred, rig.Queues.Locate(id));
    }

    // S5-15
    [Theory]
    [InlineData(true, QueueName.Corrupt)]
    [InlineData(false, QueueName.Deferred)]
    public void A_batch_that_cannot_be_read_loses_nothing(bool isDamaged, QueueName queue)
    {
        using QueueRig rig = new("qmgr_message_recipient_minimum = 1\nqmgr_message_recipient_limit = 4\ndefault_extra_recipient_limit = 0\n");
        // Too old: but recipients are left that nobody has tried.
        QueueId id = rig.Start(recipients: 2, age: 6 * Day);
        string path = rig.Queues.PathOf(QueueName.Active, id);
        if (isDamaged)
        {
            using FileStream file = File.OpenWrite(path);
            file.SetLength(rig.Message.Unread!.At);
        }
        else
        {
            File.Delete(path);
            Directory.CreateDirectory(path); // reading fails with an error of the system
        }
        rig.Finish(deferred: true);
        Assert.True(Path.Exists(rig.Queues.PathOf(queue, id)));
        Assert.DoesNotContain("defer flush", rig.Events);
        Assert.Equal(0, rig.Active.Count);
    }

    [Fact]
    public void S5_18_S1_35_The_sender_is_warned_once_also_over_restarts()
    {
        QueueRig rig = new();
        QueueId id = rig.Start(warnIn: -1);
        rig.Defer.Fails = true;
        rig.Finish(deferred: true);
        Assert.Equal(["defer warn"], rig.Events);
        // Nobody was told: the time stays.
        Assert.True(rig.EnvelopeOf(QueueName.Deferred, id).WarnTime > 0);

        rig.Defer.Fails = false;
        rig.Feed(QueueName.Deferred, id, NotDue.All);
        rig.Finish(deferred: true);
        Assert.Equal(2, rig.Events.Count(e => e == "defer warn"));
        // Another queue manager knows nothing but the file.
        Assert.Equal(-1, rig.EnvelopeOf(QueueName.Deferred, id).WarnTime);
        rig.Feed(QueueName.Deferred, id, NotDue.All);
        rig.Finish(deferred: true);
        Assert.Equal(2, rig.Events.Count(e => e == "defer warn"));
        rig.Dispose();
    }

    [Fact]
    public void S5_18_Nobody_is_warned_before_the_time()
    {
        using QueueRig rig = new();
        rig.Start(warnIn: 60);
        rig.Finish(deferred: true);
        Assert.Empty(rig.Events);
    }

    [Theory]
    [InlineData(5 * Day, "defer flush")]
    [InlineData(5 * Day - 60, "defer warn")]
    public void S5_19_Expiry_goes_before_the_warning(int age, string asked)
    {
        using QueueRig rig = new();
        rig.Start(age: age, warnIn: -Day);
        rig.Finish(deferred: true);
        Assert.Equal(asked, Assert.Single(rig.Events, e => e.StartsWith("defer ", StringComparison.Ordinal)));
    }

    // S5-26, A0.11: however young it is, and whoever sent it.
    [Theory]
    [InlineData("alice@q.test")]
    [InlineData("")]
    public void What_an_operator_expired_is_returned(string sender)
    {
        using QueueRig rig = new();
        QueueId id = rig.Start(sender: sender);
        FileSystem.ChangeMode(rig.Queues.PathOf(QueueName.Active, id), QueueFileMode.Ready | QueueFileMode.ForceExpired);
        rig.Finish(deferred: true);
        Assert.Equal([$"{id}: from=<{sender}>, status=force-expired, returned to sender", "defer flush", $"{id}: removed"], rig.Events);
    }

    [Theory]
    [InlineData(4 * Day, "alice@q.test", QueueName.Deferred)]
    [InlineData(4 * Day, "", null)]
    [InlineData(2 * Day, "", QueueName.Deferred)]
    [InlineData(6 * Day, "alice@q.test", null)]
    public void A0_11_S5_17_Mail_from_nobody_expires_at_the_lifetime_of_notices(int age, string sender, QueueName? queue)
    {
        using QueueRig rig = new("maximal_queue_lifetime = \"5d\"\nbounce_queue_lifetime = \"3d\"\n");
        QueueId id = rig.Start(age: age, sender: sender);
        rig.Finish(deferred: true);
        Assert.Equal(queue, rig.Queues.Locate(id));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void S5_22_S1_27_S1_33_A_message_that_was_deleted_while_it_was_delivered_does_no_harm(bool deferred)
    {
        using QueueRig rig = new();
        QueueId id = rig.Start(), other = rig.Start();
        File.Delete(rig.Queues.PathOf(QueueName.Active, id));
        rig.Finish(deferred, id);
        Assert.Equal([deferred ? $"{id}: gone before it was deferred" : $"warning: {id}: gone before it was removed"], rig.Events);
        Assert.Null(rig.Queues.Locate(id));
        Assert.Equal((1, QueueName.Active), (rig.Active.Count, rig.Queues.Locate(other)));
    }

    // S5-22
    [Fact]
    public void A_removal_that_fails_is_tried_again()
    {
        using QueueRig rig = new();
        QueueId id = rig.Start();
        string path = rig.Queues.PathOf(QueueName.Active, id);
        File.Move(path, path + ".away");
        Directory.CreateDirectory(path);
        rig.Finish();
        Assert.StartsWith($"error: {id}: ", Assert.Single(rig.Events), StringComparison.Ordinal);
        Assert.Equal(1, rig.Active.Count);
        Directory.Delete(path);
        File.Move(path + ".away", path);
        rig.Clock.RunFor(301);
        Assert.Equal($"{id}: removed", rig.Events[^1]);
        Assert.Equal(0, rig.Active.Count);
    }

    [Fact]
    public void S5_23_The_time_is_set_before_the_move_to_deferred()
    {
        using QueueRig rig = new();
        QueueId id = rig.Start();
        rig.Hide(QueueName.Deferred);
        rig.Finish(deferred: true);
        Assert.InRange(rig.DueIn(QueueName.Active, id), 200, 4000);
        Assert.Equal(1, rig.Active.Count);
        rig.Show(QueueName.Deferred);
        rig.Clock.RunFor(301);
        Assert.InRange(rig.DueIn(QueueName.Deferred, id), 200, 4000);
        Assert.Equal(0, rig.Active.Count);
    }

    [Theory]
    [InlineData("bounce")]
    [InlineData("trace")]
    [InlineData("defer")]
    public void S5_24_A_service_that_does_not_answer_holds_up_no_other_message(string service)
    {
        using QueueRig rig = new();
        QueueId id = rig.Start(age: service == "defer" ? 6 * Day : 60), other = rig.Start();
        Assert.True(QueueDirectories.TryParse(service, out QueueName log));
        rig.Record(log, id);
        FakeLine line = service switch { "bounce" => rig.Bounce, "trace" => rig.Trace, _ => rig.Defer };
        line.IsSilent = true;
        rig.Finish(deferred: service == "defer", id);
        rig.Finish(id: other);
        Assert.Equal((QueueName.Active, null), (rig.Queues.Locate(id), rig.Queues.Locate(other)));
        line.Answer();
        rig.Run();
        Assert.Null(rig.Queues.Locate(id));
    }

    // S1-32: the notice would tell of the end of mail that lies on hold.
    [Theory]
    [InlineData(6 * Day, QueueFileMode.Ready)]
    [InlineData(60, QueueFileMode.Ready | QueueFileMode.ForceExpired)]
    public void S1_32_Mail_that_was_put_on_hold_during_its_last_attempt_does_not_expire(int age, int mode)
    {
        using QueueRig rig = new();
        QueueId id = rig.Start(age: age);
        FileSystem.ChangeMode(rig.Queues.PathOf(QueueName.Active, id), mode);
        rig.Record(QueueName.Defer, id);
        Assert.True(rig.Queues.Move(id, QueueName.Active, QueueName.Hold));
        rig.Finish(deferred: true);
        Assert.Equal([$"{id}: gone before it was deferred"], rig.Events);
        Assert.Equal((0, QueueName.Hold, 1), (rig.Active.Count, rig.Queues.Locate(id), rig.EnvelopeOf(QueueName.Hold, id).PendingRecipients));
        Assert.True(File.Exists(rig.Queues.PathOf(QueueName.Defer, id)));
    }

    // Nobody asks for the reasons of mail that is deleted, or tried anew under another name.
    [Theory]
    [InlineData(null)]
    [InlineData(QueueName.Maildrop)]
    public void The_defer_log_goes_with_its_message(QueueName? to)
    {
        using QueueRig rig = new();
        QueueId id = rig.Start();
        rig.Record(QueueName.Defer, id);
        if (to is { } queue)
            Assert.True(rig.Queues.Move(id, QueueName.Active, queue));
        else
            File.Delete(rig.Queues.PathOf(QueueName.Active, id));
        rig.Finish(deferred: true);
        Assert.Equal(["defer remove", $"{id}: gone before it was deferred"], rig.Events);
    }

    // Kind 6: what lay in maildrop for days has all its attempts before it.
    [Theory]
    [InlineData(60, true)]
    [InlineData(4 * Day, true)]
    [InlineData(6 * Day, false)]
    public void Age_counts_from_the_entry_into_the_queue(int inQueue, bool stays)
    {
        using QueueRig rig = new();
        QueueId id = rig.Machine.Put(QueueName.Incoming, ["user0@q.test"], age: 60 * Day, madeAt: (long)rig.Clock.Seconds - inQueue);
        rig.Feed(QueueName.Incoming, id);
        rig.Finish(deferred: true);
        Assert.Equal(stays ? QueueName.Deferred : null, rig.Queues.Locate(id));
        if (stays)
            Assert.InRange(rig.DueIn(QueueName.Deferred, id), 300, 4000);
    }

    // Of a machine whose clock was not set yet, or was set back.
    [Theory]
    [InlineData(1000)]
    [InlineData(1_000_000_000)]
    [InlineData(4_000_000_000)]
    public void Mail_written_under_another_clock_ages_from_now(long madeAt)
    {
        using QueueRig rig = new();
        QueueId id = rig.Machine.Put(QueueName.Incoming, ["user0@q.test"], age: 60 * Day, madeAt: madeAt);
        rig.Feed(QueueName.Incoming, id);
        Assert.Contains(rig.Events, line => line.Contains(" by another clock; its age counts from now", StringComparison.Ordinal));
        rig.Finish(deferred: true);
        Assert.Equal(QueueName.Deferred, rig.Queues.Locate(id));
        Assert.InRange(rig.EnvelopeOf(QueueName.Deferred, id).CreateTime, (long)rig.Clock.Seconds - 2, (long)rig.Clock.Seconds);
        for (int day = 0; day < 6; day++)
        {
            if (day < 5)
                Assert.NotNull(rig.Queues.Locate(id));
            rig.Clock.RunFor(Day);
            rig.Finish(deferred: true);
        }
        Assert.Null(rig.Queues.Locate(id));
    }

    // Review 20: whom the agent had reached before it died is not told of as failed.
    [Fact]
    public void Of_a_lost_delivery_only_those_are_put_off_whom_it_has_not_reached()
    {
        using QueueRig rig = new();
        QueueId id = rig.Start(recipients: 3);
        List<string> putOff = [];
        rig.Defer.Asked = (_, _, request) => putOff.Add(request is BounceRequest.Append append ? append.Outcome.Recipient.Address : "");
        FakeAgents agents = rig.Machine.Agents["smtp"];
        Entry entry = agents.UnderWay[0];
        agents.Mark(entry, [entry.Recipients[1]]);
        agents.Lose(entry, again: false);
        rig.Run();
        Assert.Equal(["user0@q.test", "user2@q.test"], putOff);
        Assert.Equal((0, 2), (rig.Active.Count, rig.EnvelopeOf(QueueName.Deferred, id).PendingRecipients));
    }
}
