namespace PostfixNet.UnitTests.Qmgr;

/// <summary>destination_concurrency_feedback_debug shows each step of a window.</summary>
public sealed class FeedbackLogTests
{
    [Theory]
    [InlineData("", false)]
    [InlineData("destination_concurrency_feedback_debug = true\n", true)]
    public void Steps_of_a_window_are_logged_when_asked_for(string toml, bool isLogged)
    {
        List<string> lines = [];
        using Simulation.Simulation simulation = new(toml, logged: lines.Add);
        simulation.Submit(1, "well.test");
        simulation.Site("ill.test").IsDead = true;
        simulation.Submit(60, "ill.test");
        simulation.Clock.RunFor(2);
        Assert.Equal(isLogged, lines.Contains("smtp: ill.test: failure, window 5 -> 1, 2 busy"));
        Assert.Equal(isLogged, lines.Contains("smtp: well.test: success, window 5 -> 6, 1 busy"));
    }
}
