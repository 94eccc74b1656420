using PostfixNet.Net;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.Smtp;

/// <summary>Decides whether a server whose TLS broke down gets the mail in plain text (S2-17).</summary>
/// <remarks>Without that, mail would wait for ever at a server whose TLS never works; for a while it waits, since the
/// trouble may pass.</remarks>
internal static class PlainTextRetry
{
    /// <summary>True when TLS is no requirement, it was TLS that failed or a conversation over TLS that broke, somebody is
    /// left to be tried again, the mail has waited long enough, and there is no login for the server: it could show its
    /// password, or be refused to relay. Mail whose sender said "TLS-Required: No" does not wait (S3-34).</summary>
    internal static bool IsAllowed(ServerTurn turn, StreamFailure failure)
    {
        SmtpOptions options = turn.Delivery.Options;
        TimeSpan waited = TimeSpan.FromMicroseconds(turn.Delivery.Request.ActiveMicroseconds - turn.Delivery.Request.ArrivalMicroseconds);
        return turn.Tls.Level == TlsLevel.May
            && (failure == StreamFailure.Tls || turn.IsEncrypted)
            && (turn.State.HasOpen || turn.State.HasNextTransaction)
            && !turn.State.IsGivenUp
            && IsGoodEnough(turn)
            && (waited >= options.MinimalBackoffTime || options.RequireTls.PrefersDelivery(turn.Delivery.Request.RequireTls));
    }

    /// <summary>The server's TLS is known not to work, and plain text is good enough for the mail: it is not asked for TLS. An MTA-STS policy that tests wants to know each time.</summary>
    internal static bool IsKnown(ServerTurn turn) => turn.Tls is { Level: TlsLevel.May, Sts: null }
        && turn.Delivery.Options.Tls is { } tls && tls.Broken.Has(turn.Server, turn.Delivery.Now) && IsGoodEnough(turn);

    private static bool IsGoodEnough(ServerTurn turn) => turn.Destination.RequireTls < RequireTlsLevel.OpportunisticStartTls
        && !(turn.Delivery.Options.Login is { } login && HasLogin(turn, login));

    private static bool HasLogin(ServerTurn turn, LoginSettings login) =>
        login.OnlyKey.Length > 0 || login.Passwords.Has(turn.Delivery.Request.Sender, turn.Server.Host, turn.Destination.Written);
}
