using PostfixNet.Configuration;
using PostfixNet.Qmgr;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>One time for a message whose recipients wait for different reasons.</summary>
public sealed class RetryPlanTests
{
    private const long Now = 1_700_000_000_000_000, Second = 1_000_000;
    private static readonly RetryPolicy s_usual = Policy("postfix");

    private static RetryPolicy Policy(string retry) => new DestinationPolicies(MainConfig.FromText($"""
        [destination."*"]
        retry = "{retry}"
        jitter = 0
        """).Destinations, TimeSpan.FromSeconds(300), TimeSpan.FromSeconds(4000)).Usual.Refused;

    private static long SecondsUntilNext(RetryPlan plan, int age) => (plan.NextAttempt(s_usual, TimeSpan.FromSeconds(age), Now, 0) - Now) / Second;

    [Fact]
    public void Without_deferred_recipients_the_usual_pause_holds()
    {
        RetryPlan plan = new();
        Assert.Equal(700, SecondsUntilNext(plan, 700));
        Assert.False(plan.IsOver);
    }

    [Fact]
    public void The_most_impatient_destination_decides()
    {
        RetryPlan plan = new();
        plan.PutOff(Policy("2h"), TimeSpan.Zero, Now, 0);
        plan.PutOff(Policy("1m"), TimeSpan.Zero, Now, 0);
        plan.PutOff(Policy("1h"), TimeSpan.Zero, Now, 0);
        Assert.Equal(60, SecondsUntilNext(plan, 0));
    }

    [Fact]
    public void S5_21_A_dead_destination_is_not_tried_before_it_wakes()
    {
        RetryPlan plan = new();
        plan.PutOff(Policy("1m"), TimeSpan.Zero, Now, Now + 280 * Second);
        Assert.Equal(280, SecondsUntilNext(plan, 0));
        // Another destination of the message is not held up by it.
        plan.PutOff(Policy("3m"), TimeSpan.Zero, Now, 0);
        Assert.Equal(180, SecondsUntilNext(plan, 0));
    }

    [Fact]
    public void A_message_is_given_up_when_all_its_destinations_are()
    {
        RetryPlan plan = new();
        plan.PutOff(Policy("1m, fail"), TimeSpan.FromSeconds(60), Now, 0);
        Assert.True(plan.IsOver);
        plan.PutOff(Policy("1m"), TimeSpan.FromSeconds(60), Now, 0);
        Assert.False(plan.IsOver);
    }
}
