using PostfixNet.Ipc;
using PostfixNet.Native;

namespace PostfixNet.Service;

/// <summary>Accepts clients with one-byte requests. Any local user may connect, and none may stop the others' mail: of too many
/// the oldest, which had time to speak, are let go.</summary>
internal sealed class TriggerListener : IDisposable
{
    /// <summary>Clients at once.</summary>
    internal const int OpenLimit = 200;
    private readonly EventLoop _loop;
    private readonly EventServer.IHandler _handler;
    private readonly ClientListener _clients;
    private readonly Connection?[] _last = new Connection?[OpenLimit];
    private int _next;

    internal TriggerListener(Descriptor listener, EventLoop loop, EventServer.IHandler handler)
    {
        (_loop, _handler) = (loop, handler);
        _clients = new ClientListener(listener, loop, Take);
    }

    private void Take(Descriptor client)
    {
        _last[_next]?.Close();
        _last[_next] = new Connection(_loop, client, _handler);
        _next = (_next + 1) % OpenLimit;
    }

    public void Dispose() => _clients.Dispose();

    /// <summary>Takes one-byte requests, up to 64 of them, all that the client sends at once; it has a few seconds for that. One of our own programs may go on
    /// (<see cref="TriggerLine"/>), for as long as it comes again within that time.</summary>
    private sealed class Connection
    {
        private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);
        private readonly Descriptor _socket;
        private readonly EventLoop.Watch _watch;
        private readonly EventLoop _loop;
        private readonly EventServer.IHandler _handler;
        private readonly bool _isTrusted;
        private EventLoop.Timer _timer;
        private bool _isClosed;

        internal Connection(EventLoop loop, Descriptor socket, EventServer.IHandler handler)
        {
            (_loop, _socket, _handler) = (loop, socket, handler);
            uint peer = socket.PeerUid;
            _isTrusted = peer == 0 || peer == Users.EffectiveUid;
            _timer = loop.After(s_limit, Close);
            _watch = loop.Add(socket, Readiness.Readable, _ => Read());
            Read();
        }

        private void Read()
        {
            Span<byte> requests = stackalloc byte[64];
            int n = _socket.Read(requests);
            if (n < 0)
                return;
            if (n == 0 || !_isTrusted)
            {
                End();
            }
            else
            {
                _timer.Cancel();
                _timer = _loop.After(s_limit, Close);
            }
            if (n > 0)
                _handler.Trigger(requests[..n], _isTrusted);
        }

        internal void Close()
        {
            if (_isClosed)
                return;
            // Who writes from now on hears that nobody reads it; what was written before is taken.
            _socket.FinishReading();
            Read();
            End();
        }

        private void End()
        {
            if (_isClosed)
                return;
            _isClosed = true;
            _timer.Cancel();
            _watch.Dispose();
            _socket.Dispose();
        }
    }
}
