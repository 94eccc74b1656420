using PostfixNet.Delivery;
using PostfixNet.Ipc;

namespace PostfixNet.Smtpd;

/// <summary>The way into the queue, by the cleanup service.</summary>
internal sealed class MessageQueue(SmtpdOptions options, EventLoop loop, Log log)
{
    // A connection that rests keeps a process of cleanup from others, so it is kept for what follows at once.
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(2);
    private static readonly CleanupRequest s_request = new(IsFromServer: true);

    private readonly Stack<CleanupSession> _resting = new();
    private EventLoop.Timer? _sweep;

    /// <summary>Whether the disk is full, or nearly: then no message is begun.</summary>
    internal Reply? Shortage(Session session)
    {
        try
        {
            if (options.Space.Shortage(options.Incoming) is not { } shortage)
                return null;
            log.NoSpace(session, shortage);
        }
        catch (IOException e)
        {
            log.QueueTrouble(session, e.Message);
        }
        return new Reply(452, "4.3.1", "Insufficient system storage") { IsOurTrouble = true };
    }

    /// <summary>Begins a message.</summary>
    /// <exception cref="IpcException">cleanup cannot be reached.</exception>
    /// <exception cref="NoRoomException">It takes no message now.</exception>
    internal async ValueTask<CleanupSession> Begin(Transaction transaction)
    {
        if (transaction.IsSmtpUtf8)
            return await CleanupSession.Begin(loop, options.CleanupSocket, s_request with { SmtpUtf8 = Mail.SmtpUtf8.Requested }, options.IpcTimeout);
        while (_resting.TryPop(out CleanupSession? known))
        {
            try
            {
                if (!known.IsStale)
                {
                    await known.BeginNext();
                    return known;
                }
            }
            catch (NoRoomException)
            {
                _resting.Push(known);
                throw;
            }
            catch (IpcException)
            {
                // That process has ended, as they do after a while; nothing was handed over.
            }
            known.Dispose();
        }
        return await CleanupSession.Begin(loop, options.CleanupSocket, s_request, options.IpcTimeout);
    }

    /// <summary>A message has ended; another can follow on the same connection.</summary>
    internal void Return(CleanupSession session, Transaction transaction)
    {
        if (transaction.IsSmtpUtf8 || session.IsStale)
        {
            session.Dispose();
            return;
        }
        _resting.Push(session);
        _sweep ??= loop.After(s_rest, Sweep);
    }

    /// <summary>Lets go of what rests.</summary>
    internal void Sweep()
    {
        _sweep?.Cancel();
        _sweep = null;
        while (_resting.TryPop(out CleanupSession? session))
            session.Dispose();
    }
}
