namespace PostfixNet.Smtp;

/// <summary>Answer of <see cref="ReplyLine.TryRead"/>.</summary>
internal enum LineStatus
{
    /// <summary>A line was found.</summary>
    Complete,
    /// <summary>Nothing was consumed; more octets are needed.</summary>
    NeedMore,
    /// <summary>The line is longer than the limit: its beginning was taken, the rest is still to come.</summary>
    TooLong,
}
