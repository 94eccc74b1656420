using PostfixNet.Ipc;
using PostfixNet.Mail;

namespace PostfixNet.Qmgr;

/// <summary>Fixed limits of deliveries to one destination, or to several that share a site.</summary>
internal sealed class Limiter : Candidate
{
    private static readonly Dsn s_trouble = new("4.4.5", "delivery suspended: the rate limit of the destination is reached");

    /// <summary>Deliveries under way at once; 0: no limit of its own.</summary>
    internal int Concurrency { get; init; }

    /// <summary>Pause between the end of a delivery and the start of the next; more than zero: one at a time.</summary>
    internal TimeSpan RateDelay { get; init; }

    /// <summary>Deliveries in a period of time; null: any number.</summary>
    internal RateLimit? Rate { get; init; }

    /// <summary>It belongs to one destination, and is forgotten with it.</summary>
    internal bool IsOfOne { get; init; }

    /// <summary>Its destinations that could start.</summary>
    internal Lanes Ready { get; } = new();

    /// <summary>Deliveries under way.</summary>
    internal int Busy { get; set; }

    /// <summary>A delivery may start now; kept by <see cref="DeliveryOrder"/>.</summary>
    internal bool IsOpen { get; set; }

    /// <summary>Looks again when time allows a start.</summary>
    internal EventLoop.Timer? Alarm { get; set; }

    /// <summary>When the alarm goes off, on the loop's clock.</summary>
    internal long AlarmAt { get; set; }

    internal override Peer? Front => Ready.First?.Front;

    internal override Peer? Smallest => Ready.Smallest?.Smallest;

    /// <summary>When the next delivery may start, as far as that depends on time, on the loop's clock.</summary>
    internal long OpensAt => Math.Max(DelayedUntil, Rate?.OpensAt ?? 0);

    /// <summary>Why mail does not wait for its turn here, but in the deferred queue, where it is warned of and expires; null: its
    /// turn comes soon enough.</summary>
    /// <param name="now">On the loop's clock.</param>
    /// <param name="longest">What is soon enough.</param>
    internal Dsn? TroubleAt(long now, TimeSpan longest) => Math.Max(DelayedUntil, Rate?.MayOpenAt ?? 0) - now > (long)longest.TotalMilliseconds ? s_trouble : null;

    /// <summary>When all earlier deliveries will have lost their meaning.</summary>
    internal long QuietAt => Math.Max(DelayedUntil, Rate?.QuietAt ?? 0);

    /// <summary>When the last delivery ended; 0: none has.</summary>
    internal long EndedAt { get; set; }

    /// <summary>Too many deliveries are under way.</summary>
    internal bool IsFull => RateDelay > TimeSpan.Zero ? Busy > 0 : Concurrency > 0 && Busy >= Concurrency;

    private long DelayedUntil => EndedAt == 0 ? 0 : EndedAt + (long)RateDelay.TotalMilliseconds;

    internal void Started(long now)
    {
        Busy++;
        Rate?.Started(now);
    }

    internal void Ended(long now)
    {
        Busy--;
        EndedAt = now;
        Rate?.Ended(now);
    }
}
