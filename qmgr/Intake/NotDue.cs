namespace PostfixNet.Qmgr;

/// <summary>Which files a walk takes besides those that are due.</summary>
[Flags]
internal enum NotDue
{
    None = 0,
    /// <summary>Those that were put off by a pause (request P).</summary>
    Paused = 1,
    /// <summary>Those that a standing rule is for.</summary>
    Ruled = 4,
    /// <summary>All (request A).</summary>
    All = 2,
}
