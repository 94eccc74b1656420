using PostfixNet.Ipc;

namespace PostfixNet.Delivery;

/// <summary>What a user can ask the service showq.</summary>
public abstract record ShowqRequest
{
    private const string ListWord = "list", ExplainWord = "explain", FlushAllWord = "flush_all",
        FlushIdWord = "flush_id", FlushSiteWord = "flush_site", FlushMatchWord = "flush_match", ActWord = "act", WhatName = "what", QueueId = "queue_id", SiteName = "site",
        MatchName = "match", OnlyName = "only", IdWord = "id", RoutesName = "routes", OrderName = "by_next_attempt", ActionName = "action", IdsName = "ids", ByName = "by";

    private ShowqRequest() { }

    /// <summary>The queue: see a piece of messages each, and the end.</summary>
    /// <param name="Match">A filter, not checked; null: the whole queue.</param>
    /// <param name="WithRoutes">Where mail goes is told, too.</param>
    /// <param name="ByNextAttempt">The earliest next attempt goes first.</param>
    public sealed record List(string? Match = null, bool WithRoutes = false, bool ByNextAttempt = false) : ShowqRequest;

    /// <summary>Why mail waits: an <see cref="ExplainedMessage"/> for each message, then an <see cref="ExplanationEnd"/>.</summary>
    /// <param name="What">Queue ID or destination.</param>
    /// <param name="IsId">It is a queue ID and nothing else: a message that is gone is not looked for in all of the queue, as a domain of that name is.</param>
    public sealed record Explain(string What, bool IsId = false) : ShowqRequest;

    /// <summary>How things stand with transports and destinations: a <see cref="DestinationReport"/>.</summary>
    public sealed record Destinations : ShowqRequest;

    /// <summary>How much mail there is: <see cref="Queue.QueueCounts"/>.</summary>
    public sealed record Counts : ShowqRequest;

    /// <summary>Try all mail now. This and the next three are answered by a <see cref="FlushReply"/>.</summary>
    public sealed record FlushAll : ShowqRequest;

    /// <summary>Try one message now.</summary>
    /// <param name="Id">Its queue ID, not checked.</param>
    public sealed record FlushOne(string Id) : ShowqRequest;

    /// <summary>Try all deferred mail for a destination now.</summary>
    public sealed record FlushSite(string Site) : ShowqRequest;

    /// <summary>Try all deferred mail that a filter means now.</summary>
    /// <param name="Match">Not checked.</param>
    public sealed record FlushMatch(string Match) : ShowqRequest;

    /// <summary>Something is done to messages, as postsuper does it, for the owner of the queue alone: an <see cref="ActReply"/>.</summary>
    /// <param name="Action">Not checked.</param>
    /// <param name="Ids"><see cref="MostIds"/> at most, likewise.</param>
    /// <param name="By">Who gives that order, for the log.</param>
    public sealed record Act(string Action, IReadOnlyList<string> Ids, string By) : ShowqRequest
    {
        /// <summary>Messages of a request, at most.</summary>
        public const int MostIds = 500;
    }

    /// <summary>For the line to the service.</summary>
    public AttributeList ToAttributes() => this switch
    {
        List list => Named(ListWord).AddOptional(MatchName, list.Match).Add(RoutesName, list.WithRoutes).Add(OrderName, list.ByNextAttempt),
        FlushMatch flush => Named(FlushMatchWord).Add(MatchName, flush.Match),
        Explain explain => Named(ExplainWord).Add(WhatName, explain.What).AddOptional(OnlyName, explain.IsId ? IdWord : null),
        Destinations => Named(ShowqQuestion.Destinations),
        Counts => Named(ShowqQuestion.Counts),
        FlushAll => Named(FlushAllWord),
        FlushOne one => Named(FlushIdWord).Add(QueueId, one.Id),
        Act act => Named(ActWord).Add(ActionName, act.Action).Add(IdsName, string.Join(' ', act.Ids)).Add(ByName, act.By),
        FlushSite site => Named(FlushSiteWord).Add(SiteName, site.Site),
        _ => throw new InvalidOperationException("no request"),
    };

    /// <exception cref="IpcException">Unknown or malformed.</exception>
    public static ShowqRequest From(AttributeList list) => list.Text(ShowqQuestion.Request) switch
    {
        ListWord => new List(list.OptionalText(MatchName), list.IsTrue(RoutesName), list.IsTrue(OrderName)),
        FlushMatchWord => new FlushMatch(list.Text(MatchName)),
        ExplainWord => new Explain(list.Text(WhatName), list.OptionalText(OnlyName) == IdWord),
        ShowqQuestion.Destinations => new Destinations(),
        ShowqQuestion.Counts => new Counts(),
        FlushAllWord => new FlushAll(),
        FlushIdWord => new FlushOne(list.Text(QueueId)),
        ActWord => new Act(list.Text(ActionName), list.Text(IdsName).Split(' ', StringSplitOptions.RemoveEmptyEntries), list.Text(ByName)),
        FlushSiteWord => new FlushSite(list.Text(SiteName)),
        _ => throw new IpcException("unknown request"),
    };

    private static AttributeList Named(string word) => new AttributeList().Add(ShowqQuestion.Request, word);
}

/// <summary>What a request to flush came to.</summary>
/// <param name="Count">Messages that are tried now, where that is known; null: it could not be done, see the log.</param>
public sealed record FlushReply(int? Count)
{
    private const string Status = "status", CountName = "count";

    /// <summary>For the line to the client.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(Status, Count is null ? 1 : 0).Add(CountName, Count ?? 0);

    /// <exception cref="IpcException">Malformed.</exception>
    public static FlushReply From(AttributeList list) => list.Number(Status) == 0
        ? new((int)Math.Clamp(list.Number(CountName, 0), 0, int.MaxValue)) : new(Count: null);
}

/// <summary>What a <see cref="ShowqRequest.Act"/> came to; all of it is on stable storage.</summary>
/// <param name="Count">Messages that it was done to.</param>
/// <param name="HasFailed">Something could not be done.</param>
/// <param name="Problems">Why some were left alone; the first of very many.</param>
public sealed record ActReply(int Count, bool HasFailed, IReadOnlyList<string> Problems)
{
    private const string CountName = "count", FailedName = "failed", ProblemsName = "problems", TextName = "text";

    /// <summary>For the line to the client.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(CountName, Count).Add(FailedName, HasFailed)
        .Add(ProblemsName, [.. Problems.Select(static problem => new AttributeList().Add(TextName, problem))]);

    /// <exception cref="IpcException">Malformed.</exception>
    public static ActReply From(AttributeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        return new((int)Math.Clamp(list.Number(CountName), 0, int.MaxValue), list.IsTrue(FailedName), [.. list.Lists(ProblemsName).Select(static problem => problem.Text(TextName))]);
    }
}
