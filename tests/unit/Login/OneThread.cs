using System.Collections.Concurrent;

namespace PostfixNet.UnitTests.Login;

/// <summary>Runs what waits on one thread, as the loop of a server does.</summary>
internal sealed class OneThread : SynchronizationContext
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly BlockingCollection<(SendOrPostCallback Work, object? State)> _work = [];

    private OneThread()
    {
    }

    public override void Post(SendOrPostCallback d, object? state) => _work.Add((d, state));

    internal static void Run(Func<Task> scenario)
    {
        SynchronizationContext? before = Current;
        OneThread loop = new();
        SetSynchronizationContext(loop);
        try
        {
            Task all = scenario();
            while (!all.IsCompleted)
            {
                Assert.True(loop._work.TryTake(out (SendOrPostCallback Work, object? State) next, s_patience), "nothing happens any more");
                next.Work(next.State);
            }
            all.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }
}
