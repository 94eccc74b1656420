using PostfixNet.Configuration;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Service;

namespace PostfixNet.Anvil;

/// <summary>
/// NAME
///   anvil - count connections and requests of clients
/// SYNOPSIS
///   anvil   (started by master, not by hand)
/// DESCRIPTION
///   Counts, over all processes of a server, how many connections a client has and how many events there were of it within
///   anvil_rate_time_unit: connections, messages, recipients, new TLS sessions, logins. The server (smtpd) tells what happens, is told the
///   numbers, and decides. Exactly one process; what it knows is in its memory, and begins anew with it. The connections of a server that
///   dies are counted as closed.
/// SECURITY
///   Talks to our own servers only. A client is forgotten once it has nothing open and did nothing for a time unit.
/// DIAGNOSTICS
///   The largest numbers each anvil_status_update_time: "statistics: max connection rate 1/60s for (smtpd:192.0.2.1) at Nov 26 10:00:00".
///   Exit 0: told to end, or long idle. 70: a bug. 78: configuration unusable.
/// CONFIGURATION
///   anvil_rate_time_unit, anvil_status_update_time, and those of shared/Service/SessionServer.cs.
/// </summary>
internal static class Program
{
    // Every process of every server has one connection.
    private const int MostServers = 100_000;

    internal static readonly SessionServer<AnvilOptions> Service = new("anvil", static (config, _) => AnvilOptions.Read(config), static _ => MostServers, Start);

    private static int Main(string[] arguments) => Service.Run(arguments);

    private static AnvilServer Start(ServiceContext context, EventLoop loop, AnvilOptions options)
    {
        Counters counters = new(options.Unit, TimeProvider.System);
        Log log = new(MailLog.Lines);
        Tell();
        return new AnvilServer(loop, counters, log);

        void Tell() => loop.After(options.StatusInterval, () =>
        {
            foreach (string line in counters.Statistics())
                log.Statistic(line);
            Tell();
        });
    }
}

/// <summary>What main.toml says to this program.</summary>
/// <param name="Unit">anvil_rate_time_unit.</param>
/// <param name="StatusInterval">anvil_status_update_time.</param>
internal sealed record AnvilOptions(TimeSpan Unit, TimeSpan StatusInterval)
{
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static AnvilOptions Read(MainConfig config) => new(config.Get(Parameters.AnvilRateTimeUnit), config.Get(Parameters.AnvilStatusUpdateTime));
}
