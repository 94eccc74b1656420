using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Postqueue;

/// <summary>postqueue -x: has the service explain, and prints what it says.</summary>
internal static class ExplainCommand
{
    internal static int Run(PostqueueSettings settings, string what, bool asJson)
    {
        if (!QueueId.TryParse(what, out _) && !Program.IsDestination(what))
            return Program.Fatal($"Cannot explain \"{ListingText.Printable(what)}\": neither a queue ID nor a destination");
        Channel channel;
        try
        {
            channel = Program.Connect(settings);
        }
        catch (SystemCallException e)
        {
            return Program.Fatal($"Queue report unavailable - mail system is down ({e.Reason})");
        }
        ListingText text = ListingText.ToStandardOutput();
        using (channel)
        {
            channel.Send(new AttributeList().Add("request", "explain").Add("what", what));
            int told = 0;
            while (true)
            {
                AttributeList piece = channel.ReceiveReply();
                if (piece.OptionalText("refused") is { } refusal)
                    throw new ListingRefusedException(refusal);
                if (piece.Has("total"))
                {
                    text.Flush();
                    return Told(what, told, piece);
                }
                told++;
                if (asJson)
                    ExplanationText.WriteJson(piece, text);
                else
                    ExplanationText.Write(piece, text);
            }
        }
    }

    private static int Told(string what, int told, AttributeList end)
    {
        if (end.Number("no_answer", 0) != 0)
            Program.Warn("the queue manager does not answer: what is told comes from the files alone");
        if (end.Number("total") > told)
            Program.Warn($"{told} of {end.Number("total")} messages are told");
        return told > 0 ? ExitStatus.Ok : Program.Fatal($"Nothing in the queue for \"{what}\"");
    }
}
