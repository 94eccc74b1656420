namespace PostfixNet.Webhooks;

/// <summary>When a failed delivery is tried again, and how long a URL that fails is left alone.</summary>
internal static class RetryPlan
{
    /// <summary>Attempts, the first one among them.</summary>
    internal const int MostAttempts = 12;

    private static readonly TimeSpan s_longest = TimeSpan.FromHours(16), s_longestPause = TimeSpan.FromMinutes(5);

    /// <summary>How long until the next attempt.</summary>
    /// <param name="attempts">So far, at least one.</param>
    /// <param name="backoff">After the first.</param>
    /// <param name="wish">Of the server; null: none.</param>
    /// <param name="chance">0 to 1: a quarter more or less.</param>
    internal static TimeSpan After(int attempts, TimeSpan backoff, TimeSpan? wish, double chance)
    {
        TimeSpan usual = Doubled(attempts - 1, backoff, s_longest) * (0.75 + chance / 2);
        return wish is { } wished && wished > usual ? (wished < s_longest ? wished : s_longest) : usual;
    }

    /// <summary>How long nothing at all is sent to a URL.</summary>
    /// <param name="failures">In a row. One may be that of the event alone.</param>
    internal static TimeSpan Pause(int failures, TimeSpan backoff, TimeSpan? wish, double chance)
    {
        if (wish is { } wished && wished > TimeSpan.Zero)
            return wished < s_longest ? wished : s_longest;
        return failures < 2 ? TimeSpan.Zero : Doubled(failures - 2, backoff, s_longestPause) * (0.75 + chance / 2);
    }

    private static TimeSpan Doubled(int times, TimeSpan first, TimeSpan most)
    {
        TimeSpan time = first;
        for (int i = 0; i < times && time < most; i++)
            time *= 2;
        return time < most ? time : most;
    }
}
