using PostfixNet.Net;

namespace PostfixNet.Smtp;

/// <summary>Decides whether a server whose TLS broke down gets the mail in plain text (S2-17).</summary>
/// <remarks>Without that, mail would wait for ever at a server whose TLS never works; for a while it waits, since the
/// trouble may pass.</remarks>
internal static class PlainTextRetry
{
    /// <summary>True when TLS is no requirement, it was TLS that failed or a conversation over TLS that broke, somebody is
    /// left to be tried again, the mail has waited long enough, and there is no login for the server: it could show its
    /// password, or be refused to relay.</summary>
    internal static bool IsAllowed(DeliveryAttempt attempt, StreamFailure failure, SmtpOptions options)
    {
        TimeSpan waited = TimeSpan.FromMicroseconds(attempt.Request.ActiveMicroseconds - attempt.Request.ArrivalMicroseconds);
        return attempt.Tls.Level == TlsLevel.May
            && (failure == StreamFailure.Tls || attempt.IsEncrypted)
            && (attempt.OpenRecipients > 0 || attempt.HasNextTransaction)
            && !attempt.IsGivenUp
            && waited >= options.MinimalBackoffTime
            && !HasLogin(attempt, options);
    }

    private static bool HasLogin(DeliveryAttempt attempt, SmtpOptions options) => options.Login is { } login
        && (login.OnlyKey.Length > 0 || login.Passwords.Has(attempt.Request.Sender, attempt.Peer?.Host ?? "", attempt.Destination));
}
