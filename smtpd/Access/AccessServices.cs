using PostfixNet.Configuration;
using PostfixNet.Ipc;
using PostfixNet.Tables;

namespace PostfixNet.Smtpd;

/// <summary>What restrictions ask of others.</summary>
/// <param name="Loop">Whose thread they run in.</param>
/// <param name="Own">Who is on this host.</param>
/// <param name="Destinations">Whose a domain is.</param>
/// <param name="Names">The DNS.</param>
internal sealed record AccessServices(EventLoop Loop, OwnClients Own, Destinations Destinations, NameLookups Names, Log Log)
{
    private readonly Dictionary<PolicyOptions, PolicyClient> _policies = [];

    /// <summary>Asks a table, on another thread if it may take long.</summary>
    /// <param name="find">Touches nothing else.</param>
    /// <exception cref="LookupException">It cannot say.</exception>
    internal ValueTask<T> Ask<T>(LookupTable table, Func<T> find) => table.MayTakeLong ? Names.Elsewhere(find) : new(find());

    /// <summary>The connections to a policy service.</summary>
    internal PolicyClient Policy(PolicyOptions policy)
    {
        if (!_policies.TryGetValue(policy, out PolicyClient? client))
            _policies.Add(policy, client = new PolicyClient(policy, Loop, Names, Log));
        return client;
    }

    /// <summary>Those of a process.</summary>
    internal static AccessServices Of(AccessOptions options, EventLoop loop, OwnClients own, NameLookups names, Log log) => new(loop, own,
        new Destinations(options.LocalDomains, options.AliasDomains, options.RelayDomains, options.Completion, options.ReportDomain), names, log);
}
