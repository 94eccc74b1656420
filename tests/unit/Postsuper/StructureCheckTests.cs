using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;
using PostfixNet.Postsuper;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Postsuper;

public sealed class StructureCheckTests : PostsuperTest
{
    // S1-19
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(1, 2)]
    [InlineData(3, 1)]
    public void Structure_check_follows_a_change_of_the_hashing(int before, int after)
    {
        QueueDirectories old = new(Queues.Root, ["deferred", "defer"], before), now = new(Queues.Root, ["deferred", "defer"], after);
        List<string> ids = [];
        for (int i = 0; i < 20; i++)
        {
            using NewQueueFile file = NewQueueFile.Create(old, QueueName.Deferred, longId: i % 2 == 0);
            file.Commit(QueueFileMode.Ready);
            old.MakeHashDirectories(QueueName.Defer, file.Id);
            File.WriteAllText(old.PathOf(QueueName.Defer, file.Id), "");
            ids.Add(file.Id.ToString());
        }
        Assert.Empty(Run(now, true, ["-s"], []));
        Assert.All(now.ScanEntries(QueueName.Deferred), e => Assert.Equal(now.PathOf(QueueName.Deferred, e.Id), e.Path));
        Assert.All(now.ScanEntries(QueueName.Defer), e => Assert.Equal(now.PathOf(QueueName.Defer, e.Id), e.Path));
        Assert.Equal(ids.Order(StringComparer.Ordinal), now.Scan(QueueName.Deferred).Select(id => id.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal(20, now.Scan(QueueName.Defer).Count());
        // Subdirectories that are no longer needed are gone.
        int deepest = Directory.EnumerateDirectories(Queues.Root + "/deferred", "*", SearchOption.AllDirectories)
            .Select(path => path[(Queues.Root + "/deferred").Length..].Count(c => c == '/')).DefaultIfEmpty(0).Max();
        Assert.Equal(after, deepest);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Files_from_a_copy_get_the_name_of_their_inode(bool longId)
    {
        // The second one's right name is the first one's wrong one: it must not be overwritten on the way.
        string first = Add(QueueName.Deferred, longId: longId, content: "1"), second = Add(QueueName.Deferred, longId: longId, content: "2");
        QueueId a = Parse(first);
        Parse(second).TryGetInode(out ulong inodeOfSecond);
        QueueId right = WithInode(a, inodeOfSecond);
        Rename(QueueName.Deferred, first, "holder");
        Rename(QueueName.Deferred, second, first);
        string wrong = right.ToString();
        RenamePath(Find("holder"), wrong);
        AddLog(QueueName.Defer, wrong, "log of 1");
        AddLog(QueueName.Bounce, first, "log of 2");
        // Now "1", whose name should be first, is called wrong; "2", whose name should be wrong, is called first.
        Assert.Equal(["Renamed to match inode number: 2 messages", "warning: QUEUE FILE NAMES WERE CHANGED TO MATCH INODE NUMBERS"], Run("-s"));
        Assert.Equal(("1", "2"), (File.ReadAllText(Find(first)), File.ReadAllText(Find(wrong))));
        Assert.Equal("log of 1", File.ReadAllText(Queues.PathOf(QueueName.Defer, a)));
        Assert.Equal("log of 2", File.ReadAllText(Queues.PathOf(QueueName.Bounce, right)));
        Assert.Equal(4, Everything().Length);
        Assert.Empty(Run("-s"));
    }

    [Fact]
    public void Long_names_are_given_up_with_the_parameter()
    {
        string id = Add(QueueName.Incoming, longId: true);
        Assert.Equal("Renamed to match inode number: 1 message", Run(Queues, false, ["-s"], [])[0]);
        string now = Assert.Single(Everything());
        QueueId before = Parse(id), after = Parse(now);
        Assert.False(after.IsLong);
        before.TryGetMicroseconds(out int microseconds);
        after.TryGetMicroseconds(out int same);
        Assert.Equal(microseconds, same);
        Assert.Empty(Run(Queues, false, ["-s"], []));
    }

    [Fact]
    public void An_interrupted_repair_is_finished_by_the_next_one()
    {
        string id = Add(QueueName.Deferred, content: "x");
        QueueId right = Parse(id), wrong = WithInode(right, 4711);
        // Stopped after the log was renamed, before the message was.
        Rename(QueueName.Deferred, id, wrong.ToString());
        AddLog(QueueName.Defer, id + "#FIX", "log");
        Run("-s");
        Assert.Equal("x", File.ReadAllText(Find(id)));
        Assert.Equal("log", File.ReadAllText(Queues.PathOf(QueueName.Defer, right)));
        // Stopped after all were renamed, before the suffix was taken off.
        Rename(QueueName.Deferred, id, id + "#FIX");
        Assert.Empty(Run("-s"));
        Assert.Equal("x", File.ReadAllText(Find(id)));
        Assert.Equal(2, Everything().Length);
    }

    [Fact]
    public void Odd_names_are_reported_and_left_alone()
    {
        File.WriteAllText(Queues.Root + "/incoming/12345.999", "");
        File.WriteAllText(Queues.Root + "/incoming/stranger", "");
        Assert.Equal(["warning: bogus file name: incoming/12345.999"], Run("-s"));
        Assert.Equal(["warning: bogus file name: incoming/12345.999"], Run("-p"));
        Assert.Equal(["warning: bogus file name: incoming/12345.999"], Run("-s", "-p"));
        Assert.Equal(["warning: bogus file name: incoming/12345.999", "Deleted: 0 messages"], Run("-d", "ALL"));
        Assert.Equal(["12345.999", "stranger"], Everything().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Without_options_it_repairs_and_purges()
    {
        Orders line = new();
        Assert.Null(line.Parse(["-c", "/etc", "-v"]));
        Assert.True(line.Repair && line.Purge);
        line = new();
        Assert.Null(line.Parse(["-d", "A"]));
        Assert.False(line.Repair || line.Purge);
    }

    // After a loss of power, on a file system that keeps renames in no order.
    [Theory]
    [InlineData(QueueName.Active, QueueName.Deferred, "deferred")]
    [InlineData(QueueName.Incoming, QueueName.Active, "incoming")]
    [InlineData(QueueName.Hold, QueueName.Deferred, "hold")]
    [InlineData(QueueName.Deferred, QueueName.Maildrop, "maildrop")]
    [InlineData(QueueName.Corrupt, QueueName.Active, "active")]
    public void A_file_under_two_names_gets_one(QueueName one, QueueName other, string left)
    {
        string id = AddMessage(one);
        Queues.MakeHashDirectories(other, Parse(id));
        Hardlink(Find(id), Queues.PathOf(other, Parse(id)));
        string foreign = AddMessage(QueueName.Deferred);
        Hardlink(Find(foreign), Queues.DirectoryOf(QueueName.Deferred) + "/else where");
        string[] lines = Run("-s");
        Assert.Single(lines, line => line.Contains($"{id}: one file in ", StringComparison.Ordinal));
        Assert.Equal((left, 1u), (QueueOf(id), FileSystem.Status(Find(id))!.Value.LinkCount));
        Assert.Single(lines, line => line.EndsWith("2 hard links, left alone", StringComparison.Ordinal));
        Assert.DoesNotContain(Run("-s"), line => line.Contains(id, StringComparison.Ordinal));
    }

    // B26: chmod -R
    [Theory]
    [InlineData(QueueName.Deferred, 0x1A4, 0x1C0)] // 0644
    [InlineData(QueueName.Hold, 0x180, 0x1C0)] // 0600
    [InlineData(QueueName.Active, 0, 0x1C0)]
    [InlineData(QueueName.Deferred, 0x1ED, 0x1C0)] // 0755
    [InlineData(QueueName.Deferred, 0x1C8, 0x1C0)] // 0710: of g+x, or of Postfix
    [InlineData(QueueName.Deferred, QueueFileMode.Ready | QueueFileMode.ForceExpired | QueueFileMode.FlushFirst, QueueFileMode.Ready | QueueFileMode.ForceExpired | QueueFileMode.FlushFirst)]
    [InlineData(QueueName.Deferred, QueueFileMode.Corrupt, QueueFileMode.Corrupt)]
    [InlineData(QueueName.Incoming, 0x180, 0x180)] // being written
    public void Modes_that_were_changed_by_hand_are_put_right(QueueName queue, int mode, int right)
    {
        string id = AddMessage(queue, mode);
        string[] lines = Run("-s");
        Assert.Equal(Convert.ToString(right, 8), Mode(Find(id)));
        Assert.Equal(mode == right ? [] : [$"warning: {QueueDirectories.NameOf(queue)}/{(queue == QueueName.Deferred ? $"{Find(id)[^(id.Length + 2)]}/" : "")}{id}: mode {Convert.ToString(mode, 8)}, now {Convert.ToString(right, 8)}"], lines);
    }

    [Fact]
    public void Files_that_are_being_made_are_not_bogus()
    {
        string made = Queues.DirectoryOf(QueueName.Maildrop) + "/123456.789";
        File.WriteAllText(made, "");
        File.WriteAllText(Queues.DirectoryOf(QueueName.Maildrop) + "/bogus name", "");
        Assert.Equal(["Placed on hold: 0 messages"], Run("-h", "ALL")); // what is in maildrop cannot be held
        Assert.Equal(["warning: bogus file name: maildrop/bogus name", "Deleted: 0 messages"], Run("-d", "ALL"));
        FileSystem.TrySetTime(made, 1_700_000_000_000_000_000);
        Assert.Equal(["Deleted: 0 messages", "warning: bogus file name: maildrop/123456.789", "warning: bogus file name: maildrop/bogus name"], Run("-d", "ALL").Order());
    }

    // Newcomer 16
    [Fact]
    public void Mail_in_corrupt_is_told_of_by_the_check()
    {
        string id = AddMessage(QueueName.Corrupt, QueueFileMode.Corrupt);
        Assert.Equal([$"warning: damaged mail in corrupt: 1, {id} for one; \"postsuper -u\" takes back what can be read"], Run("-s"));
    }

    // Review 17: the queue manager may take the message while its logs are renamed.
    [Fact]
    public void A_message_that_is_being_delivered_keeps_its_wrong_name_and_its_logs()
    {
        string id = AddMessage(QueueName.Deferred);
        QueueId wrong = WithInode(Parse(id), 4711);
        Queues.MakeHashDirectories(QueueName.Deferred, wrong);
        File.Move(Find(id), Queues.PathOf(QueueName.Deferred, wrong));
        AddLog(QueueName.Bounce, wrong.ToString(), "x");
        using (SafeFileHandle agent = FileSystem.Open(Queues.PathOf(QueueName.Deferred, wrong)))
        {
            Assert.True(FileSystem.TryLockShared(agent));
            Run("-s");
            Assert.Equal([wrong.ToString(), wrong.ToString()], Everything());
        }
        Run("-s");
        Assert.Equal([id, id], Everything());
    }
}
