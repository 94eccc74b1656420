using Microsoft.Win32.SafeHandles;
using PostfixNet.Actions;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Postsuper;

public sealed class MessageActionsTests : PostsuperTest
{
    // S1-45
    [Fact]
    public void Of_very_many_messages_each_is_acted_on_once_and_counted_once()
    {
        const int Count = 700;
        string[] ids = [.. Enumerable.Range(0, Count).Select(i => Add(i % 3 == 0 ? QueueName.Incoming : QueueName.Deferred)).Order()];
        foreach (string id in ids.Take(Count / 2))
        {
            Assert.True(QueueId.TryParse(id, out QueueId parsed));
            Queues.MakeHashDirectories(QueueName.Defer, parsed);
            File.WriteAllText(Queues.PathOf(QueueName.Defer, parsed), "reasons");
        }
        Assert.Equal([$"Placed on hold: {Count} messages"], Run("-h", "ALL"));
        Assert.Equal(ids, Queues.Scan(QueueName.Hold).Select(static id => id.ToString()).Order());
        Assert.Equal([$"Released from hold: {Count} messages"], Run("-H", "ALL"));
        Assert.Equal(ids, Queues.Scan(QueueName.Deferred).Select(static id => id.ToString()).Order());
        Assert.Equal([$"Deleted: {Count} messages"], Run("-d", "ALL"));
        Assert.Empty(Queues.Scan(QueueName.Deferred));
        Assert.Empty(Queues.Scan(QueueName.Defer));
    }

    // S1-33, S1-45, S5-22, S5-26
    [Fact]
    public void A_message_is_held_released_expired_requeued_and_deleted()
    {
        string id = Add(QueueName.Incoming);
        FileSystem.TrySetTime(Find(id), 1_700_000_000_000_000_000);
        Assert.Equal([$"{id}: placed on hold", "Placed on hold: 1 message"], Run("-h", id));
        Assert.Equal(("hold", 1_700_000_000L), (QueueOf(id), FileSystem.Status(Find(id))!.Value.ModifiedSeconds));
        Assert.Equal(["Placed on hold: 0 messages"], Run("-h", id));
        Assert.Equal([$"{id}: released from hold", "Released from hold: 1 message"], Run("-H", id));
        Assert.Equal(("deferred", 1_700_000_000L), (QueueOf(id), FileSystem.Status(Find(id))!.Value.ModifiedSeconds));
        Assert.Equal(["Released from hold: 0 messages"], Run("-H", id));
        Assert.Equal([$"{id}: expired", "Force-expired: 1 message"], Run("-e", id));
        Assert.Equal("1710", Mode(Find(id)));
        Assert.Equal(["Force-expired: 0 messages"], Run("-e", id)); // is already
        Assert.Equal([$"{id}: requeued", "Requeued: 1 message"], Run("-r", id));
        Assert.Equal("maildrop", QueueOf(id));
        Assert.InRange(FileSystem.Status(Find(id))!.Value.ModifiedSeconds, DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 60, long.MaxValue);
        Assert.Equal(["Placed on hold: 0 messages"], Run("-h", id)); // maildrop cannot be held
        Assert.Equal([$"{id}: removed", "Deleted: 1 message"], Run("-d", id));
        Assert.Equal(["Deleted: 0 messages"], Run("-d", id));
    }

    // S5-26
    [Fact]
    public void Expire_and_release_says_both()
    {
        string id = Add(QueueName.Hold);
        Assert.Equal([$"{id}: expired", $"{id}: released from hold", "Force-expired: 1 message", "Released from hold: 1 message"], Run("-f", id));
        Assert.Equal("deferred", QueueOf(id));
        Assert.Equal(["Force-expired: 0 messages", "Released from hold: 0 messages"], Run("-f", id));
    }

    // S3-11
    [Fact]
    public void Deleting_takes_the_logs_along()
    {
        string id = Add(QueueName.Deferred);
        string other = Add(QueueName.Deferred);
        foreach (QueueName log in new[] { QueueName.Bounce, QueueName.Defer, QueueName.Trace })
        {
            AddLog(log, id);
            AddLog(log, other);
        }
        Run("-d", id);
        Assert.Equal([other, other, other, other], Everything());
    }

