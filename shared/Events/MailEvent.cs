using System.Globalization;

namespace PostfixNet.Events;

/// <summary>One step of a message's life: one line of JSON in the file of events (docs/events.md, which has the meaning of each field).</summary>
/// <remarks>Null: not known. Texts are as the program has them: octets that are no UTF-8 are what <see cref="Mail.ByteText"/> makes of them, here and after reading.</remarks>
/// <param name="Kind">What happened.</param>
/// <param name="Id">The same when the same step is told again after a crash; made by the methods of this class.</param>
public sealed record MailEvent(EventKind Kind, string Id)
{
    /// <summary>Version of the schema.</summary>
    public const int Version = 1;

    /// <summary>Bytes of a line at most, its end included: texts are cut where it would be longer.</summary>
    public const int LongestLine = 64 * 1024;

    /// <summary>Of a message, of which it happens once.</summary>
    public static string IdOf(object queueId, EventKind kind) => $"{queueId}:{kind.Word()}";

    /// <summary>Of a message, of which it may happen again.</summary>
    /// <param name="which">Tells one time from another, e.g. the microsecond at which the message became active.</param>
    public static string IdOf(object queueId, EventKind kind, long which) => string.Create(CultureInfo.InvariantCulture, $"{queueId}:{kind.Word()}:{which}");

    /// <summary>Of a recipient, of whom it happens once.</summary>
    /// <param name="offset">Place of the recipient in the queue file, which tells it from others with the same address.</param>
    public static string IdOfRecipient(object queueId, long offset, EventKind kind) => string.Create(CultureInfo.InvariantCulture, $"{queueId}:{offset}:{kind.Word()}");

    /// <summary>Of a recipient, of whom it may happen again.</summary>
    /// <inheritdoc cref="IdOfRecipient(object, long, EventKind)"/>
    /// <inheritdoc cref="IdOf(object, EventKind, long)"/>
    public static string IdOfRecipient(object queueId, long offset, EventKind kind, long which) =>
        string.Create(CultureInfo.InvariantCulture, $"{queueId}:{offset}:{kind.Word()}:{which}");

    /// <summary>When it happened, microseconds since 1970; 0: when it is written.</summary>
    public long Time { get; init; }

    /// <summary>myhostname; the log of events knows it.</summary>
    public string? Host { get; init; }

    /// <summary>The service, or the command, that tells it; the log of events knows it.</summary>
    public string? Service { get; init; }

    /// <summary>Its process; the log of events knows it.</summary>
    public int? Pid { get; init; }

    /// <summary>Name of the queue file.</summary>
    public string? QueueId { get; init; }

    /// <summary>Of the header Message-Id, with its brackets.</summary>
    public string? MessageId { get; init; }

    /// <summary>Of the envelope; empty: the null sender.</summary>
    public string? Sender { get; init; }

    /// <summary>Bytes of the content.</summary>
    public long? Size { get; init; }

    /// <summary>Recipients of the envelope, when the queue manager first saw it; of an attempt, those that it was for.</summary>
    public int? Recipients { get; init; }

    /// <summary>Who gave it to the SMTP server.</summary>
    public EventClient? Client { get; init; }

    /// <summary>How it came in: a login or user, "smtp", "notice".</summary>
    public string? Origin { get; init; }

    /// <summary>ENVID of RFC 3461.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>Address.</summary>
    public string? Recipient { get; init; }

    /// <summary>Address as the sender gave it, when it is another one.</summary>
    public string? OriginalRecipient { get; init; }

    /// <summary>Which attempt it was, from 1; counted by message.</summary>
    public int? Attempt { get; init; }

    /// <summary>Service that delivers.</summary>
    public string? Transport { get; init; }

    /// <summary>Where to.</summary>
    public string? NextHop { get; init; }

    /// <summary>The word of the log: sent, deferred, bounced ...</summary>
    public string? Status { get; init; }

    /// <summary>RFC 3463, e.g. "4.4.1".</summary>
    public string? Dsn { get; init; }

