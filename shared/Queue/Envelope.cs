using PostfixNet.Mail;

namespace PostfixNet.Queue;

/// <summary>What a queue file says about its message, recipients and content apart.</summary>
public sealed class Envelope
{
    private static readonly List<KeyValuePair<string, string>> s_none = [];

    // Many messages are in memory at once, and few have any.
    private List<KeyValuePair<string, string>>? _attributes;

    /// <summary>The size record; null when the file has none. One of maildrop has its last field only.</summary>
    public SizeRecord? Size { get; internal set; }

    /// <summary>When the message arrived, seconds since 1970; 0 when the file does not say.</summary>
    public long ArrivalSeconds { get; internal set; }

    /// <summary>The file says it, be it nonsense.</summary>
    internal bool HasArrival { get; set; }

    /// <summary>Microseconds of the arrival, 0..999999.</summary>
    public int ArrivalMicroseconds { get; internal set; }

    /// <summary>When this queue file was made, seconds since 1970; the arrival when the file does not say.</summary>
    public long CreateTime { get; set; }

    /// <summary>Offset of the record that says so, for <see cref="QueueFile.TrySetCreateTime"/>; 0 when there is none.</summary>
    public long CreateTimeOffset { get; internal set; }

    /// <summary>When the message is to go out, and not before, seconds since 1970; 0: at once. RFC 4865.</summary>
    public long ReleaseTime { get; internal set; }

    /// <summary>Envelope sender, internal form; empty for the null sender. Null only in a file read leniently.</summary>
    public string? Sender { get; internal set; }

    /// <summary>Sender's full name; null when unknown.</summary>
    public string? FullName { get; internal set; }

    /// <summary>The last attribute of the file counts.</summary>
    public BodyEncoding Encoding { get; internal set; }

    /// <summary>"local", "remote" or null.</summary>
    public string? RewriteContext { get; internal set; }

    /// <summary>ENVID, decoded; null when the sender gave none. RFC 3461 section 4.4.</summary>
    public string? EnvelopeId { get; internal set; }

    /// <summary>What a failure notice returns.</summary>
    public DsnReturn Return { get; internal set; }

    /// <summary>Whether it is delivered, and reported on.</summary>
    public Tracing Tracing { get; internal set; }

    /// <summary>VERP delimiters, two characters; null when the sender did not ask for VERP.</summary>
    public string? Verp { get; internal set; }

    /// <summary>transport:nexthop that all recipients go to; null when none.</summary>
    public string? ContentFilter { get; internal set; }

    /// <summary>Address that takes all recipients' place; null when none.</summary>
    public string? Redirect { get; internal set; }

    /// <summary>When to warn the sender of the delay, seconds since 1970; 0 never, -1 when that was done.</summary>
    public long WarnTime { get; internal set; }

    /// <summary>Offset of the W record, for <see cref="QueueFile.SetWarnTime"/>; 0 when there is none.</summary>
    public long WarnTimeOffset { get; internal set; }

    /// <summary>Offset of the first content record: of the record after M.</summary>
    public long DataOffset { get; internal set; }

    /// <summary>Recipients of both segments still to do.</summary>
    public int PendingRecipients { get; internal set; }

    /// <summary>Recipients of both segments, done and cancelled ones too.</summary>
    public int TotalRecipients { get; internal set; }

    /// <summary>Of the size record.</summary>
    public SmtpUtf8 SmtpUtf8 => Size?.SmtpUtf8 ?? SmtpUtf8.None;

    /// <summary>Likewise.</summary>
    public RequireTls RequireTls => Size?.RequireTls ?? RequireTls.Unsaid;

    /// <summary>Named attributes that have no property here, in file order, but not those of single recipients.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Attributes => _attributes ?? s_none;

    /// <summary>The last of those of a name, e.g. "log_client_name"; null when there is none.</summary>
    public string? Attribute(string name)
    {
        for (int i = _attributes is null ? -1 : _attributes.Count - 1; i >= 0; i--)
        {
            if (_attributes![i].Key == name)
                return _attributes[i].Value;
        }
        return null;
    }

    /// <summary>Keeps <see cref="Attributes"/>.</summary>
    internal bool TakesAttributes { get; init; } = true;

    internal void Add(string name, string value)
    {
        if (TakesAttributes)
            (_attributes ??= []).Add(new(name, value));
    }
}
