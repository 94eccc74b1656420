using PostfixNet.Ipc;

namespace PostfixNet.Delivery;

/// <summary>What showq asks qmgr: why recipients of a message have not been delivered to.</summary>
/// <param name="Id">The message; may be unknown to qmgr.</param>
/// <param name="Sender">Its envelope sender, internal form.</param>
/// <param name="Addresses">The recipients, internal form.</param>
public sealed record WaitQuestion(string Id, string Sender, IReadOnlyList<string> Addresses)
{
    /// <summary>The socket, below queue_directory: in private/, where only the mail system may connect.</summary>
    public const string Path = "private/qmgr.ask";

    private const string Address = "address";

    /// <summary>For the line to qmgr.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(FieldName.QueueId, Id).Add(FieldName.Sender, Sender)
        .Add(FieldName.Recipients, [.. Addresses.Select(static address => new AttributeList().Add(Address, address))]);

    /// <exception cref="IpcException">Malformed.</exception>
    public static WaitQuestion From(AttributeList list) => new(list.Text(FieldName.QueueId), list.Text(FieldName.Sender),
        [.. list.Lists(FieldName.Recipients).Select(static recipient => recipient.Text(Address))]);
}

/// <summary>What qmgr answers, from what it has in memory.</summary>
/// <param name="IsKnown">The message is in the active queue.</param>
/// <param name="IsActiveFull">The active queue takes no other message now.</param>
/// <param name="States">Of each recipient asked for, in that order.</param>
public sealed record WaitAnswer(bool IsKnown, bool IsActiveFull, IReadOnlyList<WaitState> States)
{
    private const string Known = "known", ActiveFull = "active_full";

    /// <summary>For the line to showq.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(Known, IsKnown).Add(ActiveFull, IsActiveFull)
        .Add(FieldName.Recipients, [.. States.Select(static state => state.ToAttributes())]);

    /// <exception cref="IpcException">Malformed.</exception>
    public static WaitAnswer From(AttributeList list) => new(list.IsTrue(Known), list.IsTrue(ActiveFull),
        [.. list.Lists(FieldName.Recipients).Select(WaitState.From)]);
}

/// <summary>How things stand with one recipient, or with a next hop.</summary>
/// <param name="Transport">The delivery service.</param>
/// <param name="NextHop">Where the mail goes.</param>
public sealed record WaitState(string Transport, string NextHop)
{
    /// <summary>What holds the mail up; null: nothing in the queue manager.</summary>
    public WaitCode? Code { get; init; }

    /// <summary>How long yet, in milliseconds, where time decides; else null.</summary>
    public long? Left { get; init; }

    /// <summary>The trouble; null: none.</summary>
    public string? Reason { get; init; }

    /// <summary>The process that has the mail; 0: none.</summary>
    public int Process { get; init; }

    /// <summary>Deliveries and limits of the next hop; null for transports that need no agent.</summary>
    public NextHopLoad? Load { get; init; }

    private const string TransportName = "transport", NextHopName = "next_hop", CodeName = "code", LeftName = "left", ProcessName = "process", LoadName = "load";

    /// <summary>For the line, also to the command that shows it.</summary>
    public AttributeList ToAttributes()
    {
        AttributeList list = new AttributeList().Add(TransportName, Transport).Add(NextHopName, NextHop)
            .AddOptional(CodeName, Code?.Word()).AddOptional(FieldName.Reason, Reason).Add(ProcessName, Process).AddOptional(LoadName, Load?.ToAttributes());
        return Left is { } left ? list.Add(LeftName, left) : list;
    }

    /// <exception cref="IpcException">Malformed.</exception>
    public static WaitState From(AttributeList list) => new(list.Text(TransportName), list.Text(NextHopName))
    {
        Code = WaitCodes.Parse(list.OptionalText(CodeName)),
        Reason = list.OptionalText(FieldName.Reason),
        Left = list.Has(LeftName) ? Math.Clamp(list.Number(LeftName), 0, int.MaxValue) : null,
        Process = list.Number(ProcessName, 0) is > 0 and <= int.MaxValue and var process ? (int)process : 0,
        Load = list.OptionalList(LoadName) is { } load ? NextHopLoad.From(load) : null,
    };
}

/// <summary>Deliveries to a next hop, and their limits.</summary>
/// <param name="Window">Deliveries that may be under way at once now.</param>
/// <param name="Busy">Deliveries under way.</param>
/// <param name="Waiting">Deliveries that wait.</param>
/// <param name="ConcurrencyLimit">The window's limit; 0: none.</param>
/// <param name="RecipientLimit">Recipients in one delivery, at most.</param>
/// <param name="ProcessLimit">Processes of the transport, at most.</param>
public sealed record NextHopLoad(long Window, long Busy, long Waiting, long ConcurrencyLimit, long RecipientLimit, long ProcessLimit)
{
    private const string WindowName = "window", BusyName = "busy", WaitingName = "waiting", Concurrency = "concurrency_limit",
        Recipients = "recipient_limit", Processes = "process_limit";

    internal AttributeList ToAttributes() => new AttributeList().Add(WindowName, Window).Add(BusyName, Busy).Add(WaitingName, Waiting)
        .Add(Concurrency, ConcurrencyLimit).Add(Recipients, RecipientLimit).Add(Processes, ProcessLimit);

    /// <exception cref="IpcException">A number is missing.</exception>
    internal static NextHopLoad From(AttributeList list) => new(list.Number(WindowName), list.Number(BusyName), list.Number(WaitingName),
        list.Number(Concurrency), list.Number(Recipients), list.Number(Processes));
}
