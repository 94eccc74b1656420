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
    private const int StartsPerTurn = 20, PutOffsPerTurn = 100;
    private TransportLimits _limits;
    private readonly ITimers _timers;
    private readonly IAgents _agents;
    private readonly IDeliveryEvents _events;
    private readonly DeliveryOrder _order;
    private readonly Destinations _destinations;
    private readonly TransportGate _gate;
    private readonly Queue<Destination> _troubled = new();
    private long _jobs;
    private bool _turnIsDue;

    internal Transport(string name, TransportLimits limits, ITimers timers, IAgents agents, IDeliveryEvents events)
    {
        (Name, _limits, _timers, _agents, _events) = (name, limits, timers, agents, events);
        _order = new DeliveryOrder(limits.Slots);
        _destinations = new Destinations(limits, timers);
        _gate = new TransportGate(timers, PlaceAll, Wake);
        _gate.Set(limits.Suspension);
    }

    internal string Name { get; }

    /// <summary>Why nothing can be delivered by this transport now; null: it can.</summary>
    internal Dsn? Suspension => _gate.Suspension;

    /// <summary>Deliveries under way.</summary>
    internal int Busy => _agents.Busy;

    /// <summary>Nothing new is started for now.</summary>
    internal bool IsPaused
    {
        get => _gate.IsPaused;
        set => _gate.IsPaused = value;
    }

    /// <summary>From 0 to 1: how much longer than the least a dead destination is left alone, so that not all come back at once.</summary>
    internal Func<double> Jitter { get; init; } = static () => RandomNumber.NextUInt16() / 65536.0;

    /// <summary>Mail for a next hop, and for a table of main.toml.</summary>
    internal Destination DestinationOf(Route route) => _destinations.Of(route);

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
    internal void Stop() => _gate.IsStopped = true;

    /// <summary>Forgets which destinations are dead, and that the transport was (an operator asked: request F).</summary>
    internal void ForgetTrouble()
    {
        _gate.Set(_limits.Suspension);
        foreach (Destination destination in _destinations.All)
        {
            destination.Revive();
            Place(destination);
        }
        Wake();
    }

    /// <summary>Goes over to other limits, and forgets trouble that may have had its cause in the old ones. Deliveries under
    /// way go on, and count.</summary>
    internal void Apply(TransportLimits limits, DestinationRules rules)
    {
        _limits = limits;
        _destinations.Apply(limits);
        _order.Apply(limits.Slots);
        _agents.Renew(limits.Agents);
        _gate.Set(limits.Suspension);
        foreach (Destination destination in _destinations.Present)
        {
            destination.Revive();
            _order.Place(destination, canStart: false);
            _destinations.Renew(destination, rules);
            Place(destination);
            _destinations.Forget(destination);
        }
        Wake();
    }

    /// <summary>Hands back what waits, to be sorted anew.</summary>
    internal void TakeBack(List<Entry> waited)
    {
        foreach (Destination destination in _destinations.Present)
            TakeBack(destination, waited);
    }

    /// <summary>Hands back what waits for one destination.</summary>
    internal void TakeBack(Destination destination, List<Entry> waited)
    {
        destination.TakeBack(waited);
        Place(destination);
        _destinations.Forget(destination);
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
        _destinations.Forget(destination);
    }

    /// <summary>No process took up the work in time.</summary>
    internal void NotServed(Entry? entry, Dsn why)
    {
        _gate.Suspend(why, _limits.RetryTime);
        if (entry is not null)
        {
            Ended(entry);
            Place(entry.Destination);
            _events.PutOff(entry, why);
            _destinations.Forget(entry.Destination);
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
            MailLog.Warning($"private/{Name}: {why} before the delivery of {entry.Message.Id} was reported");
            _events.PutOff(entry, new Dsn("4.3.0", "", "unknown mail transport error"));
        }
        Place(entry.Destination);
        Wake();
        _destinations.Forget(entry.Destination);
    }

    /// <summary>An agent without work went away: there is room for another.</summary>
    internal void Freed() => Wake();

    /// <summary>What a job waits for, found out now: nothing is kept for it.</summary>
    internal void Explain(Job job, List<Waiting> to) =>
        new Waits(Name, _gate, _agents, _timers.Now).Explain(job, to);

    /// <summary>How things stand with a next hop; makes nothing.</summary>
    internal Standing StandingOf(Route route) =>
        new Waits(Name, _gate, _agents, _timers.Now).Standing(_destinations.Like(route));

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
        PutOffTroubled();
        int starts = 0;
        while (_gate.IsOpen && _agents.Busy < _agents.Limit && _order.Next(_agents.Limit - _agents.Busy, _agents.Limit) is { } peer)
        {
            if (starts++ == StartsPerTurn)
            {
                Wake();
                return;
            }
            Start(peer);
        }
    }

    private void Start(Peer peer)
    {
        Destination destination = peer.Destination;
        if (_agents.Start(peer.First!, destination.Waiting > 1) is { } why)
        {
            _gate.Suspend(why, _limits.RetryTime);
            return;
        }
        long now = _timers.Now;
        _order.Started(peer);
        peer.Job.Delivering.Add(destination.Take(peer));
        destination.Busy++;
        destination.Limiter?.Started(now);
        Place(destination);
        if (destination.Limiter?.TroubleAt(now, _limits.DeadTime) is not null)
            PlaceAll(destination.Limiter);
        _gate.Rest(_limits.RateDelay);
    }

    // Those that share it hear of its trouble.
    private void PlaceAll(Limiter limiter)
    {
        while (limiter.Ready.First is Destination other)
            Place(other);
    }

    private void Ended(Entry entry)
    {
        entry.Job.Delivering.Remove(entry);
        entry.Destination.Busy--;
        entry.Destination.Limiter?.Ended(_timers.Now);
    }

    /// <summary>Why mail for a destination must be put off; null: it may wait for its turn.</summary>
    private Dsn? TroubleOf(Destination destination) =>
        Suspension ?? destination.DeadBecause ?? destination.Limiter?.TroubleAt(_timers.Now, _limits.DeadTime);

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

    private void PlaceAll()
    {
        foreach (Destination destination in _destinations.All)
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
            _destinations.Forget(destination);
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
                _destinations.Forget(destination);
            }
        }
        if (_troubled.Count > 0)
            Wake();
    }
}
