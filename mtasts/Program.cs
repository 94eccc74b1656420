using PostfixNet.Dns;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.MtaSts;
using PostfixNet.Service;

namespace PostfixNet.Mtasts;

/// <summary>
/// NAME
///   mtasts - find and keep MTA-STS policies
/// SYNOPSIS
///   mtasts   (started by master, not by hand)
/// DESCRIPTION
///   Tells the SMTP client (smtp_mta_sts) which policy a domain has for mail to it, RFC 8461: whether servers must show a certificate, and which
///   servers there may be. Asks the DNS for the TXT record _mta-sts.DOMAIN each time (answers are remembered for five minutes at most), and where it
///   announces what is not known yet, fetches https://mta-sts.DOMAIN/.well-known/mta-sts.txt: within 60 seconds, 64 kilobytes at most, text/plain,
///   no redirections, no proxy. Who asks waits for ten seconds at most.
///   A policy is kept for its max_age, a year at most, in a file below mtasts/ in queue_directory, on stable storage. It holds until then, also when the DNS or
///   its server is silent or has nothing to say; it is fetched anew each day, as long as somebody asked for it within 30 days. What cannot be
///   fetched is left alone for 5 minutes, then for longer, up to an hour. A domain without a policy that could be fetched has none.
///   One process, with one fetch of a domain at a time, and 50 of all. Master wakes it each hour, once it has been used.
/// SECURITY
///   Talks to name servers, and to web servers that whoever names a domain can choose, port 443. It reads and writes nothing in the queue but its own
///   directory where the kernel has Landlock; no process that handles mail speaks HTTP. A policy host may have any address, one of this network as well: what is sent there is a TLS
///   handshake, and a request only to who has a valid certificate for mta-sts.DOMAIN. Nothing is fetched to verify a certificate.
///   Who has us ask for very many domains cannot push out policies that have been in use for more than a day: mtasts/PolicyStore.cs.
/// DIAGNOSTICS
///   "policy of DOMAIN: mode=..." when it is new or has changed; "policy of DOMAIN not fetched: ..." with what holds instead.
///   "master mta-sts DOMAIN" shows one. Exit 0: told to end, or long idle. 70: a bug. 78: configuration unusable.
/// CONFIGURATION
///   dns_nameservers, inet_protocols, mta_sts_cache_limit, mta_sts_tls_CAfile, and those of shared/Service/SessionServer.cs.
/// BUGS
///   Certificates that were revoked are not recognised.
/// </summary>
internal static class Program
{
    // Every process of the SMTP client may have one question.
    private const int MostClients = 10_000;

    internal static readonly SessionServer<MtaStsOptions> Service = new("mtasts", static (config, _) => MtaStsOptions.Read(config), static _ => MostClients, Start)
    {
        OwnDirectory = PolicyFiles.DirectoryName,
    };

    private static int Main(string[] arguments) => Service.Run(arguments);

    private static PolicyServer Start(ServiceContext context, EventLoop loop, MtaStsOptions options)
    {
        Log log = new(MailLog.Lines);
        StubResolver resolver = new(options.Resolver);
        PolicyStore store = new(new PolicyFiles(PolicyFiles.DirectoryName), options.CacheLimit, TimeProvider.System, log);
        store.Load();
        PolicyBook book = new(loop, new PolicySource(loop, resolver, new PolicyFetch(resolver, options)), store, TimeProvider.System, log);
        book.KeepFresh();
        return new PolicyServer(loop, book, log);
    }
}
