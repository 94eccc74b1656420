namespace PostfixNet.Ipc;

/// <summary>Time as event-driven code sees it: that of the loop, or of a test that moves the clock by hand.</summary>
public interface ITimers
{
    /// <summary>Milliseconds on a clock that never jumps.</summary>
    public long Now { get; }

    /// <summary>Calls back once, after a delay.</summary>
    public EventLoop.Timer After(TimeSpan delay, Action action);

    /// <summary>Calls back in the next turn, after what is ready now.</summary>
    public void Soon(Action action);
}
