namespace PostfixNet.Smtp;

/// <summary>What can be done with a session after a message.</summary>
internal enum SessionEnd
{
    /// <summary>It has come to its end.</summary>
    Over,
    /// <summary>Another message can follow at once.</summary>
    Reusable,
    /// <summary>It carries no more, or the server had closed it while it was at rest: recipients that are not decided need a new
    /// connection to the same server.</summary>
    Stale,
}
