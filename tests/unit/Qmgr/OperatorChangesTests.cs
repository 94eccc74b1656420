using PostfixNet.Native;
using PostfixNet.Qmgr;
using PostfixNet.Queue;
using PostfixNet.Selection;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>What postsuper change does to a file, as the queue manager takes it. S3-10, S1-45.</summary>
public sealed class OperatorChangesTests
{
    [Fact]
    public void Another_route_and_TLS_level_hold_for_this_message_alone()
    {
        using QueueRig rig = new("[destination.\"relay.test\"]\ntls = \"may\"\n");
        QueueId changed = Put(rig), other = Put(rig);
        string path = rig.Queues.PathOf(QueueName.Deferred, changed);
        using (QueueFile file = QueueFile.Open(path, write: true))
            EnvelopeEdit.Apply(file.Handle, path, new EnvelopeChange(Route: "relay:[relay.test]:587", TlsLevel: "encrypt"));
        foreach (QueueId id in (QueueId[])[changed, other])
            rig.Feed(QueueName.Deferred, id, NotDue.All);
        Entry one = rig.Machine.Started.Single(entry => entry.Message.Id == changed), two = rig.Machine.Started.Single(entry => entry.Message.Id == other);
        Assert.Equal(("relay", "[relay.test]:587", "encrypt"), (one.Job.Transport.Name, one.Destination.NextHop, one.Request(false, new Settings(rig.Machine.Configuration(""))).Rule!.Tls));
        Assert.Equal(("smtp", "q.test", null), (two.Job.Transport.Name, two.Destination.NextHop, two.Request(false, new Settings(rig.Machine.Configuration(""))).Rule?.Tls));
    }

    [Fact]
    public void A_time_that_an_operator_chose_is_kept_however_far_away_it_is()
    {
        using QueueRig rig = new();
        QueueId chosen = Put(rig), strange = Put(rig);
        foreach (QueueId id in (QueueId[])[chosen, strange])
            rig.Machine.SetDue(QueueName.Deferred, id, 10 * 86_400);
        string path = rig.Queues.PathOf(QueueName.Deferred, chosen);
        FileSystem.ChangeMode(path, QueueFileMode.Ready | QueueFileMode.Scheduled);
        rig.Machine.Trigger("D");
        rig.Run();
        // A clock that was set back cannot be told from a time that nobody chose.
        Assert.Equal((QueueName.Deferred, QueueName.Active), (rig.Queues.Locate(chosen), rig.Queues.Locate(strange)));
        rig.Machine.SetDue(QueueName.Deferred, chosen, 0);
        rig.Machine.Trigger("D");
        rig.Run();
        Assert.Equal(QueueFileMode.Ready, FileSystem.Status(rig.Queues.PathOf(QueueName.Active, chosen))!.Value.Mode);
    }

    [Fact]
    public void What_waits_in_active_is_given_back_and_what_an_agent_has_is_not()
    {
        using QueueRig rig = new("smtp_destination_concurrency_limit = 1\n");
        QueueId first = rig.Machine.Put(QueueName.Incoming, ["a@q.test"]), second = rig.Machine.Put(QueueName.Incoming, ["b@q.test"]);
        rig.Feed(QueueName.Incoming, first);
        rig.Feed(QueueName.Incoming, second);
        Assert.Single(rig.Batches);
        rig.Machine.Manager.Answer(new RuleRequest.GiveBack([first.ToString(), second.ToString(), "unknown"]));
        rig.Run();
        Assert.Equal((QueueName.Active, QueueName.Deferred), (rig.Queues.Locate(first), rig.Queues.Locate(second)));
        Assert.Equal(0, rig.DueIn(QueueName.Deferred, second), 1); // nothing was tried, so it need not wait
        rig.Finish();
        Assert.Null(rig.Queues.Locate(first));
        rig.Feed(QueueName.Deferred, second, NotDue.All);
        rig.Finish();
        Assert.Null(rig.Queues.Locate(second));
        Assert.Equal(2, rig.Batches.Count); // each once
    }

    // One copy goes, but what is taken back before it went goes to all.
    [Fact]
    public void A_redirection_that_is_taken_back_has_cost_no_recipient()
    {
        using QueueRig rig = new();
        QueueId id = rig.Put(QueueName.Deferred, recipients: 3);
        Redirect("post@q.test");
        rig.Feed(QueueName.Deferred, id, NotDue.All);
        rig.Finish(deferred: true);
        Redirect("");
        rig.Feed(QueueName.Deferred, id, NotDue.All);
        Entry[] entries = [.. rig.Machine.Started];
        // Whoever delivers the one copy marks all, wherever the file is by then.
        Assert.Equal([true, false], [.. entries.Select(entry => entry.Request(false, new Settings(rig.Machine.Configuration(""))).IsForAll).Distinct()]);
        rig.Finish();
        Assert.Equal(["post@q.test"], rig.Batches[0].Recipients);
        Assert.Equal(["user0@q.test", "user1@q.test", "user2@q.test"], rig.Batches.Skip(1).SelectMany(static batch => batch.Recipients));
        Assert.Null(rig.Queues.Locate(id));

        void Redirect(string target)
        {
            string path = rig.Queues.PathOf(QueueName.Deferred, id);
            using QueueFile file = QueueFile.Open(path, write: true);
            EnvelopeEdit.Apply(file.Handle, path, new EnvelopeChange(Redirect: target));
        }
    }

    private static QueueId Put(QueueRig rig) => rig.Machine.Put(QueueName.Deferred, ["bob@q.test"]);
}
