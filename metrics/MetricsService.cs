using System.Diagnostics.Metrics;
using PostfixNet.Events;
using PostfixNet.Ipc;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Metrics;

/// <summary>The parts of this program: those that count, and those that tell. The loop only waits for the end.</summary>
internal sealed class MetricsService : EventServer.IHandler, IDisposable
{
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(2);

    private readonly EventLoop _loop;
    private readonly Meter _meter = new(Telling.MeterName);
    private readonly Telling _telling;
    private readonly Watch _watch;
    private readonly EventConsumer? _consumer, _traces;
    private readonly SpanExporter? _spans;

    private MetricsService(EventLoop loop, MetricsOptions options, Log log)
    {
        _loop = loop;
        Sites sites = new(options.SiteLimit);
        // Before anybody asks how things are.
        _watch = new Watch(new Look(options.Queues, options.Space), sites, log.Lines);
        _telling = Telling.Start(options, new Health(options.ReadyAgeLimit, () => _watch.Last, TimeProvider.System));
        DeliveryMeters deliveries = new(_meter, sites, $"{QueueDirectories.Metrics}/position");
        _consumer = options.HasEvents ? new EventConsumer(QueueDirectories.Events, deliveries, log.Lines) : null;
        _ = new StateMeters(_meter, () => _watch.Last, sites, TimeProvider.System);
        if (_consumer is not null)
            _ = new LagMeters(_meter, _consumer, deliveries);
        if (options.TracesEndpoint is { } endpoint)
        {
            _spans = new SpanExporter(endpoint, options.HostName, $"{QueueDirectories.Metrics}/traces", log.Lines);
            _traces = new EventConsumer(QueueDirectories.Events, _spans, log.Lines);
        }
        _traces?.Start(End);
        _consumer?.Start(End);
        _watch.Start(End);

        // A bug in a thread: one line, and master starts the program anew.
        void End(Exception e)
        {
            log.Bug(e);
            Environment.Exit(ExitStatus.Software);
        }
    }

    /// <exception cref="StartException">It cannot listen.</exception>
    internal static MetricsService Start(EventLoop loop, MetricsOptions options, Log log) => new(loop, options, log);

    public void Trigger(ReadOnlySpan<byte> requests, bool isTrusted)
    {
        // Master wakes the service, so that it runs.
    }

    public void MustEnd()
    {
        _watch.Stop(s_lastWords);
        _consumer?.Stop(s_lastWords);
        _traces?.Stop(s_lastWords);
        Dispose();
        _loop.Stop();
    }

    public void Dispose()
    {
        _telling.Dispose();
        _meter.Dispose();
        _watch.Dispose();
        _consumer?.Dispose();
        _traces?.Dispose();
        _spans?.Dispose();
    }
}
