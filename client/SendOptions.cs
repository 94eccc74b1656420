namespace PostfixNet.Client;

/// <summary>When the sender is to get a notice (RFC 3461), for each recipient.</summary>
[Flags]
public enum DsnNotify
{
    /// <summary>As the mail system does by itself: of failures, and of delays.</summary>
    Default = 0,

    /// <summary>It was delivered.</summary>
    Success = 1,

    /// <summary>It could not be delivered.</summary>
    Failure = 2,

    /// <summary>It is late.</summary>
    Delay = 4,

    /// <summary>Never; excludes the others.</summary>
    Never = 8,
}

/// <summary>How much of the message a notice returns (RFC 3461).</summary>
public enum DsnReturn
{
    /// <summary>As the mail system does by itself.</summary>
    Default,

    /// <summary>All of it.</summary>
    Full,

    /// <summary>The headers.</summary>
    Headers,
}

/// <summary>What is wanted of one message.</summary>
public sealed record SendOptions
{
    /// <summary>When the sender is told.</summary>
    public DsnNotify Notify { get; init; }

    /// <summary>What he gets back then.</summary>
    public DsnReturn Return { get; init; }

    /// <summary>The application's own name for the message: it stands in notices and events (ENVID, RFC 3461). Printable ASCII, 1 to 100 characters.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>Every server on the way must be reached over TLS with a certificate that proves its name, or the mail comes back (REQUIRETLS, RFC 8689).
    /// The server offers it over TLS, and at a Unix-domain socket.</summary>
    public bool RequireTls { get; init; }

    /// <summary>When the message is to go out, and not before (FUTURERELEASE, RFC 4865); null, or a moment that has been: at once. How far ahead it may be, future_release_limit says.</summary>
    public DateTimeOffset? HoldUntil { get; init; }

    /// <summary>Nothing is queued unless every recipient is taken. Else those that are taken get it, and <see cref="QueuedMessage.Refused"/> has the others.</summary>
    public bool AllOrNothing { get; init; }

    internal void Check()
    {
        if (Notify.HasFlag(DsnNotify.Never) && Notify != DsnNotify.Never)
            throw new ArgumentException("DsnNotify.Never excludes the other occasions");
        if (EnvelopeId is { } id && (id.Length is 0 or > 100 || id.AsSpan().ContainsAnyExceptInRange(' ', '~')))
            throw new ArgumentException("EnvelopeId must be 1 to 100 printable ASCII characters");
    }
}
