using PostfixNet.Login;
using PostfixNet.Logins;
using PostfixNet.Mail;
using PostfixNet.Net;
using PostfixNet.Tables;

namespace PostfixNet.Smtp.Sasl;

/// <summary>Logs in to a server: SMTP AUTH, RFC 4954.</summary>
internal sealed class SmtpLogin(SmtpChat chat, SmtpPeer peer, LoginSettings settings, Log log)
{
    /// <summary>RFC 4954 section 4: longest line of the exchange, with CR LF.</summary>
    internal const int MostLineOctets = 12288;

    // RFC 5321 section 4.5.3.1.4, of a command with CR LF; RFC 4954 section 4 lets only what follows it be longer.
    private const int MostCommandOctets = 512;

    // What is shown of a server's explanation.
    private const int MostExplanation = 300;

    // No mechanism has as many; it ends a server that asks without end.
    private const int MostChallenges = 10;

    // Of the server, in the last exchange.
    private int _challenges;

    // The server was given something to decide on.
    private bool _hasAsked;

    // What the server said of a failure before its final reply; null: nothing.
    private string? _explanation;

    /// <summary>The server knows who we are.</summary>
    internal bool HasLoggedIn { get; private set; }

    /// <summary>The server does not know the channel binding that there is here; it was tried without.</summary>
    internal bool HasLeftOutBinding { get; private set; }

    /// <summary>The login is the sender's own: that it does not work says nothing about other mail.</summary>
    internal bool IsOfSender { get; private set; }

    /// <summary>Logs in, if there is a login for this mail at this server.</summary>
    /// <param name="sender">Of the message.</param>
    /// <param name="destination">Next hop or fallback relay, as written.</param>
    /// <param name="offered">Mechanisms that the server announced; null: no AUTH.</param>
    /// <returns>Why this server cannot be used; null: go on.</returns>
    internal Dsn? Run(string sender, string destination, IReadOnlyList<string>? offered)
    {
        try
        {
            Credentials? credentials = settings.OnlyKey.Length > 0
                ? settings.Passwords.Named(settings.OnlyKey) : settings.Passwords.Find(sender, peer.Host, destination);
            return credentials is null ? null : Run(credentials, offered);
        }
        catch (SaslException e)
        {
            return Failed(e.Message);
        }
        catch (LookupException e)
        {
            log.Warning(e.Message);
            return SmtpTrouble.Why("4.3.0", "temporary lookup failure");
        }
    }

    private Dsn? Run(Credentials credentials, IReadOnlyList<string>? offered)
    {
        IsOfSender = credentials.IsOfSender;
        if (offered is null && !settings.AuthEnforce)
            return null;
        IChannelSecurity? security = chat.Stream.Security;
        MechanismChoice choice = new(offered ?? [], settings.MechanismFilter, settings.DemandsOn(security), credentials.Token is not null, security?.ServerEndPoint is not null);
        if (!choice.IsAnyAllowed)
        {
            return SmtpTrouble.Why("4.7.0",
                $"SASL authentication failed: server {peer.Name} offered no compatible authentication mechanisms for this type of connection security");
        }
        MechanismKind kind = choice.Kind ?? throw new SaslException("no mechanism available");
        Attempt attempt = new(kind, security, offered ?? []);
        using LoginTurn? turn = settings.Turns?.Take(credentials, log);
        if (turn?.Refused is { } refused)
            return LeftAlone(credentials, refused);
        try
        {
            SmtpReply reply = Try(attempt, credentials);
            if (reply.Class is 2 or 5)
                settings.Turns?.Tell(turn, reply.Class == 2 ? null : (reply.Status, Explained(reply)), log);
            return Judge(reply);
        }
        catch (SaslException e) when (_hasAsked)
        {
            // It had its answer: the server did not prove that it knows the password, or has no idea of the mechanism.
            settings.Turns?.Tell(turn, ("4.7.0", e.Message), log);
            throw;
        }
    }

    private SmtpReply Try(Attempt attempt, Credentials credentials)
    {
        if (credentials.Token is null)
            return TryPassword(attempt, credentials);
        SmtpReply reply = Exchange(attempt, credentials.User, credentials.Token.Get(chat.Stream.ThrowIfStopping));
        // The token may have been withdrawn before its time: then a fresh one is tried, once.
        if (reply.Code == 535 && credentials.Token.Refused())
            reply = Exchange(attempt, credentials.User, credentials.Token.Get(chat.Stream.ThrowIfStopping));
        return reply;
    }

    // A server may know other channel bindings only, tls-exporter (RFC 9266), which the TLS library does not give us. It says so before it has asked for anything. From one that has proved
    // its name that is believed: then nobody is in between, and the login goes without. From others not: to whoever is in between the binding is the obstacle.
    private SmtpReply TryPassword(Attempt attempt, Credentials credentials)
    {
        SmtpReply reply = Exchange(attempt, credentials.User, credentials.Password);
        if (reply.Class != 5 || _challenges > 0 || attempt.Kind.Unbound is not { } unbound || attempt.Security?.IsPeerVerified != true || !attempt.Offered.Contains(unbound.Name))
            return reply;
        HasLeftOutBinding = true;
        return Exchange(attempt with { Kind = unbound }, credentials.User, credentials.Password);
    }

