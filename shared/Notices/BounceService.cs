using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Events;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Notices;

/// <summary>Which log a bounce service keeps.</summary>
public enum BounceRole
{
    /// <summary>Final failures; a flush tells the sender.</summary>
    Bounce,
    /// <summary>Delays; a flush is the end of an expired message.</summary>
    Defer,
    /// <summary>Successes that the sender wants to hear of.</summary>
    Trace,
}

/// <summary>Answers the requests of <see cref="BounceRequest"/>: keeps the logs, sends the notices.</summary>
/// <remarks>Promises 2 and 3: an append to the bounce and trace logs is answered once it is on stable storage; a log is
/// removed only after the notice made from it is queued. A crash between the two sends the notice again, and loses nothing.</remarks>
/// <param name="role">Which log.</param>
/// <param name="settings">From main.toml.</param>
/// <param name="directories">The queue.</param>
/// <param name="submitter">Takes the notices.</param>
/// <param name="templates">Asked at the first notice.</param>
/// <param name="log">Where its lines go.</param>
/// <param name="clock">Tells the age of mail, and dates notices.</param>
public sealed class BounceService(
    BounceRole role, BounceSettings settings, QueueDirectories directories, INoticeSubmitter submitter, Func<NoticeTemplates> templates,
    ILog log, TimeProvider clock)
{
    private readonly NoticeLog _log = new(log);
    private NoticeSender? _sender;

    private NoticeSender Sender => _sender ??= new NoticeSender(settings, templates, submitter, clock, new NoticeLog(log)) { Events = Events };

    private readonly NoticeDigest _digest = new(settings, $"{directories.Root}/{QueueDirectories.Digest}", clock, new NoticeLog(log));
    private readonly QueueName _queue = role switch
    {
        BounceRole.Bounce => QueueName.Bounce,
        BounceRole.Defer => QueueName.Defer,
        _ => QueueName.Trace,
    };

    // The log whose name is on stable storage: recipients of one message mostly come together.
    private string _durable = "";

    private DsnClass OtherwiseClass => role switch
    {
        BounceRole.Bounce => DsnClass.Permanent,
        BounceRole.Defer => DsnClass.Transient,
        _ => DsnClass.Success,
    };

    /// <summary>The service of a process, as main.toml says.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    public static BounceService FromConfig(MainConfig config, BounceRole role, ILog log)
    {
        QueueDirectories directories = QueueDirectories.FromConfig(config);
        if (role == BounceRole.Defer && TellsNoHours(config, log))
            config.Remark(Parameters.DelayWarningTime, "below one hour: delay notices say 0 hour(s); bounce_template_file can say it otherwise");
        // Below the current directory: a long queue_directory would not fit the address of a socket.
        CleanupSubmitter submitter = new($"private/{config.Get(Parameters.CleanupServiceName)}", config.Get(Parameters.IpcTimeout));
        _ = config.Get(Parameters.BounceTemplateFile);
        return new BounceService(role, BounceSettings.From(config), directories, submitter, () => Templates(config, log), log, TimeProvider.System)
        {
            ReadTemplates = () => NoticeTemplates.Load(config),
            Events = EventLog.Open(EventOptions.Read(config), role switch { BounceRole.Bounce => "bounce", BounceRole.Defer => "defer", _ => "trace" }, log),
        };
    }

    /// <summary>The built-in text tells the delay in whole hours: true when there are none.</summary>
    internal static bool TellsNoHours(MainConfig config, ILog log)
    {
        TimeSpan delay = config.Get(Parameters.DelayWarningTime);
        return delay > TimeSpan.Zero && delay < TimeSpan.FromHours(1) && Templates(config, log).Delay == NoticeTemplates.BuiltIn(config).Delay;
    }

    // The check of the configuration has read the file; what was spoilt since must not keep anybody from hearing of his mail.
    private static NoticeTemplates Templates(MainConfig config, ILog log)
    {
        try
        {
            return NoticeTemplates.Load(config);
        }
        catch (ConfigurationException e)
        {
            new NoticeLog(log).TemplatesUnusable(e.Message);
            return NoticeTemplates.BuiltIn(config);
        }
    }

    /// <summary>Reads the texts of notices, as for the first notice; throws <see cref="ConfigurationException"/> when they cannot be used.</summary>
    public Action ReadTemplates { get; private init; } = static () => { };

    /// <summary>Is told of notices, and of who expired; null: nobody wants to know.</summary>
    public EventLog? Events { get; init; }

    /// <summary>Serves one connection until the client closes it.</summary>
    /// <exception cref="IpcException">The client is gone or talks nonsense.</exception>
    public void Serve(Channel channel)
    {
        while (channel.Receive() is { } request)
            channel.Send(Answer(request).ToAttributes());
    }

    /// <summary>Does what an unchecked message asks for.</summary>
    public BounceReply Answer(AttributeList message)
    {
        try
        {
            return Answer(BounceRequest.From(message));
        }
        catch (IpcException e)
        {
            return Failed(null, e.Message);
        }
    }

    /// <summary>Does one request.</summary>
    public BounceReply Answer(BounceRequest request)
    {
        try
        {
            string? problem = request switch
            {
                BounceRequest.Append append => Append(append.Message, append.Outcome),
                BounceRequest.Remove remove => Remove(remove.Message),
                BounceRequest.Flush flush => SendNotices(flush.Message, isWarning: false),
                BounceRequest.Digest when role == BounceRole.Bounce => SendDigests(),
                BounceRequest.Warn warn when role == BounceRole.Defer => SendNotices(warn.Message, isWarning: true),
                _ => "not a request to this service",
            };
            return problem is null ? new BounceReply() : Failed(request.Id, problem);
        }
        catch (IOException e)
        {
            return Failed(request.Id, e.Message);
        }
    }

    private BounceReply Failed(QueueId? id, string problem)
    {
        _log.Failed(id, problem);
        return new BounceReply(problem);
    }

    private string? Append(QueueId id, Outcome outcome)
    {
        string path = directories.PathOf(_queue, id);
        // A deferred recipient is still to be done in the queue file: if its record is lost with the machine's power, so is
        // the attempt, and the next one writes another.
        bool durable = role != BounceRole.Defer;
        // Whoever made the log may have been killed before its name was on stable storage; that we have seen to once is enough.
        bool isNew = durable && path != _durable;
        if (durable)
            directories.MakeHashDirectories(_queue, id);
        try
        {
            RecipientLog.Append(path, outcome, settings.OldStyleLine, durable, isNew);
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            directories.MakeHashDirectories(_queue, id);
            RecipientLog.Append(path, outcome, settings.OldStyleLine, durable, isNew);
        }
        if (durable)
            _durable = path;
        return null;
    }

    private string? Remove(QueueId id)
    {
        using RecipientLog? log = RecipientLog.Open(directories.PathOf(_queue, id));
        log?.Remove();
        return null;
    }

    /// <summary>Tells whom it concerns, then removes the log (a warning keeps it).</summary>
    private string? SendNotices(MessageFacts facts, bool isWarning)
    {
        using RecipientLog? log = RecipientLog.Open(directories.PathOf(_queue, facts.Id));
        if (log is null || IsEmpty(log))
        {
            log?.Remove();
            // Bounced recipients are marked done after their record is written, and the record goes after the notice is
            // queued: no log means nothing to tell. Expired recipients without a record would vanish untold.
            return role == BounceRole.Defer && !isWarning ? "no log of deferred recipients" : null;
        }
        bool isExpired = role == BounceRole.Defer && !isWarning, isHeld = false;
        using QueuedMessage? message = OpenMessage(facts, isExpired, out bool isGone);
        if (isGone && !IsToBeTold(facts.Id, log))
            return null;
        // Who was put off has perhaps been delivered to since.
        IEnumerable<Outcome> outcomes = log.Read(OtherwiseClass);
        if (role == BounceRole.Defer && message is not null)
            outcomes = outcomes.Where(outcome => !message.IsDone(outcome.Recipient));
        string? problem = (role, isWarning) switch
        {
            (BounceRole.Trace, _) => Sender.Report(facts, message, outcomes),
            (_, true) => Sender.Warn(facts, message, outcomes),
            _ => Sender.Return(facts, message, log, outcomes, isExpired, () => isHeld = _digest.Hold(facts, message, log, isExpired)),
        };
        if (problem is not null || isWarning)
            return problem;
        if (isExpired && Events is { } events)
            TellExpired(events, facts, outcomes);
        if (isExpired)
            MarkDone(facts.Id, message, outcomes);
        if (!isHeld)
            log.Remove();
        return null;
    }

    // The message is not where it was a moment ago: an operator took it (S1-32, S1-33).
    private bool IsToBeTold(QueueId id, RecipientLog log)
    {
        // Looked for twice, since it may change queue behind our back.
        if ((directories.Locate(id) ?? directories.Locate(id)) is not (null or QueueName.Maildrop) and { } queue)
        {
            // It comes back, and its notice with it.
            _log.NotToldNow(id, queue);
            return false;
        }
        // Processed anew, it goes on without those of its recipients that failed while it was taken away: only this log knows of them.
        if (role != BounceRole.Defer && log.ReadNote(RecipientLog.RequeuedNote) != 0)
            return true;
        _log.NotTold(id);
        log.Remove();
        return false;
    }

    private static void TellExpired(EventLog events, MessageFacts facts, IEnumerable<Outcome> outcomes)
    {
        const int Batch = 500;
        foreach (Outcome[] some in outcomes.Chunk(Batch))
        {
            events.WriteDurably([.. some.Select(outcome => new MailEvent(EventKind.Expired, MailEvent.IdOfRecipient(facts.Id, outcome.Recipient.Offset, EventKind.Expired))
            {
                QueueId = facts.Id.ToString(),
                Sender = facts.Sender,
                EnvelopeId = facts.EnvelopeId,
                Recipient = outcome.Recipient.Address,
                OriginalRecipient = outcome.Recipient.HasOtherOriginal ? outcome.Recipient.Original : null,
                Status = "expired",
                Dsn = outcome.Dsn.Status,
                Reply = outcome.Dsn.Reason,
            })]);
        }
    }

    // Their sender knows now that they failed. Should the message outlive this (our answer comes too late, qmgr dies before it
    // removes the file), nobody may try them again. What was refused is marked already, by whoever recorded it.
    private void MarkDone(QueueId id, QueuedMessage? message, IEnumerable<Outcome> outcomes)
    {
        try
        {
            message?.MarkDone(outcomes);
        }
        catch (Exception e) when (e is IOException or QueueFileException)
        {
            _log.Trouble(id, e);
        }
    }

    private string? SendDigests()
    {
        new DigestSender(settings, _digest, submitter, clock, _log).SendDue();
        return null;
    }

    // null: it is not there, or cannot be read, and its sender is told without it.
    private QueuedMessage? OpenMessage(MessageFacts facts, bool write, out bool isGone)
    {
        isGone = false;
        try
        {
            QueuedMessage? message = QueuedMessage.Open(directories.PathOf(facts.Queue, facts.Id), write);
            isGone = message is null;
            return message;
        }
        catch (IOException e)
        {
            _log.Trouble(facts.Id, e);
            return null;
        }
    }

    private bool IsEmpty(RecipientLog log)
    {
        foreach (Outcome _ in log.Read(OtherwiseClass))
            return false;
        return true;
    }
}
