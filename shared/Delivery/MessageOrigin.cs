using PostfixNet.Ipc;
using PostfixNet.Queue;

namespace PostfixNet.Delivery;

/// <summary>Where a message came from, for servers that want to know the client behind this system (XFORWARD).</summary>
/// <remarks>Each text is as the queue file has it; empty: unknown.</remarks>
/// <param name="ClientName">Host name of the client.</param>
/// <param name="ClientAddress">Its IP address.</param>
/// <param name="ClientPort">Its TCP port.</param>
/// <param name="Protocol">SMTP or ESMTP.</param>
/// <param name="HeloName">What the client called itself.</param>
/// <param name="Identity">Queue ID that the message had in the system that took it in.</param>
/// <param name="IsRemote">A stranger wrote it: its headers were not completed.</param>
public sealed record MessageOrigin(
    string ClientName, string ClientAddress, string ClientPort, string Protocol, string HeloName, string Identity, bool IsRemote)
{
    /// <summary>A message of this system, of which a queue file says nothing.</summary>
    public static readonly MessageOrigin Local = new("", "", "", "", "", "", false);

    /// <summary>What a queue file says; null when it says nothing, as for mail that was submitted on this system.</summary>
    public static MessageOrigin? Of(Envelope envelope)
    {
        MessageOrigin origin = envelope.RewriteContext is null or AttributeName.Local ? Local : Local with { IsRemote = true };
        for (int i = 0; i < envelope.Attributes.Count; i++)
        {
            KeyValuePair<string, string> attribute = envelope.Attributes[i];
            origin = attribute.Key switch
            {
                AttributeName.LogClientName => origin with { ClientName = attribute.Value },
                AttributeName.LogClientAddress => origin with { ClientAddress = attribute.Value },
                AttributeName.LogClientPort => origin with { ClientPort = attribute.Value },
                AttributeName.LogProtocolName => origin with { Protocol = attribute.Value },
                AttributeName.LogHeloName => origin with { HeloName = attribute.Value },
                AttributeName.LogIdent => origin with { Identity = attribute.Value },
                _ => origin,
            };
        }
        return ReferenceEquals(origin, Local) ? null : origin;
    }

    private const string IsRemoteName = "is_remote";

    internal AttributeList ToAttributes() => new AttributeList()
        .AddOptional(AttributeName.LogClientName, ClientName).AddOptional(AttributeName.LogClientAddress, ClientAddress)
        .AddOptional(AttributeName.LogClientPort, ClientPort).AddOptional(AttributeName.LogProtocolName, Protocol)
        .AddOptional(AttributeName.LogHeloName, HeloName).AddOptional(AttributeName.LogIdent, Identity).Add(IsRemoteName, IsRemote);

    internal static MessageOrigin From(AttributeList list)
    {
        return new(Text(AttributeName.LogClientName), Text(AttributeName.LogClientAddress), Text(AttributeName.LogClientPort),
            Text(AttributeName.LogProtocolName), Text(AttributeName.LogHeloName), Text(AttributeName.LogIdent), list.IsTrue(IsRemoteName));

        string Text(string name) => list.OptionalText(name) ?? "";
    }
}
