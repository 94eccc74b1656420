using PostfixNet.Configuration;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Postqueue;

/// <summary>
/// NAME
///   postqueue - queue listing and flushing
/// SYNOPSIS
///   postqueue [-v] [-c config_directory] -p | -j | -f | -i queue_id | -s site | [-j] -x queue_id_or_site
///   postqueue ... -- -showq   (started by master, as the service showq)
/// DESCRIPTION
///   -p lists the queue in the layout of sendmail's mailq; -j as one JSON object a line. -f makes qmgr try all mail now;
///   -i one deferred message; -s all deferred mail with a recipient in a domain, which need not be in fast_flush_domains:
///   the queue files are looked through, no logs are kept. What is flushed is tried though its destination seemed dead.
///   -x (or the word explain) tells of one message, or of the mail for a domain, why each recipient still waits: in words and
///   with a code of a fixed set (see WaitCode), until when, the last reply, transport, next hop and the limits there; with
///   -j as one JSON object a message. Of very many messages 100 are told.
///   The service showq, which runs as mail_owner, reads the queue and tells what may be known, to those in
///   authorized_mailq_users; flushing is for those in authorized_flush_users. When the mail system is down, -p and -j read
///   the queue themselves, for those who may.
/// SECURITY
///   The service trusts neither its clients nor the files in maildrop. The command trusts nothing it is told by the
///   service but prints it, control characters replaced.
/// DIAGNOSTICS
///   Errors are said on standard error and, where the caller may write it, in the log. Exit status: 0 done; 69 the mail
///   system is down, or bad usage (as in Postfix); 77 not permitted; 78 bad configuration.
/// CONFIGURATION
///   queue_directory, hash_queue_names, hash_queue_depth, enable_long_queue_ids, empty_address_recipient, ipc_timeout,
///   authorized_mailq_users, authorized_flush_users, mail_owner, syslog_name, maillog_file.
/// BUGS
///   A message that goes from deferred to active during the listing can be missing from it.
/// </summary>
internal static class Program
{
    private const string Usage = "usage: postqueue -f | postqueue -i queueid | postqueue -j | postqueue -p | postqueue -s site | postqueue [-j] -x queueid_or_site";
    private const string Down = "Cannot flush mail queue - mail system is down";

    private static int Main(string[] arguments)
    {
        if (ServiceCommandLine.Parse(arguments) is { } service && service.Arguments.Contains(ShowqService.Argument))
            return ShowqService.Program.Run(arguments);

        Getopt getopt = new(arguments, "c:fi:jps:vx:");
        string? directory = null;
        char what = '\0';
        bool asJson = false;
        string value = "";
        while (getopt.Next() is { } option)
        {
            switch (option)
            {
                case 'c':
                    directory = getopt.Value;
                    break;
                case 'v':
                    break; // there is nothing more to tell
                case Getopt.Bad:
                    StandardStreams.WriteError($"postqueue: {getopt.Error}\n");
                    return Fatal(Usage);
                case 'j' when what == 'x':
                    asJson = true;
                    break;
                default:
                    asJson = what == 'j' && option == 'x';
                    if (what != '\0' && !asJson)
                        return Fatal(Usage);
                    (what, value) = (option, getopt.Value);
                    break;
            }
        }
        if (getopt.Operands is ["explain", var word] && what is '\0' or 'j')
            (asJson, what, value) = (what == 'j', 'x', word);
        else if (what == '\0' || getopt.Operands.Count > 0)
            return Fatal(Usage);
        try
        {
            PostqueueSettings settings = PostqueueSettings.Read(MainConfig.Load(MainConfig.FindDirectory(directory)));
            // Our standard output is not the log's.
            if (!settings.Log.IsStandardOutput)
                MailLog.Open(settings.Log, "postqueue");
            return what switch
            {
                'f' => FlushAll(settings),
                'i' => FlushOne(settings, value),
                's' => FlushSite(settings, value),
                'x' => ExplainCommand.Run(settings, value, asJson),
                _ => List(settings, asJson: what == 'j'),
            };
        }
        catch (ListingClosedException e)
        {
            return e.IsReaderGone ? ExitStatus.Unavailable : Fatal(e.Message);
        }
        catch (ShowqRefusedException e)
        {
            return Fatal(ListingText.Printable(e.Message), ExitStatus.NoPermission);
        }
        catch (ConfigurationException e)
        {
            return Fatal(e.Message, ExitStatus.Configuration);
        }
        catch (IOException e)
        {
            return Fatal(e.Message);
        }
    }

