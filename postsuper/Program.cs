using System.Text;
using PostfixNet.Actions;
using PostfixNet.Commands;
using PostfixNet.Configuration;
using PostfixNet.Events;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Postsuper.Backup;
using PostfixNet.Queue;
using PostfixNet.Selection;
using PostfixNet.Service;

namespace PostfixNet.Postsuper;

/// <summary>
/// NAME
///   postsuper - queue maintenance
/// SYNOPSIS
///   postsuper [-psSv] [-c config_directory] [-d queue_id] [-e queue_id] [-f queue_id] [-h queue_id] [-H queue_id]
///   [-r queue_id] [-D queue_id] [-u queue_id] [queue...]
///   postsuper -d|-e|-f|-h|-H|-r queue_id --match filter [--dry-run] [--yes] [queue...]
///   postsuper [--delete queue_id,...] ... [queue...]
///   postsuper [-c config_directory] change queue_id...|ALL|- [--queue queue] [--match filter] [--route transport:nexthop|usual] [--tls level|usual] [--require-tls yes|no|usual] [--redirect address|nobody]
///   [--at now|+time|"date time"] [--dry-run] [--yes]
///   postsuper [-c config_directory] rule add name hold|discard|redirect address --match filter [--expire time] | rule list [--json] | rule remove name...
///   postsuper [-c config_directory] backup file.tar[.gz]|directory|-
///   postsuper verify file
///   postsuper [-c config_directory] restore file [--hold] [--dry-run]
/// DESCRIPTION
///   Acts on messages in the named queues (default: maildrop, hold, incoming, active, deferred). A queue_id of "-" reads
///   ids from standard input, one a line; "ALL", in capitals, means all complete messages.
///   -d deletes. -h puts on hold: out of incoming, active or deferred into hold, where nothing is delivered or expires.
///   -H releases from hold into deferred. -r requeues: into maildrop, to be processed anew by pickup and cleanup;
///   not a message of which its sender is still to be told that recipients failed: a flush (postqueue -i) tells him.
///   -r of a message that is being delivered is done too; whoever it reaches or fails meanwhile is told of.
///   -e makes a message expire at its next delivery attempt (mode 1710; Postfix's g+x alone means nothing, since chmod -R sets it); -f does so and releases it from hold.
///   --match narrows what is named to mail that a filter means (docs/selection.md): postsuper -d ALL deferred --match 'sender=*@example.com and age>2d'. It is looked at
///   and acted on one by one, by ID: what changes queue meanwhile is acted on where it is then, and what is gone is not counted. --dry-run tells
///   how many would be acted on, and shows ten. Who acts on 100 or more by ALL, from a terminal, is asked first; --yes is the answer, and programs are not asked.
///   Who gave the order, and which, stands in the log.
///   -D discovers mail that was put into the queue by hand (default: incoming, deferred): looks if it is a message with the
///   right owner and mode, tells what is wrong with it otherwise, and has it tried now; mail that waits for its next attempt is
///   passed over. -u takes back mail that was moved to corrupt: what can be read as a message after all, or was repaired,
///   gets its mode back and goes to deferred, due now; the rest stays, and is told.
///   -s repairs names and places of queue files, as master does at each start: after hash_queue_names or hash_queue_depth
///   changed, after a queue was restored from a copy, and, with enable_long_queue_ids off, to give long names up;
///   -S is the same (in Postfix, only -S corrects the inode numbers in long names). It also repairs modes that were changed by hand or by
///   chmod -R, if the file is a message; gives a file that a loss of power left under two names one of them; and tells of mail in
///   corrupt. -p removes incomplete files and trace logs of messages that are gone, older than a week, and such defer logs, older than
///   an hour. Without options: -s -p.
///   change gives mail that waits another route (transport and next hop, of this message alone), TLS security level or recipient, or another time for its next attempt, at which it
///   is tried however far away that is (and returned, when it is too old by then). --require-tls is what the sender could have said: yes, REQUIRETLS; no, TLS-Required: No. "usual" and "nobody" take that back. Postfix, too, reads and heeds such a file, but for the level. What is active and waits there is given back by the
///   queue manager first; what is being delivered is left alone, and told. A route is not heeded by redirected mail.
///   rule add gives a standing order for all mail that a filter means, for what is in the queue and for what comes: hold puts it on hold, discard removes it and tells
///   nobody, redirect address makes its recipients that one. It is in force when the command ends with 0: written down, and no delivery of such mail starts any more, whatever
///   is killed; one that has begun goes on. Of several rules the first that means a message holds. --expire ends it after a time. rule remove ends it now; what it did stays done: held mail is
///   released with -H, which is in vain while the rule stands. rule list tells them, and how often each was used since the queue manager started.
///   backup copies the queue into a new file while the system runs: tar, compressed if the name ends with .gz or .tgz; in a directory it gets a name of its own; "-" is standard output. In it are all
///   messages of all queues, maildrop, hold and corrupt included, that are in the queue when it begins and are not finished when their turn comes, each once, as it is then, with its mode, its time (that of the next
///   attempt) and what is logged of it; notices that are queued meanwhile; those that wait to be joined; the list of pauses, the standing rules and the suppression list. Events (docs/events.md) are left out. For the moment in which maildrop is copied
///   pickup takes no mail from there (sendmail goes on), and until the end -r, and -s where it changes names, are refused. The file ends with SHA256SUMS, which sha256sum -c reads; without it the backup did
///   not come to its end. verify reads a backup wholly: every hash, that no message is in it twice, that every message is one; and tells what is in it.
///   restore verifies it, too, and puts it into the queue of a system that is stopped, which cannot be started meanwhile. A message that is there stays as it is; one of another content
///   under the same name is told (status 1). Killed, it is begun again with the same command, and restores nothing twice while the system was not started in between. What was delivered after the backup was made
///   is delivered again: --hold has all of it restored into hold, to be looked at and released; mail of maildrop, which cannot be held, gets mode 640, with which it is not taken. All files belong
///   to mail_owner afterwards: mail dropped by a user is told to be from mail_owner's user id. The next start of master gives the files the names of their new inode numbers.
///   Each letter has a long name (--delete, --hold, ...; --help tells them); with these an option is given once, and takes several
///   ids with commas between them. --version tells which version this is.
///   On a terminal, what takes longer than a second tells how far it has come. The counts at the end are told when all that was done is on stable storage.
///   May be used while the mail system runs; -s with changes of names is for a stopped system.
/// SECURITY
///   For the super-user, who becomes mail_owner before touching anything, or for the user who owns the queue directory of a
///   private instance. Users can place files in maildrop: names are checked, links are neither followed nor moved. Works from
///   within the queue directory, whose own directories must not be links.
/// DIAGNOSTICS
///   What is done is said on standard error and in the log. Exit status: 0 done, also when nothing was found; 1 bad usage of letters,
///   not permitted, or something could not be done; 64 bad usage of long names; 78 bad configuration.
/// CONFIGURATION
///   enable_long_queue_ids, hash_queue_depth, hash_queue_names, mail_owner, pickup_service_name, queue_directory,
///   queue_service_name, setgid_group, and those of shared/Events/EventOptions.cs and shared/Service/Log/LogOptions.cs.
/// BUGS
///   Mail in maildrop can be deleted, but not held or expired: it is not known yet to be mail.
///   Mail with an empty sender that is in maildrop when a backup begins may be in it twice: as it was there, and as what pickup makes of it later, which nobody can tell from a notice.
/// </summary>
internal static class Program
{
    private const string Usage = "usage: postsuper [-c config_dir] [-d queue_id (delete)] [-e queue_id (expire)] "
        + "[-f queue_id (expire and/or un-hold)] [-D queue_id (discover)] [-h queue_id (hold)] [-H queue_id (un-hold)] [-p (purge temporary files)] "
        + "[-r queue_id (requeue)] [-s (structure fix)] [-S (redundant structure fix)] [-u queue_id (un-corrupt)] [-v (verbose)] [queue...]";

