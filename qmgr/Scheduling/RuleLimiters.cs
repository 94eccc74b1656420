using PostfixNet.Configuration;

namespace PostfixNet.Qmgr;

/// <summary>Fixed limits of the destinations of one transport: what a table of main.toml is for shares one limiter, and the
/// others have one each, where there is anything to limit.</summary>
internal sealed class RuleLimiters
{
    private sealed record Shared(DestinationRule Rule, Limiter? Limiter);

    // One entry a table, so it needs no bound.
    private readonly Dictionary<string, Shared> _shared = new(StringComparer.Ordinal);

    /// <summary>The limiter of a destination; null: it needs none.</summary>
    /// <param name="rule">Its table; null: none.</param>
    /// <param name="usualDelay">The transport's pause between deliveries to one destination.</param>
    /// <param name="former">The limiter it has had: a limit that is the same goes on, and knows what was sent before a reload.</param>
    internal Limiter? For(DestinationRule? rule, TimeSpan usualDelay, Limiter? former)
    {
        if (rule is null or { IsForAny: true } or { Concurrency: null, Delay: null, RatePeriod: null })
            return Make(rule, rule?.Delay ?? usualDelay, former, isOfOne: true);
        if (_shared.TryGetValue(rule.Name, out Shared? known) && known.Rule == rule)
            return known.Limiter;
        Limiter? limiter = Make(rule, rule.Delay ?? usualDelay, known?.Limiter, isOfOne: false);
        _shared[rule.Name] = new Shared(rule, limiter);
        return limiter;
    }

    private static Limiter? Make(DestinationRule? rule, TimeSpan delay, Limiter? former, bool isOfOne)
    {
        RateLimit? rate = null;
        if (rule is { RateMessages: { } count, RatePeriod: { } period })
            rate = former?.Rate is { } same && same.Is(count, period) ? same : new RateLimit(count, period);
        // The window of a single destination has its limit already.
        int concurrency = isOfOne ? 0 : rule?.Concurrency ?? 0;
        return delay > TimeSpan.Zero || rate is not null || concurrency > 0
            ? new Limiter { Concurrency = concurrency, RateDelay = delay, Rate = rate, IsOfOne = isOfOne, EndedAt = former?.EndedAt ?? 0 }
            : null;
    }
}
