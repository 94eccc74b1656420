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
/// SECURITY
///   Talks to our own programs only. It hears names of users, not their passwords: a hash of all that makes a login.
/// DIAGNOSTICS
///   "login USER at KEY refused: REPLY; tried again in ..." once for each pause, "login USER at KEY accepted again".
///   Exit 0: told to end. 70: a bug. 78: configuration unusable.
/// CONFIGURATION
///   maximal_backoff_time, minimal_backoff_time, and those of shared/Service/ServiceProgram.cs.
/// </summary>
internal static class Program
{
    internal static readonly EventServer<LoginsOptions> Service = new("logins", static (config, _) => LoginsOptions.Read(config), Start)
    {
        OwnDirectory = QueueDirectories.Logins,
    };

    private static int Main(string[] arguments) => Service.Run(arguments);

    private static LoginsServer Start(ServiceContext context, EventLoop loop, LoginsOptions options)
    {
        Log log = new(MailLog.Lines);
        return new LoginsServer(loop, new LoginBook(loop, options, TimeProvider.System, log), log);
    }
}
