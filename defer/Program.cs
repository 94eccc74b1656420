using PostfixNet.Log;
using PostfixNet.Notices;
using PostfixNet.Service;

namespace PostfixNet.Defer;

/// <summary>
/// NAME
///   defer - delay warnings and reports of expired mail
/// SYNOPSIS
///   defer -c config_directory -n service --   (started by master, not by hand)
/// DESCRIPTION
///   Keeps one log per message of recipients that could not be delivered yet, in the defer directory; the queue listing
///   shows its reasons. Requests, each answered with a status:
///     append   one recipient; not forced to stable storage: the recipient is tried again in any case
///     warn     tell the sender of the delay; the log stays
///     flush    the message is too old: return it to the sender (with status 4.4.7), then remove the log
///     remove   the message is tried again, or gone: remove the log
///   NOTIFY=DELAY and NOTIFY=FAILURE of RFC 3461 are honoured per recipient.
/// SECURITY
///   As bounce.
/// DIAGNOSTICS
///   Logs under the name of bounce, as log analysers expect. ID: sender delay notification: NEWID tells of each warning queued.
///   Exit 0: idle, or told to stop. Exit 78: configuration unusable.
/// CONFIGURATION
///   2bounce_notice_recipient, backwards_bounce_logfile_compatibility, bounce_digest_limit, bounce_digest_window,
///   bounce_notice_recipient, bounce_size_limit, bounce_template_file, cleanup_service_name, confirm_delay_cleared,
///   delay_notice_recipient, delay_warning_time, disable_verp_bounces, double_bounce_sender, enable_threaded_bounces,
///   hash_queue_depth, hash_queue_names, maximal_queue_lifetime, mydomain, myhostname, notify_classes, requiretls_redact_dsn, and those of
///   shared/Events/EventOptions.cs and shared/Service/SingleServer.cs.
/// BUGS
///   The built-in text tells the delay in whole hours: with a delay_warning_time below one hour, as 0, of which a warning at the
///   start tells. Write another one with bounce_template_file.
/// SEE ALSO
///   bounce, qmgr.
/// </summary>
internal static class Program
{
    internal static readonly SingleServer<BounceService> Service = new("bounce",
        static (config, _) => BounceService.FromConfig(config, BounceRole.Defer, MailLog.Lines), static (_, service) => service.Serve)
    {
        Examine = static service => service.ReadTemplates(),
    };

    private static int Main(string[] arguments) => Service.Run(arguments);
}
