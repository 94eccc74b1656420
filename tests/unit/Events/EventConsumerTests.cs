using PostfixNet.Events;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Events;

/// <summary>What consumers of events have in common: each event reaches the sink, over restarts and trouble.</summary>
public sealed class EventConsumerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly LogRecord _log = new();
    private readonly Sink _sink = new();
    private readonly EventLog _events;

    public EventConsumerTests() =>
        _events = EventLog.Open(new EventOptions("mta.test", 4096, TimeSpan.FromDays(7), 1 << 30) { Directory = _directory.Path }, "test", _log)!;

    public void Dispose()
    {
        _events.Dispose();
        _directory.Dispose();
    }

    private void Write(int from, int count)
    {
        for (int i = from; i < from + count; i++)
            _events.Write(new MailEvent(EventKind.Held, $"A:held:{i}") { QueueId = "A" });
    }

    private void Follow(Action<EventConsumer> act)
    {
        Exception? bug = null;
        using EventConsumer consumer = new(_directory.Path, _sink, _log);
        consumer.Start(e => bug = e);
        act(consumer);
        consumer.Stop(TimeSpan.FromSeconds(30));
        Assert.Null(bug);
    }

    private void WaitFor(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, 30_000), $"taken: {_sink.Ids.Count}");

    [Fact]
    public void All_events_come_in_their_order_and_reading_goes_on_where_it_was()
    {
        Write(0, 100);
        Follow(consumer =>
        {
            WaitFor(() => _sink.Rests > 0);
            Write(100, 50);
            WaitFor(() => _sink.Ids.Count == 150);
            WaitFor(() => consumer.Lag().Bytes == 0);
            Assert.Equal(0, consumer.Lag().Seconds);
        });
        Write(150, 50);
        Follow(_ => WaitFor(() => _sink.Ids.Count == 200));
        Assert.Equal(Enumerable.Range(0, 200).Select(static i => $"A:held:{i}"), _sink.Ids);
    }

    [Fact]
    public void Trouble_is_told_once_and_nothing_is_left_out()
    {
        _sink.Trouble = 3;
        Write(0, 10);
        Follow(consumer =>
        {
            WaitFor(() => _sink.Ids.Count == 10);
            Assert.True(consumer.Lag().Bytes >= 0);
        });
        Assert.Equal("warning: events wait: no room", Assert.Single(_log.Lines));
    }

    // As of a full disk: events can be read, but where they were cannot be kept.
    [Fact]
    public void Trouble_at_rest_is_told_once_and_the_end_is_told()
    {
        _sink.RestTrouble = 2;
        Write(0, 10);
        Follow(_ => WaitFor(() => _sink.Rests > 0));
        Assert.Equal("warning: events wait: no room", Assert.Single(_log.Lines));
        Assert.Equal(1, _sink.Ends);
    }

    [Fact]
    public void Files_that_are_gone_are_counted()
    {
        Write(0, 200);
        Follow(_ => WaitFor(() => _sink.Ids.Count == 200));
        Write(200, 400);
        string[] files = [.. Directory.GetFiles(_directory.Path, "*.jsonl").Order()];
        foreach (string file in files[..^1])
            File.Delete(file);
        Write(600, 1);
        Follow(_ => WaitFor(() => _sink.Ids[^1] == "A:held:600"));
        Assert.True(_sink.Missed > 0);
    }

    [Fact]
    public void Its_thread_gives_way_to_all_others()
    {
        Follow(_ => WaitFor(() => _sink.Rests > 0));
        Assert.Equal(5 /* SCHED_IDLE */, _sink.Policy);
    }

    private sealed class Sink : IEventSink
    {
        private readonly List<string> _ids = [];
        private EventPosition _position;

        internal int Trouble { get; set; }

        internal int RestTrouble { get; set; }

        internal int Ends { get; private set; }

        internal List<string> Ids
        {
            get
            {
                lock (_ids)
                    return [.. _ids];
            }
        }

        internal int Rests { get; private set; }

        internal long Missed { get; private set; }

        internal int Policy { get; private set; }

        public EventPosition Open()
        {
            // Field 41 of stat, proc(5): the policy; the name of a thread may have blanks.
            string stat = File.ReadAllText("/proc/thread-self/stat");
            Policy = int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[41 - 3], System.Globalization.CultureInfo.InvariantCulture);
            return _position;
        }

        public void Take(IReadOnlyList<MailEvent> events, EventPosition after, long missed)
        {
            if (Trouble-- > 0)
                throw new IOException("no room");
            lock (_ids)
                _ids.AddRange(events.Select(static told => told.Id));
            (_position, Missed) = (after, Missed + missed);
        }

        public void Rest()
        {
            if (RestTrouble-- > 0)
                throw new IOException("no room");
            Rests++;
        }

        public void Leave() => Ends++;
    }
}
