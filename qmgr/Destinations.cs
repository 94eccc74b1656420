using PostfixNet.Configuration;
using PostfixNet.Ipc;

namespace PostfixNet.Qmgr;

/// <summary>The destinations of one transport: made when mail for them comes, forgotten when nothing is left to know.</summary>
internal sealed class Destinations(TransportLimits limits, ITimers timers)
{
    private const int RememberedLimit = 10_000, RememberedMilliseconds = 3_600_000;
    private readonly Dictionary<string, Destination> _byKey = [];
    private readonly RuleLimiters _limiters = new();
    private TransportLimits _limits = limits;
    private int _remembered;

    /// <summary>All of them; none may be added or forgotten meanwhile.</summary>
    internal IReadOnlyCollection<Destination> All => _byKey.Values;

    /// <summary>All of them at this moment.</summary>
    internal Destination[] Present => [.. _byKey.Values];

    internal Destination Of(Route route)
    {
        if (!_byKey.TryGetValue(route.Destination, out Destination? destination))
        {
            destination = new Destination(route, new Concurrency(ConcurrencyOf(route.Rule)));
            _byKey.Add(destination.Key, destination);
            Limit(destination);
        }
        return destination;
    }

    /// <summary>The destination of a route; when there is none, one as it would be made now.</summary>
    internal Destination Like(Route route) => _byKey.GetValueOrDefault(route.Destination)
        ?? new Destination(route, new Concurrency(ConcurrencyOf(route.Rule))) { RecipientLimit = route.Rule?.Recipients ?? _limits.Recipients };

    /// <summary>Goes over to other limits, for what comes; see <see cref="Renew"/>.</summary>
    internal void Apply(TransportLimits limits) => _limits = limits;

    /// <summary>Puts a destination under the present limits. It must not stand in any lane.</summary>
    internal void Renew(Destination destination, DestinationRules rules)
    {
        // Its name stays, and so does what it stands for; a table that is gone holds until its last delivery has ended.
        destination.Rule = destination.Rule is { IsForAny: false } own ? rules.Named(own.Name) ?? own : rules.Any;
        destination.Concurrency.Apply(ConcurrencyOf(destination.Rule));
        Limit(destination);
    }

    /// <summary>A destination with no mail takes no memory, unless something is known of it: that is kept for a while.</summary>
    internal void Forget(Destination destination)
    {
        if (!destination.IsIdle || destination.DeadBecause is not null || destination.IsInTrouble || destination.IsRemembered)
            return;
        long until = destination.Limiter is { IsOfOne: true } own ? own.QuietAt : 0, now = timers.Now;
        if (destination.Concurrency.HasLearned && _remembered < RememberedLimit)
            until = Math.Max(until, now + RememberedMilliseconds);
        if (until > now)
            Remember(destination, until - now);
        else
            Remove(destination);
    }

    private void Remember(Destination destination, long milliseconds)
    {
        destination.IsRemembered = true;
        _remembered++;
        long served = destination.Served;
        timers.After(TimeSpan.FromMilliseconds(milliseconds), () =>
        {
            destination.IsRemembered = false;
            _remembered--;
            if (destination.Served == served && destination.IsIdle && !destination.IsInTrouble)
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

    // The fixed limits: of its table, else of the transport.
    private void Limit(Destination destination)
    {
        destination.RecipientLimit = destination.Rule?.Recipients ?? _limits.Recipients;
        destination.Limit(_limiters.For(destination.Rule, _limits.DestinationRateDelay, destination.Limiter));
    }
}
