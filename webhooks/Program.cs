using PostfixNet.Delivery;
using PostfixNet.Dns;
using PostfixNet.Events;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Queue;
using PostfixNet.Service;
using PostfixNet.Sql;

namespace PostfixNet.Webhooks;

/// <summary>
/// NAME
///   webhooks - send events to URLs
/// SYNOPSIS
///   webhooks   (started by master, not by hand)
/// DESCRIPTION
///   With webhooks_enable this service reads the events of the mail system (events_enable, docs/events.md) and sends those that a table [webhook."NAME"] asks for to its URL: one event a POST,
///   as JSON, signed as Standard Webhooks has it (webhook-id, webhook-timestamp, webhook-signature). What is to be sent is put on record in a database of its own, webhooks/webhooks.db below
///   queue_directory, in one transaction with the place up to which events were read; so whatever is killed when, each event arrives, some of them twice, with the same webhook-id.
///   One request at a time goes to a URL; of one message, the next event goes when the one before was taken, given up or superseded. A status of 200 to 299 within "timeout" is success. Else it is tried
///   again after "backoff", then after twice as long each time, 16 hours at most, a quarter more or less at random; later when the server asks for that (Retry-After). After 11 retries, or "expire", it is given up. A URL that fails
///   twice in a row gets a pause, up to 5 minutes. Status 410 (gone) stops a webhook until "master webhooks retry". An event that a recipient is deferred, or that a message is held or
///   released, is left out when there is a newer one of the same.
///   Of more than webhooks_queue_limit events that wait for one URL, only the number is kept; an event "gap" tells it once there is room. A webhook that is new begins with the events of the
///   last five minutes. Events are read, and sent, whenever nobody else wants the processor or the disk, and no program that handles mail waits for any of that.
///   Exactly one process; "master webhooks" asks it.
/// SECURITY
///   Talks to name servers and to the hosts of URLs over HTTPS, with a certificate for their name; without redirection, proxy or cookie; unless allow_private says so only to public addresses, which is looked at with
///   each connection. Of an answer it reads the status. Secrets are in files, and never in the log or in listings, nor are paths of URLs, which may be secrets, too. Where the kernel has Landlock, the process writes
///   nothing in the queue but its own directory, and reads nothing but that and the events.
/// DIAGNOSTICS
///   "webhook NAME: not delivered: why; it is tried again", once until it is over; "delivered again"; "given up"; "stopped". "events wait: why", once until it is over.
///   Exit 0: told to end. 70: a bug. 78: configuration unusable.
/// CONFIGURATION
///   dns_nameservers, events_enable, inet_protocols, myhostname, [webhook."NAME"], webhooks_enable, webhooks_keep_time, webhooks_queue_limit, and those of shared/Service/ServiceProgram.cs.
/// BUGS
///   Certificates that were revoked are not recognised.
/// SEE ALSO
///   docs/webhooks.md.
/// </summary>
internal static class Program
{
    internal static readonly EventServer<WebhooksOptions> Service = new(WebhooksQuestion.Service, static (config, _) => WebhooksOptions.Read(config), Start)
    {
        OwnDirectory = QueueDirectories.Webhooks,
        ReadDirectories = [QueueDirectories.Events],
        BeforeConfinement = static (config, _) => WebhooksOptions.OpenSecrets(config),
        Examine = static options => options.Examine(),
    };

    private static int Main(string[] arguments) => Service.Run(arguments);

    private static WebhooksService Start(ServiceContext context, EventLoop loop, WebhooksOptions options)
    {
        Log log = new(MailLog.Lines);
        StubResolver resolver = new(options.Resolver);
        DeliveryQueue queue = new(new SqliteFile($"{QueueDirectories.Webhooks}/webhooks.db"), options, TimeProvider.System, log);
        WebhooksService service = new(loop, new EventConsumer(QueueDirectories.Events, queue, log.Lines), queue,
            [.. options.Webhooks.Select(webhook => new Sender(webhook, webhook.Connect(resolver, options.Uses), queue, TimeProvider.System, log))], options.HostName, log);
        service.Start();
        return service;
    }
}
