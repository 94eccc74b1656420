using PostfixNet.Native;

namespace PostfixNet.UnitTests.Service;

/// <summary>Moments at which waiting ends.</summary>
public sealed class DeadlineTests
{
    [Fact]
    public void One_that_has_come_is_over_and_leaves_nothing()
    {
        Assert.True(Deadline.Now.IsOver);
        Assert.Equal(0, Deadline.Now.RemainingMilliseconds);
    }

    [Fact]
    public void One_to_come_is_not_over()
    {
        Deadline end = Deadline.In(TimeSpan.FromHours(1));
        Assert.False(end.IsOver);
        Assert.InRange(end.RemainingMilliseconds, 1, 3_600_000);
        Assert.Equal(int.MaxValue, Deadline.Never.RemainingMilliseconds);
        Assert.InRange(end.Later(TimeSpan.FromHours(1)).RemainingMilliseconds, 3_600_000, 7_200_000);
    }

    [Fact]
    public void The_earlier_of_two_counts()
    {
        Deadline soon = Deadline.In(TimeSpan.FromMinutes(1));
        Assert.Equal(soon, Deadline.Earlier(soon, Deadline.Never));
        Assert.Equal(soon, Deadline.Earlier(Deadline.Never, soon));
        Assert.Equal(Deadline.Now, Deadline.Earlier(soon, Deadline.Now));
    }
}
