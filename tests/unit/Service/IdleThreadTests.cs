using PostfixNet.Native;

namespace PostfixNet.UnitTests.Service;

/// <summary>How a thread for work that can wait ends.</summary>
public sealed class IdleThreadTests
{
    // As work in a system call of a slow disk does.
    [Fact]
    public void Work_that_does_not_end_in_time_may_still_ask_whether_it_is_to_end()
    {
        using ManualResetEventSlim go = new();
        Exception? bug = null;
        bool isEnd = false;
        IdleThread? thread = null;
        thread = new IdleThread("test", () =>
        {
            go.Wait();
            isEnd = thread!.MustEnd(TimeSpan.FromSeconds(30));
        }, static () => { });
        thread.Start(e => bug = e);
        Assert.False(thread.Stop(TimeSpan.Zero));
        thread.Dispose();
        go.Set();
        Assert.True(thread.Stop(TimeSpan.FromSeconds(30)));
        Assert.Null(bug);
        Assert.True(isEnd);
        thread.Dispose();
    }

    [Fact]
    public void A_bug_is_told()
    {
        Exception? bug = null;
        using IdleThread thread = new("test", static () => throw new InvalidDataException("a bug"), static () => { });
        thread.Start(e => bug = e);
        Assert.True(thread.Stop(TimeSpan.FromSeconds(30)));
        Assert.Equal("a bug", bug?.Message);
    }
}
