using PostfixNet.Configuration;
using PostfixNet.Ipc;

namespace PostfixNet.Qmgr;

/// <summary>The destinations of one transport: made when mail for them comes, forgotten when nothing is left to know.</summary>
/// <param name="limits">Of the transport.</param>
/// <param name="timers">The time.</param>
/// <param name="changed">Hears of each change of a destination; see <see cref="Destination.Touch"/>.</param>
internal sealed class Destinations(TransportLimits limits, ITimers timers, Action<Destination> changed)
{
    private const int RememberedLimit = 10_000, RememberedMilliseconds = 3_600_000;
    private readonly Dictionary<string, Destination> _byKey = [];

    // Kept for a while without mail, because of what is known of them.
    private readonly HashSet<Destination> _remembered = [];
    private readonly RuleLimiters _limiters = new();
    private TransportLimits _limits = limits;

    /// <summary>All of them. Only a transport's turn forgets some; none may be added meanwhile.</summary>
    internal IReadOnlyCollection<Destination> All => _byKey.Values;

    internal Destination Of(Route route)
    {
        if (!_byKey.TryGetValue(route.Destination, out Destination? destination))
        {
            destination = Make(route, changed);
            _byKey.Add(destination.Key, destination);
        }
        return destination;
    }

    /// <summary>The destination of a route; when there is none, one as it would be made now.</summary>
    internal Destination Like(Route route) => _byKey.GetValueOrDefault(route.Destination) ?? Make(route, static _ => { });

    /// <summary>Goes over to other limits, for what comes; see <see cref="Renew"/>.</summary>
    internal void Apply(TransportLimits limits) => _limits = limits;

    /// <summary>Puts a destination under the present limits. It must not stand in any lane.</summary>
    internal void Renew(Destination destination, DestinationRules rules)
    {
        // Its name stays, and so does what it stands for; a table that is gone holds until its last delivery has ended.
        Limit(destination, destination.Rule is { IsForAny: false } own ? rules.Named(own.Name) ?? own : rules.Any);
    }

    /// <summary>A destination with no mail takes no memory, unless something is known of it: that is kept for a while.</summary>
    internal void Forget(Destination destination)
    {
        if (!destination.IsIdle || destination.DeadBecause is not null || _remembered.Contains(destination))
            return;
        long until = destination.Limiter is { IsOfOne: true } own ? own.QuietAt : 0, now = timers.Now;
        if ((destination.Concurrency.HasLearned || destination.Pace.IsSlow) && _remembered.Count < RememberedLimit)
            until = Math.Max(until, now + RememberedMilliseconds);
        if (until > now)
            Remember(destination, until - now);
        else
            Remove(destination);
    }

    private void Remember(Destination destination, long milliseconds)
    {
        _remembered.Add(destination);
        long served = destination.Served;
        timers.After(TimeSpan.FromMilliseconds(milliseconds), () =>
        {
            _remembered.Remove(destination);
            if (destination.Served == served && destination.IsIdle)
                Remove(destination);
            else
                Forget(destination);
        });
    }

    private void Remove(Destination destination)
    {
        if (_byKey.TryGetValue(destination.Key, out Destination? known) && known == destination)
            _byKey.Remove(destination.Key);
    }

    private ConcurrencyLimits ConcurrencyOf(DestinationRule? rule) =>
        rule?.Concurrency is { } limit ? _limits.Concurrency with { Limit = limit } : _limits.Concurrency;

    private Destination Make(Route route, Action<Destination> changed)
    {
        Destination destination = new(route, new Concurrency(ConcurrencyOf(route.Rule)), changed);
        Limit(destination, route.Rule);
        return destination;
    }

    // The limits of its table, else of the transport.
    private void Limit(Destination destination, DestinationRule? rule) => destination.Apply(rule, ConcurrencyOf(rule),
        rule?.Recipients ?? _limits.Recipients, _limiters.For(rule, _limits.DestinationRateDelay, destination.Limiter));
}
