namespace PostfixNet.UnitTests.Smtp;

/// <summary>Both clocks of the system, wall and stop watch; they stand still until told otherwise.</summary>
internal sealed class ManualClock : TimeProvider
{
    internal static readonly DateTimeOffset Start = new(2026, 11, 21, 8, 0, 0, TimeSpan.Zero);

    private long _microseconds;

    internal long StepPerReading { get; init; }

    /// <summary>Somebody has set the clock on the wall.</summary>
    internal TimeSpan IsWrongBy { get; set; }

    internal void Advance(int seconds) => Interlocked.Add(ref _microseconds, seconds * 1_000_000L);

    public override long TimestampFrequency => 1_000_000;

    public override long GetTimestamp() => Interlocked.Read(ref _microseconds);

    public override DateTimeOffset GetUtcNow() => Start.AddMicroseconds(Interlocked.Add(ref _microseconds, StepPerReading)) + IsWrongBy;
}
