using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Native;
using PostfixNet.Notices;

namespace PostfixNet.Qmgr;

/// <summary>One delivery service and the destinations reached through it: what may start, what is put off, and for how long.</summary>
/// <remarks>It works in turns of bounded length, so that transports take turns too, and reports do not wait.</remarks>
internal sealed class Transport
{
    private const int StartsPerTurn = 20, PutOffsPerTurn = 100, RememberedLimit = 10_000, RememberedMilliseconds = 3_600_000;
    private TransportLimits _limits;
    private readonly ITimers _timers;
    private readonly IAgents _agents;
    private readonly IDeliveryEvents _events;
    private readonly DeliveryOrder _order;
    private readonly Dictionary<string, Destination> _destinations = [];
    private readonly Queue<Destination> _troubled = new();
    private readonly RuleLimiters _limiters = new();
    private int _remembered;
    private long _jobs, _suspendedUntil, _opensAt;
    private bool _turnIsDue, _isPaused, _stopped;

    internal Transport(string name, TransportLimits limits, ITimers timers, IAgents agents, IDeliveryEvents events)
    {
        (Name, _limits, _timers, _agents, _events) = (name, limits, timers, agents, events);
        _order = new DeliveryOrder(limits.Slots);
        Suspension = limits.Suspension;
    }

    internal string Name { get; }

    /// <summary>Why nothing can be delivered by this transport now; null: it can.</summary>
    internal Dsn? Suspension { get; private set; }

    /// <summary>Deliveries under way.</summary>
    internal int Busy => _agents.Busy;

    /// <summary>Nothing new is started for now.</summary>
    internal bool IsPaused
    {
        get => _isPaused;
        set
        {
            _isPaused = value;
            Wake();
        }
    }

    /// <summary>From 0 to 1: how much longer than the least a dead destination is left alone, so that not all come back at once.</summary>
    internal Func<double> Jitter { get; init; } = static () => RandomNumber.NextUInt16() / 65536.0;

    /// <summary>Mail for a next hop, and for a table of main.toml.</summary>
    internal Destination DestinationOf(Route route)
    {
        if (!_destinations.TryGetValue(route.Destination, out Destination? destination))
        {
            destination = new Destination(route, new Concurrency(ConcurrencyOf(route.Rule)));
            _destinations.Add(destination.Key, destination);
            Limit(destination);
        }
        else if (destination.Rule != route.Rule)
        {
            // A reload brought a new table in the place of the one it had.
            destination.Rule = route.Rule;
            Renew(destination);
        }
        return destination;
    }

    /// <summary>What keeping the order of deliveries has cost so far, in moves within heaps.</summary>
    internal long Moves => _order.Moves;

    /// <summary>Announces mail of a message, before its first <see cref="Add"/>.</summary>
    /// <param name="size">Deliveries that it will take.</param>
    internal Job Begin(Message message, int size) => new(message, this, ++_jobs, size);

    /// <summary>Queues recipients for delivery; what can start does so in the next turn.</summary>
    internal void Add(Job job, Destination destination, List<DeliveryRecipient> recipients)
    {
        if (job.Message.IgnoresDeadDestinations)
            destination.Revive();
        destination.Add(job, recipients);
        Place(destination);
        Wake();
    }

    /// <summary>Nothing new is started; what is under way goes on.</summary>
    internal void Stop() => _stopped = true;

    /// <summary>Forgets which destinations are dead, and that the transport was (an operator asked: request F).</summary>
    internal void ForgetTrouble()
    {
        Suspension = _limits.Suspension;
        foreach (Destination destination in _destinations.Values)
        {
            destination.Revive();
            Place(destination);
        }
        Wake();
    }

    /// <summary>Goes over to other limits, and forgets trouble that may have had its cause in the old ones. Deliveries under
    /// way go on.</summary>
    internal void Apply(TransportLimits limits)
    {
        _limits = limits;
        _order.Apply(limits.Slots);
        _agents.Renew(limits.Agents);
        Suspension = limits.Suspension;
        foreach (Destination destination in (Destination[])[.. _destinations.Values])
        {
            destination.Revive();
            Renew(destination);
            Forget(destination);
        }
        Wake();
    }

    private void Renew(Destination destination)
    {
        destination.Concurrency.Apply(ConcurrencyOf(destination.Rule));
        _order.Place(destination, canStart: false);
        Limit(destination);
        Place(destination);
    }

    /// <summary>Hands back what waits, to be sorted anew.</summary>
    internal void TakeBack(List<Entry> waited)
    {
        foreach (Destination destination in (Destination[])[.. _destinations.Values])
            TakeBack(destination, waited);
    }

    /// <summary>Hands back what waits for one destination.</summary>
    internal void TakeBack(Destination destination, List<Entry> waited)
    {
        destination.TakeBack(waited);
        Place(destination);
        Forget(destination);
    }

