using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Qmgr;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Qmgr.Simulation;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>Whatever happens, and in whatever order: no count goes wrong, nothing waits that could start, no mail gets lost.</summary>
public sealed class RandomEventsTests
{
    private const string Common = """
        default_destination_recipient_limit = 3
        initial_destination_concurrency = 2
        transport_retry_time = "20s"

        """;

    // What a reload switches between: routes, limits, tables that come and go.
    private static readonly string[] s_configurations =
    [
        Common + """
            default_destination_concurrency_limit = 3
            transport_maps = { "d0.test" = "relay:", "d1.test" = "relay:[hub]" }
            [destination.".site.test"]
            concurrency = 2
            rate = "7/1m"
            [destination."mx:big.test"]
            concurrency = 2
            """,
        Common + """
            default_destination_rate_delay = "1s"
            transport_maps = { "d1.test" = "relay:[hub]", "d2.test" = "relay:[hub]" }
            [destination.".site.test"]
            concurrency = 1
            rate = "7/1m"
            [destination."*"]
            concurrency = 4
            """,
        Common + "default_destination_concurrency_failed_cohort_limit = 2\n",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Counts_agree_with_a_recount_and_all_mail_is_handed_out(int seed)
    {
        World world = new(seed);
        for (int i = 0; i < 2500; i++)
        {
            world.Happen();
            world.Check();
        }
        world.Finish();
    }

    private sealed class World : IDeliveryEvents
    {
        private static readonly QueueId s_id = QueueId.TryParse("1234567890", out QueueId id) ? id : throw new FormatException();

        private readonly Random _random;
        private readonly VirtualClock _clock = new();
        private readonly Sites _sites = new();
        private readonly Dispatch _dispatch;
        private readonly Dictionary<string, Transport> _transports = [];
        private readonly Dictionary<string, Agents> _agents = [];
        private readonly Dictionary<Message, int> _open = [];
        private readonly HashSet<Destination> _seen = [];
        private MainConfig _config = MainConfig.FromText(s_configurations[0]);
        private bool _isPaused;

        internal World(int seed)
        {
            _random = new Random(seed);
            _dispatch = new Dispatch(TransportOf, (_, _, _) => Assert.Fail("no such route"), (_, _, _) => false) { Routing = new Routing(_config, _sites) };
        }

        private bool Chance(int oneIn) => _random.Next(oneIn) == 0;

        private Transport TransportOf(string name)
        {
            if (!_transports.TryGetValue(name, out Transport? transport))
            {
                _agents.Add(name, new Agents(name == "relay" ? 3 : 12));
                transport = new Transport(name, TransportLimits.Of(_config, name, _agents[name].Limit), _clock, _agents[name], this) { Jitter = _random.NextDouble, IsPaused = _isPaused };
                _transports.Add(name, transport);
            }
            return transport;
        }

        internal void Happen()
        {
            switch (_random.Next(24))
            {
                case < 7:
                    Submit(_open.Count > 0 && Chance(6) ? _open.Keys.ElementAt(_random.Next(_open.Count))
                        : new Message { Id = s_id, Envelope = new Envelope(), ActiveMicroseconds = 0, IgnoresDeadDestinations = Chance(20) });
                    break;
                case < 17:
                    End();
                    break;
                case 17 when Chance(4):
                    Reload();
                    break;
                case 18 when Chance(4):
                    Pause(!_isPaused);
                    break;
                case 19 when Chance(4):
                    foreach (Agents agents in _agents.Values)
                        agents.IsUnreachable = Chance(3);
                    break;
                case 20 when Chance(5):
                    foreach (Transport transport in _transports.Values)
                        transport.ForgetTrouble();
                    break;
                case 21 when Chance(5) && _transports.Count > 0:
                    _transports.Values.ElementAt(_random.Next(_transports.Count)).NotServed(null, new Dsn("4.3.0", "no process"));
                    break;
                default:
                    _clock.RunFor(Chance(30) ? 5000 : _random.Next(2000) / 100.0);
                    break;
            }
            _clock.RunFor(0);
        }

        // Its first recipients, or more of them read from the file.
        private void Submit(Message message)
        {
            List<Recipient> recipients = [];
            for (int i = _random.Next(1, Chance(10) ? 60 : 4); i > 0; i--)
                recipients.Add(new Recipient($"r{_open.GetValueOrDefault(message)}.{i}@{Domain()}.test"));
            _open[message] = _open.GetValueOrDefault(message) + recipients.Count;
            _dispatch.Sort(message, recipients);
        }

        // Some get mail only once.
        private string Domain() => _random.Next(8) switch
        {
            < 2 => $"s{_random.Next(3)}.site",
            2 => $"once{_random.Next()}",
            _ => $"d{_random.Next(9)}",
        };

        // A delivery ends, in one of the ways that there are.
        private void End()
        {
            List<(Agents Agents, Entry Entry)> all = [.. _agents.Values.SelectMany(agents => agents.UnderWay.Select(entry => (agents, entry)))];
            if (all.Count == 0)
                return;
            (Agents agents, Entry entry) = all[_random.Next(all.Count)];
            agents.UnderWay.Remove(entry);
            Transport transport = entry.Job.Transport;
            switch (_random.Next(30))
            {
                case 0:
                    transport.NotServed(entry, new Dsn("4.3.0", "no process"));
                    break;
                case < 3:
                    transport.Lost(entry, again: !entry.WasRetried && Chance(2), "gone");
                    break;
                case < 8:
                    transport.Reported(entry, new DeliveryReport(true, false, new Dsn("4.4.1", "no answer"), false, false));
                    break;
                default:
                    string? exchanger = Chance(3) ? $"mx.{(Chance(2) ? "big" : "small")}.test" : null;
                    transport.Reported(entry, new DeliveryReport(Chance(5), false, null, false, false) { Exchanger = exchanger });
                    break;
            }
        }

        private void Reload()
        {
            _config = MainConfig.FromText(s_configurations[_random.Next(s_configurations.Length)]);
            _dispatch.Routing = new Routing(_config, _sites);
            foreach ((string name, Transport transport) in _transports)
                transport.Apply(TransportLimits.Of(_config, name, _random.Next(1, 15)), _config.Destinations);
            List<Entry> waited = [];
            foreach (Transport transport in _transports.Values)
                transport.TakeBack(waited);
            SortAnew(waited);
        }

        private void SortAnew(List<Entry> waited)
        {
            _dispatch.SortAnew(waited);
            foreach (Entry entry in waited)
                entry.Message.PendingEntries--;
        }

        private void Pause(bool isPaused)
        {
            _isPaused = isPaused;
            foreach (Transport transport in _transports.Values)
                transport.IsPaused = isPaused;
        }

        void IDeliveryEvents.Delivered(Entry entry, DeliveryReport report)
        {
            if (report.Exchanger is { } exchanger && _dispatch.Routing.Learn(entry.Destination.NextHop, exchanger))
            {
                List<Entry> waited = [];
                entry.Destination.TakeBack(waited);
                SortAnew(waited);
            }
            Done(entry);
        }

        void IDeliveryEvents.PutOff(Entry entry, Dsn reason) => Done(entry);

        private void Done(Entry entry)
        {
            entry.Message.PendingEntries--;
            if ((_open[entry.Message] -= entry.Recipients.Count) == 0)
                _open.Remove(entry.Message);
        }

        /// <summary>Counts everything anew, from what waits and what is under way.</summary>
        internal void Check()
        {
            Dictionary<Destination, List<Entry>> waiting = [], busy = [];
            foreach (Message message in _open.Keys)
            {
                foreach (Job job in message.Jobs)
                {
                    foreach (Peer peer in job.Peers)
                    {
                        for (Entry? entry = peer.First; entry is not null; entry = entry.Next)
                            Add(waiting, entry);
                    }
                }
            }
            foreach (Entry entry in _agents.Values.SelectMany(static agents => agents.UnderWay))
                Add(busy, entry);
            foreach (Destination destination in waiting.Keys.Union(busy.Keys))
            {
                _seen.Add(destination);
                Assert.Equal(waiting.GetValueOrDefault(destination)?.Count ?? 0, destination.Waiting);
                Assert.Equal(busy.GetValueOrDefault(destination)?.Count ?? 0, destination.Busy);
                Assert.True(destination.Waiting == 0 || destination.DeadBecause is null, "mail waits for a dead destination");
            }
            foreach (IGrouping<Limiter?, Destination> sharing in busy.Keys.GroupBy(static destination => destination.Limiter))
                Assert.Equal(sharing.Sum(static destination => destination.Busy), sharing.Key?.Busy ?? sharing.Sum(static destination => destination.Busy));
            List<Entry> all = [.. waiting.Values.Concat(busy.Values).SelectMany(static entries => entries)];
            foreach ((Message message, int recipients) in _open)
            {
                List<Entry> own = all.FindAll(entry => entry.Message == message);
                Assert.Equal(recipients, own.Sum(static entry => entry.Recipients.Count));
                Assert.Equal(own.Count, message.PendingEntries);
            }
            foreach (Destination destination in waiting.Keys)
                CheckThatItWaitsForSomething(waiting[destination][0].Job.Transport, destination);
        }

        private void CheckThatItWaitsForSomething(Transport transport, Destination destination)
        {
            Agents agents = _agents[transport.Name];
            Assert.Null(transport.Suspension);
            bool canStart = !transport.IsPaused && agents.Busy < agents.Limit && destination.HasWindow
                && destination.Limiter is not { IsFull: true } && (destination.Limiter?.OpensAt ?? 0) <= _clock.Now;
            // What has its share may be passed over, while few agents are free.
            Assert.True(!canStart || (transport.IsParked(destination) && agents.Limit - agents.Busy <= (agents.Limit - 1) / 10 + 1), $"{destination.Key} could start");
        }

        private static void Add(Dictionary<Destination, List<Entry>> to, Entry entry)
        {
            if (!to.TryGetValue(entry.Destination, out List<Entry>? entries))
                to.Add(entry.Destination, entries = []);
            entries.Add(entry);
        }

        /// <summary>All trouble ends: then all mail goes out, and nothing remains that takes memory.</summary>
        internal void Finish()
        {
            Pause(false);
            for (int i = 0; i < 30; i++)
                Submit(new Message { Id = s_id, Envelope = new Envelope(), ActiveMicroseconds = 0 });
            foreach (Agents agents in _agents.Values)
                agents.IsUnreachable = false;
            for (int i = 0; _open.Count > 0; i++)
            {
                Assert.True(i < 20_000, $"{_open.Count} messages were never handed out");
                foreach (Agents agents in _agents.Values)
                {
                    while (agents.UnderWay is [var entry, ..])
                    {
                        agents.UnderWay.RemoveAt(0);
                        if (Chance(2))
                            entry.Job.Transport.Lost(entry, again: false, "gone");
                        else
                            entry.Job.Transport.Reported(entry, new DeliveryReport(false, false, null, false, false));
                    }
                }
                _clock.RunFor(1);
                Check();
            }
            _clock.RunFor(100_000);
            foreach (Destination destination in _seen)
            {
                foreach (Transport transport in _transports.Values)
                    Assert.NotSame(destination, transport.DestinationOf(new Route(transport.Name, destination.NextHop, destination.Rule)));
            }
        }
    }

    private sealed class Agents(int limit) : IAgents
    {
        internal List<Entry> UnderWay { get; } = [];

        internal bool IsUnreachable { get; set; }

        public int Limit { get; private set; } = limit;

        public int Busy => UnderWay.Count;

        public Dsn? Start(Entry entry, bool moreWaits)
        {
            if (IsUnreachable)
                return new Dsn("4.3.0", "unreachable");
            Destination destination = entry.Destination;
            Assert.True(Busy < Limit && destination.HasWindow && destination.Limiter is not { IsFull: true } && !entry.Job.Transport.IsPaused);
            UnderWay.Add(entry);
            return null;
        }

        public void Renew(int limit) => Limit = limit;
    }
}
