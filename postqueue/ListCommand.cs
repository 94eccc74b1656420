using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Listing;
using PostfixNet.Native;
using PostfixNet.Selection;
using PostfixNet.Service;

namespace PostfixNet.Postqueue;

/// <summary>postqueue -p and -j: prints the queue, as the service tells it; without one, as the files do, for those who may read them.</summary>
internal static class ListCommand
{
    /// <param name="asJson">For programs, one object a line.</param>
    /// <param name="filter">Only these; null: all.</param>
    /// <param name="byNextAttempt">The earliest next attempt goes first.</param>
    internal static int Run(PostqueueSettings settings, CallerLog log, bool asJson, Filter? filter = null, bool byNextAttempt = false)
    {
        ListingText text = StandardOutput.Text();
        TableListing table = new(text, settings.LongQueueIds) { NoneText = filter is null ? "Mail queue is empty\n" : "No mail matches\n" };
        int status = Read(settings, log, asJson ? new JsonListing(text) : table, filter, withRoutes: asJson, byNextAttempt);
        if (status != ExitStatus.Ok)
            return status;
        if (!asJson)
            table.End();
        text.Flush();
        return ExitStatus.Ok;
    }

    /// <summary>Has the queue told, by the service or else by its files.</summary>
    /// <param name="output">Takes it in.</param>
    /// <param name="withRoutes">Tell where mail goes, where somebody knows.</param>
    /// <returns>Exit status.</returns>
    /// <inheritdoc cref="Run" path="/param"/>
    internal static int Read(PostqueueSettings settings, CallerLog log, IListingOutput output, Filter? filter, bool withRoutes, bool byNextAttempt = false)
    {
        bool asksWhere = filter is not null && (filter.Needs & FilterNeeds.Routes) != 0, mayRead = MailOwner.MayAct(settings.Queues.Root);
        Channel channel;
        try
        {
            channel = settings.ConnectToShowq();
        }
        catch (SystemCallException e)
        {
            if (!mayRead)
                return log.Fatal("Queue report unavailable - mail system is down", ExitStatus.Unavailable);
            if (asksWhere)
                return log.Fatal("where mail goes only the queue manager knows - mail system is down", ExitStatus.Unavailable);
            log.Warn($"Mail system is down -- accessing queue directly (Connect to the Postfix showq service: {e.Reason})");
            Read(settings, output, filter, null, byNextAttempt, withAttempts: withRoutes);
            return ExitStatus.Ok;
        }
        if (mayRead)
        {
            // What the service would tell its owner the files tell him as well, in half the time.
            channel.Dispose();
            using RouteBook routes = new(isRequired: asksWhere);
            Read(settings, output, filter, withRoutes || asksWhere ? routes : null, byNextAttempt, withAttempts: withRoutes);
            return ExitStatus.Ok;
        }
        using (channel)
        {
            channel.Send(new ShowqRequest.List(filter?.Text, withRoutes, byNextAttempt).ToAttributes());
            ListingReceiver.Run(channel, output);
        }
        return ExitStatus.Ok;
    }

    private static void Read(PostqueueSettings settings, IListingOutput output, Filter? filter, IRoutes? routes, bool byNextAttempt, bool withAttempts)
    {
        new QueueListing(DirectAccess.Begin(settings), settings.EmptyAddress) { Filter = filter, Routes = routes, ByNextAttempt = byNextAttempt, WithAttempts = withAttempts }.Run(output);
    }
}
