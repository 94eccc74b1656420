using PostfixNet.Mail;
using PostfixNet.Qmgr;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>Recipients that the queue manager decides about itself.</summary>
public sealed class BuiltInTests
{
    [Fact]
    public void A_table_that_cannot_say_puts_recipients_off()
    {
        using QueueRig rig = new("transport_maps = \"fail:x\"\n");
        QueueId id = rig.Machine.Put(QueueName.Incoming, ["user@q.test"]);
        rig.Feed(QueueName.Incoming, id);
        Assert.Contains(rig.Events, static e => e.Contains("status=deferred (address resolver failure)", StringComparison.Ordinal));
        Assert.Contains("warning: fail:x lookup error", rig.Events);
    }

    // S4-23
    [Fact]
    public void A_table_that_changed_is_read_again()
    {
        string directory = Directory.CreateTempSubdirectory("transport").FullName, path = Path.Join(directory, "transport");
        File.WriteAllText(path, "q.test error:5.1.2 old\n");
        using QueueRig rig = new($"transport_maps = \"texthash:{path}\"\n");
        void Change(string content)
        {
            File.WriteAllText(path + ".new", content);
            File.Move(path + ".new", path, overwrite: true);
            rig.Clock.RunFor(11);
        }
        string Status()
        {
            rig.Events.Clear();
            QueueId id = rig.Machine.Put(QueueName.Incoming, ["user@q.test"]);
            rig.Feed(QueueName.Incoming, id);
            return rig.Events.First(static e => e.Contains("status=", StringComparison.Ordinal));
        }
        Assert.EndsWith("(old)", Status(), StringComparison.Ordinal);
        Change("q.test error:5.1.2 new\n");
        Assert.EndsWith("(new)", Status(), StringComparison.Ordinal);
        Change("q.test\n");
        Assert.Contains(rig.Events, static e => e.EndsWith("no value; accepted is a key, a blank and a value -- the table that was read before stays in use", StringComparison.Ordinal));
        Assert.EndsWith("(new)", Status(), StringComparison.Ordinal);
        Change("q.test error:5.1.2 newer\n");
        Assert.EndsWith("(newer)", Status(), StringComparison.Ordinal);
        Directory.Delete(directory, recursive: true);
    }

    // A0.4, S2-09; the active queue may be a hashed one.
    [Theory]
    [InlineData("error", false, true, "status=bounced", "")]
    [InlineData("error", true, false, "", "")]
    [InlineData("retry", false, false, "status=deferred", "")]
    [InlineData("retry", true, false, "status=deferred", "")]
    [InlineData("discard", false, true, "status=sent", "")]
    [InlineData("error", false, true, "status=bounced", "active")]
    [InlineData("discard", false, true, "status=sent", "active")]
    public void A_recipient_is_done_only_when_that_is_on_record(string transport, bool fails, bool isDone, string logged, string hashed)
    {
        using QueueRig rig = new($"transport_maps = {{ \"q.test\" = \"{transport}:5.7.1 not here\" }}\n", hashed);
        rig.Bounce.Fails = rig.Defer.Fails = fails;
        // The other recipient keeps the message in the active queue.
        QueueId id = rig.Machine.Put(QueueName.Incoming, ["user@q.test", "user@elsewhere.test"]);
        rig.Feed(QueueName.Incoming, id);
        Message message = rig.Active.Find(id)!;
        Assert.Equal((1, !isDone, fails), (message.Open, message.SomeDeferred, message.IsUnrecorded));
        List<Recipient> left = [];
        using QueueFile file = QueueFile.Open(rig.Queues.PathOf(QueueName.Active, id));
        file.ReadEnvelope(left, 10, out _);
        Assert.Equal(isDone ? ["user@elsewhere.test"] : ["user@q.test", "user@elsewhere.test"], left.Select(recipient => recipient.Address));
        Assert.Equal(logged, string.Join('|', rig.Events.Where(e => e.Contains("status=", StringComparison.Ordinal))
            .Select(e => e[e.IndexOf("status=", StringComparison.Ordinal)..e.IndexOf(" (", StringComparison.Ordinal)])));
    }
}
