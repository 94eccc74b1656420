using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Net;
using PostfixNet.Smtp.Sasl;
using PostfixNet.Smtp.Sts;

namespace PostfixNet.Smtp;

/// <summary>What comes before the first message of a session: greeting, EHLO (or HELO, or LHLO), TLS, login.</summary>
internal sealed class SmtpHandshake(SmtpChat chat, ServerTurn turn)
{
    private readonly SmtpPeer _peer = chat.Peer;
    private readonly SmtpOptions _options = chat.Options;
    private readonly Log _log = turn.Delivery.Log;
    private readonly bool _detectLoops = turn.Destination.DetectsLoops;
    private bool _useEhlo;
    private bool _delayDot;

    /// <summary>What the server can do.</summary>
    internal ServerFeatures Features { get; private set; } = ServerFeatures.None;

    /// <summary>The server knows who we are.</summary>
    internal bool HasLoggedIn { get; private set; }

    /// <inheritdoc cref="SmtpLogin.HasLeftOutBinding"/>
    internal bool HasLeftOutBinding { get; private set; }

    /// <summary>There is no login, though there should be one: why the server cannot be used.</summary>
    internal bool IsLoginTrouble { get; private set; }

    /// <summary>The login of this sender does not work, which says nothing about the server.</summary>
    internal bool IsSendersFault { get; private set; }

    /// <summary>Greets.</summary>
    /// <returns>Why this server cannot be used; null: it is ready for mail.</returns>
    internal Dsn? Run()
    {
        Dsn? why = turn.Tls.IsWrapped ? BeginTls() : null;
        why ??= BeforeTls(ReadGreeting() ?? SayHello());
        if (why is null && !chat.IsEncrypted)
        {
            why = AskForTls();
            if (chat.IsEncrypted)
                why ??= SayHello();
        }
        return why ?? (_options.Login is null ? WithoutLogin() : LogIn(_options.Login));
    }

    // Before TLS has begun somebody on the way may have said it: what the domain of the recipient publishes to be protected from him returns no mail (RFC 8461 section 5, RFC 7672 section 2.2).
    private Dsn? BeforeTls(Dsn? why) =>
        why is not null && !chat.IsEncrypted && (turn.Tls.IsBySts || turn.Tls.Tlsa is not null) && SmtpTrouble.IsHard(why) ? why.AsTransient() : why;

    private Dsn? ReadGreeting()
    {
        SmtpReply greeting = chat.ReadReply(SmtpStage.Greeting);
        if (greeting.Class != 2)
            return SmtpTrouble.Refusal(_peer, greeting, softly: _options.Skip5xxGreeting);
        turn.IsGreeted = true;
        bool saysEsmtp = false;
        string[] words = greeting.Text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        for (int i = 1; i < words.Length; i++)
        {
            if (i == 1 && _detectLoops && IsMyName(words[i]))
                _log.GreetedWithMyName(_peer, _options.MyHostname);
            else if (words[i].Equals("ESMTP", StringComparison.OrdinalIgnoreCase))
                saysEsmtp = true;
        }
        bool disableEsmtp = EnablePixWorkarounds(greeting.Text);
        _useEhlo = (saysEsmtp || _options.AlwaysSendEhlo) && !_options.NeverSendEhlo && !disableEsmtp;
        return null;
    }

    // Once after the greeting, and once more when TLS is up (RFC 3207 section 4.2).
    private Dsn? SayHello()
    {
        SmtpReply hello = Introduce();
        if (hello.Class != 2)
            return SmtpTrouble.Refusal(_peer, hello, softly: false);
        turn.ServerName = FirstWord(hello.Lines[0]);
        Features = Features with { DelayDot = _delayDot };
        chat.IsPipelining = Features.Pipelining;
        if (_detectLoops && IsMyName(turn.ServerName))
        {
            _log.RepliedWithMyName(_peer, _options.MyHostname);
            if (turn.IsBestExchanger)
                return SmtpTrouble.Why("5.4.6", $"mail for {turn.Delivery.Request.NextHop} loops back to myself");
        }
        return null;
    }

    // RFC 3207. A server that has no TLS, or none now, is good enough where plain text is.
    private Dsn? AskForTls()
    {
        if (Features.StartTls && turn.Tls.Level == TlsLevel.None && _options.NoteStartTlsOffer)
            _log.StartTlsOffered(_peer);
        if (!Features.StartTls)
            StsResults.Note(turn, "it does not offer TLS");
        if (turn.Tls.Level != TlsLevel.None && !Features.StartTls)
            turn.NoteTls(TlsResultType.StartTlsNotSupported);
        if (!Features.StartTls && turn.Tls.Level != TlsLevel.None)
            turn.PlainTextReason = "not offered";
        if (!Features.StartTls || turn.Tls.Level == TlsLevel.None)
            return turn.Tls.IsRequired ? SmtpTrouble.Why("4.7.4", $"TLS is required, but was not offered by host {_peer.Name}{turn.Tls.Whose}") : null;
        if (PlainTextRetry.IsKnown(turn))
        {
            turn.PlainTextReason = "its TLS failed a while ago";
            turn.NoteTls(TlsResultType.ValidationFailure, turn.PlainTextReason);
            return null;
        }
        SmtpReply reply = chat.Ask(SmtpStage.StartTls, "STARTTLS");
        if (reply.Class == 2)
            return BeginTls();
        turn.NoteTls(TlsResultType.StartTlsNotSupported, reply.Text);
        StsResults.Note(turn, $"it refuses to start TLS: {reply.Text}");
        turn.PlainTextReason = $"refused: {reply.Text}";
        if (!turn.Tls.IsRequired)
            return null;
        Dsn refusal = SmtpTrouble.TlsRefusal(_peer, reply);
        return BeforeTls(refusal);
    }

