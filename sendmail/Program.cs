using PostfixNet.Configuration;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Sendmail;

/// <summary>
/// NAME
///   sendmail, mailq, newaliases - drop a message into the queue, list the queue
/// SYNOPSIS
///   sendmail [options] [recipient ...]   a message on standard input
///   sendmail -bs                         SMTP on standard input and output
///   mailq | sendmail -bp                 list the queue, as postqueue -p
///   newaliases | sendmail -bi            nothing to do; for compatibility
/// DESCRIPTION
///   Reads a message up to the end of input, or up to a line with a single dot, and writes it to one file in maildrop/;
///   works while the mail system is down. Exit 0 says that the message is on stable storage. The file has no name before it is complete,
///   so that no signal and no full disk leaves a part of it.
///   -f ADDRESS       envelope sender; default: the login name, or the number of an account without name. "" or "&lt;&gt;": the null sender.  (-r is the same)
///   -F NAME          full name for a From: header that has to be made; default: $NAME, then the account's.
///   -t               take recipients from To:, Cc:, Bcc: (or Resent-...:) too.
///   -i, -oi          a line with a single dot does not end the message.
///   -C DIR           configuration directory, or main.toml in it.
///   -v               report the deliveries to the sender by mail.
///   -B 7BIT|8BITMIME   declared body type.
///   -G               from elsewhere: headers are not completed.
///   -N never|success,failure,delay    when to notify the sender (DSN).
///   -R full|hdrs     what of the message a notice returns.
///   -V ID            envelope id (DSN).
///   --require-tls, -O requiretls=yes    REQUIRETLS (RFC 8689): rather returned than sent to a server that does not prove its name over TLS, and promise the same.
///   --hold-for TIME, --hold-until DATE    the message goes out after so much time ("2h"), or at that moment ("2026-12-01T08:00:00+01:00"), and not before; future_release_limit says how far ahead that may be.
///   -XV[xy]          VERP: each recipient has a return address of his own.
///   -bv              read no message: find out what would become of mail for the recipients, and report that to the sender by mail.
///   -bs              become "smtpd -S": for programs that speak SMTP to a command. Its messages go into maildrop/, too.
///   -q               flush the queue; "-qI ID": one message; "-qR SITE": one site. It becomes postqueue.
///   -bd, -bl         start the mail system: become "master start".
///   -bm (default), -bp, -bi (also -I) as above. -bh -bH do nothing. -A -L -U -c -e -h -m -o -p -x -X, other -O and -q TIME are accepted for compatibility.
///   --help, --version   say what this says, and which version it is.
///   As in Postfix 3.7 but for the exit statuses, which tell trouble that passes from errors, as newer versions' do.
/// SECURITY
///   Runs with the rights of its caller only. The file belongs to the caller: nobody else can read it but mail_owner, nobody
///   can change it once pickup has it, and pickup checks every byte of it.
/// DIAGNOSTICS
///   One line on standard error. Exit 0: queued. 64: options or recipients that cannot be meant. 65: the message is too large, or its recipients
///   cannot be read. 69: from postqueue. 75: not queued just now; the message says why. 77: not permitted. 78: bad configuration.
/// CONFIGURATION
///   append_at_myorigin, authorized_submit_users, daemon_directory (-bs), default_verp_delimiters, enable_long_queue_ids, future_release_limit, hash_queue_depth,
///   hash_queue_names, header_size_limit, line_length_limit, message_size_limit, myorigin, pickup_service_name,
///   queue_directory, requiretls_enable, sendmail_fix_line_endings, traces_enable, verp_delimiter_filter, and those of shared/Service/Log/LogOptions.cs.
/// BUGS
///   On a file system without O_TMPFILE (NFS; overlays of older kernels) a program that is ended by a signal leaves a file that is never mail;
///   "postsuper -p" removes it.
/// </summary>
internal static class Program
{
    private const string Letters = "A:B:C:F:GIL:N:O:R:UV:X:b:ce:f:h:imno:p:r:q:tvx";

    private static readonly CallerLog s_log = new("sendmail");

    private static int Main(string[] arguments)
    {
        Signals.IgnoreFileSizeLimit();
        if (HelpOption.Answer("sendmail", arguments, typeof(Program).Assembly) is { } answered)
            return answered;
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
        Options options = Options.Parse(name, arguments, Letters, FutureRelease.Next(MailTime.NowMicroseconds), s_log.Warn);
        if (options.HasInterval && options.Mode != Mode.StartSystem)
            return ExitStatus.Ok;
        switch (options.Mode)
        {
            // Alias files are read as text, and noticed when they change.
            case Mode.RenewAliases or Mode.Nothing:
                return ExitStatus.Ok;
            case Mode.ListQueue:
                return Become("postqueue", options, "-p");
            case Mode.Flush:
                return Become("postqueue", options, "-f");
            case Mode.StartSystem:
                return Become("master", options, "start");
            case Mode.Server:
                return Serve(options);
            default:
                return options.PartFlush is { } part ? Become("postqueue", options, [.. part]) : Submit(options);
        }
    }

    private static int Submit(Options options)
    {
        SubmissionSettings settings = SubmissionSettings.Read(MainConfig.Load(MainConfig.FindDirectory(options.ConfigDirectory)));
        s_log.Open(settings.Log);
        Submission submission = new(settings, options, s_log.Warn);
        submission.Drop();
        if (options.Tracing != Tracing.None)
            _ = StandardStreams.TryWriteOutput($"Mail Delivery Status Report will be mailed to <{submission.Sender}>.\n");
        return ExitStatus.Ok;
    }

    private static int Serve(Options options)
    {
        string directory = MainConfig.FindDirectory(options.ConfigDirectory);
        MainConfig config = MainConfig.Load(directory);
        s_log.Open(LogOptions.Read(config));
        Admission.Require(Maildrop.Read(config), Users.ByUid(Users.RealUid));
        throw ChildProcess.Replace(Path.Join(config.Get(Parameters.DaemonDirectory), "smtpd"), ["-S", "-c", directory]);
    }

    // In the place of this process.
    private static int Become(string program, Options options, params string[] words) =>
        throw ChildProcess.Replace(Path.Join(AppContext.BaseDirectory, program), ["-c", MainConfig.FindDirectory(options.ConfigDirectory), .. words]);
}
