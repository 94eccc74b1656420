using System.Diagnostics;

namespace PostfixNet.SystemTests.Harness;

/// <summary>Waits for things to become true.</summary>
internal static class Wait
{
    // Generous, because a build may be using the machine as well; nothing waits longer than it has to.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(25);

    /// <summary>Returns when the condition holds; fails, naming what was waited for, when it does not in time.</summary>
    public static void For(string what, Func<bool> condition, TimeSpan? deadline = null)
    {
        TimeSpan limit = deadline ?? Deadline;
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > limit)
                throw new XunitException($"waited {limit.TotalSeconds} s in vain for {what}");
            Thread.Sleep(20);
        }
    }

    /// <summary>Holds for a while to see that nothing happens; fails as soon as it does.</summary>
    public static void Never(string what, Func<bool> condition, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < time)
        {
            if (condition())
                throw new XunitException($"this should not have happened: {what}");
            Thread.Sleep(20);
        }
    }
}
