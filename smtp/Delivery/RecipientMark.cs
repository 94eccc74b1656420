namespace PostfixNet.Smtp;

/// <summary>What is known of a recipient during one session (S2-02).</summary>
internal enum RecipientMark
{
    /// <summary>Nothing was decided with this server.</summary>
    Open,
    /// <summary>The server takes no more recipients at once: it follows in another transaction of this session.</summary>
    NextTransaction,
    /// <summary>The session carries no more: it follows over a fresh connection to the same server.</summary>
    NextSession,
    /// <summary>This server did not take it; the next one gets its chance.</summary>
    TryNextHost,
    /// <summary>Sent, deferred or bounced: not looked at again in this request.</summary>
    Done,
}
