using PostfixNet.Configuration;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Notices;
using PostfixNet.Queue;

namespace PostfixNet.Delivery;

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

/// <summary>What a bounce service must know; the names are those of main.toml.</summary>
public sealed record BounceSettings
{
    /// <summary>myhostname.</summary>
    public required string MyHostname { get; init; }
    /// <summary>mydomain: the domain of recipients without one, in VERP addresses.</summary>
    public string MyDomain { get; init; } = "";
    /// <summary>double_bounce_sender, local part.</summary>
    public string DoubleBounceSender { get; init; } = "double-bounce";
    /// <summary>notify_classes has bounce.</summary>
    public bool TellPostmasterOfBounces { get; init; }
    /// <summary>notify_classes has 2bounce.</summary>
    public bool TellPostmasterOfDoubleBounces { get; init; }
    /// <summary>notify_classes has delay.</summary>
    public bool TellPostmasterOfDelays { get; init; }
    /// <summary>bounce_notice_recipient.</summary>
    public string BounceNoticeRecipient { get; init; } = "postmaster";
    /// <summary>2bounce_notice_recipient.</summary>
    public string DoubleBounceNoticeRecipient { get; init; } = "postmaster";
    /// <summary>delay_notice_recipient.</summary>
    public string DelayNoticeRecipient { get; init; } = "postmaster";
    /// <summary>bounce_size_limit.</summary>
    public long BounceSizeLimit { get; init; } = 50000;
    /// <summary>enable_threaded_bounces.</summary>
    public bool ThreadedBounces { get; init; }
    /// <summary>disable_verp_bounces.</summary>
    public bool DisableVerpBounces { get; init; }
    /// <summary>backwards_bounce_logfile_compatibility.</summary>
    public bool OldStyleLine { get; init; } = true;
    /// <summary>delay_warning_time.</summary>
    public TimeSpan DelayWarningTime { get; init; }
    /// <summary>maximal_queue_lifetime.</summary>
    public TimeSpan MaximalQueueLifetime { get; init; } = TimeSpan.FromDays(5);

    /// <summary>From main.toml.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    public static BounceSettings From(MainConfig config)
    {
        IReadOnlyList<string> classes = config.Get(Parameters.NotifyClasses);
        return new BounceSettings
        {
            MyHostname = config.Get(Parameters.MyHostname),
            MyDomain = config.Get(Parameters.MyDomain),
            DoubleBounceSender = config.Get(Parameters.DoubleBounceSender),
            TellPostmasterOfBounces = Has("bounce"),
            TellPostmasterOfDoubleBounces = Has("2bounce"),
            TellPostmasterOfDelays = Has("delay"),
            BounceNoticeRecipient = config.Get(Parameters.BounceNoticeRecipient),
            DoubleBounceNoticeRecipient = config.Get(Parameters.DoubleBounceNoticeRecipient),
            DelayNoticeRecipient = config.Get(Parameters.DelayNoticeRecipient),
            BounceSizeLimit = config.Get(Parameters.BounceSizeLimit),
            ThreadedBounces = config.Get(Parameters.EnableThreadedBounces),
            DisableVerpBounces = config.Get(Parameters.DisableVerpBounces),
            OldStyleLine = config.Get(Parameters.BackwardsBounceLogfileCompatibility),
            DelayWarningTime = config.Get(Parameters.DelayWarningTime),
            MaximalQueueLifetime = config.Get(Parameters.MaximalQueueLifetime),
        };

        bool Has(string name)
        {
            foreach (string listed in classes)
            {
                if (listed.Equals(name, StringComparison.OrdinalIgnoreCase))
                    return true;
            }
            return false;
        }
    }
}

