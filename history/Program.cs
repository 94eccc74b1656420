using PostfixNet.Delivery;
using PostfixNet.Events;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.History;

/// <summary>
/// NAME
///   history - keep what became of mail, and find it again
/// SYNOPSIS
///   history   (started by master, not by hand)
/// DESCRIPTION
///   With history_enable this service reads the events of the mail system (events_enable, docs/events.md) and keeps messages, their recipients and each step of
///   them in a database: a file of SQLite, history/history.db below queue_directory, or, with history_database, a PostgreSQL server. "postqueue history" asks it.
///   Events are read by a thread of its own, whenever nobody else wants the processor or the disk, and taken up to a thousand at a time, in one transaction with the place that was reached:
///   so each counts once, whatever is killed when, and one that is told again changes nothing. No program that handles mail waits for any of that.
///   A message is kept for history_keep_time after the last that was heard of it. When the database has more than history_size_limit, those that were silent for the longest go first.
///   A damaged database file is renamed to history.db.damaged (one is kept), and a new one made of the events that are there still. Without the database, or with it away for
///   however long, mail is not affected: events wait in their files as long as events_keep_time and events_keep_size say; what is gone by then is counted as missing.
///   Exactly one process. Questions are answered two at a time, each within 10 seconds, by connections that only read.
/// SECURITY
///   What it reads was written by programs of the mail system, but holds text of strangers: addresses, replies. That becomes values of statements, never a part of them, without
///   control characters and cut. Whoever may list the queue (authorized_mailq_users) may ask. Where the kernel has Landlock,
///   the process writes nothing in the queue but its own directory, and reads nothing but that and the events.
///   A password of a server is no matter of main.toml: it stands in a file for mail_owner alone ("Passfile").
/// DIAGNOSTICS
///   "events wait: why", once until it is over, when the database does not take them. "events are read with the priority of all other work ...": the system forbids sched_setscheduler(2) or ioprio_set(2). "the database of the history is damaged ..."; "the history reached history_size_limit ...".
///   Exit 0: told to end. 70: a bug. 78: configuration unusable.
/// CONFIGURATION
///   authorized_flush_users, authorized_mailq_users, events_enable, history_database, history_enable, history_keep_time, history_size_limit,
///   and those of shared/Service/ServiceProgram.cs.
/// BUGS
///   A recipient that stands in an envelope twice counts once, so such a message does not become "sent".
///   What a server of PostgreSQL holds is counted by the text of events; its files are larger.
/// SEE ALSO
///   docs/history.md.
/// </summary>
internal static class Program
{
    private static readonly TimeSpan s_questionLimit = TimeSpan.FromSeconds(10);

    internal static readonly EventServer<HistoryOptions> Service = new(HistoryQuestion.Service, static (config, _) => HistoryOptions.Read(config), Start)
    {
        OwnDirectory = QueueDirectories.History,
        ReadDirectories = [QueueDirectories.Events],
    };

    private static int Main(string[] arguments) => Service.Run(arguments);

    private static HistoryService Start(ServiceContext context, EventLoop loop, HistoryOptions options)
    {
        Log log = new(MailLog.Lines);
        IDatabase database = options.Open();
        HistoryKeeper keeper = new(database, options.KeepTime, options.SizeLimit, TimeProvider.System, log);
        HistoryService service = new(loop, new EventConsumer(QueueDirectories.Events, keeper, log.Lines), keeper, new HistorySearch(database, s_questionLimit), options.MayAsk, log);
        service.Start();
        return service;
    }
}
