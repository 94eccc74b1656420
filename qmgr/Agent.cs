using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Native;

namespace PostfixNet.Qmgr;

/// <summary>A channel to one delivery agent process, kept over many requests so that its session can be used again.</summary>
internal sealed class Agent : IDisposable
{
    private readonly Transport _transport;
    private readonly EventChannel _channel;
    private readonly EventLoop.Timer _readyTimer;
    private bool _wasUsed;

    /// <exception cref="IOException">The service's socket does not answer.</exception>
    internal Agent(Transport transport, EventLoop loop, TimeSpan readyTimeout)
    {
        _transport = transport;
        _channel = new EventChannel(loop, Descriptor.ConnectUnix($"private/{transport.Name}", TimeSpan.Zero))
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
            transport.NotServed(this, entry);
        });
    }

    /// <summary>What it delivers now; null: nothing.</summary>
    internal Entry? Entry { get; private set; }

    /// <summary>Next hop of the session it keeps open; null: none.</summary>
    internal string? OpenSession { get; private set; }

    /// <summary>When it became idle, on the loop's clock.</summary>
    internal long IdleSince { get; set; }

    internal void Deliver(Entry entry, bool moreWaits)
    {
        Entry = entry;
        _channel.Send(entry.Request(moreWaits).ToAttributes());
    }

    /// <summary>Closes the channel; the process then serves others, or ends.</summary>
    public void Dispose()
    {
        _readyTimer.Cancel();
        _channel.Dispose();
    }

    private void Received(AttributeList message)
    {
        if (DeliveryReport.IsReady(message))
        {
            _readyTimer.Cancel();
            return;
        }
        if (Entry is not { } entry)
            throw new IpcException("a report that nobody asked for");
        DeliveryReport report = DeliveryReport.From(message);
        Entry = null;
        _wasUsed = true;
        OpenSession = report.SessionOpen ? entry.Destination.NextHop : null;
        if (report.Ends)
            _channel.Dispose();
        _transport.Reported(this, entry, report);
    }

    private void Closed(string why)
    {
        _readyTimer.Cancel();
        Entry? entry = Entry;
        Entry = null;
        // An agent may end between two requests; then ours reached nobody. Its done marks keep a repetition harmless.
        bool again = entry is { WasRetried: false } && _wasUsed;
        _transport.Lost(this, entry, again, why);
    }
}
