using System.Globalization;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Net;
using PostfixNet.Queue;

namespace PostfixNet.Smtp;

/// <summary>A session with one server: the handshake once, then one message after the other.</summary>
/// <remarks>What a reply means for recipients is not decided here, but in <see cref="SmtpTrouble"/>.</remarks>
internal sealed class SmtpSession(SmtpChat chat, SmtpPeer peer, SmtpOptions options, Log log, TimeProvider clock) : IDisposable
{
    private ServerFeatures _features = ServerFeatures.None;
    private bool _delayDot;
    private bool _hasQuit;
    private bool _keepOpen;

    internal SmtpPeer Peer => peer;

    /// <summary>What the conversation had to offer.</summary>
    internal TlsPolicy Tls { get; init; } = TlsPolicy.None;

    /// <summary>Messages tried over this connection.</summary>
    internal int Uses { get; private set; }

    /// <summary>When the connection was made, in milliseconds of <see cref="Environment.TickCount64"/>.</summary>
    internal long StartTick { get; } = Environment.TickCount64;

    /// <summary>No other server was known for the next hop when the connection was made.</summary>
    internal bool IsOnlyServer { get; set; }

    /// <summary>The connection is of no use: nothing more can be said over it.</summary>
    internal bool IsBroken { get; private set; }

    /// <summary>The server had closed a session at rest: nothing was decided, a new connection is needed.</summary>
    internal bool IsStale { get; private set; }

    /// <summary>Another message can follow at once.</summary>
    internal bool IsReusable => !IsBroken && !_hasQuit && _keepOpen && !chat.IsOutOfStep;

    /// <summary>Nothing unasked came while the session was at rest.</summary>
    internal bool IsQuiet => !IsBroken && chat.IsQuiet;

    /// <inheritdoc cref="SmtpHandshake"/>
    /// <param name="isBestMx">No server of the next hop is better: if it is this system, mail would go in a circle.</param>
    /// <param name="detectLoops">See <see cref="SmtpOptions.LoopPort"/>.</param>
    /// <returns>False: the site failed, the recipients are dealt with.</returns>
    internal bool Greet(DeliveryAttempt attempt, SmtpTrouble trouble, bool isBestMx, bool detectLoops)
    {
        Begin(attempt);
        try
        {
            SmtpHandshake handshake = new(chat, peer, options, log, clock);
            Dsn? why = handshake.Run(attempt, isBestMx, detectLoops);
            (_features, _delayDot) = (handshake.Features, handshake.DelayDot);
            if (why is null)
            {
                attempt.SetUpTime = MailTime.Microseconds(clock);
                return true;
            }
            trouble.SiteFails(why);
            Quit();
        }
        catch (ConnectionException e)
        {
            IsBroken = true;
            trouble.StreamFails(e, chat.Stage);
        }
        catch (StoppingException)
        {
            IsBroken = true;
            trouble.Stopping();
        }
        Report(attempt);
        return false;
    }

