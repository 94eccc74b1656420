using PostfixNet.Ipc;

namespace PostfixNet.Smtpd;

/// <summary>Timers of a loop, for code that knows only those of the base library: they call back in the loop's thread.</summary>
internal sealed class LoopClock(ITimers loop) : TimeProvider
{
    /// <inheritdoc/>
    /// <param name="period">Nobody asks for one here: they call once.</param>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Once(loop, callback, state, dueTime);

    private sealed class Once : ITimer
    {
        private readonly ITimers _loop;
        private readonly Action _action;
        private EventLoop.Timer _timer;

        internal Once(ITimers loop, TimerCallback callback, object? state, TimeSpan dueTime)
        {
            (_loop, _action) = (loop, () => callback(state));
            _timer = loop.After(dueTime, _action);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _timer.Cancel();
            if (dueTime != Timeout.InfiniteTimeSpan)
                _timer = _loop.After(dueTime, _action);
            return true;
        }

        public void Dispose() => _timer.Cancel();

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