    private static int List(PostqueueSettings settings, bool asJson)
    {
        ListingText text = ListingText.ToStandardOutput();
        TableListing table = new(text, settings.LongQueueIds);
        IListingOutput output = asJson ? new JsonListing(text) : table;
        Channel? channel = null;
        try
        {
            channel = Connect(settings);
        }
        catch (SystemCallException e)
        {
            string root = settings.Queues.Root;
            if (Users.EffectiveUid != 0 && FileSystem.Status(root)?.Uid != Users.EffectiveUid)
                return Fatal("Queue report unavailable - mail system is down");
            Warn($"Mail system is down -- accessing queue directly (Connect to the Postfix showq service: {e.Reason})");
            ListDirectly(settings, output);
        }
        if (channel is not null)
        {
            using (channel)
            {
                channel.Send(new ShowqRequest.List().ToAttributes());
                ListingReceiver.Run(channel, output);
            }
        }
        if (!asJson)
            table.End();
        text.Flush();
        return ExitStatus.Ok;
    }

    private static void ListDirectly(PostqueueSettings settings, IListingOutput output)
    {
        if (Users.EffectiveUid == 0)
        {
            // The files are mail_owner's, or a user's; nothing in them is worth reading as root.
            Account account = settings.Owner();
            Users.BecomeForever(account.Uid, account.Gid, null);
        }
        new QueueListing(settings.Queues, settings.EmptyAddress).Run(output);
    }

    private static int FlushAll(PostqueueSettings settings) => Flush(settings, new ShowqRequest.FlushAll(), "mail queue");

    private static int FlushOne(PostqueueSettings settings, string id) => QueueId.TryParse(id, out _)
        ? Flush(settings, new ShowqRequest.FlushOne(id), $"queue ID {id}")
        : Fatal($"Cannot flush queue ID - invalid name: \"{ListingText.Printable(id)}\"");

    private static int FlushSite(PostqueueSettings settings, string site) => IsDestination(site)
        ? Flush(settings, new ShowqRequest.FlushSite(site), $"mail for {site}")
        : Fatal($"Cannot flush mail queue - invalid destination: \"{ListingText.Printable(site)}\"");

    private static int Flush(PostqueueSettings settings, ShowqRequest request, string what)
    {
        Channel channel;
        try
        {
            channel = Connect(settings);
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            Warn("unable to look up public/qmgr: No such file or directory");
            return Fatal(Down);
        }
        catch (SystemCallException e)
        {
            Warn($"connect to public/{settings.Service}: {e.Reason}");
            return Fatal(Down);
        }
        using (channel)
        {
            channel.Send(request.ToAttributes());
            AttributeList answer = channel.ReceiveReply();
            ShowqRefusal.Check(answer);
            return FlushReply.From(answer).Count is null ? Fatal($"Cannot flush {what} - see the log") : ExitStatus.Ok;
        }
    }

    /// <summary>A host or domain name, or an address in brackets.</summary>
    internal static bool IsDestination(string site)
    {
        if (site is ['[', .. var inside, ']'])
            return IsDestination(inside) || System.Net.IPAddress.TryParse(inside, out _);
        if (site.Length is 0 or > 255)
            return false;
        foreach (string label in site.Split('.'))
        {
            if (label.Length is 0 or > 63 || label[0] == '-' || label[^1] == '-')
                return false;
            foreach (char c in label)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_') && c < 0x80)
                    return false;
            }
        }
        return true;
    }

    internal static Channel Connect(PostqueueSettings settings) =>
        new(Descriptor.ConnectUnix(SocketPath(settings), TimeSpan.FromSeconds(10)), "showq", settings.IpcTimeout);

    // Relative to the queue directory, since the path of a socket must be short.
    private static string SocketPath(PostqueueSettings settings)
    {
        string root = settings.Queues.Root;
        string path = $"{root}/public/{settings.Service}";
        if (path.Length < 100)
            return path;
        FileSystem.ChangeDirectory(root);
        return $"public/{settings.Service}";
    }

    internal static void Warn(string text)
    {
        StandardStreams.WriteError($"postqueue: warning: {text}\n");
        MailLog.Warning(text);
    }

    internal static int Fatal(string text, int status = ExitStatus.Unavailable)
    {
        StandardStreams.WriteError($"postqueue: fatal: {text}\n");
        MailLog.Fatal(text);
        return status;
    }
}
