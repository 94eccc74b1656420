using PostfixNet.Configuration;
using PostfixNet.Events;
using PostfixNet.Log;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Qmgr;

/// <summary>
/// NAME
///   qmgr - queue manager
/// SYNOPSIS
///   qmgr   (started by master, not by hand)
/// DESCRIPTION
///   Moves a bounded number of messages from incoming and deferred into active, finds the transport and next hop of each
///   recipient, and hands delivery requests to delivery agents such as smtp. Mail that cannot be delivered now goes to
///   deferred with the time of its next attempt as modification time; mail that is too old is returned through bounce
///   and defer; a damaged file goes to corrupt. Where mail goes: relocated_maps (returned), transport_maps, else by the class of the domain: mydestination
///   (local_transport; there is no local delivery, and what has no alias is returned, 5.1.1), virtual_alias_domains (returned), relay_domains
///   (relay_transport), all others (default_transport), with relayhost and the tables for senders. With suppression_enable mail to addresses
///   on the suppression list (master suppress) is returned, 5.7.1; notices go to all. With suppression_automatic the replies of servers put addresses there. Mail of report_senders leaves
///   with a return path of report_domain, one recipient at a time; what comes to that domain goes to the service reports. It never waits for one worker: everything is an event of one loop.
///   Mail that its sender handed in ahead of its time (future_release_limit) goes to deferred until then, whatever is flushed, and out at that moment. In the quiet_hours of a
///   destination its mail waits as if it were paused.
///   Triggers, one byte each: I scan incoming, D scan deferred, A ignore time stamps in the next scan, F forget which
///   destinations are dead, W (timer) the same as I, P what is paused has changed. A reload does not end it: it reads the configuration, goes over to it
///   with all mail that it has in memory, and forgets trouble of transports and destinations. A configuration that it cannot
///   use is one line in the log, and the present one stays. Only other names of directories or services need a new process.
/// SECURITY
///   Reads one-byte triggers from local processes (any of an ordinary user's means I), questions of
///   showq on a socket of its own in private/, and queue files that only cleanup can write. No network.
/// DIAGNOSTICS
///   "from=..., size=..., nrcpt=... (queue active)" at each attempt, "removed" at the end; deferrals of mail to a dead
///   destination. A damaged queue file is moved to corrupt, with a warning. Exit 0: told to end. 70: a bug; master
///   starts a new process, which takes up the active queue again. 78: configuration unusable.
/// CONFIGURATION
///   allow_min_user, best_mx_transport (its check only), bounce_queue_lifetime, bounce_service_name, confirm_delay_cleared, default_delivery_slot_*,
///   default_destination_*, default_extra_recipient_limit, default_filter_nexthop, default_minimum_delivery_slots, default_process_limit,
///   default_recipient_refill_*, default_transport, default_transport_rate_delay, defer_service_name,
///   defer_transports, delay_logging_resolution_limit, destination_concurrency_feedback_debug, double_bounce_sender,
///   empty_address_default_transport_maps_lookup_key, empty_address_relayhost_maps_lookup_key, hash_queue_depth, hash_queue_names, inet_interfaces, initial_destination_concurrency, ipc_idle, local_destination_recipient_limit, local_transport,
///   history_enable, master_service_disable, maximal_backoff_time, maximal_queue_lifetime, metrics_enable, smtp_tlsrpt_enable, minimal_backoff_time, mydestination, mydomain, myorigin,
///   parent_domain_matches_subdomains, proxy_interfaces,
///   qmgr_*, queue_run_delay, recipient_delimiter, relay_domains, relay_transport, report_domain, report_lifetime, report_senders, relayhost, relocated_maps,
///   sender_dependent_default_transport_maps, sender_dependent_relayhost_maps, show_user_unknown_table_name, soft_bounce, suppression_*, trace_service_name, transport_maps, transport_retry_time, virtual_alias_domains,
///   virtual_alias_maps, virtual_maps (for the domains in them), web_enable, webhooks_enable, and
///   those of shared/Events/EventOptions.cs and shared/Service/ServiceProgram.cs; [destination."NAME"]; master.toml (process_limit).
/// BUGS
///   A deferred scan looks at every file of the deferred queue.
/// </summary>
internal static class Program
{
    internal static readonly EventServer<MainConfig> Service = new("qmgr", static (config, _) => Read(config), static (_, loop, config) =>
    {
        Log log = new(MailLog.Lines);
        QueueManager manager = new(config, QueueDirectories.FromConfig(config), new Surroundings(loop, log));
        QuestionListener.Start(loop, manager.Answer, log);
        return manager;
    })
    {
        Tell = static (config, _, _, question) => RouteFacts.Of(config, question),
        Examine = static config => TransportCheck.Of(config).Run(),
    };

    private static int Main(string[] arguments) => Service.Run(arguments);

    // Limits of transports are looked up in main.toml as they are met: what is wrong with those of master.toml is found here.
    private static MainConfig Read(MainConfig config)
    {
        _ = new Settings(config);
        _ = new Routing(config, new Sites());
        _ = QueueDirectories.FromConfig(config);
        _ = EventOptions.Read(config);
        new TransportTable(config).Check([]);
        return config;
    }
}
