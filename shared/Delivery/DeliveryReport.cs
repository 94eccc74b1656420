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

    /// <summary>What an agent says first on a connection, before any request (S4-02): it is alive and serves us.</summary>
    public static AttributeList Ready() => new AttributeList().Add("ready", Environment.ProcessId);

    /// <summary>Whether a message is that word.</summary>
    public static bool IsReady(AttributeList list) => list.Has("ready");

    /// <summary>Who said it: the agent's process id; 0 when it does not tell.</summary>
    public static int ReadyProcess(AttributeList list) => list.Number("ready", 0) is > 0 and <= int.MaxValue and var pid ? (int)pid : 0;

    /// <summary>For the line to qmgr.</summary>
    public AttributeList ToAttributes()
    {
        AttributeList list = new AttributeList().Add("deferred", SomeDeferred ? 1 : 0).Add("corrupt", IsCorrupt ? 1 : 0)
            .Add("session_open", SessionOpen ? 1 : 0).Add("ends", Ends ? 1 : 0)
            .Add("unrecorded", IsUnrecorded ? 1 : 0);
        if (Exchanger is not null)
            list.Add("exchanger", Exchanger);
        return Trouble is null ? list : list.Add("trouble", [new AttributeList().Add(Trouble)]);
    }

    /// <exception cref="IpcException">Malformed.</exception>
    public static DeliveryReport From(AttributeList list) => new(
        list.Number("deferred") != 0, list.Number("corrupt") != 0,
        list.Has("trouble") && list.Lists("trouble") is [var trouble, ..] ? trouble.Dsn() : null,
        list.Number("session_open") != 0, list.Number("ends") != 0)
    {
        IsUnrecorded = list.Number("unrecorded", 0) != 0,
        Exchanger = list.OptionalText("exchanger"),
    };
}
