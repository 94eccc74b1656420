namespace PostfixNet.Queue;

/// <summary>How many octets the records of a message's sender and recipients may have: a limit of their own beside message_size_limit, which is for header
/// and body. A short message to many has not become a large one.</summary>
public static class EnvelopeLimit
{
    // Of how many recipients there may be, others decide (smtpd_recipient_limit, the longest command line): this is for what no such rule has seen.
    private const long Least = 256L << 10;

    // Short names get a domain; with each recipient the queue has the address that was given, and that of RFC 3461; and aliases are expanded.
    private const long Growth = 64;

    /// <summary>As sendmail takes it.</summary>
    /// <param name="messageSizeLimit">message_size_limit; 0: there is no limit here either.</param>
    public static long OfSubmission(long messageSizeLimit) => messageSizeLimit == 0 ? long.MaxValue : Math.Max(Least, messageSizeLimit);

    /// <summary>As it may be in the queue, before the content and after it: more than what comes of any that <see cref="OfSubmission"/> lets pass.</summary>
    /// <inheritdoc cref="OfSubmission"/>
    public static long InQueue(long messageSizeLimit) => messageSizeLimit == 0 ? long.MaxValue : OfSubmission(Math.Min(messageSizeLimit, long.MaxValue / Growth)) * Growth;
}
