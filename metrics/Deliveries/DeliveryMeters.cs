using System.Diagnostics.Metrics;
using System.Text;
using PostfixNet.Events;
using PostfixNet.Native;

namespace PostfixNet.Metrics;

/// <summary>Counts what events tell.</summary>
/// <remarks>An event that is told again, after a crash of its writer, counts again: these are numbers about very much mail, docs/history.md has exact ones.</remarks>
internal sealed class DeliveryMeters : IEventSink
{
    private const int MostTransports = 20, MostLevels = 20, LongestPosition = 64;

    // S3-02: 10 ms to 120 s.
    private static readonly double[] s_buckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 20, 30, 60, 120];

    // Of time in the queue, which may be days.
    private static readonly double[] s_queueBuckets = [0.01, 0.1, 1, 10, 60, 300, 1800, 3600, 14400, 86400, 432000];

    private readonly Counter<long> _deliveries, _messages, _connections;
    private readonly Histogram<double> _stages, _queueTime, _durations;
    private readonly Words _transports = new(MostTransports), _levels = new(MostLevels);
    private readonly Sites _sites;
    private readonly string _positionPath;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Site, string Reason), long> _deferred = [];
    private EventPosition? _position, _kept;
    private (int? Pid, string? Id, int? Attempt, string? Server) _lastAttempt;
    private long _missed;

    /// <param name="meter">Where the instruments are.</param>
    /// <param name="sites">Which destinations have names.</param>
    /// <param name="positionPath">File that keeps how far events are read.</param>
    internal DeliveryMeters(Meter meter, Sites sites, string positionPath)
    {
        (_sites, _positionPath) = (sites, positionPath);
        _deliveries = meter.CreateCounter<long>("postfixnet.deliveries", null, "Recipients by what became of them; one that was deferred counts each time.");
        _messages = meter.CreateCounter<long>("postfixnet.messages", null, "Steps of messages as a whole.");
        _connections = meter.CreateCounter<long>("postfixnet.connections", null, "Delivery attempts by how the connection to the server went.");
        _stages = meter.CreateHistogram("postfixnet.stage.duration", "s", "Where the time of a delivery attempt went.", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = s_buckets });
        _queueTime = meter.CreateHistogram("postfixnet.queue.time", "s", "Age of a message when a recipient was delivered to.", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = s_queueBuckets });
        _durations = meter.CreateHistogram("postfixnet.delivery.duration", "s", "Time that a delivery agent took for a delivery attempt.", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = s_buckets });
        meter.CreateObservableCounter(Deferred, () => Read(), null, "Recipients that were put off, by class of the reason and by destination.");
    }

    /// <summary>The name of the metric that has most labels.</summary>
    internal const string Deferred = "postfixnet.deferred";

    /// <summary>Files of events that were removed before they were read.</summary>
    internal long Missed => Interlocked.Read(ref _missed);

    public EventPosition Open()
    {
        // What was counted counts once, even while the file cannot be written.
        _position ??= ReadPosition() ?? EventReader.End(Queue.QueueDirectories.Events);
        return _position.Value;
    }

    private EventPosition? ReadPosition()
    {
        try
        {
            return EventPosition.TryParse(Encoding.ASCII.GetString(FileSystem.ReadAll(_positionPath, LongestPosition)).TrimEnd(), out EventPosition kept) ? kept : null;
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            return null;
        }
    }

    public void Take(IReadOnlyList<MailEvent> events, EventPosition after, long missed)
    {
        Interlocked.Add(ref _missed, missed);
        foreach (MailEvent told in events)
            Count(told);
        _position = after;
    }

    // Counters are of this process; where it was is kept so that one that takes its place misses nothing, and as lost power resets them anyhow, it is not flushed.
    public void Rest()
    {
        if (_position == _kept)
            return;
        WholeFile.Replace(_positionPath, Encoding.ASCII.GetBytes($"{_position}\n"), 0x180 /* 0600 */);
        _kept = _position;
    }

    public void Leave() => Rest();

    /// <summary>Counts an event.</summary>
    internal void Count(MailEvent told)
    {
        switch (told.Kind)
        {
            case EventKind.Delivered or EventKind.Relayed or EventKind.Bounced or EventKind.Deferred or EventKind.Expired or EventKind.Expanded or EventKind.Discarded or EventKind.Suppressed:
                CountRecipient(told);
                break;
            case EventKind.Accepted or EventKind.Queued or EventKind.Removed or EventKind.Held or EventKind.Released or EventKind.Deleted or EventKind.Requeued or EventKind.Redirected or EventKind.Notice or EventKind.Report or EventKind.Complaint:
                _messages.Add(1, new KeyValuePair<string, object?>("step", told.Kind.Word()));
                break;
        }
    }

    private void CountRecipient(MailEvent told)
    {
        string transport = _transports.Of(told.Transport);
        _deliveries.Add(1, new("result", told.Kind.Word()), new KeyValuePair<string, object?>("transport", transport));
        if (told.Kind == EventKind.Deferred)
            CountDeferred(told);
        // Only an agent that talks to servers says how long that took.
        if (told.Transport is null || told.Delays is not { } delays)
            return;
        if (told.Kind is EventKind.Delivered or EventKind.Relayed)
            _queueTime.Record(Seconds(delays.BeforeQueueManager + delays.QueueManager + delays.Connection + delays.Transmission), new KeyValuePair<string, object?>("transport", transport));
        // An attempt has an event for each recipient, which come one after the other.
        var attempt = (told.Pid, told.QueueId, told.Attempt, told.Remote?.Address);
        if (attempt == _lastAttempt && told.QueueId is not null)
            return;
        _lastAttempt = attempt;
        string result = Outcome.Result(told), tls = _levels.Of(Outcome.Tls(told));
        _connections.Add(1, new("result", Outcome.Connection(told)), new("tls", tls), new KeyValuePair<string, object?>("transport", transport));
        _durations.Record(Seconds(delays.Connection + delays.Transmission), new("attempt", Outcome.Attempt(told)), new("transport", transport), new("tls", tls), new KeyValuePair<string, object?>("result", result));
        Stage("queue_manager", delays.QueueManager);
        Stage("connection", delays.Connection);
        Stage("transmission", delays.Transmission);
        // Before the first attempt; later it is mostly the wait between attempts.
        if (told.Attempt is null or 1)
            Stage("before_queue_manager", delays.BeforeQueueManager);

        void Stage(string stage, long microseconds) => _stages.Record(Seconds(microseconds), new("stage", stage), new KeyValuePair<string, object?>("transport", transport));
    }

    private void CountDeferred(MailEvent told)
    {
        _sites.PutOff(told.NextHop);
        (string, string) key = (_sites.LabelOf(told.NextHop), Outcome.Reason(told));
        lock (_gate)
            _deferred[key] = _deferred.GetValueOrDefault(key) + 1;
    }

    private List<Measurement<long>> Read()
    {
        IReadOnlySet<string> named = _sites.Named;
        lock (_gate)
        {
            return [.. _deferred.Where(pair => pair.Key.Site == Words.Other || named.Contains(pair.Key.Site))
                .Select(static pair => new Measurement<long>(pair.Value, new("site", pair.Key.Site), new KeyValuePair<string, object?>("reason", pair.Key.Reason)))];
        }
    }

    private static double Seconds(long microseconds) => Math.Max(0, microseconds) / 1e6;
}
