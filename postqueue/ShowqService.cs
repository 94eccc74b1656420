using Microsoft.Win32.SafeHandles;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Events;
using PostfixNet.Ipc;
using PostfixNet.Listing;
using PostfixNet.Log;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Selection;
using PostfixNet.Service;

namespace PostfixNet.Postqueue;

/// <summary>The service showq: what users may know of the queue, and what they may ask of it.</summary>
/// <remarks>Takes one <see cref="ShowqRequest"/>; a user who may not do that gets a <see cref="ShowqRefusal"/>. Whoever says nothing
/// gets a <see cref="PostfixListing"/>.</remarks>
/// <param name="queues">Where messages are.</param>
/// <param name="emptyAddress">empty_address_recipient.</param>
/// <param name="rights">Who may do what.</param>
/// <param name="triggerQueueManager">Sends requests to qmgr.</param>
/// <param name="log">Told of what could not be done.</param>
internal sealed class ShowqService(QueueDirectories queues, string emptyAddress, QueueRights rights, ShowqService.Trigger triggerQueueManager, Log log)
{
    /// <summary>Requests of one byte each.</summary>
    internal delegate void Trigger(ReadOnlySpan<byte> requests);

    /// <summary>With it the program is this service, not the command.</summary>
    internal const string Argument = "-showq";

    // Any user may connect; nobody may keep a process for long by saying nothing or not listening.
    private static readonly TimeSpan s_clientTimeout = TimeSpan.FromSeconds(30);

    // The longest filter takes less; what is made of a message takes some thirty times the memory.
    private const int LargestRequest = 32 * 1024;

    // Our own command speaks as soon as it is connected. Postfix's, and monitoring, wait for the service to speak.
    private const int SilenceMilliseconds = 300;

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(200);

    private readonly ClientShare _share = new($"{queues.Root}/private/showq.clients", s_patience);
    private SpaceLimit _space = new(0, 0);
    private EventOptions? _events;

    private readonly Flusher _flusher = new(queues, () => TryTrigger(triggerQueueManager, "I"u8, log), log);

    /// <summary>How it runs under master.</summary>
    internal static readonly SingleServer<ShowqService> Program = new("showq", static (config, _) => Read(config), static (_, service) => service.Serve)
    {
        ClientTimeout = s_clientTimeout,
        ClientMessageLimit = LargestRequest,
        Arguments = [Argument],
    };

    private static ShowqService Read(MainConfig config)
    {
        string queueManager = $"public/{config.Get(Parameters.QueueServiceName)}";
        return new ShowqService(QueueDirectories.FromConfig(config).FromWithin(), config.Get(Parameters.EmptyAddressRecipient), QueueRights.Of(config),
            requests => Service.Trigger.Send(queueManager, requests), new Log(MailLog.Lines))
        { _space = SpaceLimit.Read(config), _events = EventOptions.Read(config) };
    }

    private bool HasRoom() => _space.Shortage(queues.DirectoryOf(QueueName.Incoming)) is null;

    /// <summary>Serves one client.</summary>
    internal void Serve(Channel channel)
    {
        uint user = channel.Socket.PeerUid;
        using SafeFileHandle? share = QueueRights.IsOwner(user) ? null : _share.TryTake(user);
        if (share is null && !QueueRights.IsOwner(user))
        {
            channel.Send(new ShowqRefusal("You are asking too much at once: wait for what you have asked before").ToAttributes());
            return;
        }
        if (channel.Socket.Wait(Readiness.Readable, SilenceMilliseconds).This == Readiness.None)
        {
            if (rights.RefuseListing(user) is null)
                ListAsPostfix(channel.Socket);
            return;
        }
        if (channel.Receive() is not { } message)
            return;
        ShowqRequest request = ShowqRequest.From(message);
        if (((request is ShowqRequest.Act ? RefuseAction(user) : request is ShowqRequest.List or ShowqRequest.Explain or ShowqRequest.Destinations or ShowqRequest.Counts ? rights.RefuseListing(user) : rights.RefuseFlush(user)) ?? RefuseFilter(request, user)) is { } refusal)
        {
            channel.Send(new ShowqRefusal(refusal).ToAttributes());
            return;
        }
        switch (request)
        {
            case ShowqRequest.List list:
                List(channel, list);
                break;
            case ShowqRequest.FlushMatch flush:
                Answer(channel, Flush(Filter.Parse(flush.Match)));
                break;
            case ShowqRequest.Explain explain:
                Explain(channel, explain);
                break;
            case ShowqRequest.Destinations:
                TellDestinations(channel);
                break;
            case ShowqRequest.Counts:
                TellCounts(channel);
                break;
            case ShowqRequest.FlushAll:
                // Forget dead destinations, ignore the times of next attempts, scan deferred and incoming.
                Answer(channel, TryTrigger(triggerQueueManager, "FADI"u8, log) ? 0 : null);
                break;
            case ShowqRequest.Act act:
                channel.Send(new OrderedActions(queues, _events).Do(act).ToAttributes());
                break;
            case ShowqRequest.FlushOne one:
                Answer(channel, _flusher.One(one.Id));
                break;
            case ShowqRequest.FlushSite flush:
                Answer(channel, _flusher.Site(flush.Site));
                break;
        }
    }