    private static int Main(string[] arguments)
    {
        CallerLog log = new("postsuper");
        try
        {
            Orders line = new();
            if (WordsAfter(RuleCommand.Word, arguments, out string? directory) is { } words)
                return RunRule(words, directory, log, arguments);
            if (WordsAfter(ChangeCommand.Word, arguments, out directory) is { } changeWords)
                return RunChange(changeWords, directory, log, arguments);
            if (WordsAfter(BackupCommand.Verify, arguments, out _) is { } verifyWords)
                return BackupCommand.RunVerify(verifyWords, log);
            if (WordsAfter(BackupCommand.Backup, arguments, out directory) is { } backupWords)
                return BackupCommand.RunBackup(backupWords, log, Caller.Describe(arguments), MainConfig.Load(MainConfig.FindDirectory(directory)).Get(Parameters.QueueDirectory),
                    (out PostsuperSettings settings) => Begin(directory, log, out settings));
            if (WordsAfter(BackupCommand.Restore, arguments, out directory) is { } restoreWords)
                return BackupCommand.RunRestore(restoreWords, log, Caller.Describe(arguments), MainConfig.Load(MainConfig.FindDirectory(directory)), (out PostsuperSettings settings) => Begin(directory, log, out settings));
            if (line.Parse(arguments, out bool isOurs) is { } wrong)
                return log.Fatal($"{wrong}; {Usage}", 1);
            if (!isOurs)
            {
                Reading<Options> reading = Options.Reader.Read(arguments);
                if (reading.Command is null)
                    return reading.Answer();
                if (line.Take(reading.Command) is { } wrongLong)
                    return log.Fatal(wrongLong, ExitStatus.Usage);
            }
            if (Begin(line.ConfigDirectory, log, out PostsuperSettings settings) is { } status)
                return status;
            QueueDirectories queues = settings.Queues;
            CallerReport report = new(log);
            if (line.Asked != MessageAction.None && !line.IsDryRun)
                report.Note(Caller.Describe(arguments));
            using EventLog? events = EventLog.Open(settings.Events, "postsuper", MailLog.Lines);
            if (Run(line, queues, report, settings.LongQueueIds, ReadStandardInput, events))
            {
                Wake(settings.QueueManager, "ID"u8);
                if (line.Queues.Contains(QueueName.Maildrop))
                    Wake(settings.Pickup, "W"u8);
            }
            return report.HasFailed ? 1 : 0;
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
            return log.Fatal(e.Message, 1);
        }
    }

