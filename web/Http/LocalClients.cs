using System.Collections.Concurrent;
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
    // Of one user: whoever keeps his connections makes nobody wait but himself.
    private const int MostWaiting = 64, MostOfOne = 12;

    private readonly ConcurrentDictionary<uint, int> _connected = new();
    private readonly Channel<ConnectionContext> _waiting = Channel.CreateBounded<ConnectionContext>(MostWaiting);
    private readonly SocketConnectionContextFactory _connections = new(new SocketConnectionFactoryOptions(), NullLogger.Instance);

    /// <summary>Where the HTTP server is to take them from.</summary>
    internal sealed class Place : EndPoint;

    /// <summary>Brings one.</summary>
    /// <param name="client">Owned from now on.</param>
    internal void Take(Descriptor client)
    {
        uint? counted = null;
        try
        {
            uint uid = client.PeerUid;
            counted = uid;
            if (_connected.AddOrUpdate(uid, 1, static (_, count) => count + 1) > MostOfOne)
            {
                Left(uid);
                client.Dispose();
                return;
            }
            Client who = new(uid, "");
            ConnectionContext connection = _connections.Create(new Socket(new SafeSocketHandle(client.Release(), ownsHandle: true)));
            connection.ConnectionClosed.Register(() => Left(uid));
            counted = null;
            connection.Features.Set(who);
            if (!_waiting.Writer.TryWrite(connection))
                connection.Abort();
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // He is gone already.
            if (counted is { } user)
                Left(user);
            client.Dispose();
        }
    }

    private void Left(uint user) => _connected.AddOrUpdate(user, 0, static (_, count) => count - 1);

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
