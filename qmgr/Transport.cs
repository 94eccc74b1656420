using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Notices;

namespace PostfixNet.Qmgr;

/// <summary>One delivery service and the destinations reached through it, served in turn.</summary>
internal sealed class Transport
{
    private readonly EventLoop _loop;
    private readonly Settings _settings;
    private readonly IDeliveryEvents _events;
    private readonly Dictionary<string, Destination> _destinations = [];
    private readonly LinkedList<Destination> _round = new();
    private readonly List<Agent> _idle = [];
    private TransportLimits _limits;
    private int _agents, _deadDestinations;
    private bool _pumping, _stopped, _sweeping;

    /// <summary>What the owner of all transports is told.</summary>
    internal interface IDeliveryEvents
    {
        /// <summary>A delivery ended.</summary>
        internal void Delivered(Entry entry, DeliveryReport report);

        /// <summary>No delivery was, or can be, tried: put the recipients off, for this reason.</summary>
        internal void PutOff(Entry entry, Dsn reason);
    }

    internal Transport(string name, TransportLimits limits, Settings settings, EventLoop loop, IDeliveryEvents events)
    {
        (Name, _limits, _settings, _loop, _events) = (name, limits, settings, loop, events);
        Suspension = limits.Suspension;
    }

    internal string Name { get; }

    /// <summary>Recipients in one request, at most.</summary>
    internal int RecipientLimit => _limits.Recipients;

    /// <summary>Why nothing can be delivered by this transport now; null: it can.</summary>
    internal Dsn? Suspension { get; private set; }

    /// <summary>Deliveries under way.</summary>
    internal int Busy => _agents - _idle.Count;

    internal Destination DestinationOf(string nextHop)
    {
        if (!_destinations.TryGetValue(nextHop, out Destination? destination))
            _destinations.Add(nextHop, destination = new Destination(nextHop, _limits.Concurrency));
        return destination;
    }

    /// <summary>Queues recipients for delivery; <see cref="Pump"/> starts it.</summary>
    internal void Add(Entry entry)
    {
        Destination destination = entry.Destination;
        if (entry.Message.IgnoresDeadDestinations)
            Revive(destination);
        destination.Waiting.AddLast(entry);
        destination.RoundNode ??= _round.AddLast(destination);
    }

    /// <summary>Starts what may be started, destination by destination in turn.</summary>
    internal void Pump()
    {
        if (_pumping)
            return;
        _pumping = true;
        PutOffSuspended();
        // One whole round without a start means that nothing more can start now.
        for (int fruitless = 0; fruitless < _round.Count && !_stopped && !IsPaused && Suspension is null;)
        {
            Destination destination = _round.First!.Value;
            _round.RemoveFirst();
            destination.RoundNode = null;
            if (destination.Waiting.Count == 0)
            {
                Forget(destination);
                continue;
            }
            destination.RoundNode = _round.AddLast(destination);
            if (destination.CanStart)
            {
                if (TakeAgent(destination.NextHop) is not { } agent)
                    break;
                Start(agent, destination);
                fruitless = 0;
            }
            else
            {
                fruitless++;
            }
        }
        _pumping = false;
        if (Suspension is not null)
            PutOffSuspended();
    }

    /// <summary>Nothing new is started for now.</summary>
    internal bool IsPaused { get; set; }

    /// <summary>Nothing new is started; what is under way goes on.</summary>
    internal void Stop() => _stopped = true;

    /// <summary>Forgets which destinations are dead, and that the transport was (an operator asked: request F).</summary>
    internal void ForgetTrouble()
    {
        foreach (Destination destination in _destinations.Values)
            Revive(destination);
        Suspension = _limits.Suspension;
        Pump();
    }

    /// <summary>Goes over to other limits, and forgets trouble that may have had its cause in the old ones. Deliveries under
    /// way go on.</summary>
    internal void Apply(TransportLimits limits)
    {
        _limits = limits;
        Suspension = limits.Suspension;
        // Their processes read the old configuration.
        foreach (Agent agent in _idle)
            agent.Dispose();
        _agents -= _idle.Count;
        _idle.Clear();
        foreach (Destination destination in (Destination[])[.. _destinations.Values])
        {
            Revive(destination);
            destination.Concurrency.Apply(limits.Concurrency);
            Forget(destination);
        }
    }

    /// <summary>Hands back what waits, to be sorted anew.</summary>
    internal void TakeBack(List<Entry> waited)
    {
        foreach (Destination destination in (Destination[])[.. _destinations.Values])
        {
            waited.AddRange(destination.Waiting);
            destination.Waiting.Clear();
            Forget(destination);
        }
    }

    /// <summary>An agent reported; called by it.</summary>
    internal void Reported(Agent agent, Entry entry, DeliveryReport report)
    {
        Destination destination = entry.Destination;
        int busy = destination.Busy--;
        if (report.Ends)
            _agents--;
        else
            Idle(agent);
        if (report.Trouble is null)
            destination.Concurrency.Succeeded(busy);
        else if (destination.DeadBecause is null && destination.Concurrency.Failed())
            Suspend(destination, report.Trouble);
        _events.Delivered(entry, report);
        Pump();
        Forget(destination);
    }