    // null: it can go on, within the queue directory and with the rights of its owner.
    private static int? Begin(string? directory, CallerLog log, out PostsuperSettings settings)
    {
        settings = PostsuperSettings.Read(MainConfig.Load(MainConfig.FindDirectory(directory)));
        if (!MailOwner.MayAct(settings.Root))
            return log.Fatal("use of this command is reserved for the superuser", 1);
        log.Open(settings.Log);
        // From here on names are relative: nobody can put another directory in the place of one above us.
        FileSystem.ChangeDirectory(settings.Root);
        FileSystem.SetCreationMask(0x3F); // 077
        if (LinkAmong(settings.Queues) is { } link)
            return log.Fatal($"{settings.Root}/{link}: a link, not a directory", 1);
        if (Users.EffectiveUid == 0)
        {
            Account account = settings.Owner();
            Users.BecomeForever(account.Uid, account.Gid, settings.Group());
        }
        return null;
    }

    // null: it is about messages, in letters or long names; no queue has that name.
    private static string[]? WordsAfter(string word, string[] arguments, out string? directory)
    {
        directory = null;
        int at = 0;
        if (arguments is ["-c" or "--config", var given, ..])
            (directory, at) = (given, 2);
        return arguments.Length > at && arguments[at] == word ? arguments[(at + 1)..] : null;
    }

    private static int RunChange(string[] words, string? directory, CallerLog log, string[] arguments)
    {
        MainConfig config = MainConfig.Load(MainConfig.FindDirectory(directory));
        string[] services = [.. MasterConfig.Load(config.Directory, config).Services.Where(static service => service.IsPrivate).Select(static service => service.Name)];
        ChangeCommand.Order order;
        try
        {
            order = ChangeCommand.Parse(words, services, MailTime.NowSeconds, ReadStandardInput);
        }
        catch (FormatException e)
        {
            return log.Fatal($"{e.Message}; {ChangeCommand.Usage}", ExitStatus.Usage);
        }
        if (Begin(directory, log, out PostsuperSettings settings) is { } status)
            return status;
        CallerReport report = new(log);
        if (!order.IsDryRun)
            report.Note(Caller.Describe(arguments));
        using EventLog? events = EventLog.Open(settings.Events, "postsuper", MailLog.Lines);
        ChangeCommand.Run(order, settings.Queues, report, new StructureCheck(settings.Queues, report, new Changes(settings.Queues.Root), TimeProvider.System, settings.LongQueueIds).WarnOfName, events);
        if (!order.IsDryRun)
            Wake(settings.QueueManager, "ID"u8);
        return report.HasFailed ? 1 : 0;
    }

    private static int RunRule(string[] words, string? directory, CallerLog log, string[] arguments)
    {
        if (Begin(directory, log, out _) is { } status)
            return status;
        CallerReport report = new(log);
        if (words is ["add" or "remove", ..])
            report.Note(Caller.Describe(arguments));
        return RuleCommand.Run(words, report, log, TimeProvider.System);
    }

    /// <summary>Does what the command line asks for, in Postfix's order.</summary>
    /// <param name="standardInput">Ids for "-", asked at most once.</param>
    /// <returns>True when qmgr should look into its queues.</returns>
    internal static bool Run(Orders line, QueueDirectories queues, Report report, bool longIds, Func<IEnumerable<string>> standardInput, EventLog? events = null)
    {
        IReadOnlyList<QueueName> where = line.Queues.Count > 0 ? line.Queues : MessageActions.DefaultQueues;
        Changes changes = new(queues.Root);
        StructureCheck structure = new(queues, report, changes, TimeProvider.System, longIds);
        if (line.Repair)
            structure.Repair(where);
        if (line.Purge)
            structure.Purge(where, warn: !line.Repair);

        if (line.Asked != MessageAction.None)
            Act(line, queues, report, changes, where, structure.WarnOfName, standardInput, events);
        bool isRecovered = Recover(line, new Recovery(queues, report, TimeProvider.System, Users.EffectiveUid, changes), report, changes, structure.WarnOfName, standardInput);
        return isRecovered || structure.HasRepaired;
    }

