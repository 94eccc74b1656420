using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Metrics;

/// <summary>Whether the system is fit to take and send mail.</summary>
/// <param name="ageLimit">metrics_ready_age_limit: of mail that should not lie: in maildrop and incoming.</param>
/// <param name="last">The last look.</param>
/// <param name="clock">For ages.</param>
internal sealed class Health(TimeSpan ageLimit, Func<SystemState?> last, TimeProvider clock)
{
    // Looks come every ten seconds; counting a very large queue takes longer.
    private static readonly TimeSpan s_stale = TimeSpan.FromMinutes(3);

    // Mail waits elsewhere for good reasons: servers are down, an operator holds it.
    private static readonly QueueName[] s_moving = [QueueName.Maildrop, QueueName.Incoming];

    /// <summary>The answer of /readyz.</summary>
    internal (bool IsReady, string Json) Readiness()
    {
        long now = clock.GetUtcNow().ToUnixTimeSeconds();
        SystemState? state = last();
        List<(string Name, bool IsOk, string Details)> checks =
        [
            ("state_known", state is not null && now - state.At <= s_stale.TotalSeconds, $", \"age_seconds\": {(state is null ? "null" : Math.Max(0, now - state.At))}"),
            ("queue_writable", state is { IsWritable: true }, ""),
            ("master_up", state?.Master is { IsStopping: false }, ""),
            Oldest(state, now),
        ];
        bool isReady = checks.All(static check => check.IsOk);
        string told = string.Join(", ", checks.Select(static check => $"{JsonText.Quote(check.Name)}: {{\"ok\": {Word(check.IsOk)}{check.Details}}}"));
        return (isReady, $"{{\"ready\": {Word(isReady)}, \"checks\": {{{told}}}}}\n");
    }

    private (string Name, bool IsOk, string Details) Oldest(SystemState? state, long now)
    {
        if (state?.Counts is not { } counts)
            return ("oldest_age", false, "");
        long age = s_moving.Max(queue => now - (counts.Of(queue).Oldest ?? now));
        return ("oldest_age", age <= ageLimit.TotalSeconds, $", \"seconds\": {Math.Max(0, age)}, \"limit_seconds\": {(long)ageLimit.TotalSeconds}");
    }

    private static string Word(bool value) => value ? "true" : "false";
}
