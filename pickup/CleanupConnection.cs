using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Queue;

namespace PostfixNet.Pickup;

/// <summary>A connection to cleanup that is used for message after message, and made anew when cleanup has closed it.</summary>
/// <param name="connect">Makes a connection.</param>
internal sealed class CleanupConnection(Func<Channel> connect) : IDisposable
{
    private CleanupClient? _client;

    /// <summary>Where the records of the message in hand go.</summary>
    internal RecordWriter Records => field ??= new RecordWriter(bytes => _client?.Send(bytes));

    /// <summary>Begins a message.</summary>
    /// <param name="reception">What holds for it.</param>
    /// <exception cref="IpcException">cleanup cannot be reached, or has no room.</exception>
    internal QueueId Begin(Reception reception)
    {
        CleanupRequest request = new(IsReturned: true) { Reception = reception };
        if (_client is not null)
        {
            try
            {
                _client.BeginNext(request);
                return _client.Id;
            }
            catch (IpcException)
            {
                // That process has ended, as they do after a while; nothing was handed over.
                Abandon();
            }
        }
        _client = CleanupClient.Begin(connect(), request);
        return _client.Id;
    }

    /// <summary>Ends the message.</summary>
    /// <inheritdoc cref="CleanupClient.Finish"/>
    internal CleanupReply.Ended Finish()
    {
        Records.Flush();
        return _client!.Finish();
    }

    /// <summary>Gives up the message in hand, if any, and closes the connection.</summary>
    internal void Abandon()
    {
        _client?.Dispose();
        _client = null;
        // What is still buffered belongs to no message.
        Records.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => Abandon();
}