    private static void Act(
        Orders line, QueueDirectories queues, Report report, Changes changes, IReadOnlyList<QueueName> where, Action<string> foreign, Func<IEnumerable<string>> standardInput, EventLog? events)
    {
        bool asksWhere = line.Filter is not null && (line.Filter.Needs & FilterNeeds.Routes) != 0;
        using RouteBook routes = new(isRequired: true);
        IReadOnlyList<string> ids = line.FromStandardInput == MessageAction.None || !(line.IsDryRun || Question.MayAsk(line)) ? [] : [.. standardInput()];
        if (line.IsDryRun || Question.MayAsk(line))
        {
            MessageActions counted = Actions(line.IsDryRun ? Sample.Show : static _ => { });
            Perform(counted, ids);
            if (line.IsDryRun)
            {
                counted.Summarize(line.Asked);
                return;
            }
            if (!Question.IsAnsweredYes(counted.Total))
            {
                report.Fail($"nothing was done to {counted.Total} messages");
                return;
            }
        }
        MessageActions actions = Actions(null);
        Perform(actions, ids);
        actions.Summarize(line.Asked);

        MessageActions Actions(Action<QueuedMail>? show) => new(queues, report, changes, TimeProvider.System)
        {
            Filter = line.Filter,
            Routes = asksWhere ? routes : null,
            Show = show,
            Events = events,
        };

        void Perform(MessageActions doing, IReadOnlyList<string> read)
        {
            foreach ((MessageAction action, string id) in line.Messages)
                doing.ActOn(action, id, where);
            if (line.FromStandardInput != MessageAction.None)
            {
                foreach (string id in read.Count > 0 ? read : standardInput())
                    doing.ActOn(line.FromStandardInput, id, where);
            }
            if (line.All != MessageAction.None)
            {
                report.Begin("looked at", () => where.Sum(queue => queues.Count(queue)));
                doing.ActOnAll(line.All, where, foreign);
                report.Finish();
            }
        }
    }

    private static bool Recover(Orders line, Recovery recovery, Report report, Changes changes, Action<string> foreign, Func<IEnumerable<string>> standardInput)
    {
        foreach (string id in Each(line.Recovered, standardInput))
        {
            if (id == "ALL")
                recovery.RecoverAll(foreign);
            else
                recovery.Recover(id);
        }
        changes.Flush(report);
        if (line.Recovered.Count > 0)
            report.SayCount("Recovered", recovery.Recovered);
        IReadOnlyList<QueueName> where = line.Queues.Count > 0 ? line.Queues : Recovery.DiscoveredQueues;
        foreach (string id in Each(line.Discovered, standardInput))
        {
            if (id == "ALL")
                recovery.DiscoverAll(where, foreign);
            else
                recovery.Discover(id, where);
        }
        if (line.Discovered.Count > 0)
            report.SayCount("Discovered", recovery.Discovered);
        return recovery.Recovered + recovery.Discovered > 0;
    }

    private static IEnumerable<string> Each(IReadOnlyList<string> ids, Func<IEnumerable<string>> standardInput)
    {
        foreach (string id in ids)
        {
            foreach (string one in id == "-" ? standardInput() : [id])
                yield return one;
        }
    }

    private static string? LinkAmong(QueueDirectories queues)
    {
        foreach (QueueName queue in (QueueName[])[.. MessageActions.DefaultQueues, QueueName.Corrupt, QueueName.Bounce, QueueName.Defer, QueueName.Trace])
        {
            if (FileSystem.Status(queues.DirectoryOf(queue)) is { Kind: FileKind.Link })
                return QueueDirectories.NameOf(queue);
        }
        return null;
    }

    private static void Wake(string service, ReadOnlySpan<byte> requests)
    {
        try
        {
            Trigger.Send(service, requests);
        }
        catch (IOException)
        {
            // The system is down; it scans its queues at its start.
        }
    }

    private static IEnumerable<string> ReadStandardInput()
    {
        using StreamReader reader = new(StandardStreams.Input(), Encoding.Latin1, detectEncodingFromByteOrderMarks: false);
        while (reader.ReadLine() is { } id)
            yield return id;
    }
}