    /// <summary>No process took up the channel in time; called by the agent.</summary>
    internal void NotServed(Agent agent, Entry? entry)
    {
        _idle.Remove(agent);
        _agents--;
        MailLog.Warning($"private/{Name}: no process serves this transport");
        Suspend(new Dsn("4.3.0", "", "mail transport unavailable"));
        if (entry is not null)
        {
            entry.Destination.Busy--;
            _events.PutOff(entry, Suspension!);
        }
        Pump();
    }

    /// <summary>An agent's channel closed; called by it.</summary>
    internal void Lost(Agent agent, Entry? entry, bool again, string why)
    {
        _idle.Remove(agent);
        _agents--;
        if (entry is null)
            return;
        entry.Destination.Busy--;
        if (again && !_stopped)
        {
            entry.WasRetried = true;
            entry.Destination.Waiting.AddFirst(entry);
            entry.Destination.RoundNode ??= _round.AddLast(entry.Destination);
        }
        else
        {
            MailLog.Warning($"private/{Name}: {why} before the delivery of {entry.Message.Id} was reported");
            _events.PutOff(entry, new Dsn("4.3.0", "", "unknown mail transport error"));
        }
        Pump();
    }

    private static void Start(Agent agent, Destination destination)
    {
        Entry entry = destination.Waiting.First!.Value;
        destination.Waiting.RemoveFirst();
        destination.Busy++;
        agent.Deliver(entry, destination.Waiting.Count > 0);
    }

    // The agent whose session goes there already, else one without a session, else a new one, else any.
    private Agent? TakeAgent(string nextHop)
    {
        int choice = -1;
        for (int i = _idle.Count - 1; i >= 0; i--)
        {
            if (_idle[i].OpenSession == nextHop)
            {
                choice = i;
                break;
            }
            if (_idle[i].OpenSession is null && choice < 0)
                choice = i;
        }
        if (choice < 0 && _agents >= _limits.Agents)
            choice = _idle.Count - 1;
        if (choice >= 0)
        {
            Agent taken = _idle[choice];
            _idle.RemoveAt(choice);
            return taken;
        }
        if (_agents >= _limits.Agents)
            return null;
        try
        {
            Agent agent = new(this, _loop, _settings.ReportTimeout);
            _agents++;
            return agent;
        }
        catch (IOException e)
        {
            MailLog.Warning($"connect to transport private/{Name}: {e.Message}");
            Suspend(new Dsn("4.3.0", "", "mail transport unavailable"));
            return null;
        }
    }

    private void Idle(Agent agent)
    {
        agent.IdleSince = _loop.Now;
        _idle.Add(agent);
        if (!_sweeping)
            Sweep();
    }

    // Closes channels that have been idle for long; their processes then serve others, or end.
    private void Sweep()
    {
        _sweeping = true;
        _loop.After(_settings.ChannelIdle, () =>
        {
            long limit = _loop.Now - (long)_settings.ChannelIdle.TotalMilliseconds;
            for (int i = _idle.Count - 1; i >= 0; i--)
            {
                if (_idle[i].IdleSince > limit)
                    continue;
                _idle[i].Dispose();
                _idle.RemoveAt(i);
                _agents--;
            }
            _sweeping = false;
            if (_idle.Count > 0)
                Sweep();
        });
    }

    private void Suspend(Dsn why)
    {
        Suspension = why;
        _loop.After(_settings.TransportRetry, () =>
        {
            if (Suspension == why)
                Suspension = null;
            Pump();
        });
    }

    private void Suspend(Destination destination, Dsn why)
    {
        _deadDestinations++;
        destination.DeadBecause = why with { Reason = $"delivery temporarily suspended: {why.Reason}" };
        destination.DeadUntil = _loop.Now + (long)_settings.MinimalBackoff.TotalMilliseconds;
        _loop.After(_settings.MinimalBackoff, () =>
        {
            if (destination.DeadBecause is not null && _loop.Now >= destination.DeadUntil)
            {
                Revive(destination);
                Pump();
            }
            Forget(destination);
        });
    }

    private void Revive(Destination destination)
    {
        if (destination.DeadBecause is null)
            return;
        destination.DeadBecause = null;
        _deadDestinations--;
        destination.Concurrency.Reset();
    }

    private void PutOffSuspended()
    {
        if (Suspension is null && _deadDestinations == 0)
            return;
        for (LinkedListNode<Destination>? node = _round.First, next; node is not null; node = next)
        {
            next = node.Next;
            Destination destination = node.Value;
            if ((Suspension ?? destination.DeadBecause) is not { } why)
                continue;
            while (destination.Waiting.First is { } first)
            {
                destination.Waiting.RemoveFirst();
                _events.PutOff(first.Value, why);
            }
        }
    }

    // A destination with no mail and nothing to remember takes no memory.
    private void Forget(Destination destination)
    {
        if (!destination.IsIdle || destination.DeadBecause is not null)
            return;
        if (destination.RoundNode is { } node)
            _round.Remove(node);
        destination.RoundNode = null;
        if (_destinations.TryGetValue(destination.NextHop, out Destination? known) && known == destination)
            _destinations.Remove(destination.NextHop);
    }
}
