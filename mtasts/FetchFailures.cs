namespace PostfixNet.Mtasts;

/// <summary>Policies that could not be fetched: they are left alone for a while, longer each time. RFC 8461 section 3.3 wants five minutes or
/// more for each id.</summary>
internal sealed class FetchFailures(TimeProvider clock)
{
    private const int Most = 10_000;
    private static readonly TimeSpan s_first = TimeSpan.FromMinutes(5), s_longest = TimeSpan.FromHours(1), s_anyId = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, Failure> _failures = [];

    private sealed record Failure(string Id, PolicyException Why, int Count, long At);

    /// <summary>Why a domain's policy is not fetched now; null: nothing is against it.</summary>
    internal PolicyException? Against(string domain, string id)
    {
        if (!_failures.TryGetValue(domain, out Failure? failure))
            return null;
        // Who announces another one each time is not asked each time.
        TimeSpan pause = failure.Id != id ? s_anyId : failure.Count > 5 ? s_longest : s_first * (1 << (failure.Count - 1));
        return clock.GetElapsedTime(failure.At) < (pause < s_longest ? pause : s_longest) ? failure.Why : null;
    }

    /// <summary>It failed.</summary>
    internal void Note(string domain, string id, PolicyException why)
    {
        int before = _failures.GetValueOrDefault(domain) is { } failure && failure.Id == id ? failure.Count : 0;
        // Forgetting everything now and then is cheaper than keeping an order, and bounded all the same.
        if (_failures.Count >= Most)
            _failures.Clear();
        _failures[domain] = new Failure(id, why, before + 1, clock.GetTimestamp());
    }

    /// <summary>It did not fail.</summary>
    internal void Forget(string domain) => _failures.Remove(domain);
}
