using System.Globalization;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Net;
using PostfixNet.Queue;
using PostfixNet.Tables;

namespace PostfixNet.Smtp;

/// <summary>A session with one server: the handshake once, then one message after the other.</summary>
/// <remarks>What a reply means for recipients is not decided here, but in <see cref="SmtpTrouble"/>.</remarks>
internal sealed class SmtpSession(SmtpChat chat, TimeProvider clock) : IDisposable
{
    private readonly SmtpOptions _options = chat.Options;
    private readonly long _start = clock.GetTimestamp();
    private ServerFeatures _features = ServerFeatures.None;

    internal SmtpPeer Peer => chat.Peer;

    /// <summary>What the conversation had to offer.</summary>
    internal TlsPolicy Tls { get; init; } = TlsPolicy.None;

    /// <summary>No other server was known for the next hop when the connection was made.</summary>
    internal bool IsOnlyServer { get; init; }

    /// <summary>Transactions so far; a message can need several.</summary>
    private int _transactions;

    /// <summary>Messages tried over this connection.</summary>
    internal int Uses { get; private set; }

    /// <summary>Nothing unasked came while the session was at rest.</summary>
    internal bool IsQuiet => chat.IsQuiet;

    /// <inheritdoc cref="SmtpHandshake"/>
    /// <returns>False: the site failed, the recipients are dealt with.</returns>
    internal bool Greet(ServerTurn turn)
    {
        SmtpTrouble trouble = new(turn);
        chat.BeginMessage(turn.Delivery);
        try
        {
            SmtpHandshake handshake = new(chat, turn);
            if (handshake.Run() is not { } why)
            {
                _features = chat.IsEncrypted ? handshake.Features : handshake.Features with { RequireTls = false };
                turn.SetUpTime = turn.Delivery.Now;
                return true;
            }
            if (handshake.IsLoginTrouble)
                turn.State.LoginTrouble ??= (why, handshake.IsSendersFault);
            if (handshake.IsSendersFault)
                trouble.SenderFails(why);
            else
                trouble.SiteFails(why);
            Quit();
        }
        catch (ConnectionException e)
        {
            chat.Abandon();
            trouble.StreamFails(e, chat.Stage);
        }
        catch (LookupException e)
        {
            chat.Abandon();
            trouble.LookupFails(e);
        }
        catch (StoppingException)
        {
            chat.Abandon();
            trouble.Stopping();
        }
        Report(turn);
        return false;
    }

    /// <summary>Sends one message to all recipients that are open. Each has a verdict when this returns, unless the session
    /// is <see cref="SessionEnd.Stale"/>.</summary>
    internal SessionEnd Transfer(ServerTurn turn)
    {
        SmtpTrouble trouble = new(turn);
        if (Uses++ > 0)
            chat.BeginMessage(turn.Delivery);
        (turn.IsEncrypted, turn.Channel) = (chat.IsEncrypted, chat.Security);
        turn.VerifiedBy = chat.IsPeerVerified ? Tls.Verifier : Verification.None;
        if (turn.SetUpTime == 0)
            turn.SetUpTime = turn.Delivery.Now;
        bool keepOpen = turn.Destination.KeepsSession && MayBeUsedAgain;
        try
        {
            if (!IsFitForServer(turn, trouble, keepOpen))
                return EndOf(turn, keepOpen);
            if (Uses == 1 && turn.IsEncrypted && _options.Tls is { Settings.BlockEarlyMailReply: true } && !chat.IsQuiet)
            {
                // Somebody on the way sent commands of his own before ours, at the start of TLS (CVE-2009-3555).
                chat.Abandon();
                trouble.SiteFails(SmtpTrouble.Why("4.7.0", $"host {Peer.Name} replied to MAIL FROM before it was sent"));
                return SessionEnd.Over;
            }
            int undecided = turn.State.Undecided.Count();
            // More than one only for a server that limits the recipients of a transaction.
            do
            {
                _transactions++;
                turn.State.Reopen(RecipientMark.NextTransaction);
                new SmtpTransaction(chat, _features, turn) { KeepOpen = keepOpen }.Run();
                turn.State.HasCompletedSession = true;
                _features = turn.LesserFeatures ?? _features;
            }
            while (turn.State.HasNextTransaction && !turn.State.HasNextSession && !chat.IsBroken && !IsUsedUp);
            if (NeedsFreshSession(turn, hasProgressed: IsUsedUp && turn.State.Undecided.Count() < undecided))
                return SessionEnd.Stale;
            // With the session ended the turn of those that wait for another transaction.
            if (turn.State.HasNextTransaction)
                trouble.TurnIsMissed();
        }
        catch (ConnectionException e)
        {
            chat.Abandon();
            // The server tired of the session; this says nothing about the message.
            if (turn.HasCarriedMail && e.Failure is StreamFailure.Lost or StreamFailure.OutOfStep && chat.Stage <= SmtpStage.Mail)
                return SessionEnd.Stale;
            trouble.StreamFails(e, chat.Stage);
        }
        catch (StoppingException)
        {
            chat.Abandon();
            trouble.Stopping();
        }
        catch (LookupException e)
        {
            // If content was under way, closing now makes the server throw it away.
            chat.Abandon();
            trouble.LookupFails(e);
        }
        catch (ContentException e)
        {
            // The final dot was not sent; closing now makes the server throw away what it has.
            chat.Abandon();
            turn.State.IsCorrupt = e.InnerException is QueueFileException;
            trouble.DataFails(e.Message);
        }
        Report(turn);
        return EndOf(turn, keepOpen);
    }

