using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Selection;
using PostfixNet.Service;

namespace PostfixNet.Postqueue;

/// <summary>postqueue -f, -i and -s: has the service make mail be tried now.</summary>
internal static class FlushCommand
{
    private const string Down = "Cannot flush mail queue - mail system is down";

    internal static int All(PostqueueSettings settings, CallerLog log) =>
        Ask(settings, log, new ShowqRequest.FlushAll(), "mail queue");

    internal static int One(PostqueueSettings settings, CallerLog log, string id) => QueueId.TryParse(id, out _)
        ? Ask(settings, log, new ShowqRequest.FlushOne(id), $"queue ID {id}")
        : log.Fatal($"Cannot flush queue ID - invalid name: \"{id}\"", ExitStatus.Unavailable);

    internal static int Site(PostqueueSettings settings, CallerLog log, string site) => SiteName.IsValid(site)
        ? Ask(settings, log, new ShowqRequest.FlushSite(site), $"mail for {site}")
        : log.Fatal($"Cannot flush mail queue - invalid destination: \"{site}\"", ExitStatus.Unavailable);

    /// <summary>Tells how many, since nobody knows beforehand.</summary>
    internal static int Matching(PostqueueSettings settings, CallerLog log, Filter filter) =>
        Ask(settings, log, new ShowqRequest.FlushMatch(filter.Text), "mail", static count =>
            StandardStreams.TryWriteOutput($"Flushed: {count} {(count == 1 ? "message" : "messages")}\n"));

    private static int Ask(PostqueueSettings settings, CallerLog log, ShowqRequest request, string what, Action<int>? tell = null)
    {
        Channel channel;
        try
        {
            channel = settings.ConnectToShowq();
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            log.Warn("unable to look up public/qmgr: No such file or directory");
            return log.Fatal(Down, ExitStatus.Unavailable);
        }
        catch (SystemCallException e)
        {
            log.Warn($"connect to public/{settings.Service}: {e.Reason}");
            return log.Fatal(Down, ExitStatus.Unavailable);
        }
        using (channel)
        {
            channel.Send(request.ToAttributes());
            AttributeList answer = channel.ReceiveReply();
            ShowqRefusal.Check(answer);
            if (FlushReply.From(answer).Count is not { } count)
                return log.Fatal($"Cannot flush {what} - see the log", ExitStatus.Unavailable);
            tell?.Invoke(count);
            return ExitStatus.Ok;
        }
    }
}
