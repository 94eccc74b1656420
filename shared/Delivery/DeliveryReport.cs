using PostfixNet.Ipc;
using PostfixNet.Mail;

namespace PostfixNet.Delivery;

/// <summary>What a delivery agent tells qmgr when it has done with a request.</summary>
/// <param name="SomeDeferred">Recipients are left that must be tried again later; false: each was delivered or bounced.</param>
/// <param name="IsCorrupt">The queue file cannot be read; the agent has marked it, and it belongs into the corrupt queue.</param>
/// <param name="Trouble">What is wrong with the next hop itself (S2-12); null when nothing is, or only with this message.</param>
/// <param name="SessionOpen">A session to the request's next hop is kept open for more.</param>
/// <param name="Ends">The agent takes no further request on this connection.</param>
public sealed record DeliveryReport(bool SomeDeferred, bool IsCorrupt, Dsn? Trouble, bool SessionOpen, bool Ends)
{
    /// <summary>A recipient was put off without a record in the defer log: the log does not tell the whole story, and the
    /// message must not expire on its strength.</summary>
    public bool IsUnrecorded { get; init; }

    /// <summary>The best mail exchanger of the next hop, as looked up for this request; null: none was.</summary>
    public string? Exchanger { get; init; }

    /// <summary>The next hop refused because it takes no more from us in this time.</summary>
    public bool AsksForLess { get; init; }

    /// <summary>Recipients that were delivered, or that a server refused for themselves; only when the request wants to know. What a server says of the session or the content,
    /// or what this system finds, tells nothing of an address.</summary>
    public IReadOnlyList<SettledRecipient> Settled { get; init; } = [];

    private const string Deferred = "deferred", Corrupt = "corrupt", Unrecorded = "unrecorded", SessionIsOpen = "session_open", End = "ends",
        Less = "less", TroubleName = "trouble", ExchangerName = "exchanger", SettledName = "settled";

    /// <summary>For the line to qmgr.</summary>
    public AttributeList ToAttributes() => new AttributeList()
        .Add(Deferred, SomeDeferred).Add(Corrupt, IsCorrupt).Add(Unrecorded, IsUnrecorded).Add(SessionIsOpen, SessionOpen).Add(End, Ends).Add(Less, AsksForLess)
        .AddOptional(TroubleName, Trouble is null ? null : new AttributeList().Add(Trouble)).AddOptional(ExchangerName, Exchanger)
        .AddOptional(SettledName, Settled.Count == 0 ? null : new AttributeList().Add(SettledName, [.. Settled.Select(static recipient => recipient.ToAttributes())]));

    /// <exception cref="IpcException">Malformed.</exception>
    public static DeliveryReport From(AttributeList list) => new(
        list.Number(Deferred) != 0, list.Number(Corrupt) != 0, list.OptionalList(TroubleName)?.Dsn(), list.Number(SessionIsOpen) != 0, list.Number(End) != 0)
    {
        IsUnrecorded = list.IsTrue(Unrecorded),
        AsksForLess = list.IsTrue(Less),
        Exchanger = list.OptionalText(ExchangerName),
        Settled = list.OptionalList(SettledName) is { } settled ? [.. settled.Lists(SettledName).Select(SettledRecipient.From)] : [],
    };
}

/// <summary>What became of one recipient for good.</summary>
/// <param name="Address">Internal form.</param>
/// <param name="Status">E.g. "5.1.1"; the first digit is 2 for one that was delivered.</param>
/// <param name="Reply">What the server said; cut to 512 characters.</param>
public sealed record SettledRecipient(string Address, string Status, string Reply)
{
    private const string AddressName = "address", StatusName = "status", ReplyName = "reply";
    private const int LongestReply = 512;

    /// <summary>Of a result.</summary>
    public static SettledRecipient Of(Recipient recipient, Dsn dsn)
    {
        string reply = dsn.DiagnosticText ?? dsn.Reason;
        return new SettledRecipient(recipient.Address, dsn.Status, reply.Length <= LongestReply ? reply : reply[..LongestReply]);
    }

    internal AttributeList ToAttributes() => new AttributeList().Add(AddressName, Address).Add(StatusName, Status).Add(ReplyName, Reply);

    /// <exception cref="IpcException">Malformed.</exception>
    internal static SettledRecipient From(AttributeList list) => new(list.Text(AddressName), list.Text(StatusName), list.Text(ReplyName));
}

/// <summary>What an agent says first on a connection, before any request (S4-02): it is alive and serves us.</summary>
/// <param name="Process">Its process id; 0 when it does not tell.</param>
public sealed record AgentReady(int Process)
{
    private const string Ready = "ready";

    /// <summary>For the line to the client.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(Ready, Process);

    /// <summary>Understands that word; null: it is another.</summary>
    public static AgentReady? From(AttributeList list) => !list.Has(Ready) ? null
        : new(list.Number(Ready, 0) is > 0 and <= int.MaxValue and var pid ? (int)pid : 0);
}
