using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Dns;
using PostfixNet.Log;
using PostfixNet.Logins;
using PostfixNet.Mail;
using PostfixNet.MtaSts;
using PostfixNet.Native;
using PostfixNet.Net;
using PostfixNet.Queue;
using PostfixNet.Service;
using PostfixNet.Smtp.Sts;
using PostfixNet.Tables;

namespace PostfixNet.Smtp.Sasl;

/// <summary>Logs in to the server of a next hop as mail would, by the same code, and says what came of each step; for "master auth-test". No mail is sent.</summary>
/// <remarks>The last fact is named <see cref="Fact.ResultName"/>. Passwords and tokens are in none.</remarks>
internal sealed class LoginTrial
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60), s_connectLimit = TimeSpan.FromSeconds(20);

    private readonly AgentSettings _settings;
    private readonly IReadOnlyList<string> _question;
    private readonly DeliveryRule? _rule;
    private readonly Surroundings _surroundings;
    private readonly IResolver _resolver;
    private readonly Record _record = new();
    private readonly List<Fact> _facts = [];

    private LoginTrial(MainConfig config, AgentSettings settings, string service, IReadOnlyList<string> question)
    {
        (_settings, _question) = (settings, question);
        _rule = question[1].Length > 0 ? DeliveryRule.Of(config.Destinations.Named(question[1])) : null;
        SmtpOptions all = settings.Options;
        SmtpOptions options = all with
        {
            RequestTimeLimit = s_limit,
            ConnectTimeout = all.ConnectTimeout > TimeSpan.Zero && all.ConnectTimeout < s_connectLimit ? all.ConnectTimeout : s_connectLimit,
            Verbosity = new Verbosity(settings.Queues.Root, service, PeerList.Read(["0.0.0.0/0", "::/0"])),
            // So that the protocol and the ciphers are told.
            Tls = all.Tls is null ? null : new TlsPolicies(all.Tls.Settings with { LogLevel = 1 }),
            Login = all.Login is null ? null : all.Login with { Turns = new LoginTurns(Take, TimeProvider.System, insists: true) },
        };
        _surroundings = new Surroundings(options, new Log(_record), TimeProvider.System, StopSignal.None);
        _resolver = new StubResolver(settings.Resolver);
    }

    /// <param name="question">Next hops; the name of the destination's table, or ""; the sender.</param>
    internal static IEnumerable<Fact> Of(MainConfig config, AgentSettings settings, string service, IReadOnlyList<string> question)
    {
        // As a service has it: the sockets of other services are found from there.
        FileSystem.ChangeDirectory(settings.Queues.Root);
        LoginTrial trial = new(config, settings, service, question);
        trial.Run();
        return trial._facts;
    }

    private string Sender => _question[2];

    // The service runs with the system; without it the login is tried all the same, and nobody is told.
    private LoginTurn Take(TurnQuestion question) => LoginTurn.Take(_settings.Queues.Root, question);

    private void Run()
    {
        Tell("sender", Sender.Length > 0 ? Sender : "<>", "");
        foreach (string written in NextHop.Split(_question[0]))
        {
            if (Try(written))
                return;
        }
        if (_facts.TrueForAll(static fact => fact.Name != Fact.ResultName))
            Tell(Fact.ResultName, "not tried", "there is no server that can be reached");
    }

    private void Tell(string name, string value, string because) => _facts.Add(new Fact(name, value, because));

    // True: there was a server.
    private bool Try(string written)
    {
        DeliveryContext delivery = new(Request(written), static () => throw new NotSupportedException(), new NoRecords(), _surroundings);
        SmtpOptions options = delivery.Options;
        if (NextHop.Parse(written, options) is not { } hop || hop.IsUnixSocket)
        {
            Tell("next hop", written, "no host to log in to");
            return false;
        }
        Tell("next hop", written, hop.UsesMx ? "its MX records decide" : "no MX lookup");
        ServerPolicies policies = new(_resolver, _surroundings.Log, options.HeedsMtaSts
            ? new StsPolicies(question => question.Ask(_settings.Queues.Root), new PolicyFiles($"{_settings.Queues.Root}/{PolicyFiles.DirectoryName}"), _surroundings.Clock, _surroundings.Log) : null);
        List<HostAddress> left;
        ServersLeft servers;
        Destination destination;
        try
        {
            TlsPolicy tls = options.Tls is null ? TlsPolicy.None : policies.Of(hop, options.Tls.For(written, hop.Domain, options.TlsLevel));
            destination = new(written, hop, tls, options) { IsLast = true };
            OwnAddresses own = new(static () => [], _surroundings.Clock);
            HostList list = new MxLookup(_resolver, options.NativeLookups ? HostsFile.Load() : null, own, _surroundings, _settings.Resolver.Search).Find(hop);
            left = [.. list.Hosts];
            servers = new ServersLeft(left, destination, policies, results: null, _surroundings.Log);
            if (list.Why is not null || servers.Sift() is { } && left.Count == 0)
            {
                Tell("server", "none", list.Why?.Reason ?? _record.Last);
                if (list.Why is not null && !options.NativeLookups && HostsFile.Load().Query(hop.Domain, DnsType.A).Status == DnsStatus.Ok)
                    Tell("hint", NameFacts.OnlyInFile(hop.Domain), "");
                return false;
            }
        }
        catch (Exception e) when (e is FormatException or LookupException)
        {
            Tell("TLS", "mail waits", $"smtp_tls_policy_maps: {e.Message}");
            return false;
        }
        Connected? connected = null;
        ConnectRace race = new(left, destination, _surroundings);
        while (left.Count > 0 && connected is null)
            connected = race.Run();
        if (connected is null)
        {
            Tell("server", "none", race.Why?.Reason ?? "");
            return false;
        }
        ServerTurn turn = new(delivery, new DeliveryState(delivery.Request.Recipients), destination, connected.Host.At(hop.Port)) { Tls = servers.PolicyOf(connected.Host).Tls, IsFinal = true };
        Tell("server", turn.Server.NameAndPort, "");
        LogIn(turn, connected.Stream);
        return true;
    }

    private void LogIn(ServerTurn turn, SocketStream stream)
    {
        using SmtpChat chat = new(stream, turn.Server, turn.Destination.Options, _surroundings.Log);
        SmtpHandshake handshake = new(chat, turn);
        Dsn? why = null;
        string? broken = null;
        try
        {
            chat.BeginMessage(turn.Delivery);
            why = handshake.Run();
        }
        catch (ConnectionException e)
        {
            broken = $"{e.Failure switch { StreamFailure.TimedOut => "no answer in time", StreamFailure.Lost => "the server closed the connection", StreamFailure.Tls => $"TLS failed{(e.Message.Length > 0 ? $": {e.Message}" : "")}", _ => "the server's replies make no sense" }} while {StageInfo.Of(chat.Stage).Doing}";
        }
        catch (LookupException e)
        {
            broken = e.Message;
        }
        if (broken is null && !chat.IsBroken)
            Leave(chat);
        foreach (string line in _record.Said)
            Tell(line[..1] == ">" ? Fact.SaidName : Fact.HeardName, line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..], "");
        DescribeTls(turn, chat);
        if (turn.Destination.Options.Login is { } login)
            DescribeMechanisms(login, handshake, turn, chat.Stream.Security);
        Conclude(turn, handshake, broken ?? why?.Reason, wasRefused: why?.DiagnosticText is not null);
    }

    private static void Leave(SmtpChat chat)
    {
        try
        {
            chat.Say(SmtpStage.Quit, "QUIT");
            chat.Flush(SmtpStage.Quit);
        }
        catch (ConnectionException)
        {
        }
    }

    private void DescribeTls(ServerTurn turn, SmtpChat chat)
    {
        string policy = $"level {TlsPolicy.WordFor(turn.Tls.Level)}{turn.Tls.Whose}";
        if (chat.Stream.Security is null)
        {
            Tell("TLS", "none", policy);
            return;
        }
        Tell("TLS", _record.Established ?? "yes", policy);
        Tell("verified", turn.VerifiedBy switch
        {
            Verification.Fingerprint => "by its fingerprint",
            Verification.Certificate => "by its certificate",
            Verification.Sts => "by its certificate, as the MTA-STS policy asks",
            Verification.Dane => "by TLSA records (DANE)",
            _ => "no",
        }, turn.VerifiedBy != Verification.None ? "" : turn.Tls.Level is not (TlsLevel.May or TlsLevel.Encrypt) ? "the server has not shown what the level asks for; the log says what is wrong" : "the level does not ask for it: whoever is on the way could be the server; smtp_tls_security_level or smtp_tls_policy_maps = \"secure\" does");
    }

    private void DescribeMechanisms(LoginSettings login, SmtpHandshake handshake, ServerTurn turn, IChannelSecurity? security)
    {
        if (handshake.Features.AuthMechanisms is not { } offered)
        {
            Tell("mechanisms", "none", security is null ? "the server offers no AUTH; many do over TLS only" : "the server offers no AUTH");
            return;
        }
        Credentials? credentials = Credentials(login, turn, out _);
        MechanismChoice choice = new(offered, login.MechanismFilter, login.DemandsOn(security), credentials?.Token is not null, security?.ServerEndPoint is not null);
        foreach (string name in offered)
            Tell($"mechanism {name}", choice.Kind?.Name == name && credentials is not null ? "chosen" : "not used", credentials is null ? "there is no login" : choice.WhyNot(name) ?? "");
        if (choice.Kind is { IsScram: true } kind)
        {
            bool isBound = kind.BindsChannel && !handshake.HasLeftOutBinding;
            Tell("channel binding", isBound ? "tls-server-end-point" : "none", isBound ? "the login is good for a server with this certificate alone"
                : handshake.HasLeftOutBinding ? "the server refused tls-server-end-point, the only type there is here (no tls-exporter); it was verified, so the login went without"
                : offered.Any(static name => name.EndsWith("-PLUS", StringComparison.Ordinal)) ? "not possible here" : "the server does not offer it");
        }
    }

    private void Conclude(ServerTurn turn, SmtpHandshake handshake, string? trouble, bool wasRefused)
    {
        if (turn.Destination.Options.Login is not { } login)
        {
            Tell(Fact.ResultName, trouble is null ? "none" : "not tried", trouble ?? "smtp_sasl_auth_enable is off: mail goes without login");
            return;
        }
        Credentials? credentials = Credentials(login, turn, out string? problem);
        if (credentials is not null)
            Tell("login", $"{PrintableText.Of(credentials.User)}, by {(credentials.Token is null ? "password" : "token")}", $"smtp_sasl_password_maps, under {credentials.Key}");
        foreach (string warning in _record.Warnings)
            Tell(Fact.WarningName, warning, "");
        if (handshake.HasLoggedIn)
            Tell(Fact.ResultName, "accepted", "");
        else if (trouble is not null)
            Tell(Fact.ResultName, wasRefused ? "refused" : "not tried", trouble);
        else if (credentials is not null)
            Tell(Fact.ResultName, "none", "the server offers no AUTH: mail goes without login (smtp_sasl_auth_enforce has it wait)");
        else
            Tell(Fact.ResultName, "none", problem ?? NoEntry(login, turn));
        if (trouble is not null && wasRefused && credentials is not null && Hint(turn.Server.Host, trouble) is { } hint)
            Tell("hint", hint, "");
    }

    private static string NoEntry(LoginSettings login, ServerTurn turn)
    {
        string near = login.Passwords.Near(turn.Destination.Written) is { } key ? $"; the one for {key} is not it, though it looks alike: the two must be written alike" : "";
        return $"smtp_sasl_password_maps has no entry for {turn.Server.Host} or {turn.Destination.Written}{near}: mail goes without login";
    }

    private Credentials? Credentials(LoginSettings login, ServerTurn turn, out string? problem)
    {
        problem = null;
        try
        {
            return login.OnlyKey.Length > 0 ? login.Passwords.Named(login.OnlyKey) : login.Passwords.Find(Sender, turn.Server.Host, turn.Destination.Written);
        }
        catch (Exception e) when (e is SaslException or LookupException)
        {
            problem = e.Message;
            return null;
        }
    }

    // What people run into most.
    private static string? Hint(string host, string trouble) =>
        host.EndsWith(".office365.com", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".outlook.com", StringComparison.OrdinalIgnoreCase)
            ? "Microsoft 365 takes no passwords for SMTP where \"Authenticated SMTP\" is off for the mailbox or security defaults are on; for tokens the application needs SMTP.Send (or SMTP.SendAsApp, and its service principal rights to the mailbox): docs/logins.md"
        : host.EndsWith(".gmail.com", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".google.com", StringComparison.OrdinalIgnoreCase)
            ? "Google takes an \"app password\" or an OAuth token with scope https://mail.google.com/, not the account's own password: docs/logins.md"
        : trouble.Contains("5.7.8", StringComparison.Ordinal) || trouble.Contains("535", StringComparison.Ordinal) ? "the server does not take this user with this password or token" : null;

    private DeliveryRequest Request(string written)
    {
        long now = MailTime.NowMicroseconds;
        _ = QueueId.TryParse("A0000", out QueueId id);
        return new DeliveryRequest
        {
            Queue = QueueName.Active,
            Id = id,
            NextHop = written,
            Sender = Sender,
            Recipients = [new Recipient("nobody@invalid")],
            Rule = _rule,
            ArrivalMicroseconds = now,
            ActiveMicroseconds = now,
        };
    }

    // What was logged on the way.
    private sealed class Record : ILog
    {
        private readonly List<string> _lines = [], _warnings = [];

        internal IEnumerable<string> Said => _lines.Where(static line => line.StartsWith("> ", StringComparison.Ordinal) || line.StartsWith("< ", StringComparison.Ordinal));

        internal IReadOnlyList<string> Warnings => _warnings;

        internal string Last => _warnings.LastOrDefault("");

        // "Verified TLS connection established to HOST: TLSv1.3 with cipher ..."
        internal string? Established => _lines.Find(static line => line.Contains(" TLS connection established to ", StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..] : null;

        public void Write(Severity severity, string text) => (severity == Severity.Info ? _lines : _warnings).Add(text);
    }

    private sealed class NoRecords : IDeliveryRecords
    {
        public bool AppendBounce(Outcome result) => true;

        public bool AppendDefer(Outcome result) => true;

        public bool AppendTrace(Outcome result) => true;

        public void NoteTls(TlsUse use)
        {
        }

        public void MarkDone(long offset)
        {
        }
    }
}
