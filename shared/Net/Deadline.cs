namespace PostfixNet.Net;

/// <summary>A moment after which waiting ends.</summary>
/// <param name="Tick">In the milliseconds of <see cref="Environment.TickCount64"/>.</param>
public readonly record struct Deadline(long Tick)
{
    /// <summary>After some time from now: a millisecond at least.</summary>
    public static Deadline In(TimeSpan time) => new(Environment.TickCount64 + Math.Max(1, (long)time.TotalMilliseconds));

    /// <summary>No end.</summary>
    public static Deadline Never => new(long.MaxValue);

    /// <summary>The one that comes first.</summary>
    public static Deadline Earlier(Deadline a, Deadline b) => a.Tick < b.Tick ? a : b;

    /// <summary>0 when it is over.</summary>
    public int RemainingMilliseconds => (int)Math.Clamp(Tick - Environment.TickCount64, 0, int.MaxValue);
}
