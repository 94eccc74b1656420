using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Native;

namespace PostfixNet.Qmgr;

/// <summary>Requests to the bounce and defer services: asked in order, answered in order, never waited for (S5-24).</summary>
internal sealed class ReportLine(EventLoop loop, string service, Settings settings, Log log) : IReportLine, IDisposable
{
    private readonly Queue<Action<bool>> _waiting = new();
    private EventChannel? _channel;
    private EventLoop.Timer? _timer;

    /// <inheritdoc/>
    public int Pending => _waiting.Count;

    /// <inheritdoc/>
    public void Ask(BounceRequest request, Action<bool> done)
    {
        if (_channel is null && !Connect())
        {
            loop.Soon(() => done(false));
            return;
        }
        _waiting.Enqueue(done);
        _channel!.Send(request.ToAttributes());
        if (_waiting.Count == 1)
            Watch();
    }

    // Each answer within the time, or the service counts as broken: nothing may wait for one hung process for ever.
    private void Watch()
    {
        _timer?.Cancel();
        TimeSpan timeout = settings.ReportTimeout;
        _timer = loop.After(timeout, () =>
        {
            log.NoAnswer(service, timeout);
            _channel?.Dispose();
            Failed();
        });
    }

    private bool Connect()
    {
        try
        {
            _channel = new EventChannel(loop, Descriptor.ConnectUnix($"private/{service}", TimeSpan.Zero))
            {
                Received = Answered,
                Closed = why =>
                {
                    log.ServiceTrouble(service, why);
                    Failed();
                },
            };
            return true;
        }
        catch (IOException e)
        {
            log.ServiceTrouble(service, e.Message);
            return false;
        }
    }

    private void Answered(AttributeList answer)
    {
        if (!_waiting.TryDequeue(out Action<bool>? done))
            throw new IpcException("an answer that nobody asked for");
        bool ok = BounceReply.From(answer).IsDone;
        // The process serves one client at a time: let it go when we have nothing more to ask.
        if (_waiting.Count == 0)
            Disconnect();
        else
            Watch();
        done(ok);
    }

    private void Failed()
    {
        _channel = null;
        _timer?.Cancel();
        Action<bool>[] lost = [.. _waiting];
        _waiting.Clear();
        // Not now: who hears of it may ask anew, on a new channel, whose answers are not theirs.
        foreach (Action<bool> done in lost)
            loop.Soon(() => done(false));
    }

    /// <inheritdoc/>
    public void Dispose() => Disconnect();

    private void Disconnect()
    {
        _timer?.Cancel();
        _channel?.Dispose();
        _channel = null;
    }
}
