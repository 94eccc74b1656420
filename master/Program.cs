using PostfixNet.Commands;
using PostfixNet.Configuration;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>
/// NAME
///   master - starts, watches and stops the mail system
/// SYNOPSIS
///   master [-c config_directory] start|start-fg|stop|abort|reload|flush|status|check|set-permissions
///   master [-c config_directory] verbose [service...|off] [--peer HOST] [--for TIME]
///   master [-c config_directory] pause|resume [transport NAME] [destination DOMAIN|NEXTHOP] [from ADDRESS|DOMAIN]
///   master [-c config_directory] config [NAME ...] [--changed|--defaults] [--json]
///   master [-c config_directory] config --for DOMAIN|ADDRESS [--from ADDRESS] [--json]
///   master [-c config_directory] passwd USER [--delete|--crypt]
///   master [-c config_directory] passwd --list
///   master [-c config_directory] dkim genkey DOMAIN SELECTOR [--type rsa|ed25519] [--bits N] [--out DIRECTORY] [--json]
///   master [-c config_directory] dkim check [DOMAIN ...] [--json]
///   master [-c config_directory] mta-sts DOMAIN [--refresh] [--json]
///   master [-c config_directory] tlsrpt [DOMAIN] [--send] [--json]
///   master [-c config_directory] auth-test DESTINATION [--from ADDRESS] [--transport SERVICE] [--conversation] [--json]
///   master [-c config_directory] suppress list|export [--json]
///   master [-c config_directory] suppress check|add|remove ADDRESS... [--sender ADDRESS|DOMAIN] [--reason TEXT] [--time TIME] [--json]
///   master [-c config_directory] suppress import [FILE]
///   master [-c config_directory] webhooks [list [--all]] [--json]
///   master [-c config_directory] webhooks cancel|retry ID|NAME|ALL [--json]
///   master [-c config_directory] webhooks test NAME [--json]
///   master [-c config_directory] import [DIRECTORY] [--output DIRECTORY] [--queue DIRECTORY] [--accept-losses] [--copy-tables] [--dry-run] [--json]
/// DESCRIPTION
///   start      Checks the configuration, makes missing queue directories, and returns when the system accepts mail.
///   start-fg   The same in the foreground, for containers and service managers; ends on SIGTERM or SIGINT.
///   stop       Ends the system: deliveries past their last word may finish, for application_event_drain_time, ten seconds at most (a
///              message whose final reply takes longer is sent again); others are put off. Returns when all is down.
///   abort      Ends the system at once. Nothing is lost, but mail in transmission may be sent again.
///   reload     Reads the configuration anew; processes end after the work in hand and are replaced. The queue manager
///              stays, with its queue in memory, and sends what is not under way by the new routes and limits. Says which values have changed, and which of
///              them need a stop and a start.
///   flush      Tries all deferred mail now, as postqueue -f does.
///   status     Tells if the system runs, since when, how each service is (processes, clients served, crashes, throttles), how much mail waits in each queue and
///              since when, what is paused, which transports are suspended and which destinations dead, for how long and why, and what needs a person: all in one
///              look, for any user who may list the queue (authorized_mailq_users).
///              --json as one object, with the troubles in "problems". Exit 0: it runs. Exit 1: it does not.
///   check      Reads the configuration as each program would, and looks at the host: owners and modes, room and inodes, the queue's file system (in memory, a
///              container's own layer, without modes or journal), damaged mail, the DNS, the own name and that of relayhost, the clock. Each line says how
///              to mend it: "warning" of what may be meant so, "error" of what keeps mail from going. Exit 0: no error. 1: errors. 78: of the configuration.
///   set-permissions
///              Makes the queue directories that are missing, and gives all of them the owners and modes back that they need.
///   logrotate  Gives maillog_file another name, maillog_file.YYYYMMDD-HHMMSS, and begins a new one; the file of the rotation before is compressed.
///   config     Prints the settings in force in the form of main.toml, $name expanded, passwords left out: all, the changed ones, or the
///              defaults; with names, what each means, its default, and where it is given. With --for, what holds for mail to a domain or
///              address, and which parameter or table makes it so: route, next hop, TLS, login (never the password), limits, pauses; the
///              programs that will deliver it say so.
///   pause      Starts no more deliveries that fit all that is given (nothing given: none at all); those under way finish.
///              Mail is accepted and waits, and does not expire meanwhile. Holds until a resume, over restarts too: the
///              file paused in the queue directory says so. A destination ".example.com" is all below example.com.
///   verbose    Logs conversations of smtp and smtpd line by line, without passwords, from the next one on, without a reload: of the services that are named, with --peer of those
///              with a host, domain, address or network (as debug_peer_list has for good), for a time (--for 10m) or until "master verbose off". Without words it tells what is logged so.
///              The file verbose in the queue directory says so.
///   resume     Ends the pause with the same words, or all; the mail that waited for it is tried at once.
///   passwd     Lets a user log in at the SMTP server, or gives it another password; --delete takes the user away, --list names all. The
///              password is typed twice, or is one line of standard input. The file smtpd_sasl_password_file gets a verifier of it
///              (RFC 5803), with which nobody can log in elsewhere, or with --crypt a hash of crypt(3), for which guesses cost more, but
///              clients must send the password itself. The change holds at the next login, without reload.
///   dkim       genkey makes a key that signs mail, in a new file for mail_owner alone, DOMAIN.SELECTOR.pem, and prints the record for the DNS in the form of a zone
///              file, and what main.toml is to say. check looks the records of all keys up, or of those of some domains, and tells for each whether receivers find the
///              key there ("ok", "warning"), or not ("error", with the record that should be there), or whether no name server says ("unknown"). --json: an object
///              a key. Exit 0: all are found. See docs/dkim.md.
///   mta-sts    Shows the MTA-STS policy of a domain, as the service mtasts knows or now fetches it (--refresh: anew), and which of the domain's mail
///              exchangers are in it. Exit status 1: no policy holds. docs/tls.md.
///   tlsrpt     Shows the results of TLS that the service tlsrpt has gathered today and the days before for domains that want reports (smtp_tlsrpt_enable), and to whom the reports went.
///              With a domain: by policy, result and server. --send first tries reports of days that are over at once. For root and mail_owner.
///   auth-test  Logs in to the server of a destination as mail would, by the program that delivers there: a domain or address, whose route is taken, or a next hop as in relayhost. Sends no mail.
///              Shows the server, TLS and by what the server was verified, each mechanism that it offers and why it is or is not used, channel binding, and what the server says; with
///              --conversation every line, passwords and tokens left out. The login is tried even if it was refused a moment ago; if it works now, mail that waits because of it goes at its next attempt.
///              For root, who can read smtp_sasl_password_maps. Exit 0: accepted. 1: refused, or there is no login. 75: not tried, because of the way there. docs/logins.md.
///   suppress   Shows and changes the suppression list: addresses that get no mail (suppression_enable), for all mail or (--sender) for that of a sender or domain. list shows it, check tells
///              whether mail to an address would be returned, and why (exit status 1: it would not); add puts addresses there, with a --reason and for a --time, remove takes them off.
///              export prints it as comma-separated values, import reads that, lists of mail services with a column "address", "email" or "recipient", or an address a line, from a file or standard
///              input. A change holds at once, without reload, for all mail that no agent has yet; it is on stable storage when the command returns. The queue manager makes it; when it is not
///              running the command does. For root and mail_owner. See docs/suppression.md.
///   webhooks   Shows the webhooks of main.toml, what waits for them, and events that wait or were given up, the newest 1000 (--all: those that were delivered, superseded or canceled, too). cancel takes events out
///              that wait; retry has them sent now, those that were given up as well, and lets a webhook that was stopped (status 410) go on. test sends an event "test" to a webhook and shows what came
///              of it. For root and mail_owner. Exit 1: the test was not taken, or there was nothing to cancel. See docs/webhooks.md.
///   import     Makes main.toml and master.toml of the main.cf and master.cf in DIRECTORY (/etc/postfix), which are not changed, and reports what became of
///              each line: taken, default (left out, because this system does so anyhow), or lost, with what becomes of mail then. If what is lost decides
///              about mail nothing is written, and the exit status is 1, unless --accept-losses; mail whose way is lost then waits. --output says
///              where to write (the configuration directory); what is there is not overwritten. The queue of Postfix is kept, with its mail, unless --queue names
///              another one. --copy-tables copies the files of tables, too; --dry-run only reports; --json reports as JSON. See docs/migration.md.
///   The running master owns the socket of every service. It starts a process when a client connects and nobody is
///   there to serve it, up to the service's process_limit; it wakes timed services, replaces processes that ended, and
///   holds back a service that cannot start. Mail is not touched by it.
///   systemd, and others that set $NOTIFY_SOCKET, are told when mail is accepted, when the configuration is read anew, and when the stop begins.
///   --help, also behind a verb, tells what is accepted; --version which version this is. -c (--config) may follow the verb.
/// SECURITY
///   Runs as root or as an ordinary user on a private queue. Started by root, every service gives root up for mail_owner
///   before its first client. Starts only programs from daemon_directory named in master.toml, without a shell. The password file of
///   root is readable for mail_owner's group, and nobody else.
/// DIAGNOSTICS
///   Logs starts, stops, reloads, and processes that ended with an error. Exit 0: done. 1: not running, or already
///   running, no such user, no password, receivers do not find a key, or import would lose something that decides about mail. 64: bad command line. 75: could not start. 77: not permitted. 78: bad configuration.
/// CONFIGURATION
///   master.toml; from main.toml: application_event_drain_time, command_directory, daemon_directory,
///   default_process_limit, events_enable (for their directory), fork_attempts, fork_delay, hash_queue_depth, hash_queue_names, import_environment,
///   [dkim."DOMAIN"] (for dkim check), history_enable, mail_owner, mail_version, master_service_disable, metrics_enable, queue_directory, queue_service_name, service_throttle_time,
///   report_domain (whose key it makes), setgid_group, showq_service_name, smtp_sasl_auth_enable (whether logins is needed), smtp_tlsrpt_enable (for tlsrpt), smtpd_sasl_password_file (for passwd), suppression_* (for suppress), web_enable, webhooks_enable, and those of shared/Service/Log/LogOptions.cs. All others are read to be checked.
/// BUGS
///   A new mail_owner or queue_directory takes effect at a start, not at a reload.
/// </summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments is ["-c", var given, Supervisor.DaemonCommand])
            return Run(() => Supervisor.RunDaemon(given));
        Reading<MasterVerb> reading = Verbs.Reader.Read(arguments);
        if (reading.Command is not { } verb)
            return reading.Answer();
        return Run(() => verb.Run(Path.GetFullPath(MainConfig.FindDirectory(verb.ConfigDirectory))));
    }

    private static int Run(Func<int> work)
    {
        try
        {
            return work();
        }
        catch (ConfigurationException e)
        {
            foreach (string problem in e.Problems)
                Caller.Fail(problem, ExitStatus.Configuration);
            return ExitStatus.Configuration;
        }
        catch (SystemCallException e) when (e.IsForbidden)
        {
            return Caller.Fail(e.Message, ExitStatus.NoPermission);
        }
        catch (IOException e)
        {
            return Caller.Fail(e.Message, ExitStatus.TemporaryFailure);
        }
    }
}
