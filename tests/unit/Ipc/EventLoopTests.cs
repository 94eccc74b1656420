using PostfixNet.Ipc;

namespace PostfixNet.UnitTests.Ipc;

/// <summary>What becomes of work that a loop minds.</summary>
public sealed class EventLoopTests
{
    [Fact]
    public void A_bug_in_work_that_goes_on_by_itself_ends_the_loop()
    {
        using EventLoop loop = new();
        loop.After(TimeSpan.FromSeconds(30), loop.Stop);
        loop.Mind(Work());
        Assert.Equal("a bug", Assert.Throws<InvalidDataException>(loop.Run).Message);

        async Task Work()
        {
            await loop.Elsewhere(static () => 1);
            throw new InvalidDataException("a bug");
        }
    }
}
