using PostfixNet.Actions;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Postsuper;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Postsuper;

public sealed class MessageChangesTests : PostsuperTest
{
    // S3-10, S1-45
    [Fact]
    public void Waiting_mail_gets_another_route_and_another_time()
    {
        string a = AddMail(QueueName.Deferred, 5), b = AddMail(QueueName.Hold, 5), young = AddMail(QueueName.Deferred, 0), active = AddMail(QueueName.Active, 5);
        foreach (string id in (string[])[a, b, young])
            FileSystem.TrySetTime(Find(id), 1_900_000_000_000_000_123);
        Assert.Equal(["Would be changed: 3 messages"], Change("ALL", "--match", "age>1h", "--route", "smtp:[relay.test]", "--dry-run"));
        Assert.Null(EnvelopeOf(a).ContentFilter);
        Assert.Equal(["Changed: 3 messages"], Change("ALL", "--match", "age>1h", "--route", "smtp:[relay.test]", "--tls", "encrypt"));
        Assert.Equal(["smtp:[relay.test]", "smtp:[relay.test]", null, "smtp:[relay.test]"], new[] { a, b, young, active }.Select(id => EnvelopeOf(id).ContentFilter));
        Assert.Equal((1_900_000_000_000_000_123, "700"), (FileSystem.Status(Find(a))!.Value.ModifiedNanoseconds, Mode(Find(a))));
        Assert.Equal("deferred", QueueOf(active)); // given back
        Assert.Equal([$"{a}: changed", "Changed: 1 message"], Change(a, "--at", "2033-01-01 00:00", "--route", "usual"));
        Assert.Equal((null, "encrypt", "702"), (EnvelopeOf(a).ContentFilter, EnvelopeOf(a).Attribute("tls_security_level"), Mode(Find(a))));
        Assert.Equal(new DateTimeOffset(new DateTime(2033, 1, 1, 0, 0, 0, DateTimeKind.Local)).ToUnixTimeSeconds(), FileSystem.Status(Find(a))!.Value.ModifiedSeconds);
        Assert.Equal(["Changed: 0 messages"], Change("ALL", "--queue", "incoming", "--redirect", "post@x.test"));
        using (FileStream inUse = File.OpenRead(Find(b)))
        {
            Assert.True(FileSystem.TryLockShared(inUse.SafeFileHandle));
            Assert.Equal(["Changed: 0 messages"], Change(b, "--redirect", "post@x.test"));
        }
        Assert.Null(EnvelopeOf(b).Redirect);
    }

    // S3-12
    [Fact]
    public void What_is_wanted_of_TLS_can_be_changed()
    {
        string a = AddMail(QueueName.Deferred, 5), b = AddMail(QueueName.Hold, 5);
        Assert.Equal(["Changed: 2 messages"], Change("ALL", "--require-tls", "yes"));
        Assert.Equal((RequireTls.Yes, RequireTls.Yes), (EnvelopeOf(a).RequireTls, EnvelopeOf(b).RequireTls));
        Assert.Equal([$"{b}: changed", "Changed: 1 message"], Change(b, "--require-tls", "no", "--tls", "may"));
        Assert.Equal((RequireTls.No, "may"), (EnvelopeOf(b).RequireTls, EnvelopeOf(b).Attribute("tls_security_level")));
        Assert.Equal(["Changed: 1 message"], Change("ALL", "--match", "require-tls=yes", "--require-tls", "usual"));
        Assert.Equal((RequireTls.Unsaid, RequireTls.No), (EnvelopeOf(a).RequireTls, EnvelopeOf(b).RequireTls));
    }

    [Theory]
    [InlineData("\"maybe\" is neither yes nor no nor usual", "ALL", "--require-tls", "maybe")]
    [InlineData("which mail is missing: queue IDs, ALL or -", "--at", "now")]
    [InlineData("nothing is to be changed", "ALL")]
    [InlineData("there is no transport \"smpt\" in master.toml; a route is transport:nexthop, as smtp:[relay.example.com]:587", "ALL", "--route", "smpt:x")]
    [InlineData("\"strong\" is no TLS level: none may dane encrypt dane-only fingerprint verify secure usual", "ALL", "--tls", "strong")]
    [InlineData("\"yesterday\" is no time: now, +2h, \"2026-11-30 06:00\"", "ALL", "--at", "yesterday")]
    [InlineData("\"nobody@\" is no address to redirect to", "ALL", "--redirect", "nobody@")]
    [InlineData("unknown option --rout", "ALL", "--rout", "x")]
    [InlineData("option --route is unknown, or needs a value", "ALL", "--route")]
    [InlineData("mail in \"maildrop\" cannot be changed: hold, incoming, active, deferred", "ALL", "--at", "now", "--queue", "maildrop")]
    public void A_change_that_is_none_is_told(string want, params string[] words) =>
        Assert.Equal(want, Assert.Throws<FormatException>(() => ChangeCommand.Parse(words, ["smtp", "relay"], 1, () => [])).Message);

    private string[] Change(params string[] words)
    {
        Collector report = new();
        ChangeCommand.Order order = ChangeCommand.Parse([.. words, "--yes"], ["smtp"], DateTimeOffset.UtcNow.ToUnixTimeSeconds(), () => []);
        Changes changes = new(Queues.Root);
        MessageChanges change = new(Queues, report, changes, order.Change, ids =>
        {
            foreach (string id in ids)
                Queues.Move(Parse(id), QueueName.Active, QueueName.Deferred);
        })
        {
            Filter = order.Filter,
            Show = order.IsDryRun ? static _ => { }
            : null,
        };
        change.Run(order.Ids, order.Where);
        if (order.IsAll)
            change.RunAll(order.Where, static _ => { });
        report.SayCount("Changed", change.Changed, order.IsDryRun);
        return [.. report.Lines];
    }

    private Envelope EnvelopeOf(string id)
    {
        using QueueFile file = QueueFile.Open(Find(id));
        return file.ReadEnvelope();
    }
}