    // S5-31: under its new name nobody would find what its sender is still to be told.
    [Theory]
    [InlineData(QueueName.Bounce, false)]
    [InlineData(QueueName.Trace, false)]
    [InlineData(QueueName.Defer, true)]
    public void A_message_that_owes_its_sender_a_notice_is_not_requeued(QueueName log, bool isRequeued)
    {
        string id = Add(QueueName.Deferred);
        AddLog(log, id, "\n<bob@q.test>: no such user\n\n");
        string[] refused = isRequeued ? [] : [$"warning: {id}: not requeued: a notice to its sender is still to be sent ({QueueDirectories.NameOf(log)}/{id})"];
        Assert.Equal([.. refused, "Requeued: " + (isRequeued ? "1 message" : "0 messages")], Run("-r", "ALL"));
        Assert.Equal(isRequeued ? QueueName.Maildrop : QueueName.Deferred, Queues.Locate(Parse(id)));
        if (!isRequeued)
            Assert.Equal([.. refused, "Requeued: 0 messages"], Run("-r", id));
    }

    // S1-45
    [Fact]
    public void All_means_complete_messages_only_and_says_only_the_count()
    {
        Add(QueueName.Incoming);
        Add(QueueName.Active);
        Add(QueueName.Deferred);
        string building = Add(QueueName.Incoming, mode: QueueFileMode.Building);
        Assert.Equal(["Placed on hold: 3 messages"], Run("-h", "ALL"));
        Assert.Equal("incoming", QueueOf(building));
        Assert.Equal(["Released from hold: 3 messages"], Run("-H", "ALL"));
        Assert.Equal(["Force-expired: 3 messages"], Run("-e", "ALL"));
        Assert.Equal(["Requeued: 3 messages"], Run("-r", "ALL"));
        Assert.Equal(["Deleted: 3 messages"], Run("-d", "ALL"));
        Assert.Equal([building], Everything());
        Assert.Equal([$"{building}: removed", "Deleted: 1 message"], Run("-d", building)); // by its name it can go
    }

    [Fact]
    public void Deletion_wins_over_requeueing_and_the_summary_keeps_its_order()
    {
        Add(QueueName.Deferred);
        Add(QueueName.Incoming);
        Assert.Equal(["Requeued: 0 messages", "Deleted: 2 messages"], Run("-r", "ALL", "-d", "ALL"));
        string a = Add(QueueName.Deferred), b = Add(QueueName.Deferred), c = Add(QueueName.Deferred);
        Assert.Equal([$"{a}: removed", $"{b}: placed on hold", $"{c}: requeued",
            "Requeued: 1 message", "Deleted: 1 message", "Force-expired: 0 messages", "Placed on hold: 1 message"],
            Run("-d", a, "-h", b, "-e", "none", "-r", c));
    }

    [Fact]
    public void Only_the_namedQueues_are_searched()
    {
        string id = Add(QueueName.Deferred);
        Assert.Equal(["Deleted: 0 messages"], Run("-d", id, "incoming", "active"));
        Assert.Equal([$"{id}: removed", "Deleted: 1 message"], Run("-d", id, "deferred"));
    }

    [Fact]
    public void Ids_come_from_standard_input()
    {
        string a = Add(QueueName.Deferred), b = Add(QueueName.Hold);
        Assert.Equal([$"{b}: removed", "warning: invalid mail queue id: ", "warning: invalid mail queue id: foo bar", $"{a}: removed", "Deleted: 2 messages"],
            Run(Queues, true, ["-d", "-"], [b, "", "foo bar", a]));
    }

    [Fact]
    public void Links_are_neither_followed_nor_moved()
    {
        string victim = Files.File("victim", "x"u8);
        FileSystem.ChangeMode(victim, QueueFileMode.Ready);
        File.CreateSymbolicLink(Queues.Root + "/deferred/0", "/etc"); // a link is no subdirectory
        File.CreateSymbolicLink(Queues.Root + "/incoming/AAAAA1", victim);
        string id = Add(QueueName.Active);
        Hardlink(Queues.Root + "/active/" + id, Queues.Root + "/incoming/BBBBB1");
        Assert.Equal(["Placed on hold: 0 messages"], Run("-h", "AAAAA1"));
        string[] hold = Run("-h", id);
        Assert.Contains("hard links, left alone", hold[0], StringComparison.Ordinal);
        Assert.Equal("Placed on hold: 0 messages", hold[^1]);
        Assert.Equal(["Deleted: 0 messages"], Run("-d", "AAAAA1"));
        Assert.All(Run("-s"), line => Assert.Contains("hard links, left alone", line, StringComparison.Ordinal));
        Assert.True(File.Exists(victim));
        Assert.Equal("active", QueueOf(id));
        Assert.Equal([$"{id}: removed", "Deleted: 1 message"], Run("-d", id)); // takes one of its names away
        Assert.True(File.Exists(Queues.Root + "/incoming/BBBBB1"));
    }

