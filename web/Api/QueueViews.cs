using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Listing;
using PostfixNet.Mail;
using PostfixNet.Queue;
using PostfixNet.Selection;

namespace PostfixNet.Web;

/// <summary>The queue, a page at a time, and its shape: read of the files, in bounded memory and time.</summary>
internal sealed class QueueViews(WebOptions options)
{
    private const int MostMessages = 200, MostRecipients = 10, MostGroups = 200;
    private static readonly TimeSpan s_pagePatience = TimeSpan.FromSeconds(5), s_shapePatience = TimeSpan.FromSeconds(30);

    private readonly Lock _shaping = new();

    /// <summary>Some messages, in the order of their queue IDs; what of the rest a filter means may take more than one question.</summary>
    internal Reply Page(Query query)
    {
        int limit = query.Number("limit", 50, 1, MostMessages);
        string? after = query.Text("after");
        if (after is not null && !QueueId.TryParse(after, out _))
            throw new RequestException(StatusCodes.Status400BadRequest, "after: no queue ID");
        Filter? filter = FilterOf(query);
        bool isDecisive = filter is not null && (filter.Needs & FilterNeeds.Routes) != 0;
        using RouteBook routes = new(isDecisive);
        StringBuilder lines = new();
        ListingText text = new(piece => lines.Append(piece));
        string? next = Listing(filter, routes, MostRecipients + 1, s_pagePatience).RunPage(new JsonListing(text) { MostRecipients = MostRecipients }, after, limit);
        text.Flush();
        return Reply.Lines("messages", lines.ToString(), $"\"next\": {(next is null ? "null" : JsonText.Quote(next))}");
    }

    /// <summary>All that waits, counted: by domain and age, and by reason.</summary>
    internal Reply Shape(Query query)
    {
        bool bySender = query.Text("by") switch
        {
            null or "recipient" => false,
            "sender" => true,
            _ => throw new RequestException(StatusCodes.Status400BadRequest, "by: give recipient or sender"),
        };
        Filter? filter = FilterOf(query);
        // It looks at all of the queue.
        if (!_shaping.TryEnter())
            return Reply.Problem(StatusCodes.Status503ServiceUnavailable, "the queue is being counted for somebody else; try again");
        try
        {
            using RouteBook? routes = filter is not null && (filter.Needs & FilterNeeds.Routes) != 0 ? new RouteBook(isRequired: true) : null;
            long now = MailTime.NowSeconds, began = Stopwatch.GetTimestamp();
            QueueShape shape = new(now, bySender, ["maildrop", "incoming", "active", "deferred", "hold"]);
            QueueTally tally = new(now);
            QueueListing listing = Listing(filter, routes, int.MaxValue, s_shapePatience);
            listing.Run(new Both(shape, tally));
            string queues = string.Join(", ", tally.Queues.Select(static queue => string.Create(CultureInfo.InvariantCulture, $"\"{queue.Key}\": {queue.Value}")));
            return Reply.Json(string.Create(CultureInfo.InvariantCulture, $"{{\"time\": {now}, \"complete\": {(listing.MustEnd() ? "false" : "true")}, \"milliseconds\": {(long)Stopwatch.GetElapsedTime(began).TotalMilliseconds}, ")
                + string.Create(CultureInfo.InvariantCulture, $"\"messages\": {tally.Messages}, \"recipients\": {tally.Recipients}, \"queues\": {{{queues}}}, \"domains\": {shape.Domains}, ")
                + $"\"shape\": [{Reply.Joined(shape.ToJson(MostGroups))}], \"waits\": [{string.Join(",\n", tally.Groups.Take(MostGroups).Select(static group => group.ToJson()))}]}}");
        }
        finally
        {
            _shaping.Exit();
        }
    }

    private QueueListing Listing(Filter? filter, IRoutes? routes, int recipients, TimeSpan patience)
    {
        long end = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        return new QueueListing(options.Queues, options.EmptyAddress)
        {
            Filter = filter,
            Routes = routes,
            MostRecipients = recipients,
            MustEnd = () => Environment.TickCount64 > end,
            IsPaused = IsPaused,
        };
    }

    private static Filter? FilterOf(Query query)
    {
        if (query.Text("match") is not { } match)
            return null;
        Filter filter = Filter.Parse(match);
        return (filter.Needs & FilterNeeds.Content) == 0 ? filter
            : throw new RequestException(StatusCodes.Status403Forbidden, "match: what is in messages, headers too, is not told over HTTP; \"postqueue list --match\" asks for it");
    }

    private static bool IsPaused()
    {
        try
        {
            IReadOnlyList<TransportState> transports = DestinationReport.FromQueueManager().Transports;
            return transports.Count > 0 && transports.All(static transport => transport.Code == WaitCode.Paused);
        }
        catch (IpcException)
        {
            return false;
        }
    }

    private sealed class Both(IListingOutput one, IListingOutput other) : IListingOutput
    {
        public void Begin(ListedMessage message)
        {
            one.Begin(message);
            other.Begin(message);
        }

        public void Recipient(in ListedRecipient recipient)
        {
            one.Recipient(recipient);
            other.Recipient(recipient);
        }

        public void EndMessage()
        {
            one.EndMessage();
            other.EndMessage();
        }
    }
}
