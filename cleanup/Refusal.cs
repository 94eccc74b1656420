namespace PostfixNet.Cleanup;

/// <summary>A message is not taken. Nothing of it stays in the queue.</summary>
/// <remarks>The message is the short reason that the client logs; what exactly is wrong stands in our own log.</remarks>
/// <param name="status">With which the message can be returned to its sender, e.g. "5.4.6"; null when it cannot.</param>
internal sealed class Refusal(string reason, bool isTemporary = false, string? status = null) : Exception(reason)
{
    /// <summary>Reason for records that no correct client sends.</summary>
    internal const string Protocol = "internal protocol error";

    /// <summary>Who gets the mail is not known, because the tables say what has no end, or no meaning; they may be mended. In Postfix's words.</summary>
    internal static Refusal OfExpansion() => new("alias expansion error", isTemporary: true) { Reply = "451 4.6.0 Alias expansion error" };

    /// <summary>RFC 3463 status of a good message that must not go on; null when there is nothing to return.</summary>
    internal string? Status => status;

    /// <summary>What an SMTP client is told word for word, with LF between lines; empty: that follows from the reason.</summary>
    internal string Reply { get; init; } = "";

    /// <summary>True when the same message may be taken later.</summary>
    internal bool IsTemporary => isTemporary;
}
