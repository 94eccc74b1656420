using System.Globalization;
using System.Text;
using PostfixNet.Ipc;
using PostfixNet.Mail;

namespace PostfixNet.Delivery;

/// <summary>How things stand with all transports and destinations of the queue manager: what is suspended, since when and why, and where mail waits.</summary>
/// <param name="Destinations">Destinations with mail or in trouble; some of very many are told.</param>
/// <param name="Dead">Those left alone after failures.</param>
/// <param name="Transports">All that have had mail, by name.</param>
/// <param name="Told">Those in trouble first, then those with most deliveries waiting or under way; <see cref="Limit"/> at most.</param>
public sealed record DestinationReport(long Destinations, long Dead, IReadOnlyList<TransportState> Transports, IReadOnlyList<DestinationState> Told)
{
    /// <summary>Destinations that are told, at most.</summary>
    public const int Limit = 1000;

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);
    private const string Question = "destinations", DestinationsName = "total", DeadName = "dead", TransportsName = "transports", ToldName = "told";

    /// <summary>The question for the line to qmgr.</summary>
    public static AttributeList Ask() => new AttributeList().Add(Question, true);

    /// <summary>Whether a message is that question.</summary>
    public static bool IsAskedBy(AttributeList list) => list.Has(Question);

    /// <summary>Asks qmgr itself, for who runs as mail_owner in the queue directory; others ask showq (<see cref="ShowqQuestion"/>).</summary>
    /// <exception cref="IpcException">No answer.</exception>
    public static DestinationReport FromQueueManager()
    {
        using Channel channel = Channel.Connect(WaitQuestion.Path, WaitQuestion.Path, s_timeout);
        channel.Send(Ask());
        return From(channel.ReceiveReply());
    }

    /// <summary>Some are suspended or dead.</summary>
    public bool HasTrouble => Troubled.Any() || Transports.Any(static transport => transport.IsTroubled);

    /// <summary>Of those that are told, the ones in trouble.</summary>
    public IEnumerable<DestinationState> Troubled => Told.TakeWhile(static destination => destination.IsDead);

    /// <summary>What stands in a status: how many destinations there are, and what is in trouble. One or more members of an object of JSON.</summary>
    /// <param name="report">null: it is not known.</param>
    /// <param name="now">Seconds since 1970.</param>
    public static string StatusJson(DestinationReport? report, long now)
    {
        if (report is null)
            return "\"destinations\": null, \"suspended\": null";
        IEnumerable<string> suspended = report.Transports.Where(static transport => transport.IsTroubled).Select(transport => transport.Json(now))
            .Concat(report.Troubled.Select(destination => destination.Json(now)));
        return string.Create(CultureInfo.InvariantCulture, $"\"destinations\": {{\"total\": {report.Destinations}, \"dead\": {report.Dead}}}, \"suspended\": [{string.Join(", ", suspended)}]");
    }

    /// <summary>For the line.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(DestinationsName, Destinations).Add(DeadName, Dead)
        .Add(TransportsName, [.. Transports.Select(static transport => transport.ToAttributes())]).Add(ToldName, [.. Told.Select(static destination => destination.ToAttributes())]);

    /// <exception cref="IpcException">Malformed.</exception>
    public static DestinationReport From(AttributeList list) => new(list.Number(DestinationsName), list.Number(DeadName),
        [.. list.Lists(TransportsName).Select(TransportState.From)], [.. list.Lists(ToldName).Select(DestinationState.From)]);
}

/// <summary>How long a state of trouble has lasted, and what it has held up.</summary>
/// <param name="Lasts">Milliseconds since it began; null: there is none, or it has no beginning (defer_transports).</param>
/// <param name="PutOff">Deliveries that were put off for it since then, to the deferred queue; one that is due while it lasts counts again.</param>
public readonly record struct TroubleSpan(long? Lasts, long PutOff)
{
    private const string LastsName = "lasts", PutOffName = "put_off";

    internal AttributeList AddTo(AttributeList list)
    {
        list.Add(PutOffName, PutOff);
        return Lasts is { } lasts ? list.Add(LastsName, lasts) : list;
    }

    internal static TroubleSpan From(AttributeList list) => new(list.Has(LastsName) ? Math.Max(0, list.Number(LastsName)) : null, Math.Max(0, list.Number(PutOffName, 0)));
}

/// <summary>How things stand with one next hop of a transport.</summary>
/// <param name="State">What mail for it waits for, and its limits.</param>
/// <param name="Trouble">Since when it is dead.</param>
public sealed record DestinationState(WaitState State, TroubleSpan Trouble)
{
    private const string StateName = "state";

    /// <summary>It is left alone after failures.</summary>
    public bool IsDead => State.Code == WaitCode.DeadDestination;

