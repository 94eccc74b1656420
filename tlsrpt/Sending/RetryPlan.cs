namespace PostfixNet.Tlsrpt;

/// <summary>When reports are sent, and sent again: RFC 8460 sections 4.1 and 5.5.</summary>
internal static class RetryPlan
{
    /// <summary>Reports of a day leave within so much time after its end, at random: not all of the world's at midnight.</summary>
    internal static readonly TimeSpan Spread = TimeSpan.FromHours(4);

    /// <summary>From the first attempt to the last.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromHours(24);

    private static readonly TimeSpan s_first = TimeSpan.FromMinutes(5), s_longest = TimeSpan.FromHours(4);

    /// <summary>How long to wait after an attempt that failed.</summary>
    /// <param name="failures">So far: 1 or more.</param>
    internal static TimeSpan PauseAfter(int failures)
    {
        TimeSpan pause = s_first * Math.Pow(2, Math.Min(failures - 1, 10));
        return pause < s_longest ? pause : s_longest;
    }

    /// <summary>When the report of a day is due: seconds since 1970.</summary>
    internal static long DueAfter(DateOnly day, Random random) => EndOf(day) + 1 + random.NextInt64((long)Spread.TotalSeconds);

    /// <summary>The first second of a day, by UTC: seconds since 1970.</summary>
    internal static long BeginOf(DateOnly day) => new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc)).ToUnixTimeSeconds();

    /// <summary>The first second after it.</summary>
    internal static long EndOf(DateOnly day) => BeginOf(day.AddDays(1));
}
