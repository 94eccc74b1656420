using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Qmgr;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Qmgr.Simulation;

/// <summary>The real queue manager, its agents delivering to sites that are made up.</summary>
internal sealed class Simulation : IDisposable
{
    private readonly Machine _machine;
    private readonly Dictionary<string, Site> _sites = [];
    private TimeSpan? _retry;

    /// <param name="toml">Parameters.</param>
    /// <param name="agents">Processes.</param>
    /// <param name="logged">Hears each line of the log.</param>
    internal Simulation(string toml = "", int agents = 100, Action<string>? logged = null)
    {
        _machine = new Machine(toml, $"[service.smtp]\ncommand = \"smtp\"\nprocess_limit = {agents}\n", logged) { Delivering = Deliver };
        _machine.Defer.Asked = (id, request, what) =>
        {
            if (what is BounceRequest.Append append)
                PutOff.Add((id, Clock.Now, append.Outcome.Dsn.Reason));
        };
    }

    internal VirtualClock Clock => _machine.Clock;

    internal QueueManager Manager => _machine.Manager;

    internal Transport Transport => Manager.Transports.Of("smtp");

    /// <summary>What was put off, or deferred by an agent, and when.</summary>
    internal List<(QueueId Message, long Time, string Reason)> PutOff { get; } = [];

    /// <summary>Deliveries in the order of their start.</summary>
    internal List<Entry> Started => _machine.Started;

    /// <summary>Deliveries under way.</summary>
    internal int Busy => Transport.Busy;

    /// <summary>Queue files that are left.</summary>
    internal int Left => ((QueueName[])[QueueName.Incoming, QueueName.Active, QueueName.Deferred, QueueName.Corrupt]).Sum(queue => _machine.Queues.Scan(queue).Count());

    /// <summary>No agent can be reached.</summary>
    internal bool IsUnreachable { get => _machine.IsUnreachable; set => _machine.IsUnreachable = value; }

    /// <summary>An operator has all deferred mail tried, again and again after this time; null: never.</summary>
    internal TimeSpan? Retry
    {
        get => _retry;
        set
        {
            _retry = value;
            Flush();
        }
    }

    /// <summary>Messages come with an operator's wish to be tried at once.</summary>
    internal bool Flushes { get; set; }

    internal Site Site(string name)
    {
        if (!_sites.TryGetValue(name, out Site? site))
            _sites.Add(name, site = new Site(name));
        return site;
    }

    /// <summary>A message comes: so many recipients for each of these sites.</summary>
    internal Message Submit(int recipients, params string[] sites)
    {
        List<string> addresses = [.. sites.SelectMany(site => Enumerable.Range(0, recipients).Select(i => $"r{i}@{site}"))];
        QueueId id = _machine.Put(QueueName.Incoming, addresses, mode: QueueFileMode.Ready | (Flushes ? QueueFileMode.FlushFirst : 0));
        return _machine.Feed(QueueName.Incoming, id)!;
    }

    /// <summary>Another configuration comes.</summary>
    internal void Reload(string toml) => Assert.True(Manager.Reload(_machine.Configuration(toml)));

    private void Flush()
    {
        if (_retry is not { } pause)
            return;
        Clock.After(pause, () =>
        {
            _machine.Trigger("AD");
            Flush();
        });
    }

    private void Deliver(FakeAgents agents, Entry entry)
    {
        Site site = Site(entry.Destination.NextHop);
        site.Starts.Add(Clock.Now);
        bool taken = !site.IsDead && site.UnderWay < site.Capacity;
        if (taken)
            site.MostAtOnce = Math.Max(site.MostAtOnce, ++site.UnderWay);
        else if (!site.IsDead)
            site.Refused++;
        Clock.After(TimeSpan.FromMilliseconds(taken ? site.LatencyOf?.Invoke() ?? site.Latency : site.RefusalLatency), () =>
        {
            if (taken)
            {
                site.UnderWay--;
                if (site.Ends.Count >= site.Rate && site.Ends[^site.Rate] > Clock.Now - 1000)
                {
                    site.Refused++;
                    agents.AskForLess(entry);
                    return;
                }
                site.Delivered++;
                site.Ends.Add(Clock.Now);
                agents.Deliver(entry);
                return;
            }
            Dsn trouble = new("4.4.2", site.IsDead ? "no answer" : "421 too many connections");
            PutOff.Add((entry.Message.Id, Clock.Now, trouble.Reason));
            agents.Defer(entry, trouble);
        });
    }

    public void Dispose() => _machine.Dispose();
}
