using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Mail;

namespace PostfixNet.Qmgr;

/// <summary>The processes of one transport: which are idle, which of them keeps which session, how many there may be.</summary>
internal sealed class AgentPool : IAgents
{
    // To start is work for the processor alone: more at once are not there sooner, and those that are there first may do the work that the others start for.
    internal static readonly int StartsAtOnce = 2 * Environment.ProcessorCount;

    private readonly Transport _transport;
    private readonly EventLoop _loop;
    private readonly Settings _settings;
    private readonly Log _log;
    private readonly List<Agent> _idle = [];
    private int _agents, _starting;
    private bool _sweeping;

    /// <param name="transport">It hears of results.</param>
    /// <param name="limit">Processes at most.</param>
    internal AgentPool(Transport transport, int limit, Settings settings, EventLoop loop, Log log)
    {
        (_transport, _settings, _loop, _log, Limit) = (transport, settings, loop, log, limit);
    }

    /// <summary>Where the services' sockets are.</summary>
    internal string Directory { get; init; } = "private";

    public int Limit { get; private set; }

    public int Busy => _agents - _idle.Count;

    /// <inheritdoc/>
    public bool MayStart => Busy < Limit && (_idle.Count > 0 || _starting < StartsAtOnce);

    /// <inheritdoc/>
    public Dsn? Start(Entry entry, bool moreWaits)
    {
        if (Take(entry.Destination.Key) is not { } agent)
            return new Dsn("4.3.0", "mail transport unavailable");
        agent.Deliver(entry, entry.Request(moreWaits, _settings));
        return null;
    }

    /// <inheritdoc/>
    public void Renew(int limit)
    {
        Limit = limit;
        foreach (Agent agent in _idle)
            agent.Dispose();
        _agents -= _idle.Count;
        _idle.Clear();
    }

    /// <summary>A process has taken up the channel; called by the agent.</summary>
    internal void Ready()
    {
        _starting--;
        _transport.Freed();
    }

    /// <summary>An agent reported; called by it.</summary>
    internal void Reported(Agent agent, Entry entry, DeliveryReport report)
    {
        if (report.Ends)
            _agents--;
        else
            Idle(agent);
        _transport.Reported(entry, report);
    }

    /// <summary>No process took up the channel in time; called by the agent.</summary>
    internal void NotServed(Agent agent, Entry? entry)
    {
        _idle.Remove(agent);
        _agents--;
        _starting--;
        _log.NoAgent(_transport.Name);
        _transport.NotServed(entry, new Dsn("4.3.0", "mail transport unavailable"));
    }

    /// <summary>An agent's channel closed; called by it.</summary>
    internal void Lost(Agent agent, Entry? entry, bool again, string why)
    {
        _idle.Remove(agent);
        _agents--;
        if (!agent.IsReady)
            _starting--;
        if (entry is null)
            _transport.Freed();
        else
            _transport.Lost(entry, again, why);
    }

    // The agent whose session goes there already, else one without a session, else a new one, else any.
    private Agent? Take(string destination)
    {
        int choice = _idle.FindLastIndex(agent => agent.OpenSession == destination);
        if (choice < 0)
            choice = _idle.FindLastIndex(static agent => agent.OpenSession is null);
        if (choice < 0 && (_agents >= Limit || _starting >= StartsAtOnce))
            choice = _idle.Count - 1;
        if (choice >= 0)
        {
            Agent taken = _idle[choice];
            _idle.RemoveAt(choice);
            return taken;
        }
        // It may be a word of a policy service or of a table of checks: it must not lead to a socket elsewhere.
        if (_transport.Name.AsSpan().ContainsAny('/', '\0') || _transport.Name.StartsWith('.'))
        {
            _log.NoSuchTransport(_transport.Name);
            return null;
        }
        try
        {
            Agent agent = new($"{Directory}/{_transport.Name}", this, _loop, _settings.ReportTimeout);
            _agents++;
            _starting++;
            return agent;
        }
        catch (IOException e)
        {
            _log.AgentOutOfReach(_transport.Name, e.Message);
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
}
