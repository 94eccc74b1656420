using System.Globalization;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Milter;
using PostfixNet.Native;

namespace PostfixNet.Smtpd;

/// <summary>Makes the milters of sessions.</summary>
internal sealed class MilterService(MilterChoice choice, AccessServices services)
{
    private readonly LoopMilterNetwork _network = new(services.Loop, services.Names);

    /// <summary>Those of a process; null: there are none.</summary>
    internal static MilterService? Of(MilterChoice? choice, AccessServices services) => choice is not null ? new MilterService(choice, services) : null;

    /// <summary>The milters of a client; null: it has none.</summary>
    internal async ValueTask<SessionMilters?> For(Session session)
    {
        IReadOnlyList<MilterOptions> milters = await choice.Of(session.Client, services);
        if (milters.Count == 0)
            return null;
        MilterMacroValues values = new(choice, services.Destinations, session);
        return new SessionMilters(session, new MilterChain(choice.Settings, milters, _network, services.Log.Warning) { Values = values.Of }, values, services.Log);
    }
}

/// <summary>The milters of one session, up to the content: they hear what the client says, and what they want is done.</summary>
internal sealed class SessionMilters(Session session, MilterChain chain, MilterMacroValues values, Log log)
{
    private bool _isHandedOver;

    /// <summary>Of a message to be thrown away they hear no more.</summary>
    private bool IsSilent => session.Transaction is { IsDiscarded: true };

    internal async ValueTask<Reply?> Connect(string stage) =>
        Decide(await chain.Connect(new MilterClient(session.Client.Name, session.Client.AddressOrLoopback, session.Client.Port)), stage);

    /// <param name="command">HELO or EHLO.</param>
    /// <param name="name">As the client gave it.</param>
    internal async ValueTask<Reply?> Helo(string command, string name) => IsSilent ? null : Decide(await chain.Helo(name), command);

    /// <param name="words">The path and the parameters, as the client gave them.</param>
    internal async ValueTask<Reply?> Mail(IReadOnlyList<string> words) => IsSilent ? null : Decide(await chain.Mail(words), "MAIL");

    /// <param name="words">Likewise.</param>
    /// <param name="recipient">Internal form.</param>
    /// <param name="refusal">It is refused already: then nobody else decides.</param>
    internal async ValueTask<Reply?> Rcpt(IReadOnlyList<string> words, string recipient, Reply? refusal)
    {
        if (IsSilent)
            return refusal;
        values.Recipient = (recipient, refusal);
        MilterVerdict? verdict = await chain.Rcpt(words, refusal is not null);
        values.Recipient = null;
        return refusal ?? Decide(verdict, "RCPT", recipient);
    }

    /// <param name="command">DATA or BDAT.</param>
    internal async ValueTask<Reply?> Data(string command) => IsSilent ? null : Decide(await chain.Data(), command, session.Transaction?.Recipients.FirstOrDefault()?.Address);

    /// <summary>What is said to a command that nobody knows, in the place of the usual reply.</summary>
    internal async ValueTask<Reply?> Unknown(string line) => IsSilent ? null : Decide(await chain.Unknown(line), "UNKNOWN");

    /// <summary>What is said to AUTH, STARTTLS and VRFY, when the client is refused.</summary>
    internal Reply? Standing => chain.Standing is { Decision: MilterDecision.Refuse } verdict ? Reply.OfLines(verdict.Text) : null;

    /// <summary>The message is not to be, or is done.</summary>
    internal void Abort()
    {
        // While another process has the connections, the end of the message there is the end of it here.
        if (!_isHandedOver)
            chain.Abort();
    }

    internal async ValueTask Close()
    {
        await chain.Close();
        chain.Dispose();
    }

    /// <summary>What cleanup needs to show them the content.</summary>
    /// <exception cref="MilterRefusalException">One of them is broken just now, and its default action is to refuse.</exception>
    internal async ValueTask<(IReadOnlyList<AttributeList> Milters, IReadOnlyList<Descriptor> Sockets)> HandOver()
    {
        (IReadOnlyList<AttributeList> Milters, IReadOnlyList<Descriptor> Sockets) handed = await chain.HandOver();
        return Decide(chain.Standing, "END-OF-MESSAGE") is { } refusal ? throw new MilterRefusalException(refusal) : handed;
    }

    /// <summary>cleanup has the connections.</summary>
    internal void Given() => _isHandedOver = true;

    /// <summary>It has done with them.</summary>
    internal void TakenBack() => _isHandedOver = false;

    /// <summary>It is gone in the middle of a message, and what the milters say next may be about that.</summary>
    internal void Lost()
    {
        if (_isHandedOver)
            chain.GiveUp();
        _isHandedOver = false;
    }

