using Microsoft.AspNetCore.Http;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Web;

/// <summary>One message: why it waits, and its story.</summary>
internal sealed class MessageView(WebOptions options)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    /// <param name="text">Its queue ID, not checked.</param>
    internal Reply Tell(string text, Query _)
    {
        if (!QueueId.TryParse(text, out QueueId id))
            throw new RequestException(StatusCodes.Status400BadRequest, "no queue ID");
        ExplainedMessage? message = Explain(id, out bool isFromFilesAlone);
        (List<string>? story, string? problem) = options.HasHistory ? Story(id) : (null, null);
        // The message, then its steps.
        if (message is null && story is not { Count: > 0 })
            return Reply.Problem(StatusCodes.Status404NotFound, options.HasHistory ? problem ?? "neither the queue nor the history has it" : "it is not in the queue, and no history is kept (history_enable)");
        return Reply.Json($"{{\"queue_id\": {JsonText.Quote(id.ToString())}, \"queued\": {message?.ToJson() ?? "null"}, \"queue_manager_answers\": {(isFromFilesAlone ? "false" : "true")},\n"
            + $"\"history\": {story?.FirstOrDefault() ?? "null"}, \"history_kept\": {(options.HasHistory ? "true" : "false")}, \"history_problem\": {(problem is null ? "null" : JsonText.Quote(problem))},\n"
            + $"\"events\": [{string.Join(",\n", story?.Skip(1) ?? [])}]}}");
    }

    private ExplainedMessage? Explain(QueueId id, out bool isFromFilesAlone)
    {
        using Channel channel = ShowqQuestion.Connect(".", options.Showq, s_limit);
        channel.Send(new ShowqRequest.Explain(id.ToString(), IsId: true).ToAttributes());
        ExplainedMessage? message = null;
        while (true)
        {
            AttributeList piece = channel.ReceiveReply();
            ShowqRefusal.Check(piece);
            if (ExplanationEnd.From(piece) is { } end)
            {
                isFromFilesAlone = end.IsFromFilesAlone;
                return message;
            }
            message = ExplainedMessage.From(piece);
        }
    }

    private static (List<string>? Lines, string? Problem) Story(QueueId id)
    {
        try
        {
            List<string> lines = [];
            using Channel channel = new(Descriptor.ConnectUnix($"public/{HistoryQuestion.Service}", s_limit), HistoryQuestion.Service, s_limit);
            channel.Send(new HistoryQuestion { QueueId = id.ToString(), Limit = 1, IsJson = true }.ToAttributes());
            while (true)
            {
                AttributeList piece = channel.ReceiveReply();
                if (HistoryEnd.From(piece) is { } end)
                    return (lines, end.Refusal);
                if (HistoryPiece.From(piece).Cells is [var line])
                    lines.Add(line);
            }
        }
        catch (Exception e) when (e is IpcException or SystemCallException)
        {
            return (null, $"the service {HistoryQuestion.Service} does not answer");
        }
    }
}