    /// <summary>Sends one message to all recipients that are open. Each has a verdict when this returns, unless
    /// <see cref="IsStale"/>.</summary>
    /// <param name="content">Opens the content, at its start.</param>
    internal void Transfer(DeliveryAttempt attempt, SmtpTrouble trouble, RecipientResults results, Func<ContentReader> content)
    {
        if (Uses++ > 0)
            Begin(attempt);
        attempt.ConnectionUse = Uses;
        attempt.IsEncrypted = chat.Stream.Security is not null;
        if (attempt.SetUpTime == 0)
            attempt.SetUpTime = MailTime.Microseconds(clock);
        _keepOpen = attempt.KeepSession && MayBeUsedAgain;
        try
        {
            if (!IsFitForServer(attempt, trouble))
                return;
            if (Uses == 1 && attempt.IsEncrypted && options.Tls is { Settings.BlockEarlyMailReply: true } && !chat.IsQuiet)
            {
                // Somebody on the way sent commands of his own before ours, at the start of TLS (CVE-2009-3555).
                IsBroken = true;
                trouble.SiteFails(SmtpTrouble.Why("4.7.0", $"host {peer.Name} replied to MAIL FROM before it was sent"));
                return;
            }
            SmtpTransaction transaction = new(chat, _features, attempt, trouble, results, options, log)
            {
                MayBeStale = Uses > 1,
                KeepOpen = _keepOpen,
                DelayDot = _delayDot,
            };
            // More than one only for a server that limits the recipients of a transaction.
            do
            {
                attempt.BeginTransaction();
                transaction.Run(content);
                (_hasQuit, IsBroken, IsStale) = (transaction.HasQuit, transaction.IsBroken, transaction.IsStale);
                if (!IsStale)
                    attempt.HasCompletedSession = true;
            }
            while (attempt.HasNextTransaction && !IsBroken);
            if (attempt.HasNextTransaction)
                trouble.TurnIsMissed();
        }
        catch (ConnectionException e)
        {
            IsBroken = true;
            if (Uses > 1 && e.Failure is StreamFailure.Lost or StreamFailure.OutOfStep && chat.Stage <= SmtpStage.Mail)
                IsStale = true;
            else
                trouble.StreamFails(e, chat.Stage);
        }
        catch (StoppingException)
        {
            IsBroken = true;
            trouble.Stopping();
        }
        catch (ContentException e)
        {
            // The final dot was not sent; closing now makes the server throw away what it has.
            IsBroken = true;
            attempt.IsCorrupt = e.InnerException is QueueFileException;
            trouble.DataFails(e.Message);
        }
        if (attempt.SessionIsSpoiled)
            _keepOpen = false;
        if (!IsStale)
            Report(attempt);
    }

    /// <summary>Says good-bye, if that was not done, and closes.</summary>
    public void Dispose()
    {
        Quit();
        chat.Dispose();
    }

    private void Begin(DeliveryAttempt attempt)
    {
        chat.QueueId = attempt.QueueId;
        chat.Limit = attempt.Limit;
        attempt.Errors = ErrorClasses.None;
        chat.Transcript?.Clear();
    }

    private void Report(DeliveryAttempt attempt)
    {
        if (chat.Transcript is { } transcript)
            options.ErrorNotices?.Report(attempt, peer, transcript, log);
    }

    private bool MayBeUsedAgain =>
        (options.ConnectionReuseCountLimit == 0 || Uses < options.ConnectionReuseCountLimit)
        && Environment.TickCount64 - StartTick < options.ConnectionReuseTimeLimit.TotalMilliseconds;

    // What can be decided without asking the server. False: nothing is left to send.
    private bool IsFitForServer(DeliveryAttempt attempt, SmtpTrouble trouble)
    {
        DeliveryRequest message = attempt.Request;
        if (_features.SizeLimit > 0 && message.Size > _features.SizeLimit)
        {
            trouble.MessageFails(SmtpTrouble.Why("5.3.4", string.Create(CultureInfo.InvariantCulture,
                $"message size {message.Size} exceeds size limit {_features.SizeLimit} of server {peer.Name}")));
            _hasQuit = !_keepOpen;
            return false;
        }
        if (!_features.SmtpUtf8 && EnvelopeCommands.NeedsSmtpUtf8(attempt, options))
            trouble.MessageFails(SmtpTrouble.Why("5.6.7", $"SMTPUTF8 is required, but was not offered by host {peer.Name}"), mayWorkElsewhere: true);
        else if (!EnvelopeCommands.CanBeSent(options.Outside(message.Sender)))
            trouble.MessageFails(SmtpTrouble.Why("5.1.7", "sender address has control characters or is too long"));
        foreach (AttemptRecipient recipient in attempt.Recipients)
        {
            if (recipient.Mark == RecipientMark.Open && !EnvelopeCommands.CanBeSent(options.Outside(recipient.Address)))
                trouble.RecipientFails(recipient, SmtpTrouble.Why("5.1.3", "recipient address has control characters or is too long"));
        }
        return attempt.OpenRecipients > 0;
    }

    // Nothing that happens here changes a result.
    private void Quit()
    {
        if (IsBroken || _hasQuit || chat.IsOutOfStep)
            return;
        _hasQuit = true;
        try
        {
            chat.Say(SmtpStage.Quit, "QUIT");
            chat.Flush(SmtpStage.Quit);
            if (!options.SkipQuitResponse)
                _ = chat.ReadReply(SmtpStage.Quit);
        }
        catch (Exception e) when (e is ConnectionException or StoppingException)
        {
            IsBroken = true;
        }
    }
}
