using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Qmgr;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Qmgr.Simulation;

/// <summary>The real scheduling of one transport, with sites, agents and time made up.</summary>
internal sealed class Simulation : IAgents, IDeliveryEvents
{
    private readonly Dictionary<string, Site> _sites = [];
    private MainConfig _config;

    /// <param name="toml">Parameters.</param>
    /// <param name="agents">Processes.</param>
    internal Simulation(string toml = "", int agents = 100)
    {
        MainConfig config = MainConfig.FromText(toml);
        (Limit, _config) = (agents, config);
        Transport = new Transport("smtp", TransportLimits.Of(config, "smtp", agents), Clock, this, this)
        {
            Jitter = static () => 0.5,
        };
    }

    internal VirtualClock Clock { get; } = new();

    internal Transport Transport { get; }

    public int Limit { get; private set; }

    public int Busy { get; private set; }

    /// <summary>What was put off, or deferred by an agent, and when.</summary>
    internal List<(Message Message, long Time, string Reason)> PutOff { get; } = [];

    /// <summary>Deliveries in the order of their start.</summary>
    internal List<Entry> Started { get; } = [];

    /// <summary>No agent can be reached.</summary>
    internal bool IsUnreachable { get; set; }

    /// <summary>Mail put off comes back after this time; null: never.</summary>
    internal TimeSpan? Retry { get; set; }

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
        Message message = new() { Id = default, Envelope = new Envelope(), ActiveMicroseconds = 0, IgnoresDeadDestinations = Flushes };
        Queue(message, recipients, sites);
        return message;
    }

    private void Queue(Message message, int recipients, string[] sites)
    {
        int size = 0;
        foreach (string site in sites)
            size += (recipients - 1) / DestinationOf(site).RecipientLimit + 1;
        Job job = Transport.Begin(message, size);
        message.Jobs.Clear();
        message.Jobs.Add(job);
        foreach (string site in sites)
        {
            List<Recipient> list = [];
            for (int i = 0; i < recipients; i++)
                list.Add(new Recipient($"r{i}@{site}"));
            DestinationOf(site).Add(job, list);
        }
    }

    internal Destination DestinationOf(string site) => Transport.DestinationOf(new Route("smtp", site, _config.Destinations.ForMail(site, site) ?? _config.Destinations.Any));

    /// <summary>Another configuration comes.</summary>
    internal void Reload(string toml)
    {
        _config = MainConfig.FromText(toml);
        Transport.Apply(TransportLimits.Of(_config, "smtp", Limit), _config.Destinations);
    }

    public void Renew(int limit) => Limit = limit;

    public Dsn? Start(Entry entry, bool moreWaits)
    {
        if (IsUnreachable)
            return new Dsn("4.3.0", "mail transport unavailable");
        Assert.True(Busy < Limit, "more agents at work than there may be");
        Busy++;
        Started.Add(entry);
        Site site = Site(entry.Destination.NextHop);
        site.Starts.Add(Clock.Now);
        bool taken = !site.IsDead && site.UnderWay < site.Capacity;
        if (taken)
            site.MostAtOnce = Math.Max(site.MostAtOnce, ++site.UnderWay);
        else if (!site.IsDead)
            site.Refused++;
        Clock.After(TimeSpan.FromMilliseconds(taken ? site.Latency : site.RefusalLatency), () =>
        {
            Busy--;
            if (taken)
            {
                site.UnderWay--;
                site.Delivered++;
                site.Ends.Add(Clock.Now);
            }
            Dsn? trouble = taken ? null : new Dsn("4.4.2", site.IsDead ? "no answer" : "421 too many connections");
            Transport.Reported(entry, new DeliveryReport(!taken, false, trouble, false, false));
        });
        return null;
    }

    void IDeliveryEvents.Delivered(Entry entry, DeliveryReport report)
    {
        if (report.Trouble is { } trouble)
            Defer(entry, trouble);
        entry.Message.PendingEntries--;
    }

    void IDeliveryEvents.PutOff(Entry entry, Dsn reason)
    {
        Defer(entry, reason);
        entry.Message.PendingEntries--;
    }

    private void Defer(Entry entry, Dsn reason)
    {
        PutOff.Add((entry.Message, Clock.Now, reason.Reason));
        if (Retry is { } pause)
            Clock.After(pause, () => Queue(entry.Message, entry.Recipients.Count, [entry.Destination.NextHop]));
    }
}
