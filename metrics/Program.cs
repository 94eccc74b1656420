using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Metrics;

/// <summary>
/// NAME
///   metrics - numbers about the mail system, for monitoring
/// SYNOPSIS
///   metrics   (started by master, not by hand)
/// DESCRIPTION
///   With metrics_enable this service counts what the mail system does, and answers HTTP at metrics_listen: /metrics in the format of Prometheus, /healthz and /readyz for those who only want to know
///   whether all is well. With metrics_otlp_endpoint it sends the same by OTLP, twice a minute. docs/metrics.md has each metric; alert rules and a dashboard come with it.
///   Deliveries are counted from events (events_enable, docs/events.md), at this program's own pace, from where it was when it last ended; without events there are none of these. Every ten seconds, or less often when
///   that takes long, it counts the queue by its directories, and asks master and the queue manager how things are. All of that happens whenever nobody else wants the processor or the disk, and no program
///   that handles mail waits for it.
///   Counters begin at 0 with each process. Names of destinations are told of metrics_site_limit at a time, those that put off or hold the most mail; all others are "other".
///   Exactly one process. It asks nothing of a client but a path, and writes nothing to the log of what clients ask.
/// SECURITY
///   Whoever reaches metrics_listen may read: there are numbers, and names of services and destinations, but no addresses of mail, subjects or texts of servers. It speaks HTTP without TLS, so by default it is only at this
///   host; where others are to see it, a proxy can say who. Where the kernel has Landlock, the process writes nothing in the queue but in a directory of its own.
/// DIAGNOSTICS
///   "no metrics at ADDRESS: why", and exit status 75: the address is in use, not this host's, or not allowed. "events wait: why", once until it is over.
///   Exit 0: told to end. 70: a bug. 78: configuration unusable.
/// CONFIGURATION
///   events_enable, hash_queue_depth, hash_queue_names, metrics_enable, metrics_listen, metrics_otlp_endpoint, metrics_ready_age_limit, metrics_site_limit, myhostname, queue_minfree, queue_minfree_percent, traces_enable, traces_otlp_endpoint,
///   and those of shared/Service/ServiceProgram.cs.
/// BUGS
///   A connection to a server that another one took the place of, within one delivery attempt, is not seen.
/// SEE ALSO
///   docs/metrics.md.
/// </summary>
internal static class Program
{
    internal static readonly EventServer<MetricsOptions> Service = new("metrics", static (config, _) => MetricsOptions.Read(config), Start)
    {
        OwnDirectory = QueueDirectories.Metrics,
        ReadDirectories = [QueueDirectories.Events, .. QueueCounts.Counted.Select(QueueDirectories.NameOf)],
    };

    private static int Main(string[] arguments) => Service.Run(arguments);

    private static MetricsService Start(ServiceContext context, EventLoop loop, MetricsOptions options) => MetricsService.Start(loop, options, new Log(MailLog.Lines));
}
