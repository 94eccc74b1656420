using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Postqueue;

/// <summary>postqueue -p and -j: prints the queue, as the service tells it; without one, as the files do, for those who may read them.</summary>
internal static class ListCommand
{
    internal static int Run(PostqueueSettings settings, CallerLog log, bool asJson)
    {
        ListingText text = ListingText.ToStandardOutput();
        TableListing table = new(text, settings.LongQueueIds);
        IListingOutput output = asJson ? new JsonListing(text) : table;
        Channel? channel = null;
        try
        {
            channel = ShowqConnection.Open(settings);
        }
        catch (SystemCallException e)
        {
            if (!MailOwner.MayAct(settings.Queues.Root))
                return log.Fatal("Queue report unavailable - mail system is down", ExitStatus.Unavailable);
            log.Warn($"Mail system is down -- accessing queue directly (Connect to the Postfix showq service: {e.Reason})");
            // The files are mail_owner's, or a user's; nothing in them is worth reading as root.
            if (Users.EffectiveUid == 0)
            {
                Account account = settings.Owner();
                Users.BecomeForever(account.Uid, account.Gid, settings.Group());
            }
            new QueueListing(settings.Queues, settings.EmptyAddress).Run(output);
        }
        if (channel is not null)
        {
            using (channel)
            {
                channel.Send(new ShowqRequest.List().ToAttributes());
                ListingReceiver.Run(channel, output);
            }
        }
        if (!asJson)
            table.End();
        text.Flush();
        return ExitStatus.Ok;
    }
}
