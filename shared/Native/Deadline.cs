namespace PostfixNet.Native;

/// <summary>A moment after which waiting ends: on the clock that nobody sets.</summary>
public readonly record struct Deadline
{
    private Deadline(long tick) => Tick = tick;

    // In the milliseconds of Environment.TickCount64.
    private long Tick { get; }

    /// <summary>After some time from now: a millisecond at least.</summary>
    public static Deadline In(TimeSpan time) => new(Environment.TickCount64 + Math.Max(1, (long)time.TotalMilliseconds));

    /// <summary>It has come.</summary>
    public static Deadline Now => default;

    /// <summary>No end.</summary>
    public static Deadline Never => new(long.MaxValue);

    /// <summary>The one that comes first.</summary>
    public static Deadline Earlier(Deadline a, Deadline b) => a.Tick < b.Tick ? a : b;

    /// <summary>Some time after this one.</summary>
    public Deadline Later(TimeSpan by) => new(Tick + (long)by.TotalMilliseconds);

    /// <summary>Whether it has come.</summary>
    public bool IsOver => RemainingMilliseconds == 0;

    /// <summary>0 when it is over.</summary>
    public int RemainingMilliseconds => (int)Math.Clamp(Tick - Environment.TickCount64, 0, int.MaxValue);
}