    // What others wrote is not for everybody, not even whether a word stands in it.
    internal static string? RefuseFilter(ShowqRequest request, uint user)
    {
        string? match = request switch { ShowqRequest.List list => list.Match, ShowqRequest.FlushMatch flush => flush.Match, _ => null };
        try
        {
            return match is not null && (Filter.Parse(match).Needs & FilterNeeds.Content) != 0 && !QueueRights.IsOwner(user)
                ? "Only the super-user may select mail by its headers" : null;
        }
        catch (FilterException e)
        {
            return e.Message;
        }
    }

    private static string? RefuseAction(uint user) => QueueRights.IsOwner(user) ? null : "Only the super-user may do that to messages";

    private int? Flush(Filter filter)
    {
        using RouteBook routes = new(isRequired: true);
        return _flusher.Matching(filter, routes);
    }

    private static bool TryTrigger(Trigger trigger, ReadOnlySpan<byte> requests, Log log)
    {
        try
        {
            trigger(requests);
            return true;
        }
        catch (IOException e)
        {
            log.NotWoken(e);
            return false;
        }
    }

    private static void Answer(Channel channel, int? count) => channel.Send(new FlushReply(count).ToAttributes());

    private void Explain(Channel channel, ShowqRequest.Explain request)
    {
        using QueueManagerLine line = new(log);
        try
        {
            Explainer explainer = new(queues, emptyAddress, line.Ask, TimeProvider.System) { HasRoom = HasRoom, ByIdAlone = request.IsId };
            int count = explainer.Run(request.What, message => channel.Send(message.ToAttributes()));
            channel.Send(new ExplanationEnd(count, line.IsBroken) { Reasons = explainer.Summary.Reasons, Senders = explainer.Summary.Senders }.ToAttributes());
        }
        catch (IOException e) when (e is not IpcException)
        {
            log.NotExplained(e);
        }
    }

    private void TellDestinations(Channel channel)
    {
        try
        {
            channel.Send(DestinationReport.FromQueueManager().ToAttributes());
        }
        catch (IpcException e)
        {
            log.NoAnswer(e);
        }
    }

    private void TellCounts(Channel channel)
    {
        QueueCounts counts;
        try
        {
            counts = QueueCounts.Of(queues);
        }
        catch (IOException e)
        {
            log.NotListed(e);
            return;
        }
        channel.Send(QueueCountsAnswer.ToAttributes(counts));
    }

    private void ListAsPostfix(Descriptor client)
    {
        PostfixListing listing = new(client, s_clientTimeout);
        try
        {
            listing.BeginQueue();
            new QueueListing(queues, emptyAddress).Run(listing);
            listing.End();
        }
        catch (IOException e) when (e is not IpcException)
        {
            log.NotListed(e);
        }
    }

    private void List(Channel channel, ShowqRequest.List request)
    {
        ListingSender sender = new(channel);
        Filter? filter = request.Match is { } match ? Filter.Parse(match) : null;
        bool isDecisive = filter is not null && (filter.Needs & FilterNeeds.Routes) != 0;
        using RouteBook routes = new(isDecisive);
        try
        {
            new QueueListing(queues, emptyAddress)
            {
                Filter = filter,
                Routes = request.WithRoutes || isDecisive ? routes : null,
                ByNextAttempt = request.ByNextAttempt,
                WithAttempts = request.WithRoutes,
            }.Run(sender);
        }
        catch (IOException e)
        {
            // Without the end mark: the client must not take this for the whole queue.
            log.NotListed(e);
            return;
        }
        sender.End();
    }
}
