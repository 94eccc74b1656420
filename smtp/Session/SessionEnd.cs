namespace PostfixNet.Smtp;

/// <summary>What can be done with a session after a message.</summary>
internal enum SessionEnd
{
    /// <summary>It has come to its end.</summary>
    Over,
    /// <summary>Another message can follow at once.</summary>
    Reusable,
    /// <summary>The server had closed it while it was at rest: nothing was decided, a new connection is needed.</summary>
    Stale,
}