    /// <summary>Puts destinations under a limit that they share, e.g. because they have the same servers.</summary>
    internal void Share(Destination destination, Limiter limiter)
    {
        if (destination.Limiter == limiter)
            return;
        _order.Place(destination, canStart: false);
        destination.Limit(limiter);
        Place(destination);
        Wake();
    }

    /// <summary>A delivery ended.</summary>
    internal void Reported(Entry entry, DeliveryReport report)
    {
        Destination destination = entry.Destination;
        int busy = destination.Busy, window = destination.Concurrency.Window;
        Ended(entry);
        if (report.Trouble is null)
            destination.Concurrency.Succeeded(busy);
        else if (destination.DeadBecause is null && destination.Concurrency.Failed(busy))
            Bury(destination, report.Trouble);
        if (_limits.LogsFeedback)
            MailLog.Info($"{Name}: {destination.NextHop}: {(report.Trouble is null ? "success" : "failure")}, window {window} -> {destination.Concurrency.Window}, {busy} busy");
        Place(destination);
        Wake();
        _events.Delivered(entry, report);
        Forget(destination);
    }

    /// <summary>No process took up the work in time.</summary>
    internal void NotServed(Entry? entry, Dsn why)
    {
        Suspend(why);
        if (entry is not null)
        {
            Ended(entry);
            Place(entry.Destination);
            _events.PutOff(entry, why);
        }
    }

    /// <summary>The agent went away before it said anything.</summary>
    /// <param name="entry">What it had.</param>
    /// <param name="again">It most likely never got it: another may be asked at once.</param>
    /// <param name="why">For the log.</param>
    internal void Lost(Entry entry, bool again, string why)
    {
        Ended(entry);
        if (again && !_stopped)
        {
            entry.WasRetried = true;
            entry.Destination.AddAgain(entry);
        }
        else
        {
            MailLog.Warning($"private/{Name}: {why} before the delivery of {entry.Message.Id} was reported");
            _events.PutOff(entry, new Dsn("4.3.0", "", "unknown mail transport error"));
        }
        Place(entry.Destination);
        Wake();
    }

    /// <summary>An agent without work went away: there is room for another.</summary>
    internal void Freed() => Wake();

    /// <summary>What a job waits for, found out now: nothing is kept for it.</summary>
    internal void Explain(Job job, List<Waiting> to)
    {
        foreach (Entry entry in job.Delivering)
            to.Add(new Waiting(Name, entry.Destination.NextHop, entry.Recipients, WaitCause.Delivering, null, 0, null));
        foreach (Peer peer in job.Peers)
        {
            Destination destination = peer.Destination;
            (WaitCause cause, long until) = CauseOf(destination);
            TimeSpan? left = until > _timers.Now ? TimeSpan.FromMilliseconds(until - _timers.Now) : null;
            int own = 0;
            for (Entry? entry = peer.First; entry is not null; entry = entry.Next)
                own++;
            for (Entry? entry = peer.First; entry is not null; entry = entry.Next)
                to.Add(new Waiting(Name, destination.NextHop, entry.Recipients, cause, left, destination.Waiting - own, TroubleOf(destination)));
        }
    }

    private (WaitCause Cause, long Until) CauseOf(Destination destination)
    {
        if (_isPaused)
            return (WaitCause.Paused, 0);
        if (Suspension is not null)
            return (WaitCause.TransportSuspended, _suspendedUntil);
        if (destination.DeadBecause is not null)
            return (WaitCause.DeadDestination, destination.DeadUntil);
        if (!destination.HasWindow || destination.Limiter is { IsFull: true })
            return (WaitCause.DestinationFull, 0);
        long opensAt = Math.Max(_opensAt, destination.Limiter?.OpensAt ?? 0);
        if (opensAt > _timers.Now)
            return (WaitCause.RateLimit, opensAt);
        return (_agents.Busy >= _agents.Limit || destination.IsParked ? WaitCause.NoFreeAgent : WaitCause.InTurn, 0);
    }

    private ConcurrencyLimits ConcurrencyOf(DestinationRule? rule) =>
        rule?.Concurrency is { } limit ? _limits.Concurrency with { Limit = limit } : _limits.Concurrency;

    // The fixed limits: of its table, else of the transport.
    private void Limit(Destination destination)
    {
        DestinationRule? rule = destination.Rule;
        destination.RecipientLimit = rule?.Recipients ?? _limits.Recipients;
        destination.Limit(_limiters.For(rule, _limits.DestinationRateDelay, destination.Limiter));
    }

    private void Wake()
    {
        if (_turnIsDue || _stopped)
            return;
        _turnIsDue = true;
        _timers.Soon(Turn);
    }

    private void Turn()
    {
        _turnIsDue = false;
        PutOffTroubled();
        int starts = 0;
        while (CanStart() && _order.Next(_agents.Limit - _agents.Busy, _agents.Limit) is { } peer)
        {
            if (starts++ == StartsPerTurn)
            {
                Wake();
                return;
            }
            Start(peer);
        }
    }

