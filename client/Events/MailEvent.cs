using System.Text.Json.Serialization;

namespace PostfixNet.Client;

/// <summary>One step of a message's life (docs/events.md of Postfix.Net has the meaning of each field). Null: not known.</summary>
/// <remarks>Octets that are no UTF-8 are shown as \xNN in texts.</remarks>
public sealed record MailEvent
{
    /// <summary>A gap: events are missing here.</summary>
    public const string Gap = "gap";

    /// <summary>Names the step; the same when the same step is told again after a crash: take the first.</summary>
    [JsonPropertyName("id")]
    public string Id { get; init; } = "";

    /// <summary>When it happened.</summary>
    [JsonPropertyName("time")]
    public DateTimeOffset Time { get; init; }

    /// <summary>What happened, e.g. "accepted", "deferred", "delivered", "relayed", "bounced", "expired", "notice", "gap". Others may come in later versions.</summary>
    [JsonPropertyName("event")]
    public string Kind { get; init; } = "";

    /// <summary>Name of the mail system.</summary>
    [JsonPropertyName("host")]
    public string? Host { get; init; }

    /// <summary>Which of its services tells it.</summary>
    [JsonPropertyName("service")]
    public string? Service { get; init; }

    /// <summary>The message: <see cref="QueuedMessage.QueueId"/>.</summary>
    [JsonPropertyName("queue_id")]
    public string? QueueId { get; init; }

    /// <summary>Header Message-Id, with its brackets.</summary>
    [JsonPropertyName("message_id")]
    public string? MessageId { get; init; }

    /// <summary>Of the envelope; empty: the null sender.</summary>
    [JsonPropertyName("sender")]
    public string? Sender { get; init; }

    /// <summary>Octets of the content.</summary>
    [JsonPropertyName("size")]
    public long? Size { get; init; }

    /// <summary><see cref="SendOptions.EnvelopeId"/>.</summary>
    [JsonPropertyName("envelope_id")]
    public string? EnvelopeId { get; init; }

    /// <summary>Address.</summary>
    [JsonPropertyName("recipient")]
    public string? Recipient { get; init; }

    /// <summary>Address as it was given, when it is another one.</summary>
    [JsonPropertyName("original_recipient")]
    public string? OriginalRecipient { get; init; }

    /// <summary>Which attempt it was, from 1.</summary>
    [JsonPropertyName("attempt")]
    public int? Attempt { get; init; }

    /// <summary>The word of the log: sent, deferred, bounced ...</summary>
    [JsonPropertyName("status")]
    public string? Status { get; init; }

    /// <summary>RFC 3463, e.g. "4.4.1".</summary>
    [JsonPropertyName("dsn")]
    public string? Dsn { get; init; }

    /// <summary>What the server answered, or why the mail system decided so.</summary>
    [JsonPropertyName("reply")]
    public string? Reply { get; init; }

    /// <summary>Class of the reason to wait.</summary>
    [JsonPropertyName("reason")]
    public string? Reason { get; init; }

    /// <summary>When it is tried again.</summary>
    [JsonPropertyName("next_attempt")]
    public DateTimeOffset? NextAttempt { get; init; }

    /// <summary>Of a gap: how many events are missing; null: not known.</summary>
    [JsonPropertyName("count")]
    public long? Count { get; init; }

    /// <summary>Of a notice, report or complaint: the queue ID of the message that it is about.</summary>
    [JsonPropertyName("notice_for")]
    public string? NoticeFor { get; init; }

    /// <summary>Behind this event: what to keep once it is dealt with, and to read from next time.</summary>
    [JsonIgnore]
    public EventPosition Position { get; init; }

    /// <summary>It is the last of its recipient; of its message, when it names no recipient.</summary>
    [JsonIgnore]
    public bool IsEnd => Kind is "delivered" or "relayed" or "expanded" or "bounced" or "expired" or "discarded" or "deleted" or "suppressed";
}

[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(MailEvent))]
internal sealed partial class EventJsonContext : JsonSerializerContext;
