using PostfixNet.Listing;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Selection;
using PostfixNet.Service;

namespace PostfixNet.Postqueue;

/// <summary>postqueue qshape: how old what waits is, by domain: recipients, or messages by their senders' domains, in the layout of Postfix's qshape.</summary>
internal static class ShapeCommand
{
    internal static int Run(PostqueueSettings settings, CallerLog log, Filter? filter, bool bySender, bool asJson, IReadOnlyList<string> queues)
    {
        QueueShape shape = new(MailTime.NowSeconds, bySender, queues.Count > 0 ? queues : ["incoming", "active"]);
        int status = ListCommand.Read(settings, log, shape, filter, withRoutes: false);
        if (status == ExitStatus.Ok && !StandardStreams.TryWriteOutput(asJson ? shape.ToJson() : shape.ToString()))
            return ExitStatus.Unavailable;
        return status;
    }
}