    private Dsn? BeginTls()
    {
        // Somebody on the way could have added it to the reply, for us to take it for a protected one later.
        if (chat.HasUnreadInput)
            return SmtpTrouble.Why("4.7.5", $"Cannot start TLS: host {_peer.Name} sent plain text after its reply to STARTTLS");
        if (_options.Tls is not { } tls)
            throw new InvalidOperationException("a policy without TLS");
        try
        {
            chat.Wrap(stream => tls.Client.Start(stream, turn));
        }
        catch (ConfigurationException e)
        {
            _log.Warning(e.Message);
            return SmtpTrouble.BadTlsPolicy();
        }
        catch (ConnectionException e)
        {
            turn.NoteTls(TlsResultType.ValidationFailure, e.Message);
            turn.PlainTextReason = e.Message.Length > 0 ? $"handshake failure: {e.Message}" : "handshake failure";
            throw;
        }
        (turn.IsEncrypted, turn.Channel) = (true, chat.Security);
        turn.VerifiedBy = chat.IsPeerVerified ? turn.Tls.Verifier : Verification.None;
        NoteTls();
        return turn.Tls.IsAuthenticated && !chat.IsPeerVerified
            ? SmtpTrouble.Why("4.7.5", $"Server certificate not verified{turn.Tls.Whose}")
            : null;
    }

    // What main.toml alone asks for is no policy of the domain's.
    private void NoteTls()
    {
        if (turn.Finding is { Defect: null } && (turn.CertificateTrouble is not null || (turn.Tls.IsAuthenticated && !chat.IsPeerVerified)))
            turn.NoteTls(turn.CertificateTrouble?.Type ?? TlsResultType.ValidationFailure, turn.CertificateTrouble?.Reason ?? "the server showed no certificate");
        else if (!turn.IsResumed || _options.TlsReports is not { SkipsReused: true })
            turn.NoteTls(null);
    }

    // Such mail would be refused, and come back to its sender.
    private Dsn? WithoutLogin() => _options.MissingLogin.Length > 0
        ? SmtpTrouble.Why("4.7.0", $"SASL authentication failed: login {_options.MissingLogin} is asked for, but smtp_sasl_auth_enable was off when this process began")
        : null;

    private Dsn? LogIn(LoginSettings settings)
    {
        SmtpLogin login = new(chat, _peer, settings, _log);
        Dsn? why = login.Run(turn.Delivery.Request.Sender, turn.Destination.Written, Features.AuthMechanisms);
        (HasLoggedIn, HasLeftOutBinding) = (login.HasLoggedIn, login.HasLeftOutBinding);
        (IsLoginTrouble, IsSendersFault) = (why is not null, why is not null && login.IsOfSender);
        Features = Features with { SendDummyAuth = settings.SendDummyMailAuth && login.HasLoggedIn };
        return why;
    }

    private SmtpReply Introduce()
    {
        Features = ServerFeatures.None;
        SmtpReply hello;
        if (_useEhlo || _options.IsLmtp)
        {
            hello = _options.IsLmtp
                ? chat.Ask(SmtpStage.Lhlo, $"LHLO {_options.HeloName}")
                : chat.Ask(SmtpStage.Ehlo, $"EHLO {_options.HeloName}");
            if (hello.Class == 2)
                Features = ServerFeatures.Parse(hello, DiscardedKeywords());
            // 421: the server is about to close; anything else may be an old server that does not know EHLO.
            if (hello.Class == 2 || hello.Code == 421 || _options.IsLmtp)
                return hello;
        }
        return chat.Ask(SmtpStage.Helo, $"HELO {_options.HeloName}");
    }

    // A firewall of old overwrites the greeting with stars and then garbles ESMTP and a final dot that comes in two packets.
    private bool EnablePixWorkarounds(string greeting)
    {
        if (_options.IsLmtp)
            return false;
        foreach (char c in greeting)
        {
            if (c is not ('2' or '0' or ' ' or '*' or '\t'))
                return false;
        }
        long age = turn.Delivery.Now - turn.Delivery.Request.ArrivalMicroseconds;
        _delayDot = _options.PixDelayDotCrLf && age >= _options.PixThresholdTime.TotalMicroseconds;
        string names = (_options.PixDisableEsmtp, _delayDot) switch
        {
            (true, true) => "disable_esmtp delay_dotcrlf",
            (true, false) => "disable_esmtp",
            (false, true) => "delay_dotcrlf",
            _ => "",
        };
        if (names.Length > 0)
            _log.PixWorkarounds(turn.Delivery.QueueId, names, _peer);
        return _options.PixDisableEsmtp;
    }

    private IReadOnlyList<string> DiscardedKeywords() =>
        _options.DiscardEhloKeywordsOf(_peer.Address) is { } list
            ? list.Split([' ', ',', '\t'], StringSplitOptions.RemoveEmptyEntries)
            : _options.DiscardEhloKeywords;

    private bool IsMyName(string name) => name.Equals(_options.MyHostname, StringComparison.OrdinalIgnoreCase);

    private static string FirstWord(string line)
    {
        if (line.Length < 5)
            return "";
        int end = line.AsSpan(4).IndexOfAny(' ', '\t');
        return end < 0 ? line[4..] : line.Substring(4, end);
    }
}
