using PostfixNet.Ipc;
using PostfixNet.Queue;

namespace PostfixNet.Delivery;

/// <summary>Hands one message after another to the cleanup service: records in, a durable queue file out.</summary>
/// <remarks>The conversation: we connect, and say what we want; cleanup says the new queue ID; we send records as raw data,
/// ended by an empty piece; cleanup answers with a verdict once the file is on stable storage (promise 1).</remarks>
public sealed class CleanupClient : IDisposable
{
    private readonly Channel _channel;
    private CleanupClient(Channel channel) => _channel = channel;

    /// <summary>The new message's queue ID; it exists once <see cref="Finish"/> has accepted.</summary>
    public QueueId Id { get; private set; }

    /// <summary>Begins a message.</summary>
    /// <param name="path">Socket of the cleanup service, e.g. "private/cleanup".</param>
    /// <param name="request">What is asked for this message.</param>
    /// <param name="timeout">For each step (ipc_timeout).</param>
    /// <exception cref="IpcException">The service cannot be reached, or has no room for a message now.</exception>
    public static CleanupClient Begin(string path, CleanupRequest request, TimeSpan timeout) =>
        Begin(Channel.Connect(path, "cleanup", timeout), request);

    /// <summary>Begins a message on a connection.</summary>
    /// <param name="channel">Owned by the client from now on.</param>
    /// <param name="request">As above.</param>
    /// <exception cref="IpcException">As above.</exception>
    public static CleanupClient Begin(Channel channel, CleanupRequest request)
    {
        CleanupClient client = new(channel);
        try
        {
            client.BeginNext(request);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Begins another message on the same connection, after <see cref="Finish"/>.</summary>
    /// <exception cref="IpcException">The service has closed the connection, which it may do between two messages; or it has no room.</exception>
    public void BeginNext(CleanupRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        _channel.Send(request.ToAttributes());
        Id = CleanupReply.From(_channel.ReceiveReply()) switch
        {
            CleanupReply.Begun begun => begun.Id,
            CleanupReply.Ended ended => throw new IpcException($"cleanup: {ended.Reason}"),
            _ => throw new IpcException("cleanup: no reply"),
        };
    }

    /// <summary>Sends encoded records (see RecordWriter), any number of whole or partial ones, 1 MiB at most.</summary>
    /// <exception cref="IpcException">cleanup is gone.</exception>
    public void Send(ReadOnlySpan<byte> records)
    {
        if (!records.IsEmpty)
            _channel.SendData(records);
    }

    /// <summary>Ends the message and waits for the verdict.</summary>
    /// <exception cref="IpcException">cleanup is gone; whether the message is queued is unknown.</exception>
    public CleanupReply.Ended Finish()
    {
        _channel.SendData([]);
        return CleanupReply.From(_channel.ReceiveReply()) as CleanupReply.Ended ?? throw new IpcException("cleanup: no verdict");
    }

    /// <summary>Closes; a message not finished is dropped by cleanup.</summary>
    public void Dispose() => _channel.Dispose();
}
