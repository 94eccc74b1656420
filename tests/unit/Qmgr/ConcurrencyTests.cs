using PostfixNet.Configuration;
using PostfixNet.Qmgr;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>The window of deliveries to one destination, and when a destination is given up.</summary>
public sealed class ConcurrencyTests
{
    private static Concurrency Make(int initial = 5, int limit = 20, string positive = "1", string negative = "1", int cohorts = 1) =>
        new(new ConcurrencyLimits(initial, limit, Feedback.Parse(positive), Feedback.Parse(negative), cohorts));

    [Theory] // initial window, failures in a row until the destination is dead
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(5, 4)] // 1/5 + 1/4 + 1/3 + 1/2 is more than one window full
    public void Failures_of_a_whole_window_make_a_destination_dead(int initial, int failures)
    {
        Concurrency concurrency = Make(initial);
        for (int i = 1; i < failures; i++)
            Assert.False(concurrency.Failed(busy: 1), $"failure {i}");
        Assert.True(concurrency.Failed(busy: 1));
    }

    [Fact]
    public void A_success_between_failures_keeps_a_destination_alive()
    {
        Concurrency concurrency = Make(2);
        for (int i = 0; i < 100; i++)
        {
            Assert.False(concurrency.Failed(busy: 1));
            concurrency.Succeeded(busy: 2);
        }
    }

    [Fact]
    public void The_window_grows_to_the_limit_and_no_further()
    {
        Concurrency concurrency = Make();
        for (int i = 0; i < 100; i++)
            concurrency.Succeeded(concurrency.Window);
        Assert.Equal(20, concurrency.Window);
    }

    [Fact]
    public void A_window_that_is_not_used_does_not_grow()
    {
        Concurrency concurrency = Make();
        for (int i = 0; i < 100; i++)
            concurrency.Succeeded(busy: 1);
        Assert.Equal(6, concurrency.Window);
    }

    // S5-27
    [Theory]
    [InlineData("1", 5, 10)]
    [InlineData("0.5", 10, 10)]
    [InlineData("1/concurrency", 35, 10)] // 5 + 6 + 7 + 8 + 9 successes
    public void Growth_follows_the_feedback_form(string feedback, int successes, int window)
    {
        Concurrency concurrency = Make(positive: feedback, cohorts: 0);
        for (int i = 0; i < successes; i++)
            concurrency.Succeeded(concurrency.Window);
        Assert.Equal(window, concurrency.Window);
    }

    [Fact]
    public void Failures_shrink_the_window_to_one_when_nothing_makes_it_dead()
    {
        Concurrency concurrency = Make(cohorts: 0);
        for (int i = 0; i < 50; i++)
            Assert.False(concurrency.Failed(busy: 1));
        Assert.Equal(1, concurrency.Window);
        concurrency.Reset();
        Assert.Equal(5, concurrency.Window);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("-1")]
    [InlineData("1/window")]
    [InlineData("fast")]
    public void A_bad_feedback_form_is_refused(string text) =>
        Assert.Throws<ConfigurationException>(() => Feedback.Parse(text));

    [Fact]
    public void A_failure_beside_a_success_shows_the_limit_of_a_site_and_failures_alone_do_not()
    {
        Concurrency beside = Make(), alone = Make();
        Assert.False(beside.Failed(busy: 3));
        beside.Succeeded(busy: 2);
        Assert.Equal((2, true), (beside.Window, beside.HasLearned));
        Assert.False(alone.Failed(busy: 2));
        Assert.Equal(1, alone.Window);
        Assert.False(alone.Failed(busy: 1));
        Assert.Equal((3, false), (alone.Window, alone.HasLearned));
    }
}