    /// <summary>Says good-bye, if that was not done, and closes.</summary>
    public void Dispose()
    {
        Quit();
        chat.Dispose();
    }

    // Those that the session carries no more; and those that waited for a transaction of it that does not come.
    private static bool NeedsFreshSession(ServerTurn turn, bool hasProgressed)
    {
        DeliveryState state = turn.State;
        if (!state.HasNextSession && !(state.HasNextTransaction && (turn.HasCarriedMail || hasProgressed)))
            return false;
        state.Reopen(RecipientMark.NextSession);
        state.Reopen(RecipientMark.NextTransaction);
        return true;
    }

    private SessionEnd EndOf(ServerTurn turn, bool keepOpen) =>
        keepOpen && !turn.IsSpoiled && !IsUsedUp && !chat.IsBroken && !chat.HasQuit && !chat.IsOutOfStep ? SessionEnd.Reusable : SessionEnd.Over;

    private void Report(ServerTurn turn)
    {
        if (chat.Transcript is { } transcript)
            _options.ErrorNotices?.Report(turn, transcript);
    }

    // RFC 9422: the server takes no more messages over this session.
    private bool IsUsedUp => _features.Limits.Messages > 0 && _transactions >= _features.Limits.Messages;

    private bool MayBeUsedAgain =>
        (_options.ConnectionReuseCountLimit == 0 || Uses < _options.ConnectionReuseCountLimit)
        && clock.GetElapsedTime(_start) < _options.ConnectionReuseTimeLimit;

    // What can be decided without asking the server. False: nothing is left to send.
    private bool IsFitForServer(ServerTurn turn, SmtpTrouble trouble, bool keepOpen)
    {
        DeliveryRequest message = turn.Delivery.Request;
        if (_features.SizeLimit > 0 && message.Size > _features.SizeLimit)
        {
            trouble.MessageFails(SmtpTrouble.Why("5.3.4", string.Create(CultureInfo.InvariantCulture,
                $"message size {message.Size} exceeds size limit {_features.SizeLimit} of server {Peer.Name}")));
            if (!keepOpen)
                chat.Abandon();
            return false;
        }
        (turn.RequireTlsFeature, Dsn? lack) = turn.Destination.RequireTls.Judge(Peer, turn.Tls, chat.IsEncrypted, turn.VerifiedBy != Verification.None && !turn.Tls.IsNameInsecure, _features.RequireTls);
        if (lack is not null)
            trouble.FeatureIsMissing(turn.Tls.IsStsUnknown ? lack.AsTransient() : lack);
        else if (!_features.SmtpUtf8 && EnvelopeCommands.NeedsSmtpUtf8(turn, _options))
            trouble.MessageFails(SmtpTrouble.Why("5.6.7", $"SMTPUTF8 is required, but was not offered by host {Peer.Name}"), mayWorkElsewhere: true);
        else if (!EnvelopeCommands.CanBeSent(_options.Outside(message.Sender)))
            trouble.MessageFails(SmtpTrouble.Why("5.1.7", "sender address has control characters or is too long"));
        foreach (AttemptRecipient recipient in turn.State.Open)
        {
            if (!EnvelopeCommands.CanBeSent(_options.Outside(recipient.Address)))
                trouble.RecipientFails(recipient, SmtpTrouble.Why("5.1.3", "recipient address has control characters or is too long"));
        }
        return turn.State.HasOpen;
    }

    // Nothing that happens here changes a result.
    private void Quit()
    {
        if (chat.IsBroken || chat.HasQuit || chat.IsOutOfStep)
            return;
        try
        {
            chat.Say(SmtpStage.Quit, "QUIT");
            chat.Flush(SmtpStage.Quit);
            if (!_options.SkipQuitResponse)
                _ = chat.ReadReply(SmtpStage.Quit);
        }
        catch (Exception e) when (e is ConnectionException or StoppingException)
        {
            chat.Abandon();
        }
    }
}
