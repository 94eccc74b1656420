using PostfixNet.Native;
using PostfixNet.Postsuper;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Postsuper;

public sealed class RecoveryTests : PostsuperTest
{
    // S1-25
    [Fact]
    public void Mail_put_there_by_hand_is_discovered_and_what_is_none_is_told()
    {
        string a = AddMessage(QueueName.Incoming), b = AddMessage(QueueName.Deferred), waits = AddMessage(QueueName.Deferred);
        FileSystem.TrySetTime(Find(waits), 4_000_000_000_000_000_000);
        Assert.Equal([$"{a}: discovered", "Discovered: 1 message"], Run("-D", a));
        Assert.Equal(["Discovered: 0 messages"], Run("-D", waits));
        Assert.Equal(["Discovered: 0 messages"], Run("-D", "AAAAA1"));
        Assert.Equal(["Discovered: 2 messages"], Run("-D", "ALL"));
        Assert.Equal([$"{b}: discovered", "Discovered: 1 message"], Run("-D", b, "deferred"));

        string unfinished = AddMessage(QueueName.Incoming, QueueFileMode.Building), damaged = Add(QueueName.Deferred, content: "garbage");
        File.CreateSymbolicLink(Queues.Root + "/incoming/BBBBB1", "/etc/passwd");
        string linked = AddMessage(QueueName.Incoming);
        Hardlink(Find(linked), Queues.Root + "/CCCCC1");
        string[] lines = Run("-D", "ALL");
        Assert.Equal("Discovered: 2 messages", lines[^1]);
        Assert.Contains($"warning: incoming/{unfinished}: mode 600, not 700: unfinished, and left alone", lines);
        Assert.Contains(lines, line => line.StartsWith($"warning: deferred/{damaged}: ", StringComparison.Ordinal));
        Assert.Contains($"warning: {Queues.Root}/incoming/BBBBB1: not a file, left alone", lines);
        Assert.Contains($"warning: {Queues.Root}/incoming/{linked}: 2 hard links, left alone", lines);
        Assert.Equal(5, lines.Length);
    }

    [Fact]
    public void Mail_of_another_owner_is_not_discovered()
    {
        string id = AddMessage(QueueName.Incoming);
        Collector report = new();
        new Recovery(Queues, report, TimeProvider.System, owner: 4711).Discover(id, [QueueName.Incoming]);
        Assert.Matches("owned by user \\d+, not by 4711, left alone$", Assert.Single(report.Lines));
    }

    // S1-24
    [Fact]
    public void Mail_in_corrupt_that_can_be_read_goes_back()
    {
        string good = AddMessage(QueueName.Corrupt, QueueFileMode.Corrupt), bad = Add(QueueName.Corrupt, content: "garbage");
        string[] lines = Run("-u", good, "-u", bad);
        Assert.Equal($"{good}: recovered", lines[0]);
        Assert.StartsWith($"warning: corrupt/{bad}: ", lines[1], StringComparison.Ordinal);
        Assert.Equal("Recovered: 1 message", lines[2]);
        Assert.Equal(("deferred", "700"), (QueueOf(good), Mode(Find(good))));
        Assert.InRange(FileSystem.Status(Find(good))!.Value.ModifiedSeconds, 0, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        Assert.Equal("corrupt", QueueOf(bad));
        string other = AddMessage(QueueName.Corrupt, QueueFileMode.Corrupt);
        Assert.Equal("Recovered: 1 message", Run("-u", "ALL")[^1]);
        Assert.Equal("deferred", QueueOf(other));
        Assert.Equal(["Recovered: 0 messages"], Run("-u", "AAAAA1"));
    }

    // Newcomer 4: mode 0400 is what an agent gives to what it finds damaged.
    [Fact]
    public void Who_is_not_root_takes_marked_mail_back()
    {
        string id = AddMessage(QueueName.Corrupt, QueueFileMode.Corrupt);
        OrdinaryUser.Give(Queues.Root);
        OrdinaryUser.Run(() => new Recovery(Queues, new Collector(), TimeProvider.System, OrdinaryUser.Uid).Recover(id));
        Assert.Equal(("deferred", "700"), (QueueOf(id), Mode(Find(id))));
    }
}