    private sealed record Attempt(MechanismKind Kind, IChannelSecurity? Security, IReadOnlyList<string> Offered);

    private SmtpReply Exchange(Attempt attempt, string user, string secret)
    {
        chat.Redaction ??= new Redaction();
        chat.Redaction.AddSecret(secret);
        Mechanism mechanism = attempt.Kind.Start(user, secret, peer, attempt.Security?.ServerEndPoint, attempt.Offered);
        _explanation = null;
        SmtpReply reply = Begin(attempt.Kind.Name, mechanism.InitialResponse);
        for (_challenges = 0; reply.Class == 3;)
        {
            byte[] response;
            try
            {
                if (++_challenges > MostChallenges)
                    throw new SaslException("too many challenges");
                if (mechanism.ChallengeTellsFailure)
                    Explain(attempt.Kind.Name, reply);
                response = mechanism.ChallengeTellsFailure ? mechanism.Respond([]) : mechanism.Respond(Challenge(reply));
            }
            catch (SaslException)
            {
                // Its own words for it, if it has any, tell more.
                if (chat.Ask(SmtpStage.Auth, "*") is { Code: 535 } refusal)
                    return refusal;
                throw;
            }
            reply = Ask("", response);
        }
        if (reply.Class == 2)
            mechanism.Complete();
        return reply;
    }

    // The initial response goes with the command where it fits. A server that does not take it so, or only so, gets it the other way.
    private SmtpReply Begin(string mechanism, byte[]? initial)
    {
        if (initial is null)
            return Ask($"AUTH {mechanism}", null);
        bool fits = $"AUTH {mechanism} ".Length + (initial.Length + 2) / 3 * 4 + 2 <= MostCommandOctets;
        SmtpReply reply = fits ? Ask($"AUTH {mechanism} ", initial) : Alone();
        if (reply.Code is not (500 or 501 or 504))
            return reply;
        SmtpReply other = fits ? Alone() : Ask($"AUTH {mechanism} ", initial);
        // That it does not know this form either is no better reason.
        return other.Code is 500 or 501 or 503 or 504 ? reply : other;

        SmtpReply Alone()
        {
            SmtpReply ready = Ask($"AUTH {mechanism}", null);
            return ready.Class == 3 ? Ask("", initial) : ready;
        }
    }

    // RFC 7628 section 3.2.2: the only place where the server says why.
    private void Explain(string mechanism, SmtpReply reply)
    {
        string text = ChallengeText(reply);
        string plain = SmtpReplyParser.Printable(Base64Line.TryDecode(text) ?? ByteText.Encode(text));
        plain = chat.Redaction?.Apply(plain) ?? plain;
        if (plain.Length == 0)
            return;
        _explanation = plain.Length > MostExplanation ? $"{plain.AsSpan(0, MostExplanation)}..." : plain;
        log.LoginExplained(peer, mechanism, _explanation);
    }

    private SmtpReply Ask(string command, byte[]? response)
    {
        string text = response is null ? "" : Convert.ToBase64String(response);
        chat.Redaction?.AddResponse(text);
        _hasAsked = true;
        if (command.Length + text.Length + 2 > MostLineOctets)
            throw new SaslException("name and password or token are too long");
        return chat.AskSecretly(SmtpStage.Auth, command + text, command + "<hidden>");
    }

    private static byte[] Challenge(SmtpReply reply)
    {
        string text = ChallengeText(reply);
        if (reply.Lines.Count(IsChallenge) != 1 || text.Length + 6 > MostLineOctets)
            throw new SaslException("challenge not understood");
        return Base64Line.TryDecode(text) ?? throw new SaslException("challenge not understood");
    }

    // Some server folds an explanation like any other text.
    private static string ChallengeText(SmtpReply reply) =>
        string.Concat(reply.Lines.Where(IsChallenge).Select(static line => line.Length > 4 ? line[4..].Trim(' ') : ""));

    private static bool IsChallenge(string line) => line.StartsWith("334", StringComparison.Ordinal);

    private Dsn? Judge(SmtpReply reply)
    {
        if (reply.Class == 2)
        {
            HasLoggedIn = true;
            return null;
        }
        return SmtpTrouble.Why(StatusOf(reply.Class, reply.Status), $"SASL authentication failed; server {peer.Name} said: {Explained(reply)}", peer.Host, reply.Text);
    }

    // What a refusal means for the mail.
    private string StatusOf(int replyClass, string status) => replyClass switch
    {
        4 => status,
        5 when !settings.AuthSoftBounce => status,
        5 => $"4{status.AsSpan(1)}",
        _ => "4.5.0",
    };

    private string Explained(SmtpReply reply) => _explanation is null ? reply.Text : $"{reply.Text} ({_explanation})";

    private Dsn LeftAlone(Credentials credentials, RefusedLogin refused) => SmtpTrouble.Why(StatusOf(refused.Status[0] - '0', refused.Status),
        $"SASL authentication failed; login {PrintableText.Of(credentials.Shown)} was refused at {MailTime.LogStamp(refused.At)}: {refused.Reply}; it is not tried again before {MailTime.LogStamp(refused.Until)}", peer.Host, refused.Reply);

    private Dsn Failed(string why) => SmtpTrouble.Why("4.7.0",
        $"SASL authentication failed; cannot authenticate to server {peer.Name}: {chat.Redaction?.Apply(why) ?? why}");
}
