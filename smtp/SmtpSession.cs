using System.Globalization;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Notices;
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

    /// <summary>Greeting and EHLO (or HELO, or LHLO).</summary>
    /// <param name="isBestMx">No server of the next hop is better: if it is this system, mail would go in a circle.</param>
    /// <param name="detectLoops">See <see cref="SmtpOptions.LoopPort"/>.</param>
    /// <returns>False: the site failed, the recipients are dealt with.</returns>
    internal bool Greet(DeliveryAttempt attempt, SmtpTrouble trouble, bool isBestMx, bool detectLoops)
    {
        chat.QueueId = attempt.QueueId;
        try
        {
            Dsn? why = ShakeHands(attempt, isBestMx, detectLoops);
            if (why is null)
            {
                attempt.SetUpTime = MailTime.Microseconds(clock);
                return true;
            }
            trouble.SiteFails(why);
            Quit();
        }
        catch (SmtpStreamException e)
        {
            IsBroken = true;
            trouble.StreamFails(e, chat.Stage);
        }
        catch (StoppingException)
        {
            IsBroken = true;
            trouble.Stopping();
        }
        return false;
    }

    /// <summary>Sends one message to all recipients that are open. Each has a verdict when this returns, unless
    /// <see cref="IsStale"/>.</summary>
    /// <param name="content">Opens the content, at its start.</param>
    internal void Transfer(DeliveryAttempt attempt, SmtpTrouble trouble, RecipientResults results, Func<ContentReader> content)
    {
        Uses++;
        chat.QueueId = attempt.QueueId;
        attempt.ConnectionUse = Uses;
        if (attempt.SetUpTime == 0)
            attempt.SetUpTime = MailTime.Microseconds(clock);
        _keepOpen = attempt.KeepSession && MayBeUsedAgain;
        try
        {
            if (!IsFitForServer(attempt, trouble))
                return;
            SmtpTransaction transaction = new(chat, _features, attempt, trouble, results, options, log)
            {
                MayBeStale = Uses > 1,
                KeepOpen = _keepOpen,
                DelayDot = _delayDot,
            };
            transaction.Run(content);
            (_hasQuit, IsBroken, IsStale) = (transaction.HasQuit, transaction.IsBroken, transaction.IsStale);
            if (!IsStale)
                attempt.HasCompletedSession = true;
        }
        catch (SmtpStreamException e)
        {
            IsBroken = true;
            if (Uses > 1 && e.Failure == StreamFailure.Lost && chat.Stage == SmtpStage.Mail)
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
    }

    /// <summary>Says good-bye, if that was not done, and closes.</summary>
    public void Dispose()
    {
        Quit();
        chat.Dispose();
    }

    private bool MayBeUsedAgain =>
        (options.ConnectionReuseCountLimit == 0 || Uses < options.ConnectionReuseCountLimit)
        && Environment.TickCount64 - StartTick < options.ConnectionReuseTimeLimit.TotalMilliseconds;

    private Dsn? ShakeHands(DeliveryAttempt attempt, bool isBestMx, bool detectLoops)
    {
        SmtpReply greeting = chat.ReadReply(SmtpStage.Greeting);
        if (greeting.Class != 2)
            return SmtpTrouble.Refusal(peer, greeting, softly: options.Skip5xxGreeting);
        bool saysEsmtp = false;
        string[] words = greeting.Text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        for (int i = 1; i < words.Length; i++)
        {
            if (i == 1 && detectLoops && IsMyName(words[i]))
                log.GreetedWithMyName(peer, options.MyHostname);
            else if (words[i].Equals("ESMTP", StringComparison.OrdinalIgnoreCase))
                saysEsmtp = true;
        }
        bool disableEsmtp = EnablePixWorkarounds(attempt, greeting.Text);

        SmtpReply hello;
        if (options.IsLmtp)
        {
            hello = chat.Ask(SmtpStage.Lhlo, $"LHLO {options.HeloName}");
            if (hello.Class != 2)
                return SmtpTrouble.Refusal(peer, hello, softly: false);
            _features = ServerFeatures.Parse(hello, DiscardedKeywords());
        }
        else
        {
            bool useEhlo = (saysEsmtp || options.AlwaysSendEhlo) && !options.NeverSendEhlo && !disableEsmtp;
            hello = useEhlo ? chat.Ask(SmtpStage.Ehlo, $"EHLO {options.HeloName}") : greeting;
            if (useEhlo && hello.Class == 2)
            {
                _features = ServerFeatures.Parse(hello, DiscardedKeywords());
            }
            else
            {
                // 421: the server is about to close; anything else may be an old server that does not know EHLO.
                if (useEhlo && hello.Code == 421)
                    return SmtpTrouble.Refusal(peer, hello, softly: false);
                hello = chat.Ask(SmtpStage.Helo, $"HELO {options.HeloName}");
                if (hello.Class != 2)
                    return SmtpTrouble.Refusal(peer, hello, softly: false);
            }
        }
        chat.IsPipelining = _features.Pipelining;

        if (detectLoops && IsMyName(FirstWord(hello.Lines[0])))
        {
            log.RepliedWithMyName(peer, options.MyHostname);
            if (isBestMx)
                return SmtpTrouble.Why("5.4.6", $"mail for {attempt.Request.NextHop} loops back to myself");
        }
        return null;
    }

    // A firewall of old overwrites the greeting with stars and then garbles ESMTP and a final dot that comes in two packets.
    private bool EnablePixWorkarounds(DeliveryAttempt attempt, string greeting)
    {
        if (options.IsLmtp)
            return false;
        foreach (char c in greeting)
        {
            if (c is not ('2' or '0' or ' ' or '*' or '\t'))
                return false;
        }
        long age = MailTime.Microseconds(clock) - attempt.Request.ArrivalMicroseconds;
        _delayDot = options.PixDelayDotCrLf && age >= options.PixThresholdTime.TotalMicroseconds;
        string names = (options.PixDisableEsmtp, _delayDot) switch
        {
            (true, true) => "disable_esmtp delay_dotcrlf",
            (true, false) => "disable_esmtp",
            (false, true) => "delay_dotcrlf",
            _ => "",
        };
        if (names.Length > 0)
            log.PixWorkarounds(attempt.QueueId, names, peer);
        return options.PixDisableEsmtp;
    }

    private IReadOnlyList<string> DiscardedKeywords() =>
        options.DiscardEhloKeywordsOf(peer.Address) is { } list
            ? list.Split([' ', ',', '\t'], StringSplitOptions.RemoveEmptyEntries)
            : options.DiscardEhloKeywords;

    private bool IsMyName(string name) => name.Equals(options.MyHostname, StringComparison.OrdinalIgnoreCase);

    private static string FirstWord(string line)
    {
        if (line.Length < 5)
            return "";
        int end = line.AsSpan(4).IndexOfAny(' ', '\t');
        return end < 0 ? line[4..] : line.Substring(4, end);
    }

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
        if (!_features.SmtpUtf8 && EnvelopeCommands.NeedsSmtpUtf8(attempt))
            trouble.MessageFails(SmtpTrouble.Why("5.6.7", $"SMTPUTF8 is required, but was not offered by host {peer.Name}"), mayWorkElsewhere: true);
        else if (!EnvelopeCommands.CanBeSent(message.Sender))
            trouble.MessageFails(SmtpTrouble.Why("5.1.7", "sender address has control characters or is too long"));
        foreach (Recipient recipient in attempt.Recipients)
        {
            if (recipient.Mark == RecipientMark.Open && !EnvelopeCommands.CanBeSent(recipient.Address))
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
        catch (Exception e) when (e is SmtpStreamException or StoppingException)
        {
            IsBroken = true;
        }
    }
}
