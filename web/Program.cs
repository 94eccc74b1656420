using PostfixNet.Configuration;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Web;

/// <summary>
/// NAME
///   web - the queue over HTTP: an API, and a page
/// SYNOPSIS
///   web   (started by master, not by hand)
/// DESCRIPTION
///   With web_enable this service answers HTTP at web_listen, and on the Unix socket public/web of the queue directory: /api/v1/ for programs, and / with a page for people that shows the same. docs/web.md has all of it,
///   /api/v1/openapi.json describes the API. It tells how the system is, what is in the queue, a page at a time, why a message waits and what became of it (history_enable), how things stand with destinations, what
///   the queue is made of by domain, age and reason, and the suppression list.
///   Nothing can be changed, unless web_actions is on: then who shows the token of web_token_file can hold, release, requeue and delete messages, have deferred mail for a domain tried now, and change the suppression list.
///   showq and the queue manager do that, not this process. Each order is in the log with who gave it, before it is followed.
///   It reads the queue whenever nobody else wants the processor or the disk. A page of the queue, and what a filter means of it, is looked for during five seconds at most, the shape of the queue is
///   counted during thirty; what is not told by then is said to be missing. No program that handles mail waits for it. Fifty clients at a time (of one user twelve at the Unix socket), of whom four get an answer; who says nothing is gone after some seconds.
///   Exactly one process.
/// SECURITY
///   The Unix socket knows who asks, and answers those in authorized_mailq_users. At web_listen, which is this host's alone unless there are a token and a certificate, whoever connects may ask; with web_token_file, who shows
///   the token. Orders take the token everywhere. The token is shown in a header (Authorization: Bearer), never in a cookie, so no page of somebody else's can use it; names that are not in web_hosts, requests that
///   other sites' pages make, and orders that are not JSON are refused. Addresses and replies of servers are told as text, and the page shows them as text, and nothing that does not come with this program.
///   It tells no content of messages, no headers, and no secrets. Where the kernel has Landlock, the process writes nothing in the queue but in a directory of its own.
/// DIAGNOSTICS
///   "no web server at ADDRESS: why", and exit status 75: the address is in use, not this host's, or not allowed. "ordered by WHO: what": somebody with the token has it done. "WHO showed a wrong token", once a minute.
///   Exit 0: told to end. 70: a bug. 78: configuration unusable.
/// CONFIGURATION
///   authorized_flush_users, authorized_mailq_users, empty_address_recipient, hash_queue_depth, hash_queue_names, history_enable, myhostname, showq_service_name, suppression_automatic, suppression_codes, suppression_complaint_time,
///   suppression_enable, suppression_failures, suppression_normalize, suppression_scope, suppression_time, web_actions, web_enable, web_hosts, web_listen, web_tls_cert_file, web_tls_key_file, web_token_file, and those of
///   shared/Service/ServiceProgram.cs.
/// BUGS
///   A certificate or token that is exchanged is read at the next reload.
///   Without history_enable there is nothing to tell of a message that is gone.
/// SEE ALSO
///   docs/web.md, docs/history.md, docs/selection.md.
/// </summary>
internal static class Program
{
    internal static readonly EventServer<WebOptions> Service = new("web", static (config, _) => Read(config), Start)
    {
        OwnDirectory = QueueDirectories.Web,
        ReadDirectories = [QueueDirectories.Suppression, QueueDirectories.NameOf(QueueName.Defer), .. QueueCounts.Counted.Select(QueueDirectories.NameOf)],
        // The token and the key may be files that root alone can read.
        BeforeConfinement = static (config, _) => s_secrets = WebSecrets.Read(config),
    };

    private static WebSecrets? s_secrets;

    private static int Main(string[] arguments) => Service.Run(arguments);

    private static WebOptions Read(MainConfig config)
    {
        _ = config.Get(Parameters.WebEnable);
        return WebOptions.Read(config);
    }

    private static WebService Start(ServiceContext context, EventLoop loop, WebOptions options) => WebService.Start(loop, options, s_secrets!, new Log(MailLog.Lines));
}
