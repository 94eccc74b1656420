using PostfixNet.Ipc;
using PostfixNet.Mail;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>A clock that jumps from one event to the next: hours pass in no time, the same way every time.</summary>
internal sealed class VirtualClock : TimeProvider, ITimers
{
    private readonly TimerList _timers = new();
    private readonly Queue<Action> _soon = new();
    private readonly DateTimeOffset _start = DateTimeOffset.UtcNow;

    public long Now { get; private set; }

    /// <summary>Seconds since 1970, with their fraction.</summary>
    internal double Seconds => MailTime.Microseconds(this) / 1e6;

    public override DateTimeOffset GetUtcNow() => _start.AddMilliseconds(Now);

    public EventLoop.Timer After(TimeSpan delay, Action action) => _timers.Add(Now + (long)delay.TotalMilliseconds, action);

    public void Soon(Action action) => _soon.Enqueue(action);

    /// <summary>Lets everything happen that is due before or at a time.</summary>
    internal void RunTo(long time)
    {
        while (true)
        {
            while (_soon.TryDequeue(out Action? action))
                action();
            if (_timers.NextDue is not { } due || due > time)
                break;
            Now = Math.Max(Now, due);
            _timers.RunNext(Now);
        }
        Now = Math.Max(Now, time);
    }

    internal void RunFor(double seconds) => RunTo(Now + (long)(seconds * 1000));
}
