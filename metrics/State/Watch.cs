using PostfixNet.Delivery;
using PostfixNet.Native;

namespace PostfixNet.Metrics;

/// <summary>Looks again and again, on a thread of its own, whenever nobody else wants the processor.</summary>
/// <param name="look">How.</param>
/// <param name="sites">Is told who has mail waiting.</param>
internal sealed class Watch(Look look, Sites sites) : IDisposable
{
    // A large queue takes time to count: a tenth of it at most.
    private const int Share = 10;
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(10);

    private readonly ManualResetEventSlim _ended = new();
    private volatile SystemState? _last;
    private Thread? _thread;

    /// <summary>How things were; null: not known yet. May be asked by any thread.</summary>
    internal SystemState? Last => _last;

    /// <summary>Begins.</summary>
    /// <param name="bug">Is told what ended the thread, should anything.</param>
    internal void Start(Action<Exception> bug)
    {
        _thread = new Thread(() =>
        {
            try
            {
                _ = IdlePriority.Take();
                Run();
            }
            catch (Exception e)
            {
                bug(e);
            }
        })
        { IsBackground = true, Name = "watch" };
        _thread.Start();
    }

    /// <summary>Lets the present look come to its end.</summary>
    /// <param name="limit">Not for longer.</param>
    internal void Stop(TimeSpan limit)
    {
        _ended.Set();
        _ = _thread?.Join(limit);
    }

    private void Run()
    {
        TimeSpan pause;
        do
        {
            SystemState state = look.Take();
            sites.Choose(Waiting(state.Destinations));
            _last = state;
            TimeSpan taken = look.CountingTook * Share;
            pause = taken > s_interval ? taken : s_interval;
        }
        while (!_ended.Wait(pause));
    }

    public void Dispose()
    {
        Stop(TimeSpan.Zero);
        _ended.Dispose();
    }

    private static IEnumerable<(string NextHop, long Waiting)> Waiting(DestinationReport? report) =>
        report?.Told.Select(static destination => (destination.State.NextHop, (destination.State.Load?.Waiting ?? 0) + destination.Trouble.PutOff)) ?? [];
}
