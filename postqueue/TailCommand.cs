using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Listing;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Postqueue;

/// <summary>postqueue tail: follows a message, or the mail for a destination, and tells each change of what it waits for, until it is gone.</summary>
internal static class TailCommand
{
    internal static int Run(PostqueueSettings settings, CallerLog log, string what, bool asJson, int seconds)
    {
        if (!QueueId.TryParse(what, out _) && !SiteName.IsValid(what[(what.LastIndexOf('@') + 1)..]))
            return log.Fatal($"Cannot follow \"{PrintableText.Of(what)}\": neither a queue ID, nor a destination, nor an address", ExitStatus.Unavailable);
        Dictionary<string, string> told = [];
        bool hasSeenAny = false;
        while (true)
        {
            Dictionary<string, string> now = [];
            try
            {
                using Channel channel = settings.ConnectToShowq();
                channel.Send(new ShowqRequest.Explain(what).ToAttributes());
                while (true)
                {
                    AttributeList piece = channel.ReceiveReply();
                    ShowqRefusal.Check(piece);
                    if (ExplanationEnd.From(piece) is not null)
                        break;
                    ExplainedMessage message = ExplainedMessage.From(piece);
                    now[message.Id] = Describe(message, asJson);
                }
            }
            catch (SystemCallException e)
            {
                return log.Fatal($"Queue report unavailable - mail system is down ({e.Reason})", ExitStatus.Unavailable);
            }
            foreach ((string id, string text) in now)
            {
                if ((!told.TryGetValue(id, out string? before) || before != text) && !Say(text, asJson))
                    return ExitStatus.Unavailable;
            }
            foreach (string id in told.Keys.Where(id => !now.ContainsKey(id)))
            {
                if (!Say(asJson ? $"{{\"queue_id\": {JsonText.Quote(id)}, \"gone\": true}}\n" : $"{PrintableText.Of(id)}: gone: delivered, returned or removed, as the log tells\n", asJson))
                    return ExitStatus.Unavailable;
            }
            hasSeenAny |= now.Count > 0;
            if (now.Count == 0)
                return hasSeenAny ? ExitStatus.Ok : log.Fatal($"Nothing in the queue for \"{PrintableText.Of(what)}\"", ExitStatus.Unavailable);
            told = now;
            Thread.Sleep(TimeSpan.FromSeconds(seconds));
        }
    }

    private static bool Say(string text, bool asJson) => StandardStreams.TryWriteOutput(asJson ? text : $"{MailTime.LogStamp(MailTime.NowSeconds)} {text}");

    private static string Describe(ExplainedMessage message, bool asJson)
    {
        string text = "";
        ListingText output = new(piece => text += piece);
        if (asJson)
            ExplanationText.WriteJson(message, output);
        else
            ExplanationText.Write(message, output);
        output.Flush();
        return text;
    }
}
