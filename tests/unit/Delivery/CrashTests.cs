using PostfixNet.Mail;
using PostfixNet.Notices;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Delivery;

/// <summary>A process dies after each durable step between "the server said 550" and "the sender's notice is queued, the
/// message may go". What is on disk then is all that a new process knows; the queue manager asks it again.</summary>
/// <remarks>S2-09, S5-31; that the agent's record comes before its done mark: SessionTests.</remarks>
public sealed class CrashTests
{
    private sealed class Killed : Exception;

    [Theory] // when the process dies, notices in the end
    [InlineData("after the record", 1)]
    [InlineData("before cleanup is reached", 1)]
    [InlineData("while the notice is written", 1)]
    [InlineData("after cleanup has queued it", 2)] // told twice, never less
    [InlineData("after the log is removed", 1)]
    public void The_sender_is_told(string when, int times)
    {
        using BounceRig rig = new();
        QueueId id = rig.Message("4A0001");
        rig.Append(BounceRole.Bounce, id, BounceRig.Failed("bob@q.test"));
        switch (when)
        {
            case "before cleanup is reached":
                rig.Submitter.AtBegin = () => throw new Killed();
                break;
            case "while the notice is written":
                rig.Submitter.WhenFinished = () => throw new Killed();
                break;
            case "after cleanup has queued it":
                rig.Submitter.AfterQueued = () => throw new Killed();
                break;
            case "after the log is removed":
                Assert.True(rig.Ask(BounceRole.Bounce, id));
                break;
        }
        if (rig.Submitter.Kills)
            Assert.Throws<Killed>(() => rig.Ask(BounceRole.Bounce, id));
        rig.Submitter.Spare();
        Assert.True(File.Exists(rig.Queues.PathOf(QueueName.Active, id)));
        Assert.True(rig.Ask(BounceRole.Bounce, id));
        Assert.Equal(times, rig.TimesTold("bob@q.test"));
        Assert.Empty(Directory.EnumerateFiles(rig.Queues.DirectoryOf(QueueName.Bounce)));
        // Nothing is left to tell.
        Assert.True(rig.Ask(BounceRole.Bounce, id));
        Assert.Equal(times, rig.TimesTold("bob@q.test"));
    }

    // The sender knows that it failed: if qmgr dies, or waits no longer, before it removes the message, nobody tries it again.
    [Theory] // held for a digest, the notice cannot be queued, qmgr has already put the message off
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    public void Mail_that_was_returned_as_too_old_is_not_tried_again(bool isHeld, bool fails, bool isMoved)
    {
        using BounceRig rig = isHeld ? Digesting() : new BounceRig();
        Assert.True(QueueId.TryParse("4A0001", out QueueId id));
        File.Copy(Path.Combine(AppContext.BaseDirectory, "vectors", "five-rcpts.deferred"), rig.Queues.PathOf(QueueName.Active, id));
        List<Recipient> before = Pending(rig, id);
        Assert.True(before.Count > 1);
        // There is no verdict on one that the log does not have.
        foreach (Recipient recipient in before.Take(before.Count - 1))
            rig.Append(BounceRole.Defer, id, BounceRig.Failed(recipient.Address, status: "4.4.1") with { Recipient = recipient });
        rig.Submitter.Fail = fails ? "refused" : "";
        if (isMoved)
            rig.Submitter.AfterQueued = () => Assert.True(rig.Queues.Move(id, QueueName.Active, QueueName.Deferred));
        Assert.Equal(!fails, rig.Ask(BounceRole.Defer, id));
        Assert.Equal(fails ? before : before[^1..], Pending(rig, id));
    }

    private static List<Recipient> Pending(BounceRig rig, QueueId id)
    {
        using QueueFile file = QueueFile.Open(rig.Queues.PathOf(rig.Queues.Locate(id)!.Value, id));
        List<Recipient> recipients = [];
        file.ReadEnvelope(recipients, 100, out _);
        return recipients;
    }

