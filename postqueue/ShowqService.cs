using PostfixNet.Configuration;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Postqueue;

/// <summary>The service showq: what users may know of the queue, and the one thing they may ask of it.</summary>
/// <remarks>Requests are attribute lists: request=list gives a listing, see <see cref="ListingSender"/>; request=flush_id
/// with queue_id makes one message be tried at once, and is answered by status=0, also when there is no such message.</remarks>
/// <param name="queues">Where messages are.</param>
/// <param name="emptyAddress">empty_address_recipient.</param>
/// <param name="wakeQueueManager">Makes qmgr look into incoming.</param>
internal sealed class ShowqService(QueueDirectories queues, string emptyAddress, Action wakeQueueManager)
{
    /// <summary>Runs under master.</summary>
    internal static int Run(string[] commandLine) => SingleServer.Run("showq", commandLine, context =>
    {
        MainConfig config = context.Config;
        ShowqService service = new(
            QueueDirectories.FromConfig(config),
            config.Get(Parameters.EmptyAddressRecipient),
            () => Trigger.Send("public/qmgr", "I"u8));
        return service.Serve;
    }, s_clientTimeout);

    // Any user may connect; nobody may keep a process for long by saying nothing or not listening.
    private static readonly TimeSpan s_clientTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Serves one client.</summary>
    internal void Serve(Channel channel)
    {
        if (channel.Receive() is { } request)
        {
            switch (request.Text("request"))
            {
                case "list":
                    ListingSender sender = new(channel);
                    try
                    {
                        new QueueListing(queues, emptyAddress).Run(sender);
                    }
                    catch (Exception e) when (e is (IOException and not IpcException) or UnauthorizedAccessException)
                    {
                        // Without the end mark: the client must not take this for the whole queue.
                        MailLog.Warning($"cannot list the queue: {e.Message}");
                        return;
                    }
                    sender.End();
                    break;
                case "flush_id":
                    channel.Send(new AttributeList().Add("status", Flush(request.Text("queue_id")) ? 0 : 1));
                    break;
                default:
                    throw new IpcException("unknown request");
            }
        }
    }

    // As flush(8) of Postfix: due now, dead destinations forgotten (the mode says so), and into incoming.
    private bool Flush(string text)
    {
        if (!QueueId.TryParse(text, out QueueId id))
            return false;
        string path = queues.PathOf(QueueName.Deferred, id);
        try
        {
            if (FileSystem.Status(path) is { Kind: FileKind.Regular, LinkCount: 1 } status && QueueFileMode.IsReady(status.Mode)
                && FileSystem.TrySetTime(path, MailTime.NowMicroseconds * 1000))
            {
                FileSystem.ChangeMode(path, status.Mode | QueueFileMode.FlushFirst);
                if (queues.Move(id, QueueName.Deferred, QueueName.Incoming))
                    wakeQueueManager();
            }
            return true;
        }
        catch (FileNotFoundException)
        {
            return true; // qmgr was quicker
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            MailLog.Warning($"{id}: cannot flush: {e.Message}");
            return false;
        }
    }
}
