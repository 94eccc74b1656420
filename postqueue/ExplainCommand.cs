using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Listing;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Postqueue;

/// <summary>postqueue -x: has the service explain, and prints what it says.</summary>
internal static class ExplainCommand
{
    internal static int Run(PostqueueSettings settings, CallerLog log, string what, bool asJson)
    {
        if (!QueueId.TryParse(what, out _) && !SiteName.IsValid(what[(what.LastIndexOf('@') + 1)..]))
            return Say($"Cannot explain \"{PrintableText.Of(what)}\": neither a queue ID, nor a destination, nor an address");
        Channel channel;
        try
        {
            channel = settings.ConnectToShowq();
        }
        catch (SystemCallException e)
        {
            return log.Fatal($"Queue report unavailable - mail system is down ({e.Reason})", ExitStatus.Unavailable);
        }
        ListingText text = StandardOutput.Text();
        using (channel)
        {
            channel.Send(new ShowqRequest.Explain(what).ToAttributes());
            int told = 0;
            while (true)
            {
                AttributeList piece = channel.ReceiveReply();
                ShowqRefusal.Check(piece);
                if (ExplanationEnd.From(piece) is { } end)
                {
                    if (end.Total > 1 && !asJson)
                        ExplanationText.Write(end, text);
                    text.Flush();
                    return Told(log, what, told, end);
                }
                told++;
                ExplainedMessage message = ExplainedMessage.From(piece);
                if (asJson)
                    ExplanationText.WriteJson(message, text);
                else
                    ExplanationText.Write(message, text);
            }
        }
    }

    private static int Told(CallerLog log, string what, int told, ExplanationEnd end)
    {
        if (end.IsFromFilesAlone)
            log.Warn("the queue manager does not answer: what is told comes from the files alone");
        if (end.Total > told)
            log.Warn($"{told} of {end.Total} messages are told");
        return told > 0 ? ExitStatus.Ok : Say($"Nothing in the queue for \"{PrintableText.Of(what)}\"");
    }

    // An answer to a question, and no trouble of the mail system: it does not belong in the mail log.
    private static int Say(string text)
    {
        StandardStreams.WriteError($"postqueue: {text}\n");
        return ExitStatus.Unavailable;
    }
}