    [Theory] // role: a log of refusals, or of mail that has become too old
    [InlineData(BounceRole.Bounce)]
    [InlineData(BounceRole.Defer)]
    public void A_held_notice_is_told_once(BounceRole role)
    {
        using BounceRig rig = Digesting();
        QueueId id = rig.Message("4A0001");
        rig.Append(role, id, BounceRig.Failed("bob@q.test", status: role == BounceRole.Defer ? "4.4.1" : "5.1.1"));
        // Dies after the notes were added to the log, before it was moved.
        using (RecipientLog log = RecipientLog.Open(LogOf(rig, role, id))!)
            log.AddNotes([new("digest_sender", "nobody@q.test"), new("digest_queue_id", "X")]);
        Assert.True(rig.Ask(role, id));
        Assert.False(File.Exists(LogOf(rig, role, id)));
        // Dies after it was moved, before it could answer: the queue manager asks again for a refusal; of expired mail it makes
        // another attempt first, which fails again.
        if (role == BounceRole.Bounce)
            Assert.True(rig.Ask(role, id));
        Assert.Empty(rig.Submitter.Queued);
        rig.SendDigests(); // not due yet
        Assert.Empty(rig.Submitter.Queued);
        rig.Clock.Seconds += 3600;
        rig.SendDigests();
        Assert.Equal("alice@q.test", Assert.Single(rig.Submitter.Queued).Recipient);
        Assert.Equal(1, rig.TimesTold("bob@q.test"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(rig.Queues.Root, "digest")));
    }

    [Theory]
    [InlineData("before cleanup is reached", 1)]
    [InlineData("while the report is written", 1)]
    [InlineData("after cleanup has queued it", 2)]
    [InlineData("cleanup is away", 1)]
    public void A_digest_is_sent(string when, int times)
    {
        using BounceRig rig = Digesting();
        foreach (string name in new[] { "4A0001", "4A0002" })
        {
            QueueId id = rig.Message(name);
            rig.Append(BounceRole.Bounce, id, BounceRig.Failed($"{name}@q.test"));
            Assert.True(rig.Ask(BounceRole.Bounce, id));
            File.Delete(rig.Queues.PathOf(QueueName.Active, id)); // as the queue manager does then
        }
        rig.Clock.Seconds += 3600;
        switch (when)
        {
            case "before cleanup is reached":
                rig.Submitter.AtBegin = () => throw new Killed();
                break;
            case "while the report is written":
                rig.Submitter.WhenFinished = () => throw new Killed();
                break;
            case "after cleanup has queued it":
                rig.Submitter.AfterQueued = () => throw new Killed();
                break;
            default:
                rig.Submitter.Fail = "begin";
                rig.SendDigests();
                break;
        }
        if (rig.Submitter.Kills)
            Assert.Throws<Killed>(rig.SendDigests);
        rig.Submitter.Spare();
        rig.SendDigests();
        Assert.Equal((times, times), (rig.TimesTold("4A0001@q.test"), rig.TimesTold("4A0002@q.test")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(rig.Queues.Root, "digest")));
        rig.SendDigests();
        Assert.Equal(times, rig.Submitter.Queued.Count);
    }

    private static BounceRig Digesting()
    {
        BounceRig rig = new();
        rig.Settings = rig.Settings with { DigestLimit = 1 };
        QueueId first = rig.Message("4A0009");
        rig.Append(BounceRole.Bounce, first, BounceRig.Failed("first@q.test"));
        Assert.True(rig.Ask(BounceRole.Bounce, first)); // the one that is sent by itself
        Assert.Single(rig.Submitter.Queued);
        rig.Submitter.Queued.Clear();
        return rig;
    }

    private static string LogOf(BounceRig rig, BounceRole role, QueueId id) =>
        rig.Queues.PathOf(role == BounceRole.Bounce ? QueueName.Bounce : QueueName.Defer, id);
}
