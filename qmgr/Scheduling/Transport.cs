using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Mail;

namespace PostfixNet.Qmgr;

/// <summary>One delivery service and the destinations reached through it: what waits, and what starts.</summary>
/// <remarks>It works in turns of bounded length, so that transports take turns too, and reports do not wait. Between turns
/// destinations only note that they have changed; each turn first gives those their new place (<see cref="Settle"/>).</remarks>
internal sealed class Transport
{
    private const int StartsPerTurn = 20, PutOffsPerTurn = 100;
    private readonly ITimers _timers;
    private readonly Log _log;
    private readonly IAgents _agents;
    private readonly Results _results;
    private readonly DeliveryOrder _order;
    private readonly Destinations _destinations;
    private readonly TransportGate _gate;
    private readonly Trouble _trouble;
    private readonly WaitReasons _reasons;
    private readonly Queue<Destination> _changed = new();
    private TransportLimits _limits;
    private long _jobs;
    private bool _turnIsDue;

    /// <param name="name">Its service.</param>
    /// <param name="limits">What the configuration says of it.</param>
    /// <param name="surroundings">Time, chance, and its agents.</param>
    /// <param name="settings">For the agents.</param>
    /// <param name="results">Hears what became of deliveries.</param>
    internal Transport(string name, TransportLimits limits, ISurroundings surroundings, Settings settings, Results results)
    {
        (Name, _limits, _timers, _log, _results) = (name, limits, surroundings.Timers, surroundings.Log, results);
        _order = new DeliveryOrder(limits.Slots);
        _destinations = new Destinations(limits, _timers, Changed);
        _gate = new TransportGate(_timers, Wake);
        _trouble = new Trouble(limits, _timers, surroundings.Chance, TouchAll);
        _agents = surroundings.AgentsOf(this, limits.Agents, settings);
        _reasons = new WaitReasons(this, _gate, _trouble, _order, _agents, _timers);
    }

    internal string Name { get; }

    /// <summary>Why nothing can be delivered by this transport now; null: it can.</summary>
    internal Dsn? Suspension => _trouble.Suspension;

    /// <summary>Deliveries under way.</summary>
    internal int Busy => _agents.Busy;

    /// <summary>Nothing new is started for now.</summary>
    internal bool IsPaused
    {
        get => _gate.IsPaused;
        set => _gate.IsPaused = value;
    }

    /// <summary>Mail for a next hop, and for a table of main.toml.</summary>
    internal Destination DestinationOf(Route route) => _destinations.Of(route);

    /// <summary>What keeping the order of deliveries has cost so far, in moves within heaps.</summary>
    internal long Moves => _order.Moves;

    /// <summary>Whether a destination has its share of scarce agents, and is passed over.</summary>
    internal bool IsParked(Destination destination) => _order.IsParked(destination);

    /// <summary>Announces mail of a message, before the first that is added to a destination.</summary>
    /// <param name="size">Deliveries that it will take.</param>
    internal Job Begin(Message message, int size) => new(message, this, ++_jobs, size);

    /// <summary>Nothing new is started; what is under way goes on.</summary>
    internal void Stop() => _gate.IsStopped = true;

    /// <summary>Forgets which destinations are dead, and that the transport was (an operator asked: request F).</summary>
    internal void ForgetTrouble()
    {
        _trouble.Forget();
        foreach (Destination destination in _destinations.All)
        {
            destination.Revive();
            destination.Pace.Forget();
        }
        TouchAll();
    }

    /// <summary>Goes over to other limits, and forgets trouble that may have had its cause in the old ones. Deliveries under
    /// way go on, and count.</summary>
    internal void Apply(TransportLimits limits, DestinationRules rules)
    {
        _limits = limits;
        _destinations.Apply(limits);
        _order.Apply(limits.Slots);
        _agents.Renew(limits.Agents);
        _trouble.Apply(limits);
        foreach (Destination destination in _destinations.All)
        {
            destination.Revive();
            _order.Place(destination, canStart: false);
            _destinations.Renew(destination, rules);
        }
    }

    /// <summary>Hands back what waits, to be sorted anew.</summary>
    internal IEnumerable<Entry> TakeBack() => _destinations.All.SelectMany(static destination => destination.TakeBack());

    /// <summary>A delivery ended.</summary>
    internal void Reported(Entry entry, DeliveryReport report)
    {
        Destination destination = entry.Destination;
        int busy = destination.Busy, window = destination.Concurrency.Window;
        Ended(entry);
        if (report.AsksForLess && report.Trouble is null)
        {
            if (destination.Pace.Refused(_timers.Now))
                destination.Concurrency.Slowed();
        }
        else if (report.Trouble is null)
        {
            destination.Pace.Taken();
            destination.Concurrency.Succeeded(busy);
        }
        else if (destination.DeadBecause is null && destination.Concurrency.Failed(busy))
            _trouble.Bury(destination, report.Trouble);
        if (_limits.LogsFeedback)
            _log.Window(Name, destination, success: report is { Trouble: null, AsksForLess: false }, window, busy);
        _results.Delivered(entry, report);
    }

    /// <summary>No process took up the work in time.</summary>
    internal void NotServed(Entry? entry, Dsn why)
    {
        _trouble.Suspend(why);
        if (entry is not null)
        {
            Ended(entry);
            _trouble.Count(entry.Destination);
            _results.PutOff(entry, why);
        }
    }

