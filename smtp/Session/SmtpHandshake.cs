using PostfixNet.Configuration;
using PostfixNet.Mail;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.Smtp;

/// <summary>What comes before the first message of a session: greeting, EHLO (or HELO, or LHLO), TLS, login.</summary>
internal sealed class SmtpHandshake(SmtpChat chat, SmtpPeer peer, SmtpOptions options, Log log, TimeProvider clock)
{
    private bool _useEhlo;

    /// <summary>What the server announced.</summary>
    internal ServerFeatures Features { get; private set; } = ServerFeatures.None;

    /// <summary>PIX work-around: the final dot goes in a packet of its own.</summary>
    internal bool DelayDot { get; private set; }

    /// <summary>Greets.</summary>
    /// <param name="isBestMx">No server of the next hop is better: if it is this system, mail would go in a circle.</param>
    /// <param name="detectLoops">See <see cref="SmtpOptions.LoopPort"/>.</param>
    /// <returns>Why this server cannot be used; null: it is ready for mail.</returns>
    internal Dsn? Run(DeliveryAttempt attempt, bool isBestMx, bool detectLoops)
    {
        Dsn? why = attempt.Tls.IsWrapped ? BeginTls(attempt) : null;
        why ??= ReadGreeting(attempt, detectLoops) ?? SayHello(attempt, isBestMx, detectLoops);
        if (why is null && !attempt.IsEncrypted)
        {
            why = AskForTls(attempt);
            if (attempt.IsEncrypted)
                why ??= SayHello(attempt, isBestMx, detectLoops);
        }
        return why ?? (options.Login is null ? WithoutLogin() : LogIn(attempt, options.Login));
    }

    private Dsn? ReadGreeting(DeliveryAttempt attempt, bool detectLoops)
    {
        SmtpReply greeting = chat.ReadReply(SmtpStage.Greeting);
        if (greeting.Class != 2)
            return SmtpTrouble.Refusal(peer, greeting, softly: options.Skip5xxGreeting);
        attempt.IsGreeted = true;
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
        _useEhlo = (saysEsmtp || options.AlwaysSendEhlo) && !options.NeverSendEhlo && !disableEsmtp;
        return null;
    }

    // Once after the greeting, and once more when TLS is up (RFC 3207 section 4.2).
    private Dsn? SayHello(DeliveryAttempt attempt, bool isBestMx, bool detectLoops)
    {
        SmtpReply hello = Introduce();
        if (hello.Class != 2)
            return SmtpTrouble.Refusal(peer, hello, softly: false);
        chat.IsPipelining = Features.Pipelining;
        if (detectLoops && IsMyName(FirstWord(hello.Lines[0])))
        {
            log.RepliedWithMyName(peer, options.MyHostname);
            if (isBestMx)
                return SmtpTrouble.Why("5.4.6", $"mail for {attempt.Request.NextHop} loops back to myself");
        }
        return null;
    }

    // RFC 3207. A server that has no TLS, or none now, is good enough where plain text is.
    private Dsn? AskForTls(DeliveryAttempt attempt)
    {
        if (Features.StartTls && attempt.Tls.Level == TlsLevel.None && options.NoteStartTlsOffer)
            log.StartTlsOffered(peer);
        if (!Features.StartTls || attempt.Tls.Level == TlsLevel.None)
            return attempt.Tls.IsRequired ? SmtpTrouble.Why("4.7.4", $"TLS is required, but was not offered by host {peer.Name}") : null;
        SmtpReply reply = chat.Ask(SmtpStage.StartTls, "STARTTLS");
        if (reply.Class == 2)
            return BeginTls(attempt);
        return attempt.Tls.IsRequired ? SmtpTrouble.TlsRefusal(peer, reply) : null;
    }

    private Dsn? BeginTls(DeliveryAttempt attempt)
    {
        // Somebody on the way could have added it to the reply, for us to take it for a protected one later.
        if (chat.HasUnreadInput)
            return SmtpTrouble.Why("4.7.5", $"Cannot start TLS: host {peer.Name} sent plain text after its reply to STARTTLS");
        if (options.Tls is not { } tls)
            throw new InvalidOperationException("a policy without TLS");
        try
        {
            chat.Wrap(stream => tls.Client.Start(stream, peer, attempt.Tls, options.StartTlsTimeout, log));
        }
        catch (ConfigurationException e)
        {
            log.Warning(e.Message);
            return SmtpTrouble.BadTlsPolicy();
        }
        attempt.IsEncrypted = true;
        return attempt.Tls.IsAuthenticated && chat.Stream.Security is not { IsPeerVerified: true }
            ? SmtpTrouble.Why("4.7.5", "Server certificate not verified")
            : null;
    }

    // Such mail would be refused, and come back to its sender.
    private Dsn? WithoutLogin() => options.MissingLogin.Length > 0
        ? SmtpTrouble.Why("4.7.0", $"SASL authentication failed: login {options.MissingLogin} is asked for, but smtp_sasl_auth_enable was off when this process began")
        : null;

    private Dsn? LogIn(DeliveryAttempt attempt, LoginSettings settings)
    {
        SmtpLogin login = new(chat, peer, settings);
        Dsn? why = login.Run(attempt.Request.Sender, attempt.Destination, Features.AuthMechanisms);
        Features = Features with { SendDummyAuth = settings.SendDummyMailAuth && login.HasLoggedIn };
        return why;
    }

    private SmtpReply Introduce()
    {
        Features = ServerFeatures.None;
        SmtpReply hello;
        if (_useEhlo || options.IsLmtp)
        {
            hello = options.IsLmtp
                ? chat.Ask(SmtpStage.Lhlo, $"LHLO {options.HeloName}")
                : chat.Ask(SmtpStage.Ehlo, $"EHLO {options.HeloName}");
            if (hello.Class == 2)
                Features = ServerFeatures.Parse(hello, DiscardedKeywords());
            // 421: the server is about to close; anything else may be an old server that does not know EHLO.
            if (hello.Class == 2 || hello.Code == 421 || options.IsLmtp)
                return hello;
        }
        return chat.Ask(SmtpStage.Helo, $"HELO {options.HeloName}");
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
        DelayDot = options.PixDelayDotCrLf && age >= options.PixThresholdTime.TotalMicroseconds;
        string names = (options.PixDisableEsmtp, DelayDot) switch
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
}
