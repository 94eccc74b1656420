using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Pickup;

/// <summary>
/// NAME
///   pickup - take dropped mail to cleanup
/// SYNOPSIS
///   pickup   (started by master, not by hand)
/// DESCRIPTION
///   On each wake-up (trigger W: by sendmail, or by master's timer) looks through maildrop until it finds nothing new. Each
///   complete file is checked, given a Received: header, and sent to cleanup; it is removed as soon as cleanup says that
///   the message is safe in the queue. Up to four messages are on their way at the same time, over connections that are
///   kept between messages, so that several cleanup processes flush to disk together; the order of messages is not kept.
///   A file that can never be accepted is moved to corrupt. (Postfix deletes such files; here that is done only to
///   those whose records are no records, which sendmail never makes, and of which their user has a hundred, or 100 MB, in corrupt.) A file that cannot be accepted now stays, and is tried again at a later wake-up.
///   content_filter has the message go through a filter; what receive_override_options names is left out. Both can stand in args of this service
///   alone ("-o name=value").
///   A file that belongs to mail_owner and is not readable for others was put there by postsuper -r: all that it says is
///   believed, but the filter that it named: content_filter holds anew; and milters are not told of it again.
/// SECURITY
///   Any user may put any bytes into maildrop. Links and files with two names are not touched; pointer records are not
///   followed; attributes that only a server may set are dropped; memory does not grow with a file. No network.
/// DIAGNOSTICS
///   "ID: uid=N from=&lt;sender&gt;" for each message, with orig_id=ID for requeued mail. Warnings: "uid=N: unexpected or malformed
///   record type T" (decimal code; -1 end of file, -2 no record), "ID: uid=N: no envelope sender", "maildrop/FILE: error
///   writing ID: REASON", and of files with strange time stamps. Exit 0: told to end. 70: a bug. 78: configuration unusable.
/// CONFIGURATION
///   cleanup_service_name, content_filter, hash_queue_depth, hash_queue_names, ipc_idle, ipc_timeout, line_length_limit, mail_name,
///   myhostname, receive_override_options; for the check of transports default_process_limit, history_enable, master_service_disable, metrics_enable, smtp_tlsrpt_enable, web_enable, webhooks_enable; and those of shared/Service/ServiceProgram.cs.
/// BUGS
///   A crash between cleanup's answer and the removal of the file, or a power cut before the removal is on stable storage,
///   delivers the message twice.
/// </summary>
internal static class Program
{
    internal static readonly EventServer<PickupSettings> Service = new("pickup", static (config, _) => PickupSettings.Read(config), Start)
    {
        Examine = static settings => settings.Examine(),
    };

    private static int Main(string[] arguments) => Service.Run(arguments);

    private static Handler Start(ServiceContext context, EventLoop loop, PickupSettings settings)
    {
        Log log = new(MailLog.Lines);
        Submission submission = new(settings.Options, settings.Queues, TimeProvider.System, new WarnedNames(TimeProvider.System), log);
        MaildropScan scan = new(settings.Queues, TimeProvider.System, log);
        return new Handler(loop, left => new Crew(
            settings.Options, scan, submission, () => Channel.Connect(settings.Cleanup, "cleanup", settings.IpcTimeout), log, left));
    }

    private sealed class Handler : EventServer.IHandler
    {
        // cleanup may have crashed, or the disk be full: sooner than master's timer, but no busy loop.
        private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(5);
        private readonly EventLoop _loop;
        private readonly Crew _crew;
        private bool _looksAgain;

        internal Handler(EventLoop loop, Func<Action, Crew> hire)
        {
            _loop = loop;
            // The last worker leaves on a thread of its own; a byte brings that into the loop.
            (Descriptor line, Descriptor end) = Descriptor.Pair();
            _crew = hire(() => end.Write([0]));
            _loop.Add(line, Readiness.Readable, _ =>
            {
                Span<byte> said = stackalloc byte[64];
                line.Read(said);
                if (_crew.HasEnded)
                    _loop.Stop();
            });
            // What was dropped while no pickup was there.
            _crew.Wake();
            LookAgain();
        }

        public void Trigger(ReadOnlySpan<byte> requests, bool isTrusted)
        {
            if (requests.Contains((byte)'W'))
                _crew.Wake();
            LookAgain();
        }

        private void LookAgain()
        {
            if (_looksAgain)
                return;
            _looksAgain = true;
            _loop.After(s_retry, () =>
            {
                _looksAgain = false;
                if (!_crew.HasLeftovers)
                    return;
                _crew.Wake();
                LookAgain();
            });
        }

        public void MustEnd() => _crew.End();
    }
}
