using System.Diagnostics;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Net;

namespace PostfixNet.Smtp;

/// <summary>One server's turn at a delivery request: begins with a connection, or with a session that was open, and ends with
/// it. The recipients that the server before did not take are open again; those that are done stay so.</summary>
internal sealed class ServerTurn
{
    private readonly Destination? _destination;

    /// <param name="destination">Whose server it is.</param>
    internal ServerTurn(DeliveryContext delivery, DeliveryState state, Destination destination, SmtpPeer peer) : this(delivery, state) =>
        (_destination, Peer) = (destination, peer);

    private ServerTurn(DeliveryContext delivery, DeliveryState state)
    {
        (Delivery, State) = (delivery, state);
        state.Reopen(RecipientMark.TryNextHost);
    }

    /// <summary>No server is left, or none was found: what is said now is said by this system.</summary>
    internal static ServerTurn Nobody(DeliveryContext delivery, DeliveryState state) => new(delivery, state) { IsFinal = true };

    internal DeliveryContext Delivery { get; }

    internal DeliveryState State { get; }

    /// <summary>The server; null when there is none.</summary>
    internal SmtpPeer? Peer { get; }

    /// <inheritdoc cref="Peer"/>
    /// <exception cref="UnreachableException">There is none: a bug.</exception>
    internal SmtpPeer Server => Peer ?? throw new UnreachableException("no server to name");

    /// <summary>Whose server it is.</summary>
    /// <inheritdoc cref="Server"/>
    internal Destination Destination => _destination ?? throw new UnreachableException("no server to name");

    /// <summary>What the conversation needs.</summary>
    internal TlsPolicy Tls { get; init; } = TlsPolicy.None;

    /// <summary>What others publish of how the server wants TLS; null: nothing.</summary>
    internal TlsFinding? Finding { get; init; }

    /// <summary>Where the connection comes from, in a report; empty: not known, or nobody wants to.</summary>
    internal string LocalAddress { get; init; } = "";

    /// <summary>What the server calls itself; empty: it has not said.</summary>
    internal string ServerName { get; set; } = "";

    /// <summary>What is wrong with the server's certificate, where it matters; null: nothing.</summary>
    internal (TlsResultType Type, string Reason)? CertificateTrouble { get; set; }

    /// <summary>The handshake of this turn resumed a session.</summary>
    internal bool IsResumed { get; set; }

    /// <summary>What protects the conversation; null: nothing.</summary>
    internal IChannelSecurity? Channel { get; set; }

    /// <summary>Why the conversation goes in plain text though TLS was wanted, in one line; empty: it does not, or it has not come so far.</summary>
    internal string PlainTextReason
    {
        get;
        set => field = PrintableText.Of(value.Length > 200 ? value[..200] : value);
    } = "";

    /// <summary>This is the other try of a server, in plain text, since its handshake failed.</summary>
    internal bool HasHandshakeFailed { get; init; }

    /// <summary>The level that the policy came to, whatever was left of it in the end.</summary>
    internal TlsLevel Level => PlainTextReason.Length > 0 && Tls.Level == TlsLevel.None ? TlsLevel.May : Tls.Level;

    /// <summary>What the turn asked of TLS, and got; null: nothing was asked for.</summary>
    internal TlsUse? TlsUse => Level == TlsLevel.None ? null : new TlsUse(TlsPolicy.WordFor(Level))
    {
        Asked = Tls.Asked is { } asked && asked.Level != Level ? TlsPolicy.WordFor(asked.Level) : null,
        Protocol = Channel?.Protocol,
        Cipher = Channel?.Cipher,
        Verified = Channel is null ? null : VerifiedBy.Word(),
        IsResumed = Channel is { IsResumed: true },
        Why = Channel is null && PlainTextReason.Length > 0 ? PlainTextReason : null,
    };

    /// <summary>Addresses of the other kind (IPv4, IPv6) are left for the next hop: a refusal of us may be one of our address (S3-35).</summary>
    internal bool HasOtherFamily { get; set; }

    /// <summary>No server of the next hop is better: if it is this system, mail would go in a circle.</summary>
    internal bool IsBestExchanger { get; init; }

    /// <summary>How often the connection was used, this time included.</summary>
    internal int ConnectionUse { get; init; } = 1;

    /// <summary>The session has carried mail: what it is refused now, a fresh one may not be.</summary>
    internal bool HasCarriedMail { get; set; }

    /// <summary>What the server can do after all, since it refuses parameters that it announced; null: what it announced.</summary>
    internal ServerFeatures? LesserFeatures { get; set; }

    /// <summary>The operator was told what is wrong with the relay that he chose.</summary>
    internal bool IsRelayTroubleTold { get; set; }

    /// <summary>No other server will be tried after this one.</summary>
    internal bool IsFinal { get; set; }

    /// <summary>The server has greeted us, and is willing to talk: see <see cref="SmtpOptions.NoFailoverAfterGreeting"/>.</summary>
    internal bool IsGreeted { get; set; }

    /// <summary>The conversation goes over TLS.</summary>
    internal bool IsEncrypted { get; set; }

    /// <summary>By what the server has proved who it is; known when TLS is up, also with a session that was open before.</summary>
    internal Verification VerifiedBy { get; set; }

    /// <summary>Microseconds since 1970: when the session was ready for mail; 0 while it is not.</summary>
    internal long SetUpTime { get; set; }

    /// <summary>The server is tried once more, without TLS (S2-17).</summary>
    internal bool RetriesInPlainText { get; set; }

    /// <summary>What became of REQUIRETLS, for the log line, in Postfix's words; empty: nobody asked for it.</summary>
    internal string RequireTlsFeature { get; set; } = "";

    /// <summary>The session must not be used for another message.</summary>
    internal bool IsSpoiled { get; set; }

    /// <summary>Tells how TLS went, for the report of the domain.</summary>
    /// <param name="trouble">null: well.</param>
    internal void NoteTls(TlsResultType? trouble, string reason = "") => State.TlsResults?.Add(this, trouble, reason);

    /// <summary>What went wrong that the postmaster may want to know.</summary>
    internal ErrorClasses Errors { get; set; }
}
