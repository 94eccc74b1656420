using PostfixNet.Delivery;
using PostfixNet.Log;
using PostfixNet.Native;

namespace PostfixNet.Metrics;

/// <summary>Looks again and again, on a thread of its own, whenever nobody else wants the processor.</summary>
internal sealed class Watch : IDisposable
{
    // A large queue takes time to count: a tenth of it at most.
    private const int Share = 10;
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(10);

    private readonly Look _look;
    private readonly Sites _sites;
    private readonly IdleThread _thread;
    private volatile SystemState? _last;

    /// <param name="look">How.</param>
    /// <param name="sites">Is told who has mail waiting.</param>
    /// <param name="log">Hears when it cannot give way to others.</param>
    internal Watch(Look look, Sites sites, ILog log)
    {
        (_look, _sites) = (look, sites);
        _thread = new IdleThread("watch", Run, () => log.Warning("mail is counted with the priority of all other work: the system does not allow a lower one"));
    }

    /// <summary>How things were; null: not known yet. May be asked by any thread.</summary>
    internal SystemState? Last => _last;

    /// <summary>Begins.</summary>
    /// <param name="bug">Is told what ended the thread, should anything.</param>
    internal void Start(Action<Exception> bug) => _thread.Start(bug);

    /// <summary>Lets the present look come to its end.</summary>
    /// <param name="limit">Not for longer.</param>
    internal void Stop(TimeSpan limit) => _ = _thread.Stop(limit);

    private void Run()
    {
        TimeSpan pause;
        do
        {
            SystemState state = _look.Take();
            _sites.Choose(Waiting(state.Destinations));
            _last = state;
            TimeSpan taken = _look.CountingTook * Share;
            pause = taken > s_interval ? taken : s_interval;
        }
        while (!_thread.MustEnd(pause));
    }

    public void Dispose() => _thread.Dispose();

    private static IEnumerable<(string NextHop, long Waiting)> Waiting(DestinationReport? report) =>
        report?.Told.Select(static destination => (destination.State.NextHop, (destination.State.Load?.Waiting ?? 0) + destination.Trouble.PutOff)) ?? [];
}
