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

    /// <summary>For the line to qmgr.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add("queue_id", Id).Add("sender", Sender)
        .Add("recipients", [.. Addresses.Select(static address => new AttributeList().Add("address", address))]);

    /// <exception cref="IpcException">Malformed.</exception>
    public static WaitQuestion From(AttributeList list) => new(list.Text("queue_id"), list.Text("sender"),
        [.. list.Lists("recipients").Select(static recipient => recipient.Text("address"))]);
}

/// <summary>What qmgr answers, from what it has in memory.</summary>
/// <param name="IsKnown">The message is in the active queue.</param>
/// <param name="IsActiveFull">The active queue takes no other message now.</param>
/// <param name="States">Of each recipient asked for, in that order.</param>
public sealed record WaitAnswer(bool IsKnown, bool IsActiveFull, IReadOnlyList<WaitState> States)
{
    /// <summary>For the line to showq.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add("known", IsKnown).Add("active_full", IsActiveFull)
        .Add("recipients", [.. States.Select(static state => state.ToAttributes())]);

    /// <exception cref="IpcException">Malformed.</exception>
    public static WaitAnswer From(AttributeList list) => new(list.IsTrue("known"), list.IsTrue("active_full"),
        [.. list.Lists("recipients").Select(WaitState.From)]);
}

/// <summary>How things stand with one recipient, or with a next hop.</summary>
/// <param name="Transport">The delivery service.</param>
/// <param name="NextHop">Where the mail goes.</param>
public sealed record WaitState(string Transport, string NextHop)
{
    /// <summary>What holds the mail up: a <see cref="WaitCode"/>; null: nothing in the queue manager.</summary>
    public string? Code { get; init; }

    /// <summary>How long yet, in milliseconds, where time decides; else null.</summary>
    public long? Left { get; init; }

    /// <summary>The trouble; null: none.</summary>
    public string? Reason { get; init; }

    /// <summary>The process that has the mail; 0: none.</summary>
    public int Process { get; init; }

    /// <summary>Deliveries and limits of the next hop; null for transports that need no agent.</summary>
    public NextHopLoad? Load { get; init; }

    internal AttributeList ToAttributes()
    {
        AttributeList list = new AttributeList().Add("transport", Transport).Add("next_hop", NextHop)
            .AddOptional("code", Code).AddOptional("reason", Reason);
        if (Left is { } left)
            list.Add("left", left);
        if (Process != 0)
            list.Add("process", Process);
        return Load is null ? list : Load.AddTo(list);
    }

    internal static WaitState From(AttributeList list) => new(list.Text("transport"), list.Text("next_hop"))
    {
        Code = list.OptionalText("code"),
        Reason = list.OptionalText("reason"),
        Left = list.Has("left") ? list.Number("left") : null,
        Process = (int)list.Number("process", 0),
        Load = list.Has("window") ? NextHopLoad.From(list) : null,
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
    /// <summary>Adds the numbers to a list.</summary>
    public AttributeList AddTo(AttributeList list) => list.Add("window", Window).Add("busy", Busy).Add("waiting", Waiting)
        .Add("concurrency_limit", ConcurrencyLimit).Add("recipient_limit", RecipientLimit).Add("process_limit", ProcessLimit);

    /// <summary>The numbers of a list.</summary>
    /// <exception cref="IpcException">One is missing.</exception>
    public static NextHopLoad From(AttributeList list) => new(list.Number("window"), list.Number("busy"), list.Number("waiting"),
        list.Number("concurrency_limit"), list.Number("recipient_limit"), list.Number("process_limit"));
}
