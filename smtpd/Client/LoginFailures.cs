namespace PostfixNet.Smtpd;

/// <summary>Failed logins of each client lately: each makes the answer to the next one later.</summary>
/// <param name="unit">smtpd_error_sleep_time: how much later.</param>
internal sealed class LoginFailures(TimeSpan unit, ClientLimits limits, TimeProvider clock)
{
    private const int MostClients = 10_000, LongestDelay = 10;
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(10);
    private readonly Dictionary<string, (int Count, long At)> _failures = [];

    /// <summary>Another one: how late its answer is.</summary>
    internal TimeSpan DelayOf(ClientInfo client)
    {
        string key = client.Address is { } address ? limits.ClientOf(address) : "";
        long now = clock.GetTimestamp();
        (int count, long at) = _failures.GetValueOrDefault(key);
        if (count > 0 && clock.GetElapsedTime(at, now) > s_memory)
            count = 0;
        if (_failures.Count >= MostClients)
            _failures.Clear();
        _failures[key] = (++count, now);
        return unit * Math.Min(count, LongestDelay);
    }
}