    /// <summary>The agent went away before it said anything.</summary>
    /// <param name="entry">What it had.</param>
    /// <param name="again">It most likely never got it: another may be asked at once.</param>
    /// <param name="why">For the log.</param>
    internal void Lost(Entry entry, bool again, string why)
    {
        Ended(entry);
        if (again && !_gate.IsStopped)
        {
            entry.WasRetried = true;
            entry.Destination.AddAgain(entry);
        }
        else
        {
            _log.AgentLost(Name, why, entry.Message.Id);
            _results.Lost(entry, new Dsn("4.3.0", "unknown mail transport error"));
        }
    }

    /// <summary>An agent without work went away: there is room for another.</summary>
    internal void Freed() => Wake();

    /// <summary>How things stand with a next hop, whether mail waits for it or not.</summary>
    internal WaitState StateOf(Route route) => _reasons.Of(_destinations.Like(route));

    /// <summary>What mail for a destination waits for.</summary>
    internal WaitState StateOf(Destination destination) => _reasons.Of(destination);

    /// <summary>How things stand with it, but for what its destinations come to together.</summary>
    internal TransportState State => _reasons.OfAll();

    /// <summary>What there is to be told of a destination.</summary>
    internal DestinationState ReportOn(Destination destination) => _reasons.ReportOn(destination);

    /// <summary>All destinations it has; none may be added or forgotten meanwhile.</summary>
    internal IReadOnlyCollection<Destination> Destinations => _destinations.All;

    private void Changed(Destination destination)
    {
        _changed.Enqueue(destination);
        Wake();
    }

    private void TouchAll()
    {
        foreach (Destination destination in _destinations.All)
            destination.Touch();
        Wake();
    }

    private void Wake()
    {
        if (_turnIsDue || _gate.IsStopped)
            return;
        _turnIsDue = true;
        _timers.Soon(Turn);
    }

    private void Turn()
    {
        _turnIsDue = false;
        int putOffs = PutOffsPerTurn;
        Settle(ref putOffs);
        int starts = 0;
        while (_trouble.Suspension is null && _gate.IsOpen && _agents.MayStart
            && _order.Next(_agents.Limit - _agents.Busy, _agents.Limit) is { } peer)
        {
            if (starts++ == StartsPerTurn)
            {
                Wake();
                return;
            }
            Start(peer);
            Settle(ref putOffs);
        }
    }

    private void Start(Peer peer)
    {
        Destination destination = peer.Destination;
        if (_agents.Start(peer.First!, destination.Waiting > 1) is { } why)
        {
            _trouble.Suspend(why);
            return;
        }
        long now = _timers.Now;
        _order.Started(peer);
        peer.Job.Started(destination.Take(peer));
        destination.Started(now);
        _gate.Rest(_limits.RateDelay);
        // Those that share a limiter hear of its trouble.
        if (destination.Limiter is { } limiter && limiter.TroubleAt(now, _limits.DeadTime) is not null)
        {
            foreach (Destination other in _destinations.All)
            {
                if (other.Limiter == limiter)
                    other.Touch();
            }
        }
    }

    private void Ended(Entry entry)
    {
        entry.Job.Ended(entry);
        entry.Destination.Ended(_timers.Now);
    }

    // Every destination that has changed stands where it belongs afterwards, has no mail that must be put off, and is forgotten
    // if nothing is left to know of it. What there is no time for is left for the next turn.
    private void Settle(ref int putOffs)
    {
        for (int i = _changed.Count; i > 0; i--)
        {
            Destination destination = _changed.Dequeue();
            Dsn? trouble = _trouble.Of(destination);
            for (; trouble is not null && putOffs > 0 && destination.Front is { } peer; putOffs--)
            {
                _trouble.Count(destination);
                _results.PutOff(destination.Take(peer), trouble);
            }
            destination.Settled();
            _order.Place(destination, destination.Waiting > 0 && destination.HasWindow && trouble is null && KeepsPace(destination));
            if (destination.Limiter is { } limiter)
                Place(limiter);
            if (trouble is not null && destination.Waiting > 0)
                destination.Touch();
            _destinations.Forget(destination);
        }
    }

    // Time allows it to start; else it is looked at again when time does.
    private bool KeepsPace(Destination destination)
    {
        long wait = destination.Pace.OpensAt - _timers.Now;
        if (wait > 0 && destination.Waiting > 0 && destination.Alarm is not { IsIn: true })
            destination.Alarm = _timers.After(TimeSpan.FromMilliseconds(wait), destination.Touch);
        return wait <= 0;
    }

    private void Place(Limiter limiter)
    {
        long wait = limiter.OpensAt - _timers.Now;
        _order.Place(limiter, !limiter.IsFull && wait <= 0);
        if (wait <= 0 || limiter.IsFull)
            return;
        if (limiter.Alarm is { IsIn: true } alarm)
        {
            // The end of a delivery may have made it sooner.
            if (limiter.AlarmAt <= limiter.OpensAt)
                return;
            alarm.Cancel();
        }
        limiter.AlarmAt = limiter.OpensAt;
        limiter.Alarm = _timers.After(TimeSpan.FromMilliseconds(wait), () =>
        {
            Place(limiter);
            Wake();
        });
    }
}
