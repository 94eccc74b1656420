using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Smtpd;

/// <summary>The way into the queue, by the cleanup service.</summary>
internal sealed class MessageQueue(SmtpdOptions options, EventLoop loop, Log log) : IMessageQueue
{
    // A connection that rests keeps a process of cleanup from others, so it is kept for what follows at once.
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(2);

    private readonly CleanupRequest _request = new(IsFromServer: true) { Reception = options.Reception };
    private readonly Stack<CleanupSession> _resting = new();
    private EventLoop.Timer? _sweep;

    public bool IsMaildrop => false;

    // The disk is full, or nearly.
    public Reply? Shortage(Session session)
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
        Reply reply = new(452, "4.3.1", "Insufficient system storage") { IsOurTrouble = true };
        log.Decided(session, null, "reject", "MAIL", reply.ToString(), null);
        return reply;
    }

    public async ValueTask<INewMessage> Begin(Transaction transaction, SessionMilters? milters)
    {
        CleanupRequest request = transaction.IsSmtpUtf8 ? _request with { SmtpUtf8 = Mail.SmtpUtf8.Requested } : _request;
        if (transaction.RequiresTls)
            request = request with { RequireTls = Mail.RequireTls.Yes };
        if (milters is null)
            return new NewMessage(this, await Connect(request, []));
        (IReadOnlyList<AttributeList> lists, IReadOnlyList<Descriptor> sockets) = await milters.HandOver();
        NewMessage message = new(this, await Connect(request with { Milters = lists }, sockets));
        milters.Given();
        return message;
    }

    private async ValueTask<CleanupSession> Connect(CleanupRequest request, IReadOnlyList<Descriptor> sockets)
    {
        while (_resting.TryPop(out CleanupSession? known))
        {
            try
            {
                if (!known.IsStale)
                {
                    await known.BeginNext(request, sockets);
                    return known;
                }
            }
            catch (NoRoomException)
            {
                Return(known);
                throw;
            }
            catch (IpcException)
            {
                // That process has ended, as they do after a while; nothing was handed over.
            }
            known.Dispose();
        }
        return await CleanupSession.Begin(loop, options.CleanupSocket, request, sockets, options.IpcTimeout);
    }

    // A message has ended; another can follow on the same connection.
    private void Return(CleanupSession session)
    {
        if (session.IsStale)
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

    /// <summary>One message on a connection to cleanup.</summary>
    private sealed class NewMessage(MessageQueue queue, CleanupSession session) : INewMessage
    {
        private bool _isReturned;

        public QueueId Id { get; } = session.Id;

        public ValueTask Send(ReadOnlySpan<byte> records) => session.Send(records);

        public async ValueTask<CleanupReply.Ended> Finish()
        {
            CleanupReply.Ended end = await session.Finish();
            _isReturned = true;
            queue.Return(session);
            return end;
        }

        public void Dispose()
        {
            if (!_isReturned)
                session.Dispose();
        }
    }
}
