using PostfixNet.Ipc;

namespace PostfixNet.UnitTests.Ipc;

/// <summary>The heap that order depends on, and the callbacks that stand in one.</summary>
public sealed class TimerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_heap_gives_its_smallest_whatever_was_put_moved_and_removed(int seed)
    {
        Random random = new(seed);
        KeyHeap heap = new();
        List<KeyHeap.Node> nodes = [.. Enumerable.Range(0, 200).Select(_ => new KeyHeap.Node())];
        for (int i = 0; i < 5000; i++)
        {
            KeyHeap.Node node = nodes[random.Next(nodes.Count)];
            if (random.Next(3) == 0)
                heap.Remove(node);
            else
                heap.Put(node, random.Next(50), i);
            List<KeyHeap.Node> inside = nodes.FindAll(n => n.IsIn);
            Assert.Equal(inside.Count, heap.Count);
            Assert.Same(inside.MinBy(n => (n.Key, n.Tie)), heap.First);
        }
    }

    [Fact]
    public void Callbacks_come_in_the_order_of_their_time_then_of_the_asking()
    {
        TimerList timers = new();
        string order = "";
        timers.Add(20, () => order += "c");
        timers.Add(10, () => order += "a");
        EventLoop.Timer cancelled = timers.Add(10, () => order += "x");
        timers.Add(10, () => order += "b");
        cancelled.Cancel();
        Assert.Equal(10, timers.NextDue);
        while (timers.RunNext(19))
        {
        }
        Assert.Equal(("ab", 20L), (order, timers.NextDue));
        Assert.True(timers.RunNext(20));
        Assert.Equal("abc", order);
        Assert.Null(timers.NextDue);
        // Too late, and twice: without effect.
        cancelled.Cancel();
        Assert.False(timers.RunNext(1000));
    }

    [Fact]
    public void A_cancelled_callback_takes_no_room()
    {
        TimerList timers = new();
        for (int i = 0; i < 10_000; i++)
            timers.Add(1_000_000 + i, static () => { }).Cancel();
        Assert.Null(timers.NextDue);
    }
}
