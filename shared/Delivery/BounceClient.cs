using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Delivery;

/// <summary>Writes recipient results to the logs of the bounce, defer and trace services, for straight-line code.</summary>
/// <param name="timeout">For one request (ipc_timeout).</param>
public sealed class BounceClient(TimeSpan timeout) : IDisposable
{
    private readonly Dictionary<string, Channel> _open = [];

    /// <summary>Appends to the log; on return it is there, that of bounce and trace on stable storage.</summary>
    /// <param name="service">Name of the service: "bounce", "defer" or "trace" as configured.</param>
    /// <param name="id">The message.</param>
    /// <param name="outcome">What became of which recipient.</param>
    /// <returns>null, or why it failed; then the recipient must not be marked done (S2-09).</returns>
    public string? Append(string service, QueueId id, Outcome outcome)
    {
        try
        {
            if (!_open.TryGetValue(service, out Channel? channel))
                _open.Add(service, channel = Channel.Connect($"private/{service}", service, timeout));
            channel.Send(new BounceRequest.Append(id, outcome).ToAttributes());
            return BounceReply.From(channel.ReceiveReply()).Problem;
        }
        catch (IpcException e)
        {
            Release(service);
            return e.Message;
        }
    }

    /// <summary>Lets the services go, for others; call it after each message.</summary>
    public void Release()
    {
        foreach (Channel channel in _open.Values)
            channel.Dispose();
        _open.Clear();
    }

    private void Release(string service)
    {
        if (_open.Remove(service, out Channel? channel))
            channel.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => Release();
}
