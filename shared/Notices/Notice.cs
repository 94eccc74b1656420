using PostfixNet.Mail;

namespace PostfixNet.Notices;

/// <summary>What a notice reports.</summary>
public enum NoticeKind
{
    /// <summary>Mail could not be delivered, for good.</summary>
    Failure,
    /// <summary>Mail waits longer than delay_warning_time.</summary>
    Delay,
    /// <summary>Delivery that the sender wanted to hear of.</summary>
    Success,
    /// <summary>What became of each recipient: sendmail -v and -bv.</summary>
    Status,
}

/// <summary>One physical piece of a message's content.</summary>
/// <param name="Text">Without line end.</param>
/// <param name="EndsLine">False when the line goes on in the next piece.</param>
public readonly record struct ContentPiece(ReadOnlyMemory<byte> Text, bool EndsLine);

/// <summary>The message that a notice is about, as queued.</summary>
public interface IOriginalMessage
{
    /// <summary>Size of the content in bytes: headers and body.</summary>
    public long Size { get; }

    /// <summary>The content from its first header line, each time from the beginning; a piece is valid until the next is
    /// asked for.</summary>
    public IEnumerable<ContentPiece> Content();
}

/// <summary>All that a notice says. Texts are <see cref="ByteText"/>, addresses in internal form; none needs to be clean.</summary>
public sealed class Notice
{
    /// <summary>What it reports.</summary>
    public required NoticeKind Kind { get; init; }
    /// <summary>A copy for the postmaster: other subject, no introduction.</summary>
    public bool IsPostmasterCopy { get; init; }
    /// <summary>Queue id of the notice itself.</summary>
    public required string NoticeId { get; init; }
    /// <summary>Queue id of the message that it is about.</summary>
    public required string QueueId { get; init; }
    /// <summary>myhostname.</summary>
    public required string MyHostname { get; init; }
    /// <summary>Who gets the notice.</summary>
    public required string To { get; init; }
    /// <summary>Envelope sender of the message; empty for the null sender.</summary>
    public required string Sender { get; init; }
    /// <summary>Now, in seconds since 1970.</summary>
    public required long Now { get; init; }
    /// <summary>When the message arrived, in seconds since 1970; 0 when not known.</summary>
    public long Arrival { get; init; }
    /// <summary>When it entered the queue, from which its age counts, in seconds since 1970; 0: when it arrived.</summary>
    public long Queued { get; init; }
    /// <summary>ENVID as stored; null or empty when none was given. RFC 3461 section 4.4.</summary>
    public string? EnvelopeId { get; init; }
    /// <summary>The message needs SMTPUTF8: the report and the returned message are of the "global" types, RFC 6533.</summary>
    public bool SmtpUtf8 { get; init; }
    /// <summary>"TLS-Required: No" was said of the message, and is of the notice.</summary>
    public bool IsTlsOptional { get; init; }
    /// <summary>Return the whole message, if its size permits; else the headers. RFC 3461 section 4.3.</summary>
    public bool ReturnFull { get; init; }
    /// <summary>bounce_size_limit, bytes: larger messages are returned as headers only; 0 means no limit.</summary>
    public long SizeLimit { get; init; }
    /// <summary>enable_threaded_bounces: refer to the message's Message-Id, so that mail readers show both together.</summary>
    public bool Threaded { get; init; }
    /// <summary>The attempts have ended because of the message's age (or by an operator): transient reasons are final.</summary>
    public bool IsExpired { get; init; }
    /// <summary>maximal_queue_lifetime.</summary>
    public TimeSpan QueueLifetime { get; init; }
    /// <summary>Subject and introduction.</summary>
    public required NoticeTemplate Template { get; init; }
    /// <summary>Whom it is about, already selected; enumerated more than once.</summary>
    public required IEnumerable<Outcome> Recipients { get; init; }
    /// <summary>The message; null when it cannot be read any more: the notice then has no third part.</summary>
    public IOriginalMessage? Original { get; init; }
}
