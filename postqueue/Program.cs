using PostfixNet.Commands;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Selection;
using PostfixNet.Service;

namespace PostfixNet.Postqueue;

/// <summary>
/// NAME
///   postqueue - queue listing and flushing
/// SYNOPSIS
///   postqueue [-v] [-c config_directory] -p | -j | -f | -i queue_id | -s site | [-j] -x queue_id_site_or_address
///   postqueue [-c config_directory] -p | -j | -f --match filter; -p | -j --by-next-attempt
///   postqueue list [--json] [--match filter] [--by-next-attempt] | flush [--id queue_id | --site site | --match filter] | explain [--json] queue_id_or_site | destinations [--json] [--config config_directory]
///   postqueue cat queue_id [--envelope] [--headers] [--body] [--decoded] [--json] | top [--json] [--once] [--interval seconds] [--match filter]
///   postqueue qshape [--senders] [--json] [--match filter] [queue...] | tail [--json] queue_id_site_or_address
///   postqueue history [--json] queue_id | history [--json] [--sender address] [--recipient address] [--message-id id] [--since time] [--until time] [--state state] [--limit count] [--before number] | history --status
///   The service showq: started by master with the argument -showq, not by hand.
/// DESCRIPTION
///   -p lists the queue in the layout of sendmail's mailq; -j as one JSON object a line. -f makes qmgr try all mail now, but what its sender or an operator has scheduled;
///   -i one deferred message; -s all other deferred mail with a recipient in a domain, which need not be in fast_flush_domains:
///   the queue files are looked through, no logs are kept. What is flushed is tried though its destination seemed dead.
///   --match narrows -p, -j and -f to mail that a filter means (docs/selection.md); headers are for the super-user and the owner of the queue to ask for. With -f it tells how many.
///   Behind Postfix's fields -j tells reason_code, transport and next_hop of each recipient, and next_attempt and attempts of the message, where they are known.
///   --by-next-attempt lists the earliest next attempt first, and what was never tried before the rest; it keeps 40 bytes in memory for each message, and begins
///   when all were looked at.
///   -x tells of one message, of the mail for a domain, or of that from or to an address, why each recipient still waits: in words and
///   with a code of a fixed set (see WaitCode), until when, the last reply, transport, next hop and the limits there; with
///   -j as one JSON object a message. Of very many messages 100 are told, and all are counted by reason.
///   cat shows a message, in whatever queue, corrupt and maildrop too, to the super-user and the owner of the queue: headers and body as they are, or the parts that are asked for; --json tells the envelope, too, and all of it as one object (what is no UTF-8 becomes U+FFFD there);
///   --decoded as people read it. On a terminal control characters are replaced. top counts what waits by destination (transport and next hop) and reason, with the age of the
///   oldest and the time to the next attempt; on a terminal again and again, with what has changed since. qshape counts recipients, or messages by their senders, by domain and
///   age in minutes, in the layout of Postfix's qshape. tail tells each change of what a message, or the mail for a destination, waits for, until it is gone.
///   destinations tells what the queue manager has in memory: transports that are suspended and destinations that are left alone after failures, since when, until when and why,
///   how many deliveries were put off for that, and then the destinations with most deliveries waiting or under way, 1000 at most. Times of --json are seconds since 1970.
///   history finds mail of the past, where history_enable keeps it (docs/history.md): a line for each message, the latest first, with one recipient, of those that were asked for, and what became of that; of one
///   message each step, in words. An address without "@" is a domain. With --json each message is an object, and each step an event (docs/events.md). What does not fit is said with the number for --before.
///   The verbs list, flush and explain are the same with names; --help, also behind a verb, tells what is accepted, --version
///   which version this is.
///   The service showq, which runs as mail_owner, reads the queue and tells what may be known, to those in
///   authorized_mailq_users; flushing is for those in authorized_flush_users. For the super-user and the owner of the queue (the service web) it does to messages what postsuper does, with the same lines in the log. To a client that says nothing for a second it tells the queue
///   as Postfix's showq does: Postfix's own postqueue and prometheus-postfix-exporter can read it. A user has five of its processes at most; what he asks beyond that is refused,
///   after a moment in which one may become free. When the mail system is down, -p and -j read
///   the queue themselves, for those who may, maildrop too.
/// SECURITY
///   The service trusts neither its clients nor the files in maildrop. The command trusts nothing it is told by the
///   service but prints it, control characters replaced.
/// DIAGNOSTICS
///   Errors are said on standard error and, where the caller may write it, in the log. Exit status: 0 done; 1 the history has nothing of it; 69 the mail
///   system is down, or bad usage of the single letters (as in Postfix); 64 of verbs and long options; 77 not permitted; 78 bad configuration.
/// CONFIGURATION
///   authorized_flush_users, authorized_mailq_users, empty_address_recipient, enable_long_queue_ids,
///   history_enable, hash_queue_depth, hash_queue_names, ipc_timeout, queue_minfree, queue_minfree_percent, queue_service_name, setgid_group, showq_service_name, and those of
///   shared/Events/EventOptions.cs and shared/Service/SingleServer.cs.
/// BUGS
///   A message that goes from deferred to active during the listing can be missing from it.
/// </summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (ServiceCommandLine.Parse(arguments) is { } service && service.Arguments.Contains(ShowqService.Argument))
            return ShowqService.Program.Run(arguments);
        CallerLog log = new("postqueue");
        PostqueueVerb? verb = Letters.Parse(arguments, out string? problem);
        if (problem is not null)
            return log.Fatal($"{problem}; {Letters.Usage}", ExitStatus.Unavailable);
        if (verb is null)
        {
            Reading<PostqueueVerb> reading = Verbs.Reader.Read(arguments);
            if (reading.Command is null)
                return reading.Answer();
            verb = reading.Command;
        }
        return Run(verb, log);
    }

    private static int Run(PostqueueVerb verb, CallerLog log)
    {
        try
        {
            PostqueueSettings settings = PostqueueSettings.Read(MainConfig.Load(MainConfig.FindDirectory(verb.ConfigDirectory)));
            log.Open(settings.Log);
            return verb.Run(settings, log);
        }
        catch (ListingClosedException e)
        {
            return e.IsReaderGone ? ExitStatus.Unavailable : log.Fatal(e.Message, ExitStatus.Unavailable);
        }
        catch (ShowqRefusedException e)
        {
            return log.Fatal(e.Message, ExitStatus.NoPermission);
        }
        catch (FilterException e)
        {
            return log.Fatal($"--match: {e.Message}", ExitStatus.Usage);
        }
        catch (ConfigurationException e)
        {
            return log.Fatal(e.Message, ExitStatus.Configuration);
        }
        catch (IOException e)
        {
            return log.Fatal(e.Message, ExitStatus.Unavailable);
        }
    }
}
