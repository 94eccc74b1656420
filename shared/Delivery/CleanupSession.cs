using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Delivery;

/// <summary>Hands messages to the cleanup service from code that awaits: what <see cref="CleanupClient"/> is for straight-line code.</summary>
public sealed class CleanupSession : IDisposable
{
    // What cleanup is asked first costs it a moment. Who waits longer waits for one that does not start, and its client can try again.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly LoopChannel _channel;
    private readonly TimeSpan _timeout;

    private CleanupSession(LoopChannel channel, TimeSpan timeout) => (_channel, _timeout) = (channel, timeout);

    /// <summary>The queue ID of the message in hand; it exists once <see cref="Finish"/> has accepted.</summary>
    public QueueId Id { get; private set; }

    /// <summary>Whether the connection cannot be used for another message: cleanup has closed it.</summary>
    public bool IsStale => _channel.IsStale;

    /// <summary>Begins a message on a new connection.</summary>
    /// <param name="path">Socket of the service, e.g. "private/cleanup".</param>
    /// <param name="request">What is asked for this message.</param>
    /// <param name="sockets">Connections of the milters that the request names; they stay open here, too.</param>
    /// <param name="timeout">For each step (ipc_timeout); to begin, a minute at most.</param>
    /// <exception cref="IpcException">The service cannot be reached.</exception>
    /// <exception cref="NoRoomException">It takes no message now.</exception>
    public static async ValueTask<CleanupSession> Begin(EventLoop loop, string path, CleanupRequest request, IReadOnlyList<Descriptor> sockets, TimeSpan timeout)
    {
        CleanupSession session = new(await LoopChannel.Connect(loop, path, "cleanup", Shorter(timeout)), timeout);
        try
        {
            await session.BeginNext(request, sockets);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Begins another message, after <see cref="Finish"/>.</summary>
    /// <inheritdoc cref="Begin" path="/exception"/>
    public async ValueTask BeginNext(CleanupRequest request, IReadOnlyList<Descriptor> sockets)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(sockets);
        _channel.Timeout = Shorter(_timeout);
        await _channel.Send(request.ToAttributes());
        Id = CleanupReply.From(await _channel.Receive()) switch
        {
            CleanupReply.Begun begun => begun.Id,
            CleanupReply.Ended ended => throw new NoRoomException(ended.Reason),
            _ => throw new IpcException("cleanup: no reply"),
        };
        if (sockets.Count > 0)
            await _channel.SendDescriptors(sockets);
        _channel.Timeout = _timeout;
    }

    private static TimeSpan Shorter(TimeSpan timeout) => timeout < s_patience ? timeout : s_patience;

    /// <summary>Sends encoded records (see RecordWriter), any number of whole or partial ones, 1 MiB at most.</summary>
    /// <exception cref="IpcException">cleanup is gone.</exception>
    public ValueTask Send(ReadOnlySpan<byte> records) => records.IsEmpty ? ValueTask.CompletedTask : _channel.SendData(records);

    /// <summary>Ends the message and waits for the verdict.</summary>
    /// <exception cref="IpcException">cleanup is gone; whether the message is queued is unknown.</exception>
    public async ValueTask<CleanupReply.Ended> Finish()
    {
        await _channel.SendData([]);
        return CleanupReply.From(await _channel.Receive()) as CleanupReply.Ended ?? throw new IpcException("cleanup: no verdict");
    }

    /// <summary>Closes; a message not finished is dropped by cleanup.</summary>
    public void Dispose() => _channel.Dispose();
}

/// <summary>cleanup is there, and takes no message now: the disk is full, or nearly.</summary>
/// <param name="reason">In its words.</param>
public sealed class NoRoomException(string reason) : Exception(reason);
