using PostfixNet.Ipc;
using PostfixNet.Native;

namespace PostfixNet.Service;

/// <summary>Accepts the clients of a service in one loop.</summary>
internal sealed class ClientListener : IDisposable
{
    private const int PerTurn = 32;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);
    private readonly Descriptor _listener;
    private readonly EventLoop _loop;
    private readonly Action<Descriptor> _take;
    private readonly EventLoop.Watch _watch;

    /// <param name="take">Is given each client, and owns it.</param>
    internal ClientListener(Descriptor listener, EventLoop loop, Action<Descriptor> take)
    {
        (_listener, _loop, _take) = (listener, loop, take);
        _watch = loop.Add(listener, Readiness.Readable, _ => Accept());
    }

    private void Accept()
    {
        int accepted = 0;
        for (; accepted < PerTurn && _listener.TryAccept() is { } client; accepted++)
            _take(client);
        // No descriptor is left for one: the backlog keeps it for a moment.
        if (accepted == 0)
        {
            _watch.Change(Readiness.None);
            _loop.After(s_pause, () => _watch.Change(Readiness.Readable));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _watch.Dispose();
}