    private bool CanStart()
    {
        if (_stopped || _isPaused || Suspension is not null || _agents.Busy >= _agents.Limit)
            return false;
        return _opensAt <= _timers.Now;
    }

    private void Start(Peer peer)
    {
        Destination destination = peer.Destination;
        if (_agents.Start(peer.First!, destination.Waiting > 1) is { } why)
        {
            Suspend(why);
            return;
        }
        long now = _timers.Now;
        _order.Started(peer);
        peer.Job.Delivering.Add(destination.Take(peer));
        destination.Busy++;
        destination.Limiter?.Started(now);
        Place(destination);
        if (_limits.RateDelay > TimeSpan.Zero)
        {
            _opensAt = now + (long)_limits.RateDelay.TotalMilliseconds;
            _timers.After(_limits.RateDelay, Wake);
        }
    }

    private void Ended(Entry entry)
    {
        entry.Job.Delivering.Remove(entry);
        entry.Destination.Busy--;
        entry.Destination.Limiter?.Ended(_timers.Now);
    }

    /// <summary>Why mail for a destination must be put off; null: it may wait for its turn.</summary>
    private Dsn? TroubleOf(Destination destination) => Suspension ?? destination.DeadBecause;

    // To be called after every change of a destination.
    private void Place(Destination destination)
    {
        bool isInTrouble = TroubleOf(destination) is not null;
        _order.Place(destination, destination.Waiting > 0 && destination.HasWindow && !isInTrouble);
        if (destination.Limiter is { } limiter)
            Place(limiter, destination);
        if (isInTrouble && destination.Waiting > 0 && !destination.IsInTrouble)
        {
            destination.IsInTrouble = true;
            _troubled.Enqueue(destination);
            Wake();
        }
    }

    private void Place(Limiter limiter, Destination destination)
    {
        long wait = limiter.OpensAt - _timers.Now;
        _order.Place(limiter, !limiter.IsFull && wait <= 0);
        if (wait <= 0 || limiter.IsFull || limiter.Alarm is { IsIn: true })
            return;
        limiter.Alarm = _timers.After(TimeSpan.FromMilliseconds(wait), () =>
        {
            Place(limiter, destination);
            Wake();
        });
    }

    private void Suspend(Dsn why)
    {
        Suspension = why;
        _suspendedUntil = _timers.Now + (long)_limits.RetryTime.TotalMilliseconds;
        PlaceAll();
        _timers.After(_limits.RetryTime, () =>
        {
            if (!ReferenceEquals(Suspension, why))
                return;
            Suspension = null;
            PlaceAll();
        });
    }

    private void PlaceAll()
    {
        foreach (Destination destination in _destinations.Values)
            Place(destination);
        Wake();
    }

    // It is left alone for a while, and the mail that waits for it is put off.
    private void Bury(Destination destination, Dsn why)
    {
        TimeSpan time = _limits.DeadTime * (1 + Jitter() / 4);
        destination.Bury(why, _timers.Now + (long)time.TotalMilliseconds);
        _timers.After(time, () =>
        {
            if (destination.DeadBecause is not null && _timers.Now >= destination.DeadUntil)
            {
                destination.Revive();
                destination.Concurrency.Probe();
                Place(destination);
                Wake();
            }
            Forget(destination);
        });
    }

    private void PutOffTroubled()
    {
        for (int left = PutOffsPerTurn; left > 0 && _troubled.TryPeek(out Destination? destination); left--)
        {
            if (TroubleOf(destination) is { } why && destination.Front is { } peer)
            {
                Entry entry = destination.Take(peer);
                _events.PutOff(entry, why);
            }
            else
            {
                _troubled.Dequeue();
                destination.IsInTrouble = false;
                Place(destination);
                Forget(destination);
            }
        }
        if (_troubled.Count > 0)
            Wake();
    }

    // A destination with no mail takes no memory, unless something is known of it: that is kept for a while.
    private void Forget(Destination destination)
    {
        if (!destination.IsIdle || destination.DeadBecause is not null || destination.IsInTrouble || destination.IsRemembered)
            return;
        long until = destination.Limiter is { IsOfOne: true } own ? own.QuietAt : 0, now = _timers.Now;
        if (destination.Concurrency.HasLearned && _remembered < RememberedLimit)
            until = Math.Max(until, now + RememberedMilliseconds);
        if (until > now)
        {
            Remember(destination, until - now);
            return;
        }
        if (_destinations.TryGetValue(destination.Key, out Destination? known) && known == destination)
            _destinations.Remove(destination.Key);
    }

    private void Remember(Destination destination, long milliseconds)
    {
        destination.IsRemembered = true;
        _remembered++;
        long served = destination.Served;
        _timers.After(TimeSpan.FromMilliseconds(milliseconds), () =>
        {
            destination.IsRemembered = false;
            _remembered--;
            if (destination.Served == served && destination.IsIdle)
                _destinations.Remove(destination.Key);
            else
                Forget(destination);
        });
    }
}
