using PostfixNet.Ipc;

namespace PostfixNet.Smtpd;

/// <summary>What restrictions ask of others.</summary>
/// <param name="Loop">Whose thread they run in.</param>
/// <param name="Own">Who is on this host.</param>
/// <param name="Destinations">Whose a domain is.</param>
internal sealed record AccessServices(EventLoop Loop, OwnClients Own, Destinations Destinations, Log Log)
{
    /// <summary>Those of a process.</summary>
    internal static AccessServices Of(AccessOptions options, EventLoop loop, OwnClients own, Log log) => new(loop, own,
        new Destinations(options.LocalDomains, options.AliasDomains, options.RelayDomains, options.Completion,
            address => own.Contain(address) || options.ProxyAddresses.Contains(address)), log);
}
