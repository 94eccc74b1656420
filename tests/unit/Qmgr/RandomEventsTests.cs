using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Qmgr;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>Whatever happens, and in whatever order: no count goes wrong, nothing waits that could start, no message ends before
/// its time or is forgotten, no mail gets lost.</summary>
public sealed class RandomEventsTests
{
    private const string Common = """
        default_destination_recipient_limit = 3
        initial_destination_concurrency = 2
        transport_retry_time = "20s"
        qmgr_message_recipient_minimum = 4
        qmgr_message_recipient_limit = 80
        default_recipient_refill_limit = 5

        """;

    // What a reload switches between: routes, limits, tables that come and go.
    private static readonly string[] s_configurations =
    [
        Common + """
            default_destination_concurrency_limit = 3
            transport_maps = { "d0.test" = "relay:", "d1.test" = "relay:[hub]", "d8.test" = "discard:" }
            [destination.".site.test"]
            concurrency = 2
            rate = "7/1m"
            [destination."mx:big.test"]
            concurrency = 2
            """,
        Common + """
            default_destination_rate_delay = "1s"
            transport_maps = { "d1.test" = "relay:[hub]", "d2.test" = "relay:[hub]", "d8.test" = "error:5.1.1 no such user" }
            [destination.".site.test"]
            concurrency = 1
            rate = "7/1m"
            [destination."*"]
            concurrency = 4
            """,
        Common + """
            default_destination_concurrency_failed_cohort_limit = 2
            maximal_queue_lifetime = "6h"
            """,
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
    public void Counts_agree_with_a_recount_and_no_message_is_lost(int seed)
    {
        using World world = new(seed);
        for (int i = 0; i < 2500; i++)
        {
            world.Happen();
            world.Check();
        }
        world.Finish();
    }

    private sealed class World : IDisposable
    {
        private static readonly string[] s_pauses = ["", "transport relay", "destination d3.test", "destination .site.test", "from alice@q.test"];

        private readonly Random _random;
        private readonly Machine _machine;
        private readonly HashSet<Destination> _seen = [];
        // Recipients that have not been delivered to, nor returned: each of them must be found in a queue file.
        private readonly Dictionary<QueueId, HashSet<string>> _owed = [];
        private HashSet<QueueId> _active = [];

        internal World(int seed)
        {
            _random = new Random(seed);
            _machine = new Machine(s_configurations[0], "[service.relay]\ncommand = \"smtp\"\nprocess_limit = 3\n[service.smtp]\ncommand = \"smtp\"\nprocess_limit = 12\n")
            {
                Random = _random.NextDouble,
            };
            foreach (FakeLine line in _machine.Lines.Values)
                line.Answered = Answered;
        }

        private ActiveQueue Active => _machine.Manager.Active;

        private IEnumerable<(FakeAgents Agents, Entry Entry)> UnderWay =>
            _machine.Agents.Values.SelectMany(static agents => agents.UnderWay.Select(entry => (agents, entry)));

        private bool Chance(int oneIn) => _random.Next(oneIn) == 0;

        private T OneOf<T>(IReadOnlyCollection<T> some) => some.ElementAt(_random.Next(some.Count));

        internal void Happen()
        {
            switch (_random.Next(30))
            {
                case < 6:
                    Submit(_random.Next(1, Chance(10) ? 60 : 4));
                    break;
                case < 18:
                    End();
                    break;
                case 18 when Chance(4):
                    Assert.True(_machine.Manager.Reload(_machine.Configuration(OneOf(s_configurations))));
                    break;
                case 19 when Chance(4):
                    Pause(Chance(2) ? null : OneOf(s_pauses));
                    break;
                case 20 when Chance(4):
                    _machine.IsUnreachable = Chance(3);
                    break;
                case 21 when Chance(5):
                    _machine.Trigger("F");
                    break;
                case 22 when Chance(5):
                    _machine.Manager.Transports.Of(OneOf(["smtp", "relay"])).NotServed(null, new Dsn("4.3.0", "no process"));
                    break;
                case 23 when Chance(3):
                    _machine.Trigger("AD");
                    break;
                case 24 when Chance(3):
                    Trouble(OneOf(_machine.Lines.Values));
                    break;
                case 25:
                    OneOf(_machine.Lines.Values).Answer();
                    break;
                case 26 when Chance(8):
                    Operate();
                    break;
                default:
                    _machine.Clock.RunFor(Chance(30) ? 5000 : _random.Next(2000) / 100.0);
                    break;
            }
            _machine.Clock.RunFor(0);
        }

        private void Submit(int recipients)
        {
            string[] to = [.. Enumerable.Range(0, recipients).Select(i => $"r{i}@{Domain()}.test")];
            QueueId id = _machine.Put(QueueName.Incoming, to, Chance(2) ? "alice@q.test" : "bob@q.test", age: 0,
                mode: QueueFileMode.Ready | (Chance(20) ? QueueFileMode.FlushFirst : 0));
            // What is thrown away or refused by configuration is not owed to anybody.
            _owed.Add(id, [.. to.Where(static address => !address.EndsWith("@d8.test", StringComparison.Ordinal))]);
            _machine.Trigger("I");
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
            if (UnderWay.ToList() is not { Count: > 0 } all)
                return;
            (FakeAgents agents, Entry entry) = OneOf(all);
            switch (_random.Next(40))
            {
                case 0:
                    agents.NotServed(entry);
                    break;
                case 1:
                    agents.Report(entry, new DeliveryReport(true, IsCorrupt: Chance(2), null, false, false) { IsUnrecorded = true });
                    break;
                case < 4:
                    agents.Lose(entry, again: !entry.WasRetried && Chance(2));
                    break;
                case < 9:
                    agents.Defer(entry, new Dsn("4.4.1", "no answer"));
                    break;
                case < 16:
                    // Some of its recipients only.
                    Recipient first = entry.Recipients[0];
                    agents.Mark(entry, [first]);
                    Forget(entry.Message.Id, first.Address);
                    agents.Defer(entry);
                    break;
                default:
                    foreach (Recipient recipient in entry.Recipients)
                        Forget(entry.Message.Id, recipient.Address);
                    agents.Deliver(entry, Chance(3) ? $"mx.{(Chance(2) ? "big" : "small")}.test" : null);
                    break;
            }
        }

        private void Forget(QueueId id, string address) => _owed.GetValueOrDefault(id)?.Remove(address);

        private void Pause(string? words)
        {
            PauseList list = PauseList.None;
            if (words is not null)
                list = list.With(PostfixNet.Queue.Pause.Parse(words.Split(' ', StringSplitOptions.RemoveEmptyEntries), 1)!)!;
            list.Write(_machine.Queues.Root);
            _machine.Trigger("P");
        }

        private void Trouble(FakeLine line)
        {
            (line.Fails, line.IsSilent) = (Chance(4), Chance(4));
            while (!line.IsSilent && line.Pending > 0)
                line.Answer();
        }

        private void Answered(string service, QueueId id, string request, bool ok)
        {
            // Returned because it was too old; what was refused was left to the done marks.
            if (ok && service == "defer" && request == "flush")
                _owed.Remove(id);
        }

        // An operator deletes mail, holds it, or lets it go.
        private void Operate()
        {
            if (_owed.Keys.Where(id => _machine.Queues.Locate(id) is not null).ToList() is not { Count: > 0 } all)
                return;
            QueueId id = OneOf(all);
            QueueName queue = _machine.Queues.Locate(id)!.Value;
            if (queue == QueueName.Corrupt)
                return;
            if (Chance(3))
            {
                FileSystem.TryRemove(_machine.Queues.PathOf(queue, id));
                _owed.Remove(id);
            }
            else
            {
                _machine.Queues.Move(id, queue, queue == QueueName.Hold ? QueueName.Deferred : QueueName.Hold);
            }
        }

        /// <summary>Counts everything anew, from what waits and what is under way.</summary>
        internal void Check()
        {
            Dictionary<Destination, List<Entry>> waiting = [], busy = [];
            foreach (Message message in Active.Messages)
            {
                foreach (Peer peer in message.Jobs.SelectMany(static job => job.Waiting))
                {
                    foreach (Entry entry in peer.Entries)
                        Add(waiting, entry);
                }
            }
            foreach ((_, Entry entry) in UnderWay)
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
            CheckMessages([.. waiting.Values.Concat(busy.Values).SelectMany(static entries => entries)]);
            foreach (Destination destination in waiting.Keys)
                CheckThatItWaitsForSomething(waiting[destination][0].Job.Transport, destination);
        }

        private void CheckMessages(List<Entry> entries)
        {
            ILookup<Message, int> inDelivery = entries.ToLookup(static entry => entry.Message, static entry => entry.Recipients.Count);
            foreach (Message message in Active.Messages)
            {
                int inRecord = _machine.Lines.Values.Sum(line => line.PendingOf(message.Id, "append"));
                Assert.Equal(inDelivery[message].Sum() + inRecord, message.Open);
                // With nothing open it is about to go: a notice is being sent.
                Assert.True(message.Open > 0 || _machine.Lines.Values.Any(line => line.PendingOf(message.Id, "flush") > 0), $"{message.Id} was forgotten");
            }
            Assert.Equal(Active.Messages.Sum(static message => message.Open), Active.Recipients);
            HashSet<QueueId> active = [.. Active.Messages.Select(static message => message.Id)];
            foreach (QueueId id in _active.Except(active))
                Assert.True(_owed.GetValueOrDefault(id) is not { Count: > 0 } owed || _machine.Queues.Locate(id) is not null, $"{id} is gone");
            _active = active;
        }

        private void CheckThatItWaitsForSomething(Transport transport, Destination destination)
        {
            FakeAgents agents = _machine.Agents[transport.Name];
            Assert.Null(transport.Suspension);
            bool canStart = !transport.IsPaused && agents.Busy < agents.Limit && destination.HasWindow
                && destination.Limiter is not { IsFull: true } && (destination.Limiter?.OpensAt ?? 0) <= _machine.Clock.Now;
            // What has its share may be passed over, while few agents are free.
            Assert.True(!canStart || (transport.IsParked(destination) && agents.Limit - agents.Busy <= (agents.Limit - 1) / 10 + 1), $"{destination.Key} could start");
        }

        private static void Add(Dictionary<Destination, List<Entry>> to, Entry entry)
        {
            if (!to.TryGetValue(entry.Destination, out List<Entry>? entries))
                to.Add(entry.Destination, entries = []);
            entries.Add(entry);
        }

        /// <summary>All trouble ends: then all mail goes out, and nothing remains that takes memory, or a place on the disk.</summary>
        internal void Finish()
        {
            Pause(null);
            _machine.IsUnreachable = false;
            foreach (FakeLine line in _machine.Lines.Values)
                (line.Fails, line.IsSilent) = (false, false);
            foreach (FakeLine line in _machine.Lines.Values)
            {
                while (line.Pending > 0)
                    line.Answer();
            }
            foreach (QueueId id in _machine.Queues.Scan(QueueName.Hold).ToArray())
                _machine.Queues.Move(id, QueueName.Hold, QueueName.Deferred);
            for (int i = 0; i < 30; i++)
                Submit(1);
            for (int i = 0; InWork > 0; i++)
            {
                Assert.True(i < 20_000, $"{InWork} messages were never done");
                if (i % 100 == 0)
                    _machine.Trigger("FAD");
                foreach ((FakeAgents agents, Entry entry) in UnderWay.ToArray())
                {
                    foreach (Recipient recipient in entry.Recipients)
                        Forget(entry.Message.Id, recipient.Address);
                    agents.Deliver(entry);
                }
                _machine.Clock.RunFor(1);
                Check();
            }
            foreach ((QueueId id, HashSet<string> owed) in _owed)
                Assert.True(owed.Count == 0 || _machine.Queues.Locate(id) == QueueName.Corrupt, $"{id}: {string.Join(' ', owed)}");
            _machine.Clock.RunFor(100_000);
            foreach (Destination destination in _seen)
            {
                foreach (Transport transport in _machine.Manager.Transports.All)
                    Assert.NotSame(destination, transport.DestinationOf(new Route(transport.Name, destination.NextHop, destination.Rule)));
            }
        }

        private int InWork => Active.Count + _machine.Queues.Scan(QueueName.Incoming).Count() + _machine.Queues.Scan(QueueName.Deferred).Count();

        public void Dispose() => _machine.Dispose();
    }
}
