using PostfixNet.Delivery;
using PostfixNet.Ipc;

namespace PostfixNet.Postqueue;

/// <summary>What a user can ask the service showq.</summary>
internal abstract record ShowqRequest
{
    private const string ListWord = "list", ExplainWord = "explain", FlushAllWord = "flush_all",
        FlushIdWord = "flush_id", FlushSiteWord = "flush_site", FlushMatchWord = "flush_match", WhatName = "what", QueueId = "queue_id", SiteName = "site",
        MatchName = "match", OnlyName = "only", IdWord = "id", RoutesName = "routes", OrderName = "by_next_attempt";

    private ShowqRequest() { }

    /// <summary>The queue: see <see cref="ListingSender"/>.</summary>
    /// <param name="Match">A filter, not checked; null: the whole queue.</param>
    /// <param name="WithRoutes">Where mail goes is told, too.</param>
    /// <param name="ByNextAttempt">The earliest next attempt goes first.</param>
    internal sealed record List(string? Match = null, bool WithRoutes = false, bool ByNextAttempt = false) : ShowqRequest;

    /// <summary>Why mail waits: an <see cref="ExplainedMessage"/> for each message, then an <see cref="ExplanationEnd"/>.</summary>
    /// <param name="What">Queue ID or destination.</param>
    /// <param name="IsId">It is a queue ID and nothing else: a message that is gone is not looked for in all of the queue, as a domain of that name is.</param>
    internal sealed record Explain(string What, bool IsId = false) : ShowqRequest;

    /// <summary>How things stand with transports and destinations: a <see cref="DestinationReport"/>.</summary>
    internal sealed record Destinations : ShowqRequest;

    /// <summary>How much mail there is: <see cref="Queue.QueueCounts"/>.</summary>
    internal sealed record Counts : ShowqRequest;

    /// <summary>Try all mail now. This and the next three are answered by a <see cref="FlushReply"/>.</summary>
    internal sealed record FlushAll : ShowqRequest;

    /// <summary>Try one message now.</summary>
    /// <param name="Id">Its queue ID, not checked.</param>
    internal sealed record FlushOne(string Id) : ShowqRequest;

    /// <summary>Try all deferred mail for a destination now.</summary>
    internal sealed record FlushSite(string Site) : ShowqRequest;

    /// <summary>Try all deferred mail that a filter means now.</summary>
    /// <param name="Match">Not checked.</param>
    internal sealed record FlushMatch(string Match) : ShowqRequest;

    /// <summary>For the line to the service.</summary>
    internal AttributeList ToAttributes() => this switch
    {
        List list => Named(ListWord).AddOptional(MatchName, list.Match).Add(RoutesName, list.WithRoutes).Add(OrderName, list.ByNextAttempt),
        FlushMatch flush => Named(FlushMatchWord).Add(MatchName, flush.Match),
        Explain explain => Named(ExplainWord).Add(WhatName, explain.What).AddOptional(OnlyName, explain.IsId ? IdWord : null),
        Destinations => Named(ShowqQuestion.Destinations),
        Counts => Named(ShowqQuestion.Counts),
        FlushAll => Named(FlushAllWord),
        FlushOne one => Named(FlushIdWord).Add(QueueId, one.Id),
        FlushSite site => Named(FlushSiteWord).Add(SiteName, site.Site),
        _ => throw new InvalidOperationException("no request"),
    };

    /// <exception cref="IpcException">Unknown or malformed.</exception>
    internal static ShowqRequest From(AttributeList list) => list.Text(ShowqQuestion.Request) switch
    {
        ListWord => new List(list.OptionalText(MatchName), list.IsTrue(RoutesName), list.IsTrue(OrderName)),
        FlushMatchWord => new FlushMatch(list.Text(MatchName)),
        ExplainWord => new Explain(list.Text(WhatName), list.OptionalText(OnlyName) == IdWord),
        ShowqQuestion.Destinations => new Destinations(),
        ShowqQuestion.Counts => new Counts(),
        FlushAllWord => new FlushAll(),
        FlushIdWord => new FlushOne(list.Text(QueueId)),
        FlushSiteWord => new FlushSite(list.Text(SiteName)),
        _ => throw new IpcException("unknown request"),
    };

    private static AttributeList Named(string word) => new AttributeList().Add(ShowqQuestion.Request, word);
}

/// <summary>What a request to flush came to.</summary>
/// <param name="Count">Messages that are tried now, where that is known; null: it could not be done, see the log.</param>
internal sealed record FlushReply(int? Count)
{
    private const string Status = "status", CountName = "count";

    /// <summary>For the line to the client.</summary>
    internal AttributeList ToAttributes() => new AttributeList().Add(Status, Count is null ? 1 : 0).Add(CountName, Count ?? 0);

    /// <exception cref="IpcException">Malformed.</exception>
    internal static FlushReply From(AttributeList list) => list.Number(Status) == 0
        ? new((int)Math.Clamp(list.Number(CountName, 0), 0, int.MaxValue)) : new(Count: null);
}
