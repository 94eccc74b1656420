using PostfixNet.Delivery;
using PostfixNet.Dns;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Tlsrpt;

/// <summary>
/// NAME
///   tlsrpt - gather results of TLS, and send reports about them
/// SYNOPSIS
///   tlsrpt   (started by master, not by hand)
/// DESCRIPTION
///   With smtp_tlsrpt_enable the SMTP client tells this service how each of its sessions fared with TLS. For domains that want to know, by a TXT record
///   _smtp._tls.DOMAIN, the results of each day (by UTC) become a report, RFC 8460: sessions that were as the policy (DANE, MTA-STS, or none) wants them, and those that were not, by
///   reason and server. A domain is asked for its record with its first result of a day; who has none has nothing gathered, and is asked again the next day.
///   Results are in memory for five seconds at most, then on stable storage, in tlsrpt/DAY/DOMAIN.json below queue_directory; a process that is killed loses no more. 10,000 domains a day
///   are kept, and of each as many policies and kinds of failures as 32,000 characters describe.
///   A report leaves within four hours after the end of its day, at random, to all URIs of the record: mailto, as mail from tlsrpt_sender (which should be signed with DKIM: receivers
///   pass over others), and https, by POST within 60 seconds, with a certificate that holds, without redirection or proxy. What fails is tried again after 5 minutes,
///   then after twice as long each time, 4 hours at most, for 24 hours. What was handed over is noted at once and not sent again, over restarts too. A report has one id for good.
///   Files are kept for two days after their own. Exactly one process; "master tlsrpt" asks it.
/// SECURITY
///   Talks to name servers, and to web servers that whoever names a domain can choose. Addresses of this host and of private networks are
///   not connected to, unless tlsrpt_allow_private_addresses says so. A report goes only to who has a valid certificate for the name. Nothing is fetched to verify a certificate. Mail goes by way of cleanup. Where the kernel has Landlock, the
///   process reads and writes nothing in the queue but its own directory.
///   Results come from processes of the mail system only, and are bounded all the same.
/// DIAGNOSTICS
///   "report of DAY for DOMAIN: sent to URI", "not sent to URI: why; tried again in ..."; "given up" after the last attempt. A damaged file is left out, with a warning.
///   Exit 0: told to end. 70: a bug. 78: configuration unusable.
/// CONFIGURATION
///   cleanup_service_name, dns_nameservers, inet_protocols, ipc_timeout, myhostname, tlsrpt_allow_private_addresses, tlsrpt_contact, tlsrpt_organization_name, tlsrpt_sender, tlsrpt_tls_CAfile,
///   mydomain, and those of shared/Service/ServiceProgram.cs.
/// BUGS
///   A crash between the moment that a report is queued or taken by a web server and the note of it sends it there twice, under the same id.
///   Certificates that were revoked are not recognised.
/// SEE ALSO
///   docs/tls-reports.md. RFC 8460.
/// </summary>
internal static class Program
{
    // Of those who wait for name servers, web servers, cleanup and the disk.
    private const int Threads = 16;

    internal static readonly EventServer<TlsReportOptions> Service = new("tlsrpt", static (config, _) => TlsReportOptions.Read(config), Start)
    {
        OwnDirectory = QueueDirectories.TlsReports,
    };

    private static int Main(string[] arguments) => Service.Run(arguments);

    private static ReportService Start(ServiceContext context, EventLoop loop, TlsReportOptions options)
    {
        _ = ThreadPool.SetMinThreads(Threads, 1);
        Log log = new(MailLog.Lines);
        StubResolver resolver = new(options.Resolver);
        ReportStore store = new(QueueDirectories.TlsReports, log);
        CleanupSubmitter submitter = new(options.Cleanup, options.IpcTimeout) { Class = CleanupRequest.ForPostmaster, Notify = Mail.Notify.Never };
        Outside outside = new(loop, resolver, store, new MailHandOver(submitter, options.Submitter.Sender), new HttpsHandOver(resolver, options.Trusted, options.UseIPv4, options.UseIPv6) { AllowsPrivate = options.AllowsPrivate });
        ReportBook book = new(outside, TimeProvider.System, options.Hostname, log);
        book.DayTurned = () => store.RemoveBefore(book.Oldest);
        store.RemoveBefore(book.Oldest);
        foreach (DomainDay stored in store.Load())
            book.Add(stored);
        return new ReportService(loop, outside, book, new ReportSender(book, outside, options.Submitter, log), log);
    }
}
