using PostfixNet.Configuration;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Sendmail;

/// <summary>
/// NAME
///   sendmail, mailq, newaliases - drop a message into the queue, list the queue
/// SYNOPSIS
///   sendmail [options] [recipient ...]   a message on standard input
///   mailq | sendmail -bp                 list the queue, as postqueue -p
///   newaliases | sendmail -bi            nothing to do; for compatibility
/// DESCRIPTION
///   Reads a message up to the end of input, or up to a line with a single dot, and writes it to one file in maildrop/;
///   works while the mail system is down. Exit 0 says that the message is on stable storage.
///   -f ADDRESS       envelope sender; default: the login name. "" or "&lt;&gt;": the null sender.  (-r is the same)
///   -F NAME          full name for a From: header that has to be made; default: $NAME, then the account's.
///   -t               take recipients from To:, Cc:, Bcc: (or Resent-...:) too.
///   -i, -oi          a line with a single dot does not end the message.
///   -C DIR           configuration directory.        -v   report the deliveries to the sender by mail.
///   -B 7BIT|8BITMIME declared body type.             -G   from elsewhere: headers are not completed.
///   -N never|success,failure,delay    when to notify the sender (DSN).
///   -R full|hdrs     what of the message a notice returns.       -V ID   envelope id (DSN).   -XV[xy]  VERP.
///   -q  flush the queue; -qI ID  one message; -qR SITE  one site.
///   -bm (default), -bp, -bi (also -I) as above. -bh -bH do nothing. -A -L -O -U -c -e -h -m -o -p -x -X and -q TIME are accepted for compatibility.
/// SECURITY
///   Runs with the rights of its caller only. The file belongs to the caller: nobody else can read it but mail_owner, nobody
///   can change it once pickup has it, and pickup checks every byte of it.
/// DIAGNOSTICS
///   One line on standard error. Exit 0: queued. 69: from postqueue. 75: not queued; the message says why. 77: no
///   permission. 78: bad configuration.
/// CONFIGURATION
///   append_at_myorigin, authorized_submit_users, default_verp_delimiters, enable_long_queue_ids, hash_queue_depth,
///   hash_queue_names, header_size_limit, line_length_limit, message_size_limit, myorigin, pickup_service_name,
///   queue_directory, sendmail_fix_line_endings, verp_delimiter_filter, and those of shared/Service/Log/LogOptions.cs.
/// BUGS
///   -bs, -bd, -bl and -bv are not supported.
/// </summary>
internal static class Program
{
    private const string Letters = "A:B:C:F:GIL:N:O:R:UV:X:b:ce:f:h:imno:p:r:q:tvx";

    private static readonly CallerLog s_log = new("sendmail");

    private static int Main(string[] arguments)
    {
        Signals.IgnoreFileSizeLimit();
        try
        {
            return Run(Caller.ProgramName(), Caller.Arguments(arguments));
        }
        catch (ConfigurationException e)
        {
            return s_log.Fatal(e.Message, ExitStatus.Configuration);
        }
        catch (SubmissionException e)
        {
            return s_log.Fatal(e.Message, e.Status);
        }
        catch (SystemCallException e) when (e.IsForbidden)
        {
            return s_log.Fatal(e.Message, ExitStatus.NoPermission);
        }
        catch (IOException e)
        {
            return s_log.Fatal(e.Message, ExitStatus.TemporaryFailure);
        }
    }

    private static int Run(string name, string[] arguments)
    {
        Options options = Options.Parse(arguments, Letters, s_log.Warn);
        if (name == "newaliases" || options.Mode == 'i')
            return ExitStatus.Ok;
        string directory = MainConfig.FindDirectory(options.ConfigDirectory);
        if (name == "mailq" || options.Mode == 'p')
            return Postqueue(directory, ["-p"]);
        if (options.Flush is not null)
            return Postqueue(directory, options.Flush);
        SubmissionSettings settings = SubmissionSettings.Read(MainConfig.Load(directory));
        s_log.Open(settings.Log);
        Submission submission = new(settings, options, s_log.Warn);
        submission.Drop();
        Wake(settings.Pickup);
        if (options.Tracing != Tracing.None)
            _ = StandardStreams.TryWriteOutput($"Mail Delivery Status Report will be mailed to <{submission.Sender}>.\n");
        return ExitStatus.Ok;
    }

    // The mail is safe already; without the trigger it waits for pickup's timer.
    private static void Wake(string path)
    {
        try
        {
            Trigger.Send(path, "W"u8);
        }
        catch (IOException)
        {
            // The system is down.
        }
    }

    private static int Postqueue(string directory, IReadOnlyList<string> arguments)
    {
        string program = Path.Join(AppContext.BaseDirectory, "postqueue");
        throw ChildProcess.Replace(program, ["-c", directory, .. arguments]);
    }
}
