using PostfixNet.Ipc;
using PostfixNet.Mail;

namespace PostfixNet.Qmgr;

/// <summary>Why mail of one transport does not wait for its turn but is put off: the transport cannot be reached, or the next
/// hop, or a rate lets nothing through for long.</summary>
internal sealed class Trouble
{
    private readonly ITimers _timers;
    private readonly Func<double> _chance;
    private readonly Action _changed;
    private TransportLimits _limits;

    /// <param name="limits">Of the transport.</param>
    /// <param name="timers">The time.</param>
    /// <param name="chance">From 0 to 1: how much longer than the least a dead destination is left alone, so that not all come
    /// back at once.</param>
    /// <param name="changed">Called when a suspension of the transport begins or ends.</param>
    internal Trouble(TransportLimits limits, ITimers timers, Func<double> chance, Action changed)
    {
        (_timers, _chance, _changed) = (timers, chance, changed);
        Apply(limits);
    }

    /// <summary>Why nothing can be delivered by the transport; null: it can.</summary>
    internal Dsn? Suspension { get; private set; }

    /// <summary>When that ends, on the loop's clock; 0: it does not depend on time.</summary>
    internal long SuspendedUntil { get; private set; }

    /// <summary>When it began, on the loop's clock; null: it did not begin by itself.</summary>
    internal long? SuspendedSince { get; private set; }

    /// <summary>Deliveries put off since then, because of it.</summary>
    internal long PutOff { get; private set; }

    /// <summary>Why mail for a destination must be put off; null: it may wait for its turn.</summary>
    internal Dsn? Of(Destination destination) =>
        Suspension ?? destination.DeadBecause ?? destination.Limiter?.TroubleAt(_timers.Now, _limits.DeadTime);

    /// <summary>Goes over to other limits, and forgets what may have had its cause in the old ones.</summary>
    [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(_limits))]
    internal void Apply(TransportLimits limits)
    {
        _limits = limits;
        Forget();
    }

    /// <summary>The transport is suspended only if the configuration says so.</summary>
    internal void Forget() => (Suspension, SuspendedUntil, SuspendedSince, PutOff) = (_limits.Suspension, 0, null, 0);

    /// <summary>A delivery was put off.</summary>
    internal void Count(Destination destination)
    {
        if (Suspension is not null)
            PutOff++;
        else if (destination.DeadBecause is not null)
            destination.PutOff++;
    }

    /// <summary>The transport could not be reached: nothing is tried for a time.</summary>
    internal void Suspend(Dsn why)
    {
        // What the configuration has suspended stays so.
        if (Suspension is not null && SuspendedUntil == 0)
            return;
        long until = _timers.Now + (long)_limits.RetryTime.TotalMilliseconds;
        if (Suspension is null)
            (SuspendedSince, PutOff) = (_timers.Now, 0);
        (Suspension, SuspendedUntil) = (why, until);
        _changed();
        _timers.After(_limits.RetryTime, () =>
        {
            if (SuspendedUntil != until)
                return;
            (Suspension, SuspendedUntil, SuspendedSince) = (null, 0, null);
            _changed();
        });
    }

    /// <summary>A destination is dead: it is left alone for a while, and then tried with one delivery.</summary>
    internal void Bury(Destination destination, Dsn why)
    {
        TimeSpan time = _limits.DeadTime * (1 + _chance() / 4);
        destination.Bury(why, _timers.Now, _timers.Now + (long)time.TotalMilliseconds);
        _timers.After(time, () =>
        {
            if (destination.DeadBecause is not null && _timers.Now >= destination.DeadUntil)
                destination.Probe();
        });
    }
}
