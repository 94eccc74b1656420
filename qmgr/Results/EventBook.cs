using System.Runtime.InteropServices;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Events;
using PostfixNet.Ipc;
using PostfixNet.Mail;

namespace PostfixNet.Qmgr;

/// <summary>Events of what the queue manager does itself (docs/events.md). What ends recipients in one turn is flushed once, in the next, and done then.</summary>
internal sealed class EventBook(string directory, ITimers timers, Log log)
{
    private List<MailEvent> _ends = [];
    private List<Action> _then = [];
    private EventOptions? _options;
    private EventLog? _events;

    /// <summary>Events are recorded.</summary>
    internal bool IsOn => _events is not null;

    /// <summary>Ends that are not on record yet.</summary>
    internal int Pending => _ends.Count;

    /// <summary>Takes what main.toml says.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal void Read(MainConfig config)
    {
        EventOptions? options = EventOptions.Read(config) is { } read ? read with { Directory = directory } : null;
        if (options == _options)
            return;
        Flush();
        _events?.Dispose();
        (_options, _events) = (options, EventLog.Open(options, "qmgr", log.Lines));
    }

    /// <summary>Told at once; a loss of power may lose it.</summary>
    internal void Tell(MailEvent told) => _events?.Write(told);

    /// <summary>Does what ends recipients, or a message, once its event is on stable storage; at once when events are not recorded.</summary>
    internal void End(Func<MailEvent> told, Action then)
    {
        if (_events is null)
        {
            then();
            return;
        }
        _ends.Add(told());
        _then.Add(then);
        if (_ends.Count == 1)
            timers.Soon(Flush);
    }

    private void Flush()
    {
        (List<MailEvent> ends, List<Action> then) = (_ends, _then);
        if (ends.Count == 0)
            return;
        (_ends, _then) = ([], []);
        _events?.WriteDurably(CollectionsMarshal.AsSpan(ends));
        then.ForEach(static action => action());
    }

    /// <summary>An event of a message.</summary>
    internal static MailEvent Of(Message message, EventKind kind, string id) => new(kind, id)
    {
        QueueId = message.Id.ToString(),
        Sender = message.Sender,
        Size = message.Size,
        EnvelopeId = message.EnvelopeId,
        Trace = EventTrace.Of(message.Trace, message.Id),
    };

    /// <summary>It is taken up for the first time.</summary>
    internal static MailEvent Queued(Message message) =>
        Of(message, EventKind.Queued, MailEvent.IdOf(message.Id, EventKind.Queued)) with { Recipients = message.TotalRecipients };

    /// <summary>It waits for its next attempt.</summary>
    /// <param name="next">Of which the time is that, microseconds since 1970.</param>
    internal static MailEvent Scheduled(Message message, long next) =>
        Of(message, EventKind.Scheduled, MailEvent.IdOf(message.Id, EventKind.Scheduled, message.ActiveMicroseconds)) with { NextAttempt = next };

    /// <summary>It leaves the queue.</summary>
    internal static MailEvent Removed(Message message) =>
        Of(message, EventKind.Removed, MailEvent.IdOf(message.Id, EventKind.Removed)) with { Arrived = message.ArrivalMicroseconds };

    /// <summary>What became of a recipient that no agent had.</summary>
    /// <param name="now">Microseconds since 1970.</param>
    /// <param name="waits">Why it waits, if it does.</param>
    internal static MailEvent Of(Message message, Recipient recipient, EventKind kind, DeliveryStatus status, Dsn dsn, long now, WaitCode? waits = null) =>
        Of(message, kind, kind.IsEnd() ? MailEvent.IdOfRecipient(message.Id, recipient.Offset, kind) : MailEvent.IdOfRecipient(message.Id, recipient.Offset, kind, message.ActiveMicroseconds)) with
        {
            Time = now,
            Recipient = recipient.Address,
            OriginalRecipient = recipient.HasOtherOriginal ? recipient.Original : null,
            Attempt = message.Attempts + 1,
            Status = DeliveryLog.Word(status),
            Dsn = dsn.Status,
            Reply = dsn.Reason,
            Reason = waits?.Word(),
            Delays = new EventDelays(message.ActiveMicroseconds - message.ArrivalMicroseconds, now - message.ActiveMicroseconds, 0, 0),
        };
}
