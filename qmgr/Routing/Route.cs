using PostfixNet.Configuration;

namespace PostfixNet.Qmgr;

/// <summary>Where a recipient's mail goes next.</summary>
/// <param name="Transport">Name of a service, or a built-in one.</param>
/// <param name="NextHop">Domain or host, lower case; for the built-in transports the text for the log.</param>
/// <param name="Rule">The table of main.toml for such mail; null when there is none.</param>
internal sealed record Route(string Transport, string NextHop, DestinationRule? Rule = null)
{
    /// <summary>The transport, when it needs no agent; else null.</summary>
    internal BuiltInTransport? BuiltIn => BuiltInTransports.Find(Transport);

    /// <summary>The recipient is on the suppression list, and this is how it is returned.</summary>
    internal bool IsSuppression { get; init; }

    /// <summary>Names the queue in which the mail waits within its transport: mail with a table of its own is not held up by
    /// the rest of what goes to the same relay.</summary>
    internal string Destination => Rule is null || Rule.IsForAny ? NextHop : $"{NextHop}\t{Rule.Name}";
}
