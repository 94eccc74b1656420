using PostfixNet.Ipc;

namespace PostfixNet.Qmgr;

/// <summary>Whether a transport may start anything at all, whatever the destination. What may not waits.</summary>
/// <param name="timers">The time.</param>
/// <param name="opened">Called when starts may be possible again.</param>
internal sealed class TransportGate(ITimers timers, Action opened)
{
    private bool _isPaused;

    /// <summary>The process ends: nothing new any more.</summary>
    internal bool IsStopped { get; set; }

    /// <summary>Stopped by an operator; mail stays where it is.</summary>
    internal bool IsPaused
    {
        get => _isPaused;
        set
        {
            _isPaused = value;
            opened();
        }
    }

    /// <summary>When the pause between starts ends, on the loop's clock.</summary>
    internal long OpensAt { get; private set; }

    internal bool IsOpen => !IsStopped && !_isPaused && OpensAt <= timers.Now;

    /// <summary>Lets nothing start for a time.</summary>
    internal void Rest(TimeSpan time)
    {
        if (time <= TimeSpan.Zero)
            return;
        OpensAt = timers.Now + (long)time.TotalMilliseconds;
        timers.After(time, opened);
    }
}
