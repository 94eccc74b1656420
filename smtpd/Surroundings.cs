using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Login;

namespace PostfixNet.Smtpd;

/// <summary>What the sessions of a process work with.</summary>
/// <param name="Options">main.toml.</param>
/// <param name="Loop">Whose thread they run in.</param>
/// <param name="Access">Decides what clients may do.</param>
/// <param name="Events">Knows how much clients may do.</param>
/// <param name="Queue">Takes messages.</param>
/// <param name="Names">Finds the names of clients.</param>
/// <param name="Own">Who is on this host.</param>
/// <param name="Tls">TLS with clients; null: there is none.</param>
/// <param name="Milters">Makes the milters of sessions; null: there are none.</param>
/// <param name="Logins">Who may log in; null: nobody.</param>
/// <param name="Failures">Logins that failed.</param>
/// <param name="Clock">For the times of messages.</param>
internal sealed record Surroundings(SmtpdOptions Options, EventLoop Loop, IAccess Access, ClientEvents Events, IMessageQueue Queue, ClientNames Names, OwnClients Own, TlsServer? Tls, MilterService? Milters, LoginAuthority? Logins, LoginFailures Failures, TimeProvider Clock, Log Log)
{
    /// <summary>Which sessions are logged line by line; null: none.</summary>
    internal Verbosity? Verbosity { get; init; }
}
