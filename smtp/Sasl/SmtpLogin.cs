using PostfixNet.Mail;
using PostfixNet.Net;

namespace PostfixNet.Smtp.Sasl;

/// <summary>Logs in to a server: SMTP AUTH, RFC 4954.</summary>
internal sealed class SmtpLogin(SmtpChat chat, SmtpPeer peer, LoginSettings settings)
{
    /// <summary>RFC 4954 section 4: longest line of the exchange, with CR LF.</summary>
    internal const int MostLineOctets = 12288;

    // No mechanism has as many; it ends a server that asks without end.
    private const int MostChallenges = 10;

    /// <summary>The server knows who we are.</summary>
    internal bool HasLoggedIn { get; private set; }

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
    }

    private Dsn? Run(Credentials credentials, IReadOnlyList<string>? offered)
    {
        if (offered is null && !settings.AuthEnforce)
            return null;
        List<string> allowed = MechanismFilter.Apply(settings.MechanismFilter, offered ?? []);
        if (allowed.Count == 0)
        {
            return SmtpTrouble.Why("4.7.0",
                $"SASL authentication failed: server {peer.Name} offered no compatible authentication mechanisms for this type of connection security");
        }
        IChannelSecurity? security = chat.Stream.Security;
        MechanismKind kind = MechanismKind.Choose(allowed, settings.DemandsOn(security), credentials.Token is not null, security?.ServerEndPoint is not null)
            ?? throw new SaslException("no mechanism available");
        Attempt attempt = new(kind, security, offered ?? []);
        if (credentials.Token is null)
            return Judge(Exchange(attempt, credentials.User, credentials.Password));

        SmtpReply reply = Exchange(attempt, credentials.User, credentials.Token.Get(chat.Stream.ThrowIfStopping));
        // The token may have been withdrawn before its time: then a fresh one is tried, once.
        if (reply.Code == 535 && credentials.Token.Refused())
            reply = Exchange(attempt, credentials.User, credentials.Token.Get(chat.Stream.ThrowIfStopping));
        return Judge(reply);
    }

    private sealed record Attempt(MechanismKind Kind, IChannelSecurity? Security, IReadOnlyList<string> Offered);

    private SmtpReply Exchange(Attempt attempt, string user, string secret)
    {
        chat.Redaction ??= new Redaction();
        chat.Redaction.AddSecret(secret);
        Mechanism mechanism = attempt.Kind.Start(user, secret, peer, attempt.Security?.ServerEndPoint, attempt.Offered);
        byte[]? initial = mechanism.InitialResponse;
        SmtpReply reply = Ask(initial is null ? $"AUTH {attempt.Kind.Name}" : $"AUTH {attempt.Kind.Name} ", initial);
        for (int challenges = 1; reply.Class == 3; challenges++)
        {
            byte[] response;
            try
            {
                if (challenges > MostChallenges)
                    throw new SaslException("too many challenges");
                response = mechanism.Respond(Challenge(reply));
            }
            catch (SaslException)
            {
                _ = chat.Ask(SmtpStage.Auth, "*");
                throw;
            }
            reply = Ask("", response);
        }
        if (reply.Class == 2)
            mechanism.Complete();
        return reply;
    }

    private SmtpReply Ask(string command, byte[]? response)
    {
        string text = response is null ? "" : Convert.ToBase64String(response);
        chat.Redaction?.AddResponse(text);
        if (command.Length + text.Length + 2 > MostLineOctets)
            throw new SaslException("name and password or token are too long");
        return chat.AskSecretly(SmtpStage.Auth, command + text, command + "<hidden>");
    }

    private static byte[] Challenge(SmtpReply reply)
    {
        if (reply.Lines.Count != 1 || reply.Lines[0].Length + 2 > MostLineOctets)
            throw new SaslException("challenge not understood");
        string text = reply.Lines[0].Length > 4 ? reply.Lines[0][4..].Trim(' ') : "";
        return Base64Line.TryDecode(text) ?? throw new SaslException("challenge not understood");
    }

    private Dsn? Judge(SmtpReply reply)
    {
        if (reply.Class == 2)
        {
            HasLoggedIn = true;
            return null;
        }
        string status = reply.Class switch
        {
            4 => reply.Status,
            5 when !settings.AuthSoftBounce => reply.Status,
            5 => $"4{reply.Status.AsSpan(1)}",
            _ => "4.5.0",
        };
        return SmtpTrouble.Why(status, $"SASL authentication failed; server {peer.Name} said: {reply.Text}", peer.Host, reply.Text);
    }

    private Dsn Failed(string why) => SmtpTrouble.Why("4.7.0",
        $"SASL authentication failed; cannot authenticate to server {peer.Name}: {chat.Redaction?.Apply(why) ?? why}");
}