/// <summary>Answers the requests of <see cref="BounceRequest"/>: keeps the logs, sends the notices.</summary>
/// <remarks>Promises 2 and 3: an append is answered once the record is on stable storage; a log is removed only after
/// the notice made from it is queued. A crash between the two sends the notice again, and loses nothing.</remarks>
/// <param name="role">Which log.</param>
/// <param name="settings">From main.toml.</param>
/// <param name="directories">The queue.</param>
/// <param name="submitter">Takes the notices.</param>
/// <param name="clock">For tests.</param>
public sealed class BounceService(
    BounceRole role, BounceSettings settings, QueueDirectories directories, INoticeSubmitter submitter, TimeProvider? clock = null)
{
    private const int ReturnHeaders = 2; // RET=HDRS in queue files
    private const int Verify = 512, Record = 1024; // trace_flags of sendmail -bv and -v

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly QueueName _queue = role switch
    {
        BounceRole.Bounce => QueueName.Bounce,
        BounceRole.Defer => QueueName.Defer,
        _ => QueueName.Trace,
    };

    private string DoubleBounceAddress => $"{settings.DoubleBounceSender}@{settings.MyHostname}";

    private DsnClass OtherwiseClass => role switch
    {
        BounceRole.Bounce => DsnClass.Permanent,
        BounceRole.Defer => DsnClass.Transient,
        _ => DsnClass.Success,
    };

    /// <summary>The service of a process, as main.toml says.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    public static BounceService FromConfig(MainConfig config, BounceRole role)
    {
        QueueDirectories directories = QueueDirectories.FromConfig(config);
        // Below the current directory: a long queue_directory would not fit the address of a socket.
        CleanupSubmitter submitter = new($"private/{config.Get(Parameters.CleanupServiceName)}", config.Get(Parameters.IpcTimeout));
        return new BounceService(role, BounceSettings.From(config), directories, submitter);
    }

    /// <summary>Serves one connection until the client closes it.</summary>
    /// <exception cref="IpcException">The client is gone or talks nonsense.</exception>
    public void Serve(Channel channel)
    {
        while (channel.Receive() is { } request)
            channel.Send(Answer(request));
    }

    /// <summary>Does one request.</summary>
    /// <returns>"status" 0, or 1 and the "reason": then nothing is done, or the log is kept.</returns>
    public AttributeList Answer(AttributeList request)
    {
        string? problem;
        try
        {
            string kind = request.Text("request");
            problem = kind switch
            {
                "append" => Append(Id(request), DsnAttributes.RecipientFrom(request)),
                "remove" => Remove(Id(request)),
                "flush" => SendNotices(MessageFacts.From(request), isWarning: false),
                "warn" when role == BounceRole.Defer => SendNotices(MessageFacts.From(request), isWarning: true),
                _ => $"unknown request: {NoticeText.OneLine(kind)}",
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = e.Message;
        }
        if (problem is null)
            return new AttributeList().Add("status", 0);
        MailLog.Warning($"{request.OptionalText("queue_id") ?? "unknown message"}: {problem}");
        return new AttributeList().Add("status", 1).Add("reason", problem);
    }

    private static QueueId Id(AttributeList request) =>
        QueueId.TryParse(request.Text("queue_id"), out QueueId id) ? id : throw new IpcException("bad queue ID");

    private string? Append(QueueId id, LoggedRecipient recipient)
    {
        string path = directories.PathOf(_queue, id);
        try
        {
            RecipientLog.Append(path, recipient, settings.OldStyleLine);
        }
        catch (FileNotFoundException)
        {
            directories.MakeHashDirectories(_queue, id);
            RecipientLog.Append(path, recipient, settings.OldStyleLine);
        }
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
        using QueuedMessage? message = OpenMessage(facts);
        string? problem = (role, isWarning) switch
        {
            (BounceRole.Trace, _) => Report(facts, message, log),
            (_, true) => Warn(facts, message, log),
            _ => Return(facts, message, log),
        };
        if (problem is null && !isWarning)
            log.Remove();
        return problem;
    }

    private static QueuedMessage? OpenMessage(MessageFacts facts, QueueDirectories directories)
    {
        string path = directories.PathOf(facts.Queue, facts.Id);
        QueuedMessage? message;
        try
        {
            message = QueuedMessage.Open(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            MailLog.Warning($"{facts.Id}: {e.Message}");
            return null;
        }
        if (message is null)
            MailLog.Warning($"{facts.Id}: {path}: no such file; the notice goes without the message");
        return message;
    }

    private QueuedMessage? OpenMessage(MessageFacts facts) => OpenMessage(facts, directories);

    private string? Return(MessageFacts facts, QueuedMessage? message, RecipientLog log)
    {
        // The end of the line: a notice about a notice about a notice helps nobody.
        if (facts.Sender.Equals(DoubleBounceAddress, StringComparison.OrdinalIgnoreCase))
        {
            MailLog.Warning($"{facts.Id}: undeliverable postmaster notification discarded");
            return null;
        }
        Draft copy = new(NoticeKind.Failure, settings.BounceNoticeRecipient, IsPostmasterCopy: true, ReturnFull: false, "postmaster non-delivery notification");
        if (facts.Sender.Length == 0)
        {
            // The last chance of this message to reach anybody: in full.
            Draft last = copy with { To = settings.DoubleBounceNoticeRecipient, ReturnFull = true };
            return settings.TellPostmasterOfDoubleBounces ? Send(facts, message, last, All(log)) : null;
        }
        Draft notice = new(NoticeKind.Failure, facts.Sender, IsPostmasterCopy: false, (facts.ReturnFlags & ReturnHeaders) == 0, "sender non-delivery notification");
        string? problem = facts.VerpDelimiters.Length == 2 && !settings.DisableVerpBounces
            ? SendOnePerRecipient(facts, message, notice, Selected(log, Notify.Failure))
            : Send(facts, message, notice, Selected(log, Notify.Failure));
        if (problem is null && settings.TellPostmasterOfBounces)
            SendCopy(facts, message, copy, log);
        return problem;
    }

    private string? Warn(MessageFacts facts, QueuedMessage? message, RecipientLog log)
    {
        if (facts.Sender.Equals(DoubleBounceAddress, StringComparison.OrdinalIgnoreCase))
            return null;
        if (settings.DelayWarningTime < TimeSpan.FromHours(1))
            MailLog.Warning($"{facts.Id}: delay_warning_time is below one hour: the delay notice says 0 hour(s)");
        Draft copy = new(NoticeKind.Delay, settings.DelayNoticeRecipient, IsPostmasterCopy: true, ReturnFull: false, "postmaster delay notification");
        if (facts.Sender.Length == 0)
            return settings.TellPostmasterOfDelays ? Send(facts, message, copy, All(log)) : null;
        Draft notice = new(NoticeKind.Delay, facts.Sender, IsPostmasterCopy: false, ReturnFull: false, "sender delay notification");
        string? problem = Send(facts, message, notice, Selected(log, Notify.Delay));
        if (problem is null && settings.TellPostmasterOfDelays)
            SendCopy(facts, message, copy, log);
        return problem;
    }

    private string? Report(MessageFacts facts, QueuedMessage? message, RecipientLog log)
    {
        if (facts.Sender.Length == 0 || facts.Sender.Equals(DoubleBounceAddress, StringComparison.OrdinalIgnoreCase))
            return null;
        bool isStatus = ((message?.Envelope.TraceFlags ?? 0) & (Verify | Record)) != 0;
        Draft notice = new(isStatus ? NoticeKind.Status : NoticeKind.Success, facts.Sender, IsPostmasterCopy: false, ReturnFull: false, "sender delivery status notification");
        return Send(facts, message, notice, isStatus ? All(log) : Selected(log, Notify.Success));
    }

    private void SendCopy(MessageFacts facts, QueuedMessage? message, Draft copy, RecipientLog log)
    {
        string? problem;
        try
        {
            problem = Send(facts, message, copy, All(log));
        }
        catch (IOException e)
        {
            problem = e.Message;
        }
        // The sender was told; doing that again for the sake of a copy would be worse.
        if (problem is not null)
            MailLog.Warning($"{facts.Id}: postmaster notice failed while bouncing to {facts.Sender}: {problem}");
    }

    private string? SendOnePerRecipient(MessageFacts facts, QueuedMessage? message, Draft notice, IEnumerable<LoggedRecipient> recipients)
    {
        foreach (LoggedRecipient recipient in recipients)
        {
            string about = recipient.OriginalRecipient.Length > 0 ? recipient.OriginalRecipient : recipient.Recipient;
            Draft one = notice with { To = Verp.Sender(facts.VerpDelimiters, facts.Sender, about, settings.MyDomain) };
            if (Send(facts, message, one, [recipient]) is { } problem)
                return problem;
        }
        return null;
    }

    /// <param name="Kind">What it reports.</param>
    /// <param name="To">Who gets it.</param>
    /// <param name="ReturnFull">With the whole message, if it is small enough.</param>
    /// <param name="LogWords">For the log line.</param>
    private sealed record Draft(NoticeKind Kind, string To, bool IsPostmasterCopy, bool ReturnFull, string LogWords);

    /// <summary>Queues one notice; does nothing when nobody is left to report about.</summary>
    private string? Send(MessageFacts facts, QueuedMessage? message, Draft draft, IEnumerable<LoggedRecipient> recipients)
    {
        if (!HasAny(recipients))
            return null;
        using INoticeDraft submission = submitter.Begin(draft.IsPostmasterCopy ? DoubleBounceAddress : "", draft.To, facts.SmtpUtf8Flags);
        string id = submission.Id.ToString();
        NoticeComposer.Write(new Notice
        {
            Kind = draft.Kind,
            IsPostmasterCopy = draft.IsPostmasterCopy,
            NoticeId = id,
            QueueId = facts.Id.ToString(),
            MyHostname = settings.MyHostname,
            To = draft.To,
            Sender = facts.Sender,
            Now = MailTime.Microseconds(_clock) / 1_000_000,
            Arrival = message?.Envelope.ArrivalSeconds ?? 0,
            EnvelopeId = facts.EnvelopeId,
            SmtpUtf8 = facts.SmtpUtf8Flags != 0,
            ReturnFull = draft.ReturnFull,
            SizeLimit = settings.BounceSizeLimit,
            Threaded = settings.ThreadedBounces,
            DelayWarningTime = settings.DelayWarningTime,
            QueueLifetime = settings.MaximalQueueLifetime,
            Recipients = recipients,
            Original = message,
        }, submission.Content);
        if (submission.Finish() is { } problem)
            return problem;
        MailLog.Info($"{facts.Id}: {draft.LogWords}: {id}");
        return null;
    }

    private IEnumerable<LoggedRecipient> All(RecipientLog log) => log.Read(OtherwiseClass);

    private IEnumerable<LoggedRecipient> Selected(RecipientLog log, int wanted)
    {
        foreach (LoggedRecipient recipient in All(log))
        {
            if (Notify.Wants(recipient.NotifyFlags, wanted))
                yield return recipient;
        }
    }

    private bool IsEmpty(RecipientLog log) => !HasAny(All(log));

    private static bool HasAny(IEnumerable<LoggedRecipient> recipients)
    {
        using IEnumerator<LoggedRecipient> any = recipients.GetEnumerator();
        return any.MoveNext();
    }
}
