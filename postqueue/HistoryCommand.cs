using System.Globalization;
using PostfixNet.Delivery;
using PostfixNet.Display;
using PostfixNet.Ipc;
using PostfixNet.Listing;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Postqueue;

/// <summary>postqueue history: has the service history look, and prints what it says.</summary>
internal static class HistoryCommand
{
    // As of grep(1).
    private const int NothingFound = 1;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    internal static int Run(PostqueueSettings settings, CallerLog log, HistoryQuestion question)
    {
        if (!settings.HasHistory)
            return log.Fatal("no history is kept: history_enable is off", ExitStatus.Unavailable);
        HistoryEnd end;
        int count;
        try
        {
            // The path of a socket must be short.
            FileSystem.ChangeDirectory(settings.Queues.Root);
            using Channel channel = new(Descriptor.ConnectUnix($"public/{HistoryQuestion.Service}", s_limit), HistoryQuestion.Service, s_limit);
            channel.Send(question.ToAttributes());
            end = Print(channel, out count);
        }
        catch (SystemCallException e)
        {
            return log.Fatal($"History unavailable - mail system is down, or has no service {HistoryQuestion.Service} ({e.Reason})", ExitStatus.Unavailable);
        }
        if (end.Refusal is { } refusal)
            return log.Fatal(refusal, end.IsForbidden ? ExitStatus.NoPermission : ExitStatus.Unavailable);
        if (end.More is { } more)
            StandardStreams.WriteError(string.Create(CultureInfo.InvariantCulture, $"postqueue: there is more: --before {more}\n"));
        if (count > 0)
            return ExitStatus.Ok;
        // An answer to a question, and no trouble of the mail system: it does not belong in the mail log.
        StandardStreams.WriteError("postqueue: nothing in the history\n");
        return NothingFound;
    }

    private static HistoryEnd Print(Channel channel, out int count)
    {
        TextTable table = new("QUEUE ID", "ARRIVED", "STATE", "SENDER", "RECIPIENT", "RESULT");
        ListingText text = StandardOutput.Text();
        for (count = 0; ; count++)
        {
            AttributeList received = channel.ReceiveReply();
            if (HistoryEnd.From(received) is { } end)
            {
                text.Flush();
                if (table.HasRows)
                    _ = StandardStreams.TryWriteOutput(table.ToString());
                return end;
            }
            string[] cells = [.. HistoryPiece.From(received).Cells];
            if (cells is [var line])
                text.Append($"{PrintableText.Of(line)}\n");
            else
                table.Row(cells);
        }
    }
}
