using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using PostfixNet.Native;

namespace PostfixNet.Web;

/// <summary>Brings clients of the Unix socket, which is master's, to the HTTP server; with each goes who it is.</summary>
internal sealed class LocalClients : IConnectionListenerFactory, IConnectionListenerFactorySelector, IConnectionListener
{
    private const int MostWaiting = 64;

    private readonly Channel<ConnectionContext> _waiting = Channel.CreateBounded<ConnectionContext>(MostWaiting);
    private readonly SocketConnectionContextFactory _connections = new(new SocketConnectionFactoryOptions(), NullLogger.Instance);

    /// <summary>Where the HTTP server is to take them from.</summary>
    internal sealed class Place : EndPoint;

    /// <summary>Brings one.</summary>
    /// <param name="client">Owned from now on.</param>
    internal void Take(Descriptor client)
    {
        try
        {
            Client who = new(client.PeerUid, "");
            ConnectionContext connection = _connections.Create(new Socket(new SafeSocketHandle(client.Release(), ownsHandle: true)));
            connection.Features.Set(who);
            if (!_waiting.Writer.TryWrite(connection))
                connection.Abort();
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // He is gone already.
            client.Dispose();
        }
    }

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => endpoint is Place;

    /// <inheritdoc/>
    public EndPoint EndPoint { get; } = new Place();

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _waiting.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_waiting.Reader.TryRead(out ConnectionContext? connection))
                return connection;
        }
        return null;
    }

    /// <inheritdoc/>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _waiting.Writer.TryComplete();
        return default;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        _connections.Dispose();
        return default;
    }
}