    /// <summary>What the server answered, or why this system decided so: as in the log.</summary>
    public string? Reply { get; init; }

    /// <summary>Class of the reason to wait, as postqueue -j tells it.</summary>
    public string? Reason { get; init; }

    /// <summary>The server.</summary>
    public EventRemote? Remote { get; init; }

    /// <summary>Where the time went.</summary>
    public EventDelays? Delays { get; init; }

    /// <summary>How the session was protected.</summary>
    public EventTls? Tls { get; init; }

    /// <summary>Of a message that left the queue: when it came in, microseconds since 1970.</summary>
    public long? Arrived { get; init; }

    /// <summary>When it is tried again, microseconds since 1970.</summary>
    public long? NextAttempt { get; init; }

    /// <summary>Of a gap: how many events are missing.</summary>
    public long? Count { get; init; }

    /// <summary>What the message is part of.</summary>
    public EventTrace? Trace { get; init; }

    /// <summary>Of a notice, a report or a complaint: the queue ID of the message that it is about.</summary>
    public string? NoticeFor { get; init; }

    /// <summary>Texts of it were cut, so that the line is not longer than <see cref="LongestLine"/>.</summary>
    public bool IsCut { get; init; }

    /// <summary>Its line of JSON, with the line's end.</summary>
    public byte[] ToLine() => EventJson.Line(this);

    /// <summary>Reads a line; fields and kinds that this version does not know are passed over.</summary>
    /// <param name="line">Without the line's end, or with it.</param>
    /// <returns>null: it is no event.</returns>
    public static MailEvent? Parse(ReadOnlySpan<byte> line) => EventJson.Parse(line);
}

/// <summary>A client of the SMTP server.</summary>
/// <param name="Name">Its name, "unknown" when it has none.</param>
/// <param name="Address">Its address.</param>
public sealed record EventClient(string? Name, string? Address);

/// <summary>A server.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Its address, or the path of a socket.</param>
/// <param name="Port">Of TCP.</param>
public sealed record EventRemote(string? Name, string? Address, int? Port);

/// <summary>Where the time went, in microseconds; seconds in the event. The four of delays= in the log.</summary>
/// <param name="BeforeQueueManager">Until the message was active.</param>
/// <param name="QueueManager">Until the delivery agent got it.</param>
/// <param name="Connection">Until the session was set up.</param>
/// <param name="Transmission">Until the outcome was known.</param>
public sealed record EventDelays(long BeforeQueueManager, long QueueManager, long Connection, long Transmission);

/// <summary>How a session was protected.</summary>
/// <param name="Level">The level asked for, e.g. "may".</param>
/// <param name="Protocol">E.g. "TLSv1.3"; null: in plain text.</param>
/// <param name="Cipher">Name of the cipher.</param>
/// <param name="Verified">How the server proved who it is; null: it did not have to.</param>
/// <param name="Resumed">The session is one of before.</param>
public sealed record EventTls(string Level, string? Protocol, string? Cipher, string? Verified, bool? Resumed);

/// <summary>Place of a message in a trace (W3C Trace Context).</summary>
/// <param name="TraceId">32 hexadecimal digits.</param>
/// <param name="SpanId">Of the message itself, 16 hexadecimal digits.</param>
/// <param name="Sampled">It is recorded elsewhere.</param>
public sealed record EventTrace(string TraceId, string? SpanId, bool Sampled)
{
    /// <summary>Span of who sent the message, 16 hexadecimal digits; null: the trace begins with it.</summary>
    public string? ParentId { get; init; }

    /// <summary>The place of a message.</summary>
    /// <param name="context">null: it is in no trace.</param>
    /// <param name="queueId">The span of a message follows from it.</param>
    public static EventTrace? Of(Mail.TraceContext? context, object queueId)
    {
        ArgumentNullException.ThrowIfNull(queueId);
        return context is null ? null : new EventTrace(context.TraceId, context.SpanOf(queueId.ToString()!), context.IsSampled) { ParentId = context.ParentId };
    }
}
