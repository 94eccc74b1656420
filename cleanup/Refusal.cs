namespace PostfixNet.Cleanup;

/// <summary>A message is not taken. Nothing of it stays in the queue.</summary>
/// <remarks>The message is the short reason that the client logs; what exactly is wrong stands in our own log.</remarks>
internal sealed class Refusal(string reason, bool isTemporary = false) : Exception(reason)
{
    /// <summary>Reason for records that no correct client sends.</summary>
    internal const string Protocol = "internal protocol error";

    /// <summary>True when the same message may be taken later.</summary>
    internal bool IsTemporary => isTemporary;
}
