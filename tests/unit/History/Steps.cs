using PostfixNet.Events;
using PostfixNet.UnitTests.Smtp;

namespace PostfixNet.UnitTests.History;

/// <summary>Events as programs tell them, a second apart.</summary>
internal sealed class Steps
{
    private long _time = ManualClock.Start.ToUnixTimeMilliseconds() * 1000;

    internal long Now => _time;

    internal void Later(int seconds) => _time += seconds * 1_000_000L;

    internal MailEvent Accepted(string id, string sender = "alice@origin.test", string? messageId = null) => new(EventKind.Accepted, MailEvent.IdOf(id, EventKind.Accepted))
    { Time = _time += 1_000_000, QueueId = id, Sender = sender, MessageId = messageId ?? $"<{id}@origin.test>", Size = 1234, Client = new("client.test", "192.0.2.7"), Origin = "smtp" };

    internal MailEvent Queued(string id, int recipients) => new(EventKind.Queued, MailEvent.IdOf(id, EventKind.Queued)) { Time = _time += 1_000_000, QueueId = id, Recipients = recipients };

    internal MailEvent Of(EventKind kind, string id, string recipient, int offset = 100, int? attempt = null, string? reply = null) =>
        new(kind, attempt is { } which ? MailEvent.IdOfRecipient(id, offset, kind, which) : MailEvent.IdOfRecipient(id, offset, kind))
        {
            Time = _time += 1_000_000,
            QueueId = id,
            Recipient = recipient,
            Attempt = attempt,
            Transport = "smtp",
            Remote = new("mx.dest.test", "192.0.2.25", 25),
            Dsn = kind == EventKind.Deferred ? "4.4.1" : "2.0.0",
            Reply = reply ?? "250 2.0.0 Ok",
            Delays = new EventDelays(100_000, 0, 50_000, 1_000_000),
        };

    internal MailEvent Whole(EventKind kind, string id) => new(kind, MailEvent.IdOf(id, kind, _time)) { Time = _time += 1_000_000, QueueId = id };

    /// <summary>A message to one recipient, all of it.</summary>
    internal MailEvent[] Delivery(string id, string recipient = "bob@dest.test") => [Accepted(id), Queued(id, 1), Of(EventKind.Delivered, id, recipient, attempt: 1)];
}
