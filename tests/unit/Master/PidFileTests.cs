using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Master;

/// <summary>Review 10: who asks whether a system runs is not taken for one, and an old number is not taken for a process.</summary>
public sealed class PidFileTests : IDisposable
{
    private readonly TemporaryDirectory _queue = new();
    private readonly string _path;

    public PidFileTests()
    {
        Directory.CreateDirectory(_queue.Path + "/pid");
        _path = Path.Join(_queue.Path, PidFile.Name);
    }

    public void Dispose() => _queue.Dispose();

    [Fact]
    public void Who_runs_is_told_until_it_ends()
    {
        Assert.Null(PidFile.Running(_queue.Path));
        using (SafeFileHandle file = PidFile.TryTake(_queue.Path)!)
        {
            Assert.Equal(Environment.ProcessId, PidFile.Running(_queue.Path));
            Assert.Null(PidFile.TryTake(_queue.Path));
            PidFile.Leave(file);
        }
        Assert.Equal("", File.ReadAllText(_path));
        Assert.Null(PidFile.Running(_queue.Path));
    }

    [Fact] // master is the first process of a container; of the host whose volume it is another one is
    public void The_first_process_may_be_a_master_but_is_none_here()
    {
        using SafeFileHandle file = PidFile.TryTake(_queue.Path)!;
        FileSystem.Truncate(file, 0);
        FileSystem.WriteAt(file, "1\n"u8, 0);
        Assert.Equal(1, PidFile.Running(_queue.Path));
        Assert.False(PidFile.IsHere(1));
        Assert.False(PidFile.IsHere(Environment.ProcessId)); // of these tests
    }

    [Fact]
    public void Two_that_ask_at_once_do_not_take_each_other_for_a_system()
    {
        File.WriteAllText(_path, "4711\n"); // of one that was killed
        using SafeFileHandle asking = FileSystem.Open(_path);
        Assert.True(FileSystem.TryLockShared(asking));
        Assert.Null(PidFile.Running(_queue.Path));
    }

    [Fact]
    public void A_system_starts_although_somebody_asks_just_then()
    {
        File.WriteAllText(_path, "");
        SafeFileHandle asking = FileSystem.Open(_path);
        Assert.True(FileSystem.TryLockShared(asking));
        SafeFileHandle? taken = null;
        Thread start = new(() => taken = PidFile.TryTake(_queue.Path));
        start.Start();
        Assert.False(start.Join(20)); // it waits
        asking.Dispose();
        start.Join();
        using (taken)
            Assert.NotNull(taken);
    }

    [Fact]
    public void Nobody_else_can_keep_a_system_from_starting()
    {
        using SafeFileHandle file = PidFile.TryTake(_queue.Path)!;
        Assert.Equal(0x180, FileSystem.Status(_path)!.Value.Mode); // 0600: who cannot open it cannot lock it
    }
}
