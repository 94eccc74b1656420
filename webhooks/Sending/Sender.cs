using PostfixNet.Native;
using PostfixNet.Sql;

namespace PostfixNet.Webhooks;

/// <summary>Sends what waits for one URL, one after the other, on a thread of its own that gives way to all other work.</summary>
internal sealed class Sender : IDisposable
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500), s_troublePause = TimeSpan.FromSeconds(5);

    private readonly Courier _courier;
    private readonly DeliveryQueue _queue;
    private readonly TimeProvider _clock;
    private readonly Log _log;
    private readonly IdleThread _thread;

    // One request at a time, whoever wants it.
    private readonly SemaphoreSlim _turn = new(1);
    private int _failures;
    private bool _wasUnreachable, _isTold;
    private long _pausedUntil;

    internal Sender(Webhook webhook, Courier courier, DeliveryQueue queue, TimeProvider clock, Log log)
    {
        (Webhook, _courier, _queue, _clock, _log) = (webhook, courier, queue, clock, log);
        // The consumer of events, which is there as well, says when the system does not allow it.
        _thread = new IdleThread($"webhook {webhook.Name}", Run, static () => { });
    }

    internal Webhook Webhook { get; }

    internal void Start(Action<Exception> bug) => _thread.Start(bug);

    /// <summary>Lets a request that is under way come to its end.</summary>
    internal bool Stop(TimeSpan limit) => _thread.Stop(limit);

    /// <summary>An operator wants it now.</summary>
    internal void EndPause() => Volatile.Write(ref _pausedUntil, 0);

    /// <summary>Sends something that is not in the queue.</summary>
    internal async Task<Reply> Try(string id, string body)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            return await _courier.Send(id, body, _clock.GetUtcNow()).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Run()
    {
        TimeSpan pause = TimeSpan.Zero;
        while (!_thread.MustEnd(pause))
        {
            try
            {
                pause = Step() ? TimeSpan.Zero : s_look;
            }
            catch (DatabaseException)
            {
                // The consumer of events comes upon it as well, and tells.
                pause = s_troublePause;
            }
        }
    }

    /// <summary>Sends one, when it is time for one.</summary>
    /// <returns>False: it is not.</returns>
    internal bool Step()
    {
        if (_clock.GetUtcNow().UtcTicks < Volatile.Read(ref _pausedUntil) || _queue.Next(Webhook.Name) is not { } next)
            return false;
        Reply reply;
        try
        {
            reply = Try(next.EventId, next.Body).GetAwaiter().GetResult();
        }
        catch
        {
            _queue.LetGo(Webhook.Name);
            throw;
        }
        if (reply.IsTaken)
            Taken(next);
        else if (reply.IsGone)
            Gone(next, reply);
        else
            Failed(next, reply);
        return true;
    }

    private void Taken(Waiting delivery)
    {
        _queue.Delivered(delivery);
        // What failed because the host was away need not wait for its time any longer.
        if (_wasUnreachable)
            _queue.RetryUnreached(Webhook.Name);
        if (_isTold)
            _log.DeliveredAgain(Webhook.Name);
        (_failures, _wasUnreachable, _isTold) = (0, false, false);
    }

    private void Gone(Waiting delivery, Reply reply)
    {
        _queue.Stop(delivery, reply.Text);
        _log.Stopped(Webhook.Name, _courier.Host);
    }

    private void Failed(Waiting delivery, Reply reply)
    {
        int attempts = delivery.Attempts + 1;
        if (attempts >= RetryPlan.MostAttempts)
        {
            _queue.GiveUp(delivery, reply.Text);
            _log.GivenUp(Webhook.Name, delivery.EventId, reply.Text);
        }
        else
        {
            _queue.Failed(delivery, reply.Text, RetryPlan.After(attempts, Webhook.Rule.Backoff, reply.RetryAfter, Random.Shared.NextDouble()), isUnreached: reply.Status == 0);
            if (!_isTold)
                _log.NotDelivered(Webhook.Name, _courier.Host, reply.Text);
            _isTold = true;
        }
        if (!reply.IsOfHost)
            return;
        _failures++;
        _wasUnreachable |= reply.Status == 0;
        Volatile.Write(ref _pausedUntil, (_clock.GetUtcNow() + RetryPlan.Pause(_failures, Webhook.Rule.Backoff, reply.RetryAfter, Random.Shared.NextDouble())).UtcTicks);
    }

    public void Dispose()
    {
        _thread.Dispose();
        _courier.Dispose();
        _turn.Dispose();
    }
}
