using PostfixNet.Ipc;
using PostfixNet.Notices;

namespace PostfixNet.Qmgr;

/// <summary>Whether a transport may start anything at all, whatever the destination.</summary>
/// <param name="timers">The time.</param>
/// <param name="changed">Called when a suspension begins or ends: what waits is put off, or is not.</param>
/// <param name="opened">Called when starts may be possible again.</param>
internal sealed class TransportGate(ITimers timers, Action changed, Action opened)
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

    /// <summary>Why nothing can be delivered, so that mail is put off; null: it can.</summary>
    internal Dsn? Suspension { get; private set; }

    /// <summary>When the suspension ends, on the loop's clock; 0: that does not depend on time.</summary>
    internal long SuspendedUntil { get; private set; }

    /// <summary>When the pause between starts ends, on the loop's clock.</summary>
    internal long OpensAt { get; private set; }

    internal bool IsOpen => !IsStopped && !_isPaused && Suspension is null && OpensAt <= timers.Now;

    /// <summary>Suspends, or with null no longer suspends, until the configuration says otherwise.</summary>
    internal void Set(Dsn? why) => (Suspension, SuspendedUntil) = (why, 0);

    /// <summary>Suspends for a time, unless the configuration has suspended it anyway.</summary>
    internal void Suspend(Dsn why, TimeSpan time)
    {
        if (Suspension is not null && SuspendedUntil == 0)
            return;
        long until = timers.Now + (long)time.TotalMilliseconds;
        (Suspension, SuspendedUntil) = (why, until);
        changed();
        timers.After(time, () =>
        {
            if (SuspendedUntil != until)
                return;
            Set(null);
            changed();
        });
    }

    /// <summary>Lets nothing start for a time.</summary>
    internal void Rest(TimeSpan time)
    {
        if (time <= TimeSpan.Zero)
            return;
        OpensAt = timers.Now + (long)time.TotalMilliseconds;
        timers.After(time, opened);
    }
}
