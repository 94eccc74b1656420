using PostfixNet.Dns;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Logins;

/// <summary>
/// NAME
///   logins - what the processes of the SMTP client share about their logins
/// SYNOPSIS
///   logins   (started by master, not by hand)
/// DESCRIPTION
///   Knows which logins of smtp_sasl_password_maps servers refused. A process of the SMTP client (smtp_sasl_auth_enable) asks before each login; one that was refused
///   for good (reply 5xx) is left alone for minimal_backoff_time, for twice as long the next time, up to maximal_backoff_time, and its mail waits. While it is not
///   known whether a login works, one process tries it and the others wait for what comes of it, 30 seconds at most. Exactly one process; what it knows is in its
///   memory, and begins anew with it (a reload) and with another password. Where it does not answer, logins are tried as if nothing were known.
///   Fetches tokens of OAuth 2.0 for entries "user:oauth=NAME" of smtp_sasl_password_maps, as the tables [oauth."NAME"] say (RFC 6749): by client credentials, or by a refresh
///   token. One request for a token at a time, within 20 seconds, 64 kilobytes at most, no redirections, no proxy; whoever asks meanwhile waits for it. A token is used until it is refused or ends,
///   and is renewed five minutes before. It is kept in logins/NAME.json below queue_directory, on stable storage, with the refresh token that came last. What cannot be fetched is tried again after
///   30 seconds, where the authorization server has refused after 5 minutes; then after twice as long each time, up to an hour; at once with another secret.
/// SECURITY
///   Talks to our own programs, to name servers, and to the hosts of token_endpoint over HTTPS, with a certificate for their name. Of passwords it hears a hash. Where the kernel has Landlock it reads
///   and writes nothing in the queue but its own directory. Secrets that root alone can read are read before root is given up. Nothing is fetched to verify a certificate.
/// DIAGNOSTICS
///   "login USER at KEY refused: REPLY; tried again in ..." once for each pause, "login USER at KEY accepted again". "token NAME not renewed: why" while the
///   present one is still good, "no token NAME: why" when mail waits, "token NAME fetched again".
///   Exit 0: told to end. 70: a bug. 78: configuration unusable.
/// CONFIGURATION
///   dns_nameservers, inet_protocols, maximal_backoff_time, minimal_backoff_time, [oauth."NAME"], and those of shared/Service/ServiceProgram.cs.
/// </summary>
internal static class Program
{
    internal static readonly EventServer<LoginsOptions> Service = new("logins", static (config, _) => LoginsOptions.Read(config), Start)
    {
        OwnDirectory = QueueDirectories.Logins,
        BeforeConfinement = static (config, _) => LoginsOptions.OpenSecrets(config),
        Examine = static options => options.Examine(),
    };

    private static int Main(string[] arguments) => Service.Run(arguments);

    private static LoginsServer Start(ServiceContext context, EventLoop loop, LoginsOptions options)
    {
        Log log = new(MailLog.Lines);
        TokenEndpoint endpoint = new(loop, new StubResolver(options.Resolver), options.Uses.IPv4, options.Uses.IPv6);
        TokenBook tokens = new(loop, options.Tokens, endpoint, new TokenFiles(QueueDirectories.Logins), TimeProvider.System, log);
        tokens.KeepFresh();
        return new LoginsServer(loop, new LoginBook(loop, options, TimeProvider.System, log), tokens, log);
    }
}
