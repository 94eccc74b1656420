using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Queue;

public sealed class QueueDirectoriesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly QueueDirectories _queues;

    public QueueDirectoriesTests()
    {
        _queues = new QueueDirectories(_directory.Path + "/q", ["deferred", "defer", "unknown"], 2);
        _queues.CreateMissing(owner: null, group: 0);
    }

    public void Dispose() => _directory.Dispose();

    private static QueueId Id(string text) => QueueId.TryParse(text, out QueueId id) ? id : throw new ArgumentException(text);

    // S1-19
    [Fact]
    public void Hashed_queues_have_subdirectories_by_the_microseconds()
    {
        Assert.Equal(_queues.Root + "/incoming/90906B2A712", _queues.PathOf(QueueName.Incoming, Id("90906B2A712")));
        Assert.Equal(_queues.Root + "/deferred/9/0/90906B2A712", _queues.PathOf(QueueName.Deferred, Id("90906B2A712")));
        Assert.Equal(_queues.Root + "/deferred/9/C/4jWhRP4YSKz1jQ9J", _queues.PathOf(QueueName.Deferred, Id("4jWhRP4YSKz1jQ9J")));
        Assert.Equal(_queues.Root + "/defer/A/_/A", _queues.PathOf(QueueName.Defer, Id("A")));
    }

    [Fact]
    public void A_private_instance_is_closed_to_others()
    {
        foreach (string name in new[] { "maildrop", "incoming", "active", "deferred", "corrupt", "hold", "bounce", "defer", "trace", "flush", "saved", "private", "public" })
            Assert.Equal(0x1C0, FileSystem.Status($"{_queues.Root}/{name}")!.Value.Mode);
        Assert.Equal(0x1ED, FileSystem.Status(_queues.Root + "/pid")!.Value.Mode);
        _queues.CreateMissing(owner: null, group: 0); // what is there stays
    }

    [Fact]
    public void Under_root_any_user_may_drop_mail_but_not_look()
    {
        if (Users.EffectiveUid != 0)
            return;
        QueueDirectories queues = new(_directory.Path + "/root", [], 0);
        queues.CreateMissing(owner: 65534, group: 12345);
        FileStatus maildrop = FileSystem.Status(queues.DirectoryOf(QueueName.Maildrop))!.Value;
        Assert.Equal(("3733", 65534u, 12345u), (Convert.ToString(maildrop.Mode, 8), maildrop.Uid, maildrop.Gid));
        FileStatus incoming = FileSystem.Status(queues.DirectoryOf(QueueName.Incoming))!.Value;
        Assert.Equal(("700", 65534u), (Convert.ToString(incoming.Mode, 8), incoming.Uid));
        Assert.Equal("711", Convert.ToString(FileSystem.Status(queues.Root + "/public")!.Value.Mode, 8));
        Assert.Equal(0u, FileSystem.Status(queues.Root + "/pid")!.Value.Uid);
    }

    [Fact]
    public void A_file_moves_by_rename_and_makes_the_subdirectories()
    {
        QueueId id = Id("90906B2A712");
        File.WriteAllText(_queues.PathOf(QueueName.Active, id), "x");
        ulong inode = FileSystem.Status(_queues.PathOf(QueueName.Active, id))!.Value.Inode;
        Assert.Equal(QueueName.Active, _queues.Locate(id));
        Assert.True(_queues.Move(id, QueueName.Active, QueueName.Deferred));
        Assert.Equal(QueueName.Deferred, _queues.Locate(id));
        Assert.Equal(inode, FileSystem.Status(_queues.PathOf(QueueName.Deferred, id))!.Value.Inode);
        Assert.Equal(0x1C0, FileSystem.Status(_queues.Root + "/deferred/9/0")!.Value.Mode);
        Assert.False(_queues.Move(id, QueueName.Active, QueueName.Deferred)); // gone
        Assert.False(_queues.Move(Id("FFFFF1"), QueueName.Active, QueueName.Deferred)); // neither file nor subdirectory
        Assert.True(_queues.Move(id, QueueName.Deferred, QueueName.Incoming));
        Assert.Null(_queues.Locate(Id("FFFFF1")));
    }

    // Review 17: after a restore of the queue names may not be those of their files.
    [Fact]
    public void A_move_replaces_nothing_and_two_names_of_one_file_become_one()
    {
        QueueId id = Id("90906B2A712");
        string active = _queues.PathOf(QueueName.Active, id), incoming = _queues.PathOf(QueueName.Incoming, id);
        File.WriteAllText(active, "x");
        File.WriteAllText(incoming, "other");
        Assert.Throws<IOException>(() => _queues.Move(id, QueueName.Active, QueueName.Incoming));
        Assert.Equal(("x", "other"), (File.ReadAllText(active), File.ReadAllText(incoming)));
        File.Delete(incoming);
        File.CreateSymbolicLink(incoming, active);
        Assert.Throws<IOException>(() => _queues.Move(id, QueueName.Active, QueueName.Incoming));
        File.Delete(incoming);
        Assert.Equal(0, Mono.Unix.Native.Syscall.link(active, incoming));
        Assert.True(_queues.Move(id, QueueName.Active, QueueName.Incoming));
        Assert.Equal((false, "x"), (File.Exists(active), File.ReadAllText(incoming)));
    }

    // S1-24
    [Fact]
    public void What_is_set_aside_replaces_nothing()
    {
        QueueId id = Id("90906B2A712");
        string path = _queues.PathOf(QueueName.Active, id), corrupt = _queues.PathOf(QueueName.Corrupt, id);
        foreach (string text in (string[])["a", "b", "c"])
        {
            File.WriteAllText(path, text);
            Assert.True(_queues.SetAside(path, id));
        }
        Assert.False(_queues.SetAside(path, id));
        Assert.Equal(("a", "b", "c"), (File.ReadAllText(corrupt), File.ReadAllText(corrupt + "_1"), File.ReadAllText(corrupt + "_2")));
    }

    // S1-22
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void A_scan_finds_every_file_wherever_the_hashing_put_it(int depth)
    {
        QueueDirectories queues = new(_queues.Root, ["deferred"], depth);
        List<string> want = [];
        for (int i = 0; i < 200; i++)
        {
            QueueId id = QueueId.Create(1_795_240_897 + i, i * 4999, (ulong)(1000 + i), longForm: i % 2 == 0);
            queues.MakeHashDirectories(QueueName.Deferred, id);
            File.WriteAllText(queues.PathOf(QueueName.Deferred, id), "");
            want.Add(id.ToString());
        }
        File.WriteAllText(queues.DirectoryOf(QueueName.Deferred) + "/12345.999", "");
        File.WriteAllText(queues.DirectoryOf(QueueName.Deferred) + "/bogus name", "");
        Directory.CreateDirectory(queues.DirectoryOf(QueueName.Deferred) + "/long.directory");
        List<string> foreign = [];
        // Not where it belongs for _queues, which hashes two deep, and yet found.
        List<QueueEntry> got = [.. _queues.ScanEntries(QueueName.Deferred, foreign.Add)];
        Assert.Equal(want.Order(StringComparer.Ordinal), got.Select(e => e.Id.ToString()).Order(StringComparer.Ordinal));
        Assert.All(got, e => Assert.Equal(queues.PathOf(QueueName.Deferred, e.Id), e.Path));
        Assert.Equal(["12345.999", "bogus name", "long.directory"], foreign.Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Scanning_lasts_while_files_move_away()
    {
        for (int i = 0; i < 500; i++)
            File.WriteAllText(_queues.PathOf(QueueName.Incoming, QueueId.Create(0, i, 77, false)), "");
        HashSet<QueueId> seen = [];
        foreach (QueueId id in _queues.Scan(QueueName.Incoming))
        {
            Assert.True(seen.Add(id));
            Assert.True(_queues.Move(id, QueueName.Incoming, QueueName.Active));
        }
        Assert.Equal(500, seen.Count);
        Assert.Empty(_queues.Scan(QueueName.Incoming));
    }

    [Fact]
    public void A_missing_queue_is_an_error() =>
        Assert.Throws<SystemCallException>(() => new QueueDirectories(_directory.Path + "/none", [], 0).Scan(QueueName.Active).Count());

    [Fact]
    public void Names_convert_both_ways()
    {
        foreach (QueueName queue in Enum.GetValues<QueueName>())
        {
            Assert.True(QueueDirectories.TryParse(QueueDirectories.NameOf(queue), out QueueName again));
            Assert.Equal(queue, again);
        }
        Assert.False(QueueDirectories.TryParse("62967B30417", out _));
    }
}