    [Fact]
    public void A_name_taken_in_maildrop_is_not_overwritten()
    {
        string id = Add(QueueName.Deferred);
        File.WriteAllText($"{Queues.Root}/maildrop/{id}", "stranger");
        string[] lines = Run("-r", id);
        Assert.Contains("the name is taken", lines[0], StringComparison.Ordinal);
        Assert.Equal("Requeued: 0 messages", lines[^1]);
        Assert.Equal("stranger", File.ReadAllText($"{Queues.Root}/maildrop/{id}"));
        Assert.Equal(2, Everything().Length);
    }

    // S1-45
    [Fact]
    public void A_filter_narrows_what_is_named()
    {
        string small = AddMail(QueueName.Deferred, 5), two = AddMail(QueueName.Active, 5), held = AddMail(QueueName.Hold, 5), young = AddMail(QueueName.Deferred, 0);
        Assert.Equal(["Deleted: 0 messages"], Run("-d", "ALL", "--match", "recipient=nobody@x"));
        Assert.Equal(["Placed on hold: 2 messages"], Run("-h", "ALL", "--match", "age>1h"));
        Assert.Equal(["hold", "hold", "hold", "deferred"], new[] { small, two, held, young }.Select(QueueOf));
        Assert.Equal(["Released from hold: 0 messages"], Run("-H", "ALL", "--match=age<1h"));
        Assert.Equal(["Deleted: 0 messages"], Run("-d", young, "--match", "age>1h"));
        Assert.Equal([$"{small}: removed", "Deleted: 1 message"], Run("-d", small, "-d", young, "--match", "age>1h"));
        Assert.Equal(["Deleted: 1 message"], Run("-d", "ALL", "deferred", "--match", "state=deferred"));
        Assert.Equal([two, held], new[] { small, two, held, young }.Where(id => Queues.Locate(Parse(id)) is not null));
    }

    [Fact]
    public void A_dry_run_counts_and_changes_nothing()
    {
        string a = AddMail(QueueName.Deferred, 5), b = AddMail(QueueName.Hold, 5), c = AddMail(QueueName.Active, 0);
        Assert.Equal(["Would be deleted: 2 messages"], Run("-d", "ALL", "--match", "age>1h", "--dry-run"));
        Assert.Equal(["Would be placed on hold: 2 messages"], Run("-h", "ALL", "--dry-run"));
        Assert.Equal(["Would be force-expired: 1 message"], Run("-e", b, "--dry-run"));
        Assert.Equal(["deferred", "hold", "active"], new[] { a, b, c }.Select(QueueOf));
        Assert.Equal("700", Mode(Find(b)));
    }

    // Review 6 of durability: nobody will ask for them under the old name.
    [Fact]
    public void Requeued_mail_leaves_no_defer_log()
    {
        string id = Add(QueueName.Deferred);
        AddLog(QueueName.Defer, id, "x");
        Run("-r", id);
        Assert.Equal([id], Everything());
        Assert.Equal("maildrop", QueueOf(id));
    }

    // Who fails while his message is requeued is told of by the log of the old name; see BounceService.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Mail_that_is_requeued_while_it_is_delivered_has_that_noted(bool inDelivery)
    {
        string id = AddMessage(QueueName.Active);
        using (SafeFileHandle agent = FileSystem.Open(Queues.PathOf(QueueName.Active, Parse(id))))
        {
            if (inDelivery)
                Assert.True(FileSystem.TryLockShared(agent));
            Assert.Equal("Requeued: 1 message", Run("-r", id)[^1]);
        }
        Assert.Equal(QueueName.Maildrop, Queues.Locate(Parse(id)));
        foreach (QueueName log in (QueueName[])[QueueName.Bounce, QueueName.Trace])
            Assert.Equal(inDelivery, File.Exists(Queues.PathOf(log, Parse(id))));
    }

    // An agent that has opened the file has no lock on it yet.
    [Fact]
    public void While_mail_is_requeued_no_agent_gets_its_lock()
    {
        string id = AddMessage(QueueName.Active), path = Queues.PathOf(QueueName.Active, Parse(id));
        using QueueFile agent = QueueFile.Open(path, write: true);
        string? why = null;
        Collector report = new();
        Changes changes = new(Queues.Root);
        new MessageActions(Queues, report, changes, new CallingClock(() => why = agent.TryLockShared(path))).ActOn(MessageAction.Requeue, id, [QueueName.Active]);
        Assert.Equal([$"{id}: requeued"], report.Lines);
        Assert.Equal("the queue file is in use", why);
        Assert.EndsWith("the queue file was taken away", agent.TryLockShared(path), StringComparison.Ordinal);
    }

    // postsuper asks for the time when it has the file.
    private sealed class CallingClock(Action called) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow()
        {
            called();
            return DateTimeOffset.UtcNow;
        }
    }
}
