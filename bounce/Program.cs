using PostfixNet.Configuration;
using PostfixNet.Log;
using PostfixNet.Notices;
using PostfixNet.Service;

namespace PostfixNet.Bounce;

/// <summary>
/// NAME
///   bounce - non-delivery and delivery status reports
/// SYNOPSIS
///   bounce -c config_directory -n service --   (started by master, not by hand)
/// DESCRIPTION
///   Keeps one log per message: of recipients that failed for good, in the bounce directory; or, as service trace, of
///   outcomes that the sender wants to hear of (NOTIFY=SUCCESS, sendmail -v and -bv), in the trace directory. On request
///   it makes one notice of a log, hands it to cleanup, and removes the log. Requests, each answered with a status:
///     append   one recipient, on stable storage before the answer
///     flush    send the notice, or hold it for a digest; then remove the log
///     remove   remove the log without a word
///     digest   (not trace) send the reports on held notices whose bounce_digest_window is over
///   NOTIFY=NEVER and the other wishes of RFC 3461 are honoured per recipient. Mail from the null sender is not returned;
///   postmaster hears of it when notify_classes has 2bounce. A notice to postmaster that fails is discarded. A notice that
///   cleanup refuses for good is treated as mail from the null sender is. docs/dsn.md has it all.
/// SECURITY
///   Talks to local processes of the mail system only, reads queue files that only cleanup writes, and logs that only it
///   writes. What remote servers said gets into notices stripped of control characters. No network.
/// DIAGNOSTICS
///   ID: sender non-delivery notification: NEWID and its kin tell of each notice queued; "held for a digest" of one that
///   comes later, with others. Warnings: a failed request, whose reason goes to the client; a notice that can never be
///   queued; a bounce_template_file that is broken. Exit 0: idle, or told to stop. Exit 78: configuration unusable.
/// CONFIGURATION
///   2bounce_notice_recipient, backwards_bounce_logfile_compatibility, bounce_digest_limit, bounce_digest_window,
///   bounce_notice_recipient, bounce_size_limit, bounce_template_file, cleanup_service_name, confirm_delay_cleared,
///   delay_notice_recipient, delay_warning_time, disable_verp_bounces, double_bounce_sender, enable_threaded_bounces,
///   hash_queue_depth, hash_queue_names, maximal_queue_lifetime, mydomain, myhostname, notify_classes, requiretls_redact_dsn,
///   trace_service_name, and those of shared/Events/EventOptions.cs and shared/Service/SingleServer.cs. New values count from the next start of a
///   process.
/// BUGS
///   A crash between the queueing of a notice and the removal of its log sends the notice twice.
/// SEE ALSO
///   defer, the same for recipients that are to be tried again. RFC 3461, 3464, 6522, 6533, 8689 section 5.
/// </summary>
internal static class Program
{
    internal static readonly SingleServer<BounceService> Service = new("bounce",
        static (config, service) => BounceService.FromConfig(config, service == config.Get(Parameters.TraceServiceName) ? BounceRole.Trace : BounceRole.Bounce, MailLog.Lines),
        static (_, service) => service.Serve)
    {
        Examine = static service => service.ReadTemplates(),
    };

    private static int Main(string[] arguments) => Service.Run(arguments);
}
