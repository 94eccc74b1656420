using System.Globalization;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Smtpd;

/// <summary>All lines of this program. They are an interface: operators, scripts and fail2ban read them.</summary>
/// <param name="log">Where they go.</param>
/// <param name="logsPort">smtpd_client_port_logging.</param>
internal sealed class Log(ILog log, bool logsPort)
{
    private static readonly string[] s_order =
        ["helo", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "bdat", "rset", "noop", "vrfy", "etrn", "xclient", "xforward", "help", "quit", "unknown"];

    /// <summary>One line of a conversation that is to be seen: debug_peer_list, "master verbose".</summary>
    internal void Said(Session session, string line) => log.Info($"> {Name(session)}: {line}");

    /// <inheritdoc cref="Said"/>
    internal void Heard(Session session, string line) => log.Info($"< {Name(session)}: {line}");

    internal void Connected(Session session) => log.Info($"connect from {Name(session)}");

    internal void Disconnected(Session session)
    {
        string counts = string.Concat(session.Counts.OrderBy(static count => Array.IndexOf(s_order, count.Key)).Select(static count => count.Value.Good == count.Value.All
            ? string.Create(CultureInfo.InvariantCulture, $" {count.Key}={count.Value.All}")
            : string.Create(CultureInfo.InvariantCulture, $" {count.Key}={count.Value.Good}/{count.Value.All}")));
        int good = session.Counts.Values.Sum(static count => count.Good), all = session.Counts.Values.Sum(static count => count.All);
        string sum = good == all && all > 0 ? string.Create(CultureInfo.InvariantCulture, $"{all}") : string.Create(CultureInfo.InvariantCulture, $"{good}/{all}");
        log.Info($"disconnect from {Name(session)}{counts} commands={sum}");
    }

    /// <summary>The message has a queue ID: who it comes from.</summary>
    internal void Begun(QueueId id, Session session)
    {
        string login = session.Login is { } who ? $", sasl_method={who.Method}, sasl_username={PrintableText.Of(who.User)}" : "";
        string author = session.Login is not null && session.Transaction is { Author.Length: > 0 } transaction ? $", sasl_sender={PrintableText.Of(transaction.Author)}" : "";
        string origin = session.Forwarded is { } forwarded
            ? $"{Optional(", orig_queue_id=", forwarded.Identity)}{(forwarded.Address.Length > 0 ? $", orig_client={Or(forwarded.Name)}[{forwarded.Address}]" : "")}" : "";
        string uid = session.Client.Uid is { } user ? string.Create(CultureInfo.InvariantCulture, $", uid={user}") : "";
        log.Info($"{id}: client={Name(session)}{login}{author}{uid}{origin}");

        static string Optional(string name, string text) => text.Length > 0 ? name + PrintableText.Of(text) : "";
        static string Or(string text) => text.Length > 0 ? PrintableText.Of(text) : ClientInfo.Unknown;
    }

    /// <param name="what">"reject", or what else was decided: "warn", "hold" ...</param>
    /// <param name="stage">"CONNECT", "HELO", "MAIL", "RCPT", "DATA", "END-OF-MESSAGE" ...</param>
    internal void Decided(Session session, QueueId? id, string what, string stage, string text, string? recipient)
    {
        string sender = session.Transaction is { } transaction ? $" from=<{External(transaction.Sender)}>" : "";
        string to = recipient is null ? "" : $" to=<{External(recipient)}>";
        string helo = session.Helo is { } name ? $" helo=<{PrintableText.Of(name)}>" : "";
        string login = session.Login is { } who ? $" sasl_username=<{PrintableText.Of(who.User)}>" : "";
        log.Info($"{Id(id)}: {what}: {stage} from {Name(session)}: {PrintableText.Of(text)};{sender}{to} proto={session.Protocol}{helo}{login}");
    }

    internal void Lost(Session session, string stage) => log.Info($"lost connection after {stage} from {Name(session)}");

    internal void TimedOut(Session session, string stage) => log.Info($"timeout after {stage} from {Name(session)}");

    internal void TooManyErrors(Session session, string stage) => log.Info($"too many errors after {stage} from {Name(session)}");

    /// <param name="input">What came too early.</param>
    internal void SpokeEarly(Session session, string stage, string input) => log.Info($"improper command pipelining after {stage} from {Name(session)}: {Shown(input)}");

    internal void NoAddress(Session session, string command, string argument) =>
        log.Warning($"Illegal address syntax from {Name(session)} in {command} command: {PrintableText.Of(argument)}");

    internal void TooLong(Session session, string line, int limit) =>
        log.Warning(string.Create(CultureInfo.InvariantCulture, $"{Name(session)}: request longer than {limit}: {PrintableText.Of(line[..Math.Min(line.Length, 30)])}..."));

    /// <param name="what">E.g. "null BDAT request".</param>
    /// <param name="why">What follows the client's name.</param>
    internal void BadChunk(Session session, string what, string why) =>
        log.Warning($"{Id(session.Transaction?.Chunks?.Id)}: {what} from {Name(session)}{PrintableText.Of(why)}");

    internal void ForeignProtocol(Session session, string line) => log.Warning($"non-SMTP command from {Name(session)}: {PrintableText.Of(line)}");

    internal void QueueTrouble(Session session, string why) => log.Warning($"{Name(session)}: mail not queued: {why}");

    internal void NoSpace(Session session, string shortage) => log.Warning($"not enough free space in mail queue: {shortage}");

    internal void TooLarge(Session session, long limit) =>
        log.Info(string.Create(CultureInfo.InvariantCulture, $"{Name(session)}: message size exceeds message_size_limit = {limit}"));

    internal void BareNewline(Session session, QueueId? id) => log.Info($"{Id(id)}: bare <LF> received from {Name(session)}");

    internal void LimitExceeded(Session session, string what, long value, string service) =>
        log.Warning(string.Create(CultureInfo.InvariantCulture, $"{what} limit exceeded: {value} from {Name(session)} for service {service}"));

    internal void HandshakeFailed(Session session, string why) => log.Info($"SSL_accept error from {Name(session)}: {why}");

    internal void Secured(Session session, string cipher)
    {
        string who = session.Tls is not { Fingerprint.Length: > 0 } tls ? "Anonymous" : tls.IsTrusted ? "Trusted" : "Untrusted";
        log.Info($"{who} TLS connection established from {Name(session)}: {session.Tls?.Protocol} with cipher {cipher}");
    }

    internal void LoginFailed(Session session, string mechanism, string why, string user) =>
        log.Warning($"{Name(session)}: SASL {PrintableText.Of(mechanism)} authentication failed: {why}{(user.Length > 0 ? $", sasl_username={PrintableText.Of(user)}" : "")}");

    internal void NoLimits(string why) => log.Warning($"clients are not counted for a while: {why}");

    internal void NameUnknown(string name, string address, string why) => log.Warning($"hostname {name} does not resolve to address {address}{why}");

    /// <summary>A session ended by a mistake of ours.</summary>
    internal void Bug(Exception e) => log.Write(Severity.Panic, $"{e.GetType().Name}: {e.Message} {e.StackTrace}");

    internal void Warning(string text) => log.Warning(text);

    internal void Info(string text) => log.Info(text);

    internal string Name(Session session) => logsPort && session.Client.Address is not null ? session.Client.NameAddressAndPort : session.Client.NameAndAddress;

    private static string Shown(string input) => PrintableText.Of(input[..Math.Min(input.Length, 100)].Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal));

    private static string Id(QueueId? id) => id?.ToString() ?? "NOQUEUE";

    private static string External(string address) => PrintableText.Of(Address.ToExternal(address));
}
