using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Ipc;

namespace PostfixNet.Smtpd;

/// <summary>What one client may do in a time, over all processes: the anvil service counts.</summary>
/// <param name="Connections">smtpd_client_connection_count_limit; this and the others: 0 for no limit.</param>
/// <param name="ConnectionRate">smtpd_client_connection_rate_limit.</param>
/// <param name="MessageRate">smtpd_client_message_rate_limit.</param>
/// <param name="RecipientRate">smtpd_client_recipient_rate_limit.</param>
/// <param name="TlsSessionRate">smtpd_client_new_tls_session_rate_limit.</param>
/// <param name="LoginRate">smtpd_client_auth_rate_limit.</param>
/// <param name="IPv4Prefix">smtpd_client_ipv4_prefix_length.</param>
/// <param name="IPv6Prefix">smtpd_client_ipv6_prefix_length.</param>
internal sealed record ClientLimits(
    int Connections, int ConnectionRate, int MessageRate, int RecipientRate, int TlsSessionRate, int LoginRate, int IPv4Prefix, int IPv6Prefix)
{
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static ClientLimits Read(MainConfig config) => new(config.Get(Parameters.SmtpdClientConnectionCountLimit), config.Get(Parameters.SmtpdClientConnectionRateLimit),
        config.Get(Parameters.SmtpdClientMessageRateLimit), config.Get(Parameters.SmtpdClientRecipientRateLimit), config.Get(Parameters.SmtpdClientNewTlsSessionRateLimit),
        config.Get(Parameters.SmtpdClientAuthRateLimit), config.Get(Parameters.SmtpdClientIpv4PrefixLength), config.Get(Parameters.SmtpdClientIpv6PrefixLength));

    /// <summary>The limit of a kind of event in a time; 0: none.</summary>
    internal int RateOf(ClientEventKind kind) => kind switch
    {
        ClientEventKind.Connect => ConnectionRate,
        ClientEventKind.Message => MessageRate,
        ClientEventKind.Recipient => RecipientRate,
        ClientEventKind.NewTlsSession => TlsSessionRate,
        ClientEventKind.Login => LoginRate,
        _ => 0,
    };

    /// <summary>The address, or the network that stands for it.</summary>
    internal string ClientOf(IPAddress address)
    {
        bool isIPv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        int length = isIPv6 ? IPv6Prefix : IPv4Prefix;
        byte[] bytes = address.GetAddressBytes();
        if (length >= bytes.Length * 8)
            return address.ToString();
        for (int bit = length; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return string.Create(CultureInfo.InvariantCulture, $"{new IPAddress(bytes)}/{length}");
    }
}

/// <summary>Tells the anvil service what clients do, and whether that is too much. Without it there are no limits.</summary>
/// <param name="socket">Of the anvil service.</param>
/// <param name="limits">What is too much.</param>
/// <param name="service">Name of this service.</param>
/// <param name="isExempt">smtpd_client_event_limit_exceptions.</param>
internal sealed class ClientEvents(EventLoop loop, string socket, ClientLimits limits, string service, Predicate<ClientInfo> isExempt, Log log) : IDisposable
{
    // What it is asked costs it microseconds; who waits longer waits for something that is broken.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2), s_pause = TimeSpan.FromSeconds(30);

    private readonly Queue<TaskCompletionSource> _waiting = new();
    private LoopChannel? _anvil;
    private long _doWithoutUntil;
    private bool _isBusy;

    /// <summary>A session begins.</summary>
    /// <returns>The reply that ends it; null: it may go on.</returns>
    internal async ValueTask<Reply?> Connect(Session session, SmtpdOptions options)
    {
        if (!IsCounted(session) || (limits.Connections == 0 && limits.ConnectionRate == 0))
            return null;
        if (await Tell(ClientEventKind.Connect, session) is not { } counts)
            return null;
        if (limits.Connections > 0 && counts.Count > limits.Connections)
        {
            log.LimitExceeded(session, "Connection concurrency", counts.Count, service);
            return new Reply(421, "4.7.0", $"{options.MyHostname} Error: too many connections from {session.Client.AddressText}") { IsLast = true };
        }
        if (limits.ConnectionRate > 0 && counts.Rate > limits.ConnectionRate)
        {
            log.LimitExceeded(session, "Connection rate", counts.Rate, service);
            return new Reply(421, "4.7.0", $"{options.MyHostname} Error: too many connections from {session.Client.AddressText}") { IsLast = true };
        }
        return null;
    }

    /// <summary>A session ends.</summary>
    internal async Task Disconnect(Session session)
    {
        // anvil has forgotten what it was told over a connection that is gone.
        if (session.CountedOver is { } channel && channel == _anvil)
            _ = await Tell(ClientEventKind.Disconnect, session);
        session.CountedOver = null;
    }

    /// <summary>A message begins.</summary>
    internal ValueTask<Reply?> Message(Session session) =>
        Limited(ClientEventKind.Message, session, "Message delivery request rate", new Reply(450, "4.7.1", $"Error: too much mail from {session.Client.AddressText}"));

    /// <summary>A recipient is named.</summary>
    internal ValueTask<Reply?> Recipient(Session session) =>
        Limited(ClientEventKind.Recipient, session, "Recipient address rate", new Reply(450, "4.7.1", $"Error: too many recipients from {session.Client.AddressText}"));

    /// <summary>A TLS session is begun.</summary>
    internal ValueTask<Reply?> NewTlsSession(Session session, SmtpdOptions options) => Limited(ClientEventKind.NewTlsSession, session, "New TLS session rate",
        new Reply(421, "4.7.0", $"{options.MyHostname} Error: too many new TLS sessions from {session.Client.AddressText}") { IsLast = true });

    /// <summary>Somebody tries to log in.</summary>
    internal ValueTask<Reply?> Login(Session session) =>
        Limited(ClientEventKind.Login, session, "AUTH command rate", new Reply(450, "4.7.1", $"Error: too many AUTH commands from {session.Client.AddressText}"));

    private async ValueTask<Reply?> Limited(ClientEventKind kind, Session session, string what, Reply refusal)
    {
        if (limits.RateOf(kind) is 0 || !IsCounted(session) || await Tell(kind, session) is not { } counts || counts.Rate <= limits.RateOf(kind))
            return null;
        log.LimitExceeded(session, what, counts.Rate, service);
        return refusal;
    }

    private bool IsCounted(Session session) => session.Client.Address is not null && !isExempt(session.Client);

    // One question at a time; null: nobody answers.
    private async ValueTask<ClientCounts?> Tell(ClientEventKind kind, Session session)
    {
        if (loop.Now < _doWithoutUntil)
            return null;
        if (_isBusy)
        {
            TaskCompletionSource turn = new();
            _waiting.Enqueue(turn);
            await turn.Task;
        }
        _isBusy = true;
        try
        {
            if (kind == ClientEventKind.Disconnect && session.CountedOver != _anvil)
                return null;
            ClientCounts? counts = await Ask(new ClientEvent(kind, service, limits.ClientOf(session.Client.Address!)));
            if (kind == ClientEventKind.Connect && counts is not null)
                session.CountedOver = _anvil;
            return counts;
        }
        finally
        {
            // Who waits takes the turn over.
            if (_waiting.TryDequeue(out TaskCompletionSource? next))
                loop.Soon(next.SetResult);
            else
                _isBusy = false;
        }
    }

    private async ValueTask<ClientCounts?> Ask(ClientEvent happened)
    {
        // While it was waited for, it may have turned out that nobody answers.
        while (loop.Now >= _doWithoutUntil)
        {
            bool isNew = _anvil is null;
            try
            {
                _anvil ??= await LoopChannel.Connect(loop, socket, "anvil", s_patience);
                await _anvil.Send(happened.ToAttributes());
                return ClientCounts.From(await _anvil.Receive());
            }
            catch (IpcException e)
            {
                _anvil?.Dispose();
                _anvil = null;
                // A process of anvil that has ended is followed by another, which knows nothing of sessions before it.
                if (!isNew && happened.Kind == ClientEventKind.Disconnect)
                    return null;
                if (!isNew && !e.Message.Contains("timeout", StringComparison.Ordinal))
                    continue;
                log.NoLimits(e.Message);
                _doWithoutUntil = loop.Now + (long)s_pause.TotalMilliseconds;
            }
        }
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _anvil?.Dispose();
}
