using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Delivery;

/// <summary>Hands one message to the cleanup service: records in, a durable queue file out.</summary>
/// <remarks>The conversation: we connect; cleanup says the new queue ID; we say what we want and send records as raw data,
/// ended by an empty piece; cleanup answers with a status once the file is on stable storage (promise 1).</remarks>
public sealed class CleanupClient : IDisposable
{
    /// <summary>Result 0: queued.</summary>
    public const int Accepted = 0;

    /// <summary>Result 1: cannot be queued now; try again later.</summary>
    public const int TryAgain = 1;

    /// <summary>Result 2: will never be accepted; the text says why.</summary>
    public const int Refused = 2;

    private readonly Channel _channel;
    private readonly AttributeList _request;

    private CleanupClient(Channel channel, AttributeList request) => (_channel, _request) = (channel, request);

    /// <summary>The new message's queue ID; it exists once <see cref="Finish"/> has accepted.</summary>
    public QueueId Id { get; private set; }

    /// <summary>Begins a message.</summary>
    /// <param name="path">Socket of the cleanup service, e.g. "private/cleanup".</param>
    /// <param name="isInternal">Made by the mail system itself (a notice): the records are not those of a user.</param>
    /// <param name="timeout">For each step (ipc_timeout).</param>
    /// <param name="smtpUtf8">What is known to need SMTPUTF8, whatever cleanup detects itself.</param>
    /// <exception cref="IpcException">The service cannot be reached, or has no room for a message now.</exception>
    public static CleanupClient Begin(string path, bool isInternal, TimeSpan timeout, SmtpUtf8 smtpUtf8 = SmtpUtf8.None) =>
        Begin(Channel.Connect(path, "cleanup", timeout), isInternal, smtpUtf8);

    /// <summary>Begins a message on a connection.</summary>
    /// <param name="channel">Owned by the client from now on.</param>
    /// <param name="isReturned">Good mail that must not go on (too many hops, too large) is accepted, and returned to its
    /// sender: we cannot tell him ourselves.</param>
    /// <exception cref="IpcException">As above.</exception>
    public static CleanupClient Begin(Channel channel, bool isInternal, SmtpUtf8 smtpUtf8 = SmtpUtf8.None, bool isReturned = false)
    {
        CleanupClient client = new(channel,
            new AttributeList().Add("request", "message").Add("internal", isInternal ? 1 : 0).Add("smtputf8", (long)smtpUtf8)
                .Add("returns", isReturned ? 1 : 0));
        try
        {
            client.BeginNext();
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
    public void BeginNext()
    {
        _channel.Send(_request);
        AttributeList reply = _channel.ReceiveReply();
        if (reply.Has("status"))
            throw new IpcException($"cleanup: {reply.Text("reason")}");
        Id = QueueId.TryParse(reply.Text("queue_id"), out QueueId id) ? id : throw new IpcException("cleanup: bad queue ID");
    }

    /// <summary>Sends encoded records (see RecordWriter), any number of whole or partial ones, 1 MiB at most.</summary>
    /// <exception cref="IpcException">cleanup is gone.</exception>
    public void Send(ReadOnlySpan<byte> records)
    {
        if (!records.IsEmpty)
            _channel.SendData(records);
    }

    /// <summary>Ends the message and waits for the verdict.</summary>
    /// <returns>One of the constants above, and the reason when it is not <see cref="Accepted"/>.</returns>
    /// <exception cref="IpcException">cleanup is gone; whether the message is queued is unknown.</exception>
    public (int Status, string Reason) Finish()
    {
        _channel.SendData([]);
        AttributeList reply = _channel.ReceiveReply();
        return ((int)reply.Number("status"), reply.OptionalText("reason") ?? "");
    }

    /// <summary>Closes; a message not finished is dropped by cleanup.</summary>
    public void Dispose() => _channel.Dispose();
}
