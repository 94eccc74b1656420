using Microsoft.Win32.SafeHandles;
using Mono.Unix.Native;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Queue;

public sealed class FileLockTests
{
    // The queue manager looks so at each file that it takes in. A child that is being forked at that moment has the descriptor too,
    // until it calls its program; the mail would count as being delivered meanwhile, and be left alone for minutes.
    [Fact]
    public void Looking_for_a_lock_leaves_none_behind_though_the_descriptor_lives_on_elsewhere()
    {
        using TemporaryDirectory directory = new();
        string path = directory.File("file", "text"u8.ToArray());
        int copy;
        using (SafeFileHandle first = FileSystem.Open(path, write: true))
        {
            copy = Syscall.dup((int)first.DangerousGetHandle());
            Assert.False(FileSystem.IsLockedByAnother(first));
        }
        try
        {
            using SafeFileHandle second = FileSystem.Open(path, write: true);
            Assert.False(FileSystem.IsLockedByAnother(second));
            Assert.True(FileSystem.TryLockShared(second));
            using SafeFileHandle third = FileSystem.Open(path, write: true);
            Assert.True(FileSystem.IsLockedByAnother(third));
        }
        finally
        {
            Assert.Equal(0, Syscall.close(copy));
        }
    }

    // Review 21: one sets a bit while another clears his.
    [Fact]
    public void A_bit_that_somebody_sets_is_not_dropped_by_who_changes_another()
    {
        using TemporaryDirectory directory = new();
        string path = directory.File("file", "text"u8.ToArray());
        FileSystem.ChangeMode(path, QueueFileMode.Ready);
        using CancellationTokenSource stop = new();
        Thread other = new(() =>
        {
            using SafeFileHandle file = FileSystem.Open(path, write: true);
            while (!stop.IsCancellationRequested)
            {
                FileSystem.ChangeMode(file, QueueFileMode.FlushFirst, 0);
                FileSystem.ChangeMode(file, 0, QueueFileMode.FlushFirst);
            }
        });
        other.Start();
        int lost = 0;
        using (SafeFileHandle file = FileSystem.Open(path, write: true))
        {
            for (int i = 0; i < 3000; i++)
            {
                FileSystem.ChangeMode(file, QueueFileMode.ForceExpired, 0);
                lost += QueueFileMode.IsForceExpired(FileSystem.Status(file).Mode) ? 0 : 1;
                FileSystem.ChangeMode(file, 0, QueueFileMode.ForceExpired);
            }
        }
        stop.Cancel();
        other.Join();
        Assert.Equal(0, lost);
    }
}
