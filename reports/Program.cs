using PostfixNet.Log;
using PostfixNet.Service;

namespace PostfixNet.Reports;

/// <summary>
/// NAME
///   reports - read what comes back of mail
/// SYNOPSIS
///   reports   (started by master, not by hand)
/// DESCRIPTION
///   With report_domain, mail of report_senders leaves with an envelope sender of that domain for each recipient, which nobody else can make and which is good for report_lifetime. What comes to these
///   addresses qmgr gives to this service, a delivery agent: reports of delivery (RFC 3464), complaints (RFC 5965), and the texts that servers send in their place. It is forwarded to the sender
///   of the mail, octet for octet, from the null sender, so that he hears of it as ever.
///   A report of failure counts as one more refusal of the recipient, by suppression_codes and suppression_failures; a complaint puts him on the suppression list (suppression_enable and
///   suppression_automatic). Delays and everything else are forwarded, and no more.
///   One return path has one report of each kind: the same again is not forwarded, and suppresses nobody. An address that is forged or too old is refused, by smtpd already, and otherwise returned.
/// SECURITY
///   Takes nothing from a message as true but that somebody has it who was sent the mail. Reads the first megabyte, in bounded depth and number of parts. No network.
///   Writes below the queue directory alone.
/// DIAGNOSTICS
///   A line for each recipient, as of all delivery agents, relay=reports: "failure of ID for ..., forwarded to ...", "replayed", "forged". Trouble is deferred. Exit 0: told to end, or idle. 78: configuration unusable.
/// CONFIGURATION
///   bounce_service_name, cleanup_service_name, defer_service_name, delay_logging_resolution_limit, hash_queue_depth, hash_queue_names, mydestination, mydomain, myorigin, report_domain, report_lifetime, report_senders,
///   and those of shared/Events/EventOptions.cs and shared/Service/SingleServer.cs.
/// BUGS
///   Texts are recognised in English. What a report says of several recipients, as of the members of a list, is taken together.
/// </summary>
internal static class Program
{
    internal static readonly SingleServer<ReportSettings> Service = new("reports", static (config, _) => ReportSettings.Read(config),
        static (context, settings) => new ReportAgent(context, settings, TimeProvider.System, MailLog.Lines).Serve);

    private static int Main(string[] arguments) => Service.Run(arguments);
}