    private Reply? Decide(MilterVerdict? verdict, string stage, string? recipient = null)
    {
        if (verdict is null)
            return null;
        Reply? reply = verdict.Decision switch
        {
            MilterDecision.ShutDown => new Reply(421, "4.7.0", "Server closing connection"),
            MilterDecision.Refuse => Reply.OfLines(verdict.Text),
            _ => null,
        };
        if (reply is null)
        {
            if (session.Transaction is { } transaction)
            {
                if (verdict.Decision == MilterDecision.Hold ? transaction.IsHeld : transaction.IsDiscarded)
                    return null;
                transaction.IsHeld |= verdict.Decision == MilterDecision.Hold;
                transaction.IsDiscarded |= verdict.Decision == MilterDecision.Discard;
            }
            log.Decided(session, session.Transaction?.Chunks?.Id, verdict.Word, stage, verdict.Reason, recipient);
            return null;
        }
        log.Decided(session, session.Transaction?.Chunks?.Id, verdict.Word, stage, verdict.Decision == MilterDecision.Refuse ? verdict.Text.ReplaceLineEndings("\r\n") : reply.ToString(), recipient);
        // RFC 5321 section 3.8, RFC 7504.
        return reply.Code is 421 or 521 ? reply with { IsLast = true } : reply;
    }
}

/// <summary>What macros stand for in a session.</summary>
internal sealed class MilterMacroValues(MilterChoice choice, Destinations destinations, Session session)
{
    /// <summary>The recipient that milters are told of just now.</summary>
    internal (string Address, Reply? Refusal)? Recipient { get; set; }

    internal string? Of(string name)
    {
        ClientInfo client = session.Client;
        return name switch
        {
            "daemon_name" => choice.Settings.DaemonName,
            "v" => choice.Settings.Version,
            "j" => choice.MyHostname,
            "_" => $"{client.ReverseName} [{client.AddressOrLoopback}]{(client.Name.Equals(client.ReverseName, StringComparison.OrdinalIgnoreCase) ? "" : " (may be forged)")}",
            "client_addr" => client.AddressOrLoopback.ToString(),
            "client_name" => client.Name,
            "client_ptr" => client.ReverseName,
            "client_port" => client.Port.ToString(CultureInfo.InvariantCulture),
            "client_resolve" => client.Name != ClientInfo.Unknown ? "OK" : client.IsNameTemporary || client.IsReverseNameTemporary ? "TEMP" : client.ReverseName != ClientInfo.Unknown ? "FORGED" : "FAIL",
            "daemon_addr" => client.Server?.Address.ToString() ?? client.AddressOrLoopback.ToString(),
            "daemon_port" => client.Server?.Port.ToString(CultureInfo.InvariantCulture) ?? "0",
            "tls_version" => session.Tls?.Protocol,
            "cipher" => session.Tls?.Cipher,
            "cipher_bits" => session.Tls?.Bits.ToString(CultureInfo.InvariantCulture),
            "cert_subject" => session.Tls is { IsTrusted: true } tls ? tls.Subject : null,
            "cert_issuer" => session.Tls is { IsTrusted: true } tls ? tls.Issuer : null,
            "i" => session.Transaction?.Chunks?.Id?.ToString(),
            "auth_type" => session.Login?.Method,
            "auth_authen" => session.Login?.User,
            "auth_author" => session.Login is not null && session.Transaction is { Author.Length: > 0 } transaction ? transaction.Author : null,
            "mail_addr" or "mail_host" or "mail_mailer" => session.Transaction is { } transaction ? Part(name[5..], transaction.Sender) : null,
            "rcpt_addr" or "rcpt_host" or "rcpt_mailer" => Recipient is not { } recipient ? null
                : recipient.Refusal is { } refusal ? Part(name[5..], refusal) : Part(name[5..], recipient.Address),
            _ => null,
        };
    }

    // As Sendmail has it: where the address leads to.
    private string Part(string part, string address)
    {
        // What comes back goes to this host.
        if (address.Length == 0)
            return part == "addr" ? "" : Part(part, $"MAILER-DAEMON@{choice.MyHostname}");
        Destination destination = destinations.Resolve(address);
        return (part, destination.Class) switch
        {
            ("addr", _) => Address.ToExternal(destination.Address),
            ("host", DestinationClass.Local) => choice.MyHostname,
            ("host", DestinationClass.Other) when choice.RelayHost.Length > 0 => choice.RelayHost,
            ("host", _) => Address.Split(destination.Address).Domain ?? "",
            (_, DestinationClass.Local) => "local",
            (_, DestinationClass.Relay) => "relay",
            (_, DestinationClass.Alias) => "error",
            _ => "smtp",
        };
    }

    // Likewise, of a recipient that is refused: why.
    private static string Part(string part, Reply refusal) => part switch { "addr" => refusal.Text.StartsWith('<') && refusal.Text.Contains(' ', StringComparison.Ordinal) ? refusal.Text[(refusal.Text.IndexOf(' ', StringComparison.Ordinal) + 1)..] : refusal.Text, "host" => refusal.Status, _ => "error" };
}

/// <summary>A message is refused before cleanup has it.</summary>
/// <param name="reply">What the client is told; the log was.</param>
internal sealed class MilterRefusalException(Reply reply) : Exception
{
    internal Reply Reply => reply;
}
