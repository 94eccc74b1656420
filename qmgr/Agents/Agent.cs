using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Native;

namespace PostfixNet.Qmgr;

/// <summary>A channel to one delivery agent process, kept over many requests so that its session can be used again.</summary>
internal sealed class Agent : IDisposable
{
    private readonly AgentPool _pool;
    private readonly EventChannel _channel;
    private readonly EventLoop.Timer _readyTimer;
    private bool _wasUsed;
    private int _process;

    /// <exception cref="IOException">The service's socket does not answer.</exception>
    internal Agent(string path, AgentPool pool, EventLoop loop, TimeSpan readyTimeout)
    {
        _pool = pool;
        _channel = new EventChannel(loop, Descriptor.ConnectUnix(path, TimeSpan.Zero))
        {
            Received = Received,
            Closed = Closed,
        };
        // The socket accepts us even when master holds the service back: only the first word tells that somebody is there.
        _readyTimer = loop.After(readyTimeout, () =>
        {
            _channel.Dispose();
            Entry? entry = Entry;
            Entry = null;
            pool.NotServed(this, entry);
        });
    }

    /// <summary>What it delivers now; null: nothing.</summary>
    internal Entry? Entry { get; private set; }

    /// <summary>A process is there.</summary>
    internal bool IsReady { get; private set; }

    /// <summary>Destination of the session it keeps open; null: none.</summary>
    internal string? OpenSession { get; private set; }

    /// <summary>When it became idle, on the loop's clock.</summary>
    internal long IdleSince { get; set; }

    internal void Deliver(Entry entry, DeliveryRequest request)
    {
        Entry = entry;
        entry.Process = _process;
        _channel.Send(request.ToAttributes());
    }

    /// <summary>Closes the channel; the process then serves others, or ends.</summary>
    public void Dispose()
    {
        _readyTimer.Cancel();
        _channel.Dispose();
    }

    private void Received(AttributeList message)
    {
        _readyTimer.Cancel();
        if (!IsReady)
        {
            IsReady = true;
            _pool.Ready();
        }
        if (AgentReady.From(message) is { } ready)
        {
            _process = ready.Process;
            if (Entry is not null)
                Entry.Process = _process;
            return;
        }
        if (Entry is not { } entry)
            throw new IpcException("a report that nobody asked for");
        DeliveryReport report = DeliveryReport.From(message);
        Entry = null;
        _wasUsed = true;
        OpenSession = report.SessionOpen ? entry.Destination.Key : null;
        if (report.Ends)
            _channel.Dispose();
        _pool.Reported(this, entry, report);
    }

    private void Closed(string why)
    {
        _readyTimer.Cancel();
        Entry? entry = Entry;
        Entry = null;
        // An agent may end between two requests; then ours reached nobody. Its done marks keep a repetition harmless.
        bool again = entry is { WasRetried: false } && _wasUsed;
        _pool.Lost(this, entry, again, why);
    }
}
