using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;
using PostfixNet.Postsuper;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Postsuper;

public sealed class PostsuperTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly QueueDirectories _queues;

    public PostsuperTests()
    {
        _queues = new QueueDirectories(_directory.Path, ["deferred", "defer"], 1);
        _queues.CreateMissing(owner: null, group: 0);
    }

    public void Dispose() => _directory.Dispose();

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
        Assert.Equal(isRequeued ? QueueName.Maildrop : QueueName.Deferred, _queues.Locate(Parse(id)));
        if (!isRequeued)
            Assert.Equal([.. refused, "Requeued: 0 messages"], Run("-r", id));
    }

    // What cleanup leaves when it dies between the record of an alias and its message.
    [Theory]
    [InlineData(QueueName.Trace, 8, false, false)]
    [InlineData(QueueName.Defer, 8, false, false)]
    [InlineData(QueueName.Defer, 1, false, false)]
    [InlineData(QueueName.Defer, 1, true, true)]
    [InlineData(QueueName.Defer, 0, false, true)]
    [InlineData(QueueName.Bounce, 8, false, true)] // somebody has not been told
    [InlineData(QueueName.Trace, 6, false, true)]
    [InlineData(QueueName.Trace, 8, true, true)]
    public void Old_logs_without_a_message_are_purged(QueueName log, int days, bool hasMessage, bool stays)
    {
        string id = Add(QueueName.Hold);
        AddLog(log, id, "x");
        string path = _queues.PathOf(log, Parse(id));
        FileSystem.TrySetTime(path, (DateTimeOffset.UtcNow.ToUnixTimeSeconds() - days * 86_400L) * 1_000_000_000);
        if (!hasMessage)
            File.Delete(_queues.PathOf(QueueName.Hold, Parse(id)));
        Run("-p");
        Assert.Equal(stays, File.Exists(path));
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
    public void A_word_in_lower_case_is_an_id()
    {
        Add(QueueName.Deferred);
        Assert.Equal(["Deleted: 0 messages"], Run("-d", "all"));
        Assert.Single(Everything());
    }

    [Fact]
    public void Only_the_named_queues_are_searched()
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
            Run(_queues, true, ["-d", "-"], [b, "", "foo bar", a]));
    }

    [Theory]
    [InlineData("bad/id")]
    [InlineData("../active/X")]
    [InlineData("")]
    [InlineData("1.2")]
    public void Bad_ids_are_warned_of(string id) =>
        Assert.Equal([$"warning: invalid mail queue id: {id}", "Deleted: 0 messages"], Run("-d", id));

    [Theory]
    [InlineData("-x", "invalid option -- 'x'")]
    [InlineData("-d", "option requires an argument -- 'd'")]
    public void Wrong_options_are_told(string argument, string want) => Assert.Equal(want, new Orders().Parse([argument]));

    [Theory]
    [InlineData("62967B30417")]
    [InlineData("hold/a")]
    [InlineData("bounce")]
    [InlineData("..")]
    public void An_operand_is_a_queue(string name) =>
        Assert.Equal($"invalid directory name: {name}", Assert.Throws<IOException>(() => new Orders().Parse(["-d", "A", name])).Message);

    [Fact]
    public void Links_are_neither_followed_nor_moved()
    {
        string victim = _directory.File("victim", "x"u8);
        FileSystem.ChangeMode(victim, QueueFileMode.Ready);
        File.CreateSymbolicLink(_queues.Root + "/deferred/0", "/etc"); // a link is no subdirectory
        File.CreateSymbolicLink(_queues.Root + "/incoming/AAAAA1", victim);
        string id = Add(QueueName.Active);
        Hardlink(_queues.Root + "/active/" + id, _queues.Root + "/incoming/BBBBB1");
        Assert.Equal(["Placed on hold: 0 messages"], Run("-h", "AAAAA1"));
        string[] hold = Run("-h", id);
        Assert.Contains("hard links, left alone", hold[0], StringComparison.Ordinal);
        Assert.Equal("Placed on hold: 0 messages", hold[^1]);
        Assert.Equal(["Deleted: 0 messages"], Run("-d", "AAAAA1"));
        Assert.All(Run("-s"), line => Assert.Contains("hard links, left alone", line, StringComparison.Ordinal));
        Assert.True(File.Exists(victim));
        Assert.Equal("active", QueueOf(id));
        Assert.Equal([$"{id}: removed", "Deleted: 1 message"], Run("-d", id)); // takes one of its names away
        Assert.True(File.Exists(_queues.Root + "/incoming/BBBBB1"));
    }

    [Fact]
    public void A_name_taken_in_maildrop_is_not_overwritten()
    {
        string id = Add(QueueName.Deferred);
        File.WriteAllText($"{_queues.Root}/maildrop/{id}", "stranger");
        string[] lines = Run("-r", id);
        Assert.Contains("the name is taken", lines[0], StringComparison.Ordinal);
        Assert.Equal("Requeued: 0 messages", lines[^1]);
        Assert.Equal("stranger", File.ReadAllText($"{_queues.Root}/maildrop/{id}"));
        Assert.Equal(2, Everything().Length);
    }

    // S1-19
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(1, 2)]
    [InlineData(3, 1)]
    public void Structure_check_follows_a_change_of_the_hashing(int before, int after)
    {
        QueueDirectories old = new(_queues.Root, ["deferred", "defer"], before), now = new(_queues.Root, ["deferred", "defer"], after);
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
        int deepest = Directory.EnumerateDirectories(_queues.Root + "/deferred", "*", SearchOption.AllDirectories)
            .Select(path => path[(_queues.Root + "/deferred").Length..].Count(c => c == '/')).DefaultIfEmpty(0).Max();
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
        Assert.Equal("log of 1", File.ReadAllText(_queues.PathOf(QueueName.Defer, a)));
        Assert.Equal("log of 2", File.ReadAllText(_queues.PathOf(QueueName.Bounce, right)));
        Assert.Equal(4, Everything().Length);
        Assert.Empty(Run("-s"));
    }

    [Fact]
    public void Long_names_are_given_up_with_the_parameter()
    {
        string id = Add(QueueName.Incoming, longId: true);
        Assert.Equal("Renamed to match inode number: 1 message", Run(_queues, false, ["-s"], [])[0]);
        string now = Assert.Single(Everything());
        QueueId before = Parse(id), after = Parse(now);
        Assert.False(after.IsLong);
        before.TryGetMicroseconds(out int microseconds);
        after.TryGetMicroseconds(out int same);
        Assert.Equal(microseconds, same);
        Assert.Empty(Run(_queues, false, ["-s"], []));
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
        Assert.Equal("log", File.ReadAllText(_queues.PathOf(QueueName.Defer, right)));
        // Stopped after all were renamed, before the suffix was taken off.
        Rename(QueueName.Deferred, id, id + "#FIX");
        Assert.Empty(Run("-s"));
        Assert.Equal("x", File.ReadAllText(Find(id)));
        Assert.Equal(2, Everything().Length);
    }

    [Fact]
    public void Odd_names_are_reported_and_left_alone()
    {
        File.WriteAllText(_queues.Root + "/incoming/12345.999", "");
        File.WriteAllText(_queues.Root + "/incoming/stranger", "");
        Assert.Equal(["warning: bogus file name: incoming/12345.999"], Run("-s"));
        Assert.Equal(["warning: bogus file name: incoming/12345.999"], Run("-p"));
        Assert.Equal(["warning: bogus file name: incoming/12345.999"], Run("-s", "-p"));
        Assert.Equal(["warning: bogus file name: incoming/12345.999", "Deleted: 0 messages"], Run("-d", "ALL"));
        Assert.Equal(["12345.999", "stranger"], Everything().Order(StringComparer.Ordinal));
    }

    // S1-18
    [Theory] // name, mode, age in days, stays
    [InlineData("12345.999", "0600", 8, false)]
    [InlineData("12345.999", "0600", 6, true)]
    [InlineData("AAAAA1", "0600", 8, false)]
    [InlineData("AAAAA1", "0700", 8, true)]
    [InlineData("AAAAA1", "0710", 800, true)]
    [InlineData("AAAAA1", "0400", 8, true)] // corrupt: qmgr has yet to move it away
    public void Purging_removes_what_was_never_finished(string name, string mode, int days, bool stays)
    {
        string path = $"{_queues.Root}/incoming/{name}";
        File.WriteAllText(path, "");
        FileSystem.ChangeMode(path, Convert.ToInt32(mode, 8));
        FileSystem.TrySetTime(path, (DateTimeOffset.UtcNow.ToUnixTimeSeconds() - days * 86400L) * 1_000_000_000);
        Run("-p");
        Assert.Equal(stays, File.Exists(path));
    }

    [Theory] // what users put into maildrop is not taken for mail, and stays a week
    [InlineData("maildrop", "a stranger", "0700", 8, false)]
    [InlineData("maildrop", "a stranger", "0700", 6, true)]
    [InlineData("incoming", "a stranger", "0700", 8, true)]
    [InlineData("maildrop", "AAAAA1", "0700", 8, true)] // mail
    public void Purging_removes_junk_from_maildrop(string queue, string name, string mode, int days, bool stays)
    {
        string path = $"{_queues.Root}/{queue}/{name}";
        File.WriteAllText(path, "");
        FileSystem.ChangeMode(path, Convert.ToInt32(mode, 8));
        FileSystem.TrySetTime(path, (DateTimeOffset.UtcNow.ToUnixTimeSeconds() - days * 86400L) * 1_000_000_000);
        Run("-p");
        Assert.Equal(stays, File.Exists(path));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Purging_removes_directories_from_maildrop_when_they_are_empty(bool hasFile, bool stays)
    {
        string path = $"{_queues.Root}/maildrop/directory";
        Directory.CreateDirectory(path);
        if (hasFile)
            File.WriteAllText(path + "/x", "");
        FileSystem.TrySetTime(path, (DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 8 * 86400L) * 1_000_000_000);
        Run("-p");
        Assert.Equal(stays, Directory.Exists(path));
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
        File.CreateSymbolicLink(_queues.Root + "/incoming/BBBBB1", "/etc/passwd");
        string linked = AddMessage(QueueName.Incoming);
        Hardlink(Find(linked), _queues.Root + "/CCCCC1");
        string[] lines = Run("-D", "ALL");
        Assert.Equal("Discovered: 2 messages", lines[^1]);
        Assert.Contains($"warning: incoming/{unfinished}: mode 600, not 700: unfinished, and left alone", lines);
        Assert.Contains(lines, line => line.StartsWith($"warning: deferred/{damaged}: ", StringComparison.Ordinal));
        Assert.Contains($"warning: {_queues.Root}/incoming/BBBBB1: not a file, left alone", lines);
        Assert.Contains($"warning: {_queues.Root}/incoming/{linked}: 2 hard links, left alone", lines);
        Assert.Equal(5, lines.Length);
    }

    [Fact]
    public void Mail_of_another_owner_is_not_discovered()
    {
        string id = AddMessage(QueueName.Incoming);
        Collector report = new();
        new Recovery(_queues, report, TimeProvider.System, owner: 4711).Discover(id, [QueueName.Incoming]);
        Assert.Matches("owned by user \\d+, not by 4711, left alone$", Assert.Single(report.Lines));
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
        Assert.Equal([two, held], new[] { small, two, held, young }.Where(id => _queues.Locate(Parse(id)) is not null));
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

    [Theory]
    [InlineData("--match goes with -d, -e, -f, -h, -H and -r", "--match", "age>1h")]
    [InlineData("--match goes with -d, -e, -f, -h, -H and -r", "--match", "age>1h", "-s")]
    [InlineData("--dry-run goes with -d, -e, -f, -h, -H and -r", "-u", "ALL", "--dry-run")]
    [InlineData("one --match at a time", "-d", "ALL", "--match", "age>1h", "--match=age>2h")]
    public void A_filter_that_narrows_nothing_is_refused(string want, params string[] arguments) => Assert.Equal(want, new Orders().Parse(arguments));

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

    [Theory]
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
        Changes changes = new(_queues.Root);
        MessageChanges change = new(_queues, report, changes, order.Change, ids =>
        {
            foreach (string id in ids)
                _queues.Move(Parse(id), QueueName.Active, QueueName.Deferred);
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

    private string AddMail(QueueName queue, int hours)
    {
        string id = AddMessage(queue);
        byte[] content = File.ReadAllBytes(Find(id));
        int time = content.AsSpan().IndexOf("T\u000c"u8);
        System.Text.Encoding.ASCII.GetBytes($"{DateTimeOffset.UtcNow.ToUnixTimeSeconds() - hours * 3600}").CopyTo(content, time + 2);
        File.WriteAllBytes(Find(id), content);
        return id;
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
        using (SafeFileHandle agent = FileSystem.Open(_queues.PathOf(QueueName.Active, Parse(id))))
        {
            if (inDelivery)
                Assert.True(FileSystem.TryLockShared(agent));
            Assert.Equal("Requeued: 1 message", Run("-r", id)[^1]);
        }
        Assert.Equal(QueueName.Maildrop, _queues.Locate(Parse(id)));
        foreach (QueueName log in (QueueName[])[QueueName.Bounce, QueueName.Trace])
            Assert.Equal(inDelivery, File.Exists(_queues.PathOf(log, Parse(id))));
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
        _queues.MakeHashDirectories(other, Parse(id));
        Hardlink(Find(id), _queues.PathOf(other, Parse(id)));
        string foreign = AddMessage(QueueName.Deferred);
        Hardlink(Find(foreign), _queues.DirectoryOf(QueueName.Deferred) + "/else where");
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

    [Theory]
    [InlineData(QueueName.Deferred)]
    [InlineData(QueueName.Incoming)]
    [InlineData(QueueName.Maildrop)]
    public void Whole_messages_are_not_purged_whatever_their_mode(QueueName queue)
    {
        string id = AddMessage(queue, 0x180), unfinished = Add(queue, 0x180);
        foreach (string one in (string[])[id, unfinished])
            FileSystem.TrySetTime(Find(one), 1_700_000_000_000_000_000);
        Run("-p");
        Assert.Equal([id], Everything());
    }

    // Accepted mail, of which its user changed the mode. What sendmail has not finished is readable, and has no end.
    [Theory]
    [InlineData("one-rcpt.maildrop", 0x180, true)] // 0600
    [InlineData("one-rcpt.maildrop", 0x1A4, true)]
    [InlineData("one-rcpt.maildrop", 0, true)]
    [InlineData("unfinished", QueueFileMode.BeingSubmitted, false)]
    [InlineData("", QueueFileMode.BeingSubmitted, false)]
    public void Submitted_mail_is_not_purged_whatever_its_mode(string content, int mode, bool stays)
    {
        string path = $"{_queues.DirectoryOf(QueueName.Maildrop)}/AAAAA1";
        byte[] whole = Vectors.Bytes("one-rcpt.maildrop");
        File.WriteAllBytes(path, content switch { "" => [], "unfinished" => whole[..^2], _ => Vectors.Bytes(content) });
        FileSystem.ChangeMode(path, mode);
        FileSystem.TrySetTime(path, 1_700_000_000_000_000_000);
        OrdinaryUser.Give(_queues.Root);
        string[] lines = [];
        OrdinaryUser.Run(() => lines = Run("-p"));
        Assert.Equal(stays, File.Exists(path));
        Assert.Equal(stays ? [$"warning: maildrop/AAAAA1: whole, or closed to us, but of mode {Convert.ToString(mode, 8)}: not taken as mail; with mode 740 it is"] : [], lines);
    }

    // Newcomer 4: mode 0400 is what an agent gives to what it finds damaged.
    [Fact]
    public void Who_is_not_root_takes_marked_mail_back()
    {
        string id = AddMessage(QueueName.Corrupt, QueueFileMode.Corrupt);
        OrdinaryUser.Give(_queues.Root);
        OrdinaryUser.Run(() => new Recovery(_queues, new Collector(), TimeProvider.System, OrdinaryUser.Uid).Recover(id));
        Assert.Equal(("deferred", "700"), (QueueOf(id), Mode(Find(id))));
    }

    // An agent that has opened the file has no lock on it yet.
    [Fact]
    public void While_mail_is_requeued_no_agent_gets_its_lock()
    {
        string id = AddMessage(QueueName.Active), path = _queues.PathOf(QueueName.Active, Parse(id));
        using QueueFile agent = QueueFile.Open(path, write: true);
        string? why = null;
        Collector report = new();
        Changes changes = new(_queues.Root);
        new MessageActions(_queues, report, changes, new CallingClock(() => why = agent.TryLockShared(path))).ActOn(MessageAction.Requeue, id, [QueueName.Active]);
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

    [Fact]
    public void Files_that_are_being_made_are_not_bogus()
    {
        string made = _queues.DirectoryOf(QueueName.Maildrop) + "/123456.789";
        File.WriteAllText(made, "");
        File.WriteAllText(_queues.DirectoryOf(QueueName.Maildrop) + "/bogus name", "");
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
        _queues.MakeHashDirectories(QueueName.Deferred, wrong);
        File.Move(Find(id), _queues.PathOf(QueueName.Deferred, wrong));
        AddLog(QueueName.Bounce, wrong.ToString(), "x");
        using (SafeFileHandle agent = FileSystem.Open(_queues.PathOf(QueueName.Deferred, wrong)))
        {
            Assert.True(FileSystem.TryLockShared(agent));
            Run("-s");
            Assert.Equal([wrong.ToString(), wrong.ToString()], Everything());
        }
        Run("-s");
        Assert.Equal([id, id], Everything());
    }

    private string AddMessage(QueueName queue, int mode = QueueFileMode.Ready)
    {
        using NewQueueFile file = NewQueueFile.Create(_queues, queue, longId: true);
        FileSystem.WriteAt(file.Handle, QueueFileTests.Message("R|a@b.test", 1), 0);
        file.Commit(mode);
        return file.Id.ToString();
    }

    private string Add(QueueName queue, int mode = QueueFileMode.Ready, bool longId = true, string content = "")
    {
        using NewQueueFile file = NewQueueFile.Create(_queues, queue, longId);
        FileSystem.WriteAt(file.Handle, System.Text.Encoding.UTF8.GetBytes(content), 0);
        file.Commit(mode);
        return file.Id.ToString();
    }

    private void AddLog(QueueName log, string name, string content = "")
    {
        QueueId id = Parse(name.Split('#')[0]);
        _queues.MakeHashDirectories(log, id);
        File.WriteAllText($"{_queues.PathOf(log, id)[..^id.ToString().Length]}{name}", content);
    }

    private void Rename(QueueName queue, string from, string to) => RenamePath(_queues.PathOf(queue, Parse(from)), to);

    private static QueueId Parse(string text) => QueueId.TryParse(text, out QueueId id) ? id : throw new ArgumentException(text);

    private static QueueId WithInode(QueueId id, ulong inode) => id.TryWithInode(inode, out QueueId with) ? with : throw new ArgumentException("no inode in it");

    private static void RenamePath(string path, string to) => File.Move(path, $"{Path.GetDirectoryName(path)}/{to}");

    private string[] Everything() => [.. Directory.EnumerateFiles(_queues.Root, "*", SearchOption.AllDirectories).Select(path => Path.GetFileName(path)!)];

    private string Find(string id) => Assert.Single(Directory.EnumerateFiles(_queues.Root, id, SearchOption.AllDirectories),
        path => !path.Contains("/defer/", StringComparison.Ordinal) && !path.Contains("/bounce/", StringComparison.Ordinal));

    private string QueueOf(string id) => Find(id)[(_queues.Root.Length + 1)..].Split('/')[0];

    private static string Mode(string path) => Convert.ToString(FileSystem.Status(path)!.Value.Mode, 8);

    private static void Hardlink(string from, string to)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start("ln", [from, to]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private string[] Run(params string[] arguments) => Run(_queues, true, arguments, []);

    private static string[] Run(QueueDirectories queues, bool longIds, string[] arguments, string[] input)
    {
        Orders line = new();
        Assert.Null(line.Parse(arguments));
        Collector report = new();
        Program.Run(line, queues, report, longIds, () => input);
        return [.. report.Lines];
    }

    private sealed class Collector() : Report(new PostfixNet.Service.CallerLog("postsuper"))
    {
        internal List<string> Lines { get; } = [];

        private protected override void Write(string severity, string text) => Lines.Add(severity == "info" ? text : $"{severity}: {text}");
    }
}
