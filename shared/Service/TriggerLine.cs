using PostfixNet.Native;

namespace PostfixNet.Service;

/// <summary>A connection over which a service is woken again and again: what <see cref="Trigger"/> is for once.</summary>
/// <remarks>The service closes it when nothing comes for a while; then a new one is made. Nothing that was said is lost by that: it takes what came before it closes. Lives as long as its process.</remarks>
/// <param name="path">The socket, e.g. "public/qmgr".</param>
public sealed class TriggerLine(string path)
{
    private Descriptor? _socket;

    /// <summary>Sends the requests.</summary>
    /// <inheritdoc cref="Trigger.Send"/>
    public void Send(ReadOnlySpan<byte> requests)
    {
        if (_socket is not null && TryWrite(requests))
            return;
        _socket?.Dispose();
        _socket = null;
        _socket = Descriptor.ConnectUnix(path, TimeSpan.Zero);
        _ = TryWrite(requests);
    }

    private bool TryWrite(ReadOnlySpan<byte> requests)
    {
        try
        {
            // Without room for more it has been triggered often enough.
            _ = _socket!.Write(requests);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
