using PostfixNet.Configuration;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Postqueue;

/// <summary>The service showq: what users may know of the queue, and what they may ask of it.</summary>
/// <remarks>Requests are attribute lists. request=list gives a listing, see <see cref="ListingSender"/>. request=flush_all,
/// flush_id with queue_id, and flush_site with site make mail be tried at once, and are answered by status=0 and the count of
/// messages where it is known. request=explain with what gives a list for each message, see <see cref="Explainer"/>, and then
/// total=COUNT. A user who may not do that is answered by refused=TEXT.</remarks>
/// <param name="queues">Where messages are.</param>
/// <param name="emptyAddress">empty_address_recipient.</param>
/// <param name="rights">Who may do what.</param>
/// <param name="triggerQueueManager">Sends requests to qmgr.</param>
internal sealed class ShowqService(QueueDirectories queues, string emptyAddress, UserRights rights, ShowqService.Trigger triggerQueueManager)
{
    /// <summary>Requests of one byte each.</summary>
    internal delegate void Trigger(ReadOnlySpan<byte> requests);

    /// <summary>With it the program is this service, not the command.</summary>
    internal const string Argument = "-showq";

    // Any user may connect; nobody may keep a process for long by saying nothing or not listening.
    private static readonly TimeSpan s_clientTimeout = TimeSpan.FromSeconds(30);

    private readonly Flusher _flusher = new(queues, () => TryTrigger(triggerQueueManager, "I"u8));

    /// <summary>How it runs under master.</summary>
    internal static readonly SingleServer<ShowqService> Program = new("showq", static (config, _) => Read(config), static (_, service) => service.Serve)
    {
        ClientTimeout = s_clientTimeout,
        Arguments = [Argument],
    };

    private static ShowqService Read(MainConfig config)
    {
        string queueManager = $"public/{config.Get(Parameters.QueueServiceName)}";
        return new ShowqService(QueueDirectories.FromConfig(config), config.Get(Parameters.EmptyAddressRecipient), UserRights.Of(config),
            requests => Service.Trigger.Send(queueManager, requests));
    }

    /// <summary>Serves one client.</summary>
    internal void Serve(Channel channel)
    {
        if (channel.Receive() is not { } request)
            return;
        string what = request.Text("request");
        uint user = channel.Socket.PeerUid;
        if ((what is "list" or "explain" ? rights.RefuseListing(user) : rights.RefuseFlush(user)) is { } refusal)
        {
            channel.Send(new AttributeList().Add("refused", refusal));
            return;
        }
        switch (what)
        {
            case "list":
                List(channel);
                break;
            case "explain":
                Explain(channel, request.Text("what"));
                break;
            case "flush_all":
                // Forget dead destinations, ignore the times of next attempts, scan deferred and incoming.
                Answer(channel, TryTrigger(triggerQueueManager, "FADI"u8) ? 0 : null);
                break;
            case "flush_id":
                Answer(channel, _flusher.One(request.Text("queue_id")));
                break;
            case "flush_site":
                Answer(channel, _flusher.Site(request.Text("site")));
                break;
            default:
                throw new IpcException("unknown request");
        }
    }

    private static bool TryTrigger(Trigger trigger, ReadOnlySpan<byte> requests)
    {
        try
        {
            trigger(requests);
            return true;
        }
        catch (IOException e)
        {
            MailLog.Warning($"cannot wake the queue manager: {e.Message}");
            return false;
        }
    }

    private static void Answer(Channel channel, int? count) =>
        channel.Send(new AttributeList().Add("status", count is null ? 1 : 0).Add("count", count ?? 0));

    private void Explain(Channel channel, string what)
    {
        using QueueManagerLine line = new();
        try
        {
            int count = new Explainer(queues, emptyAddress, line.Ask, TimeProvider.System).Run(what, channel.Send);
            channel.Send(new AttributeList().Add("total", count).Add("no_answer", line.IsBroken ? 1 : 0));
        }
        catch (IOException e) when (e is not IpcException)
        {
            MailLog.Warning($"cannot look through the queue: {e.Message}");
        }
    }

    private void List(Channel channel)
    {
        ListingSender sender = new(channel);
        try
        {
            new QueueListing(queues, emptyAddress).Run(sender);
        }
        catch (IOException e) when (e is not IpcException)
        {
            // Without the end mark: the client must not take this for the whole queue.
            MailLog.Warning($"cannot list the queue: {e.Message}");
            return;
        }
        sender.End();
    }
}
