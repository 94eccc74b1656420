using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Queue;

public sealed class QueueCountsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly QueueDirectories _queues;

    public QueueCountsTests()
    {
        _queues = new QueueDirectories(_directory.Path + "/q", ["deferred"], 1);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Messages_are_counted_and_the_oldest_is_known_by_its_name()
    {
        Assert.All(QueueCounts.Of(_queues).All, static pair => Assert.Equal(new QueueCount(0, null), pair.Count));
        _queues.CreateMissing(owner: null, group: 0);
        Put(QueueName.Deferred, QueueId.Create(1_700_000_500, 17, 4711, longForm: true), 4_000_000_000);
        Put(QueueName.Deferred, QueueId.Create(1_700_000_000, 999_999, 4712, longForm: true), 4_000_000_000);
        Put(QueueName.Hold, QueueId.Create(1_600_000_000, 1, 4713, longForm: true), 4_000_000_000);
        // What is being written, and what is no message at all.
        Put(QueueName.Incoming, QueueId.Create(1_500_000_000, 1, 4714, longForm: true), 4_000_000_000, mode: 0x180);
        Put(QueueName.Maildrop, QueueId.Create(1_500_000_000, 1, 4715, longForm: true), 4_000_000_000, mode: 0x180);
        File.WriteAllText(_queues.DirectoryOf(QueueName.Active) + "/not-an-id", "");
        QueueCounts counts = QueueCounts.Of(_queues);
        Assert.Equal(new QueueCount(2, 1_700_000_000), counts.Of(QueueName.Deferred));
        Assert.Equal(new QueueCount(1, 1_600_000_000), counts.Of(QueueName.Hold));
        Assert.All((QueueName[])[QueueName.Incoming, QueueName.Maildrop, QueueName.Active, QueueName.Corrupt], queue => Assert.Equal(new QueueCount(0, null), counts.Of(queue)));
        Assert.Equal(["maildrop", "incoming", "active", "deferred", "hold", "corrupt"], counts.All.Select(static pair => QueueDirectories.NameOf(pair.Queue)));
    }

    [Fact]
    public void A_short_name_tells_no_arrival_so_the_file_is_looked_at()
    {
        _queues.CreateMissing(owner: null, group: 0);
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Put(QueueName.Deferred, QueueId.Create(1, 17, 4711, longForm: false), 4_000_000_000);
        Put(QueueName.Active, QueueId.Create(1, 18, 4712, longForm: false), 1_700_000_000);
        QueueCounts counts = QueueCounts.Of(_queues);
        Assert.Equal((1, 1), (counts.Of(QueueName.Deferred).Messages, counts.Of(QueueName.Active).Messages));
        // Never the time of the next attempt.
        Assert.InRange(counts.Of(QueueName.Deferred).Oldest ?? now, now - 60, now + 60);
        Assert.Contains(counts.Of(QueueName.Active).Oldest, (IEnumerable<long?>)[1_700_000_000, .. Enumerable.Range(-60, 120).Select(i => (long?)(now + i))]);
    }

    private void Put(QueueName queue, QueueId id, long modified, int mode = QueueFileMode.Ready)
    {
        _queues.MakeHashDirectories(queue, id);
        string path = _queues.PathOf(queue, id);
        File.WriteAllText(path, "x");
        FileSystem.ChangeMode(path, mode);
        FileSystem.TrySetTime(path, modified * 1_000_000_000);
    }
}
