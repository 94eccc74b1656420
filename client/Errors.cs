namespace PostfixNet.Client;

/// <summary>The message was not queued, or it is not known whether it was (<see cref="MayBeQueued"/>); or what was asked could not be answered.</summary>
public abstract class MailQueueException : Exception
{
    private protected MailQueueException(string message, Exception? inner = null) : base(message, inner) { }

    /// <summary>The same may succeed later.</summary>
    public abstract bool IsTransient { get; }

    /// <summary>The message may be in the queue all the same: its end was sent, and no answer came. Sending it once more may have it delivered twice.</summary>
    public bool MayBeQueued { get; internal init; }
}

/// <summary>The server said no: to the message, or to all of its recipients.</summary>
public sealed class MailRefusedException : MailQueueException
{
    internal MailRefusedException(string what, SmtpReply reply, IReadOnlyList<RefusedRecipient>? refused = null) : base($"{what}: {reply}") =>
        (Reply, Refused) = (reply, refused ?? []);

    /// <summary>What it said; of several refused recipients, the first that may be taken later, else the first.</summary>
    public SmtpReply Reply { get; }

    /// <summary>The recipients that were refused, if it is because of them.</summary>
    public IReadOnlyList<RefusedRecipient> Refused { get; }

    /// <summary>Of the reply, e.g. 452.</summary>
    public int StatusCode => Reply.Code;

    /// <inheritdoc/>
    public override bool IsTransient => Reply.IsTransient;
}

/// <summary>The mail system cannot be reached, or the connection broke, or an answer did not come in time.</summary>
public sealed class MailQueueUnavailableException : MailQueueException
{
    internal MailQueueUnavailableException(string message, Exception? inner = null) : base(message, inner) { }

    /// <summary>Always.</summary>
    public override bool IsTransient => true;
}

/// <summary>The server, or this client's options, do not allow what was asked for; to ask again does not help.</summary>
public sealed class MailQueueNotSupportedException : MailQueueException
{
    internal MailQueueNotSupportedException(string message, Exception? inner = null) : base(message, inner) { }

    /// <summary>Never.</summary>
    public override bool IsTransient => false;
}
