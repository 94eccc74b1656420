namespace PostfixNet.Smtp;

/// <summary>What the postmaster can ask to be told of: words of notify_classes.</summary>
[Flags]
internal enum ErrorClasses
{
    None = 0,
    /// <summary>The server, or this program, does not keep to the protocol (S2-14).</summary>
    Protocol = 1,
    /// <summary>A queue file could not be read.</summary>
    Data = 2,
}