    internal AttributeList ToAttributes() => Trouble.AddTo(new AttributeList().AddOptional(StateName, State.ToAttributes()));

    internal static DestinationState From(AttributeList list) =>
        new(WaitState.From(list.OptionalList(StateName) ?? throw new IpcException("no state of the destination")), TroubleSpan.From(list));

    /// <summary>One JSON object.</summary>
    /// <param name="now">Seconds since 1970: times are told so.</param>
    public string Json(long now) => new JsonFacts().Text("transport", State.Transport).Text("next_hop", State.NextHop).Text("state", State.Code?.Word())
        .Text("reason", State.Reason).Number("since", now - Trouble.Lasts / 1000).Number("until", now + (State.Left + 999) / 1000).Number("put_off", Trouble.PutOff)
        .Number("waiting", State.Load?.Waiting).Number("busy", State.Load?.Busy).Number("window", State.Load?.Window)
        .Number("concurrency_limit", State.Load?.ConcurrencyLimit).Number("recipient_limit", State.Load?.RecipientLimit).Number("process_limit", State.Load?.ProcessLimit).ToString();
}

/// <summary>How things stand with a transport.</summary>
/// <param name="Name">Of its service.</param>
/// <param name="Trouble">Since when it is suspended.</param>
public sealed record TransportState(string Name, TroubleSpan Trouble)
{
    private const string NameName = "transport", CodeName = "code", ReasonName = "reason", LeftName = "left", DestinationsName = "destinations", DeadName = "dead",
        WaitingName = "waiting", BusyName = "busy", LimitName = "process_limit";

    /// <summary>What holds all of its mail up; null: nothing.</summary>
    public WaitCode? Code { get; init; }

    /// <summary>Why it is suspended; null: it is not.</summary>
    public string? Reason { get; init; }

    /// <summary>How long yet, in milliseconds, where time decides; else null.</summary>
    public long? Left { get; init; }

    /// <summary>Destinations with mail or in trouble.</summary>
    public long Destinations { get; init; }

    /// <summary>Those left alone after failures.</summary>
    public long Dead { get; init; }

    /// <summary>Deliveries that wait.</summary>
    public long Waiting { get; init; }

    /// <summary>Deliveries under way.</summary>
    public long Busy { get; init; }

    /// <summary>Processes, at most; 0: any number.</summary>
    public long ProcessLimit { get; init; }

    /// <summary>It is paused or suspended.</summary>
    public bool IsTroubled => Code is WaitCode.Paused or WaitCode.TransportSuspended;

    internal AttributeList ToAttributes()
    {
        AttributeList list = Trouble.AddTo(new AttributeList().Add(NameName, Name).AddOptional(CodeName, Code?.Word()).AddOptional(ReasonName, Reason)
            .Add(DestinationsName, Destinations).Add(DeadName, Dead).Add(WaitingName, Waiting).Add(BusyName, Busy).Add(LimitName, ProcessLimit));
        return Left is { } left ? list.Add(LeftName, left) : list;
    }

    internal static TransportState From(AttributeList list) => new(list.Text(NameName), TroubleSpan.From(list))
    {
        Code = WaitCodes.Parse(list.OptionalText(CodeName)),
        Reason = list.OptionalText(ReasonName),
        Left = list.Has(LeftName) ? Math.Clamp(list.Number(LeftName), 0, int.MaxValue) : null,
        Destinations = list.Number(DestinationsName),
        Dead = list.Number(DeadName),
        Waiting = list.Number(WaitingName),
        Busy = list.Number(BusyName),
        ProcessLimit = list.Number(LimitName),
    };

    /// <inheritdoc cref="DestinationState.Json"/>
    public string Json(long now) => new JsonFacts().Text("transport", Name).Text("state", Code?.Word()).Text("reason", Reason)
        .Number("since", now - Trouble.Lasts / 1000).Number("until", now + (Left + 999) / 1000).Number("put_off", Trouble.PutOff)
        .Number("destinations", Destinations).Number("dead", Dead).Number("waiting", Waiting).Number("busy", Busy).Number("process_limit", ProcessLimit).ToString();
}

/// <summary>A JSON object of what is known.</summary>
file sealed class JsonFacts
{
    private readonly StringBuilder _text = new("{");

    internal JsonFacts Text(string name, string? value) => value is null ? this : Add(name, JsonText.Quote(value));

    internal JsonFacts Number(string name, long? value) => value is { } number ? Add(name, number.ToString(CultureInfo.InvariantCulture)) : this;

    private JsonFacts Add(string name, string value)
    {
        _text.Append(_text.Length > 1 ? ", \"" : "\"").Append(name).Append("\": ").Append(value);
        return this;
    }

    public override string ToString() => _text + "}";
}
