using System.Globalization;
using System.Text;
using PostfixNet.Display;
using PostfixNet.Listing;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Selection;
using PostfixNet.Service;

namespace PostfixNet.Postqueue;

/// <summary>postqueue top: where mail waits and why, with counts and ages; on a terminal again and again, with what has changed since (S1-60).</summary>
internal static class TopCommand
{
    private const string ClearScreen = "\u001b[H\u001b[2J";

    internal static int Run(PostqueueSettings settings, CallerLog log, Filter? filter, bool asJson, bool once, int seconds)
    {
        QueueTally? before = null;
        bool isLive = Terminal.IsOutput && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb") && !asJson && !once;
        while (true)
        {
            QueueTally tally = new(MailTime.NowSeconds);
            int status = ListCommand.Read(settings, log, tally, filter, withRoutes: true);
            if (status != ExitStatus.Ok)
                return status;
            string text = asJson ? Json(tally) : Head(tally, before) + Body(tally, before, isLive ? Math.Max(5, (Terminal.Rows ?? 24) - 4) : int.MaxValue);
            if (!StandardStreams.TryWriteOutput(isLive ? ClearScreen + text : text))
                return ExitStatus.Unavailable;
            if (!isLive)
                return ExitStatus.Ok;
            before = tally;
            Thread.Sleep(TimeSpan.FromSeconds(seconds));
        }
    }

    internal static string Head(QueueTally tally, QueueTally? before)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{tally.Messages} messages{Change(tally.Messages, before?.Messages)}, {tally.Recipients} recipients{Change(tally.Recipients, before?.Recipients)}");
        foreach ((string queue, int count) in tally.Queues)
            text.Append(CultureInfo.InvariantCulture, $"; {queue} {count}{Change(count, before?.Queues.GetValueOrDefault(queue))}");
        return text.Append('\n').ToString();
    }

    internal static string Body(QueueTally tally, QueueTally? before, int most)
    {
        Dictionary<(string, string), int> known = before is null ? [] : before.Groups.ToDictionary(static group => (group.Destination, group.Reason), static group => group.Recipients);
        string[] titles = ["RCPTS", "CHANGE", "MSGS", "OLDEST", "NEXT"];
        string[][] numbers = [.. tally.Groups.Take(most).Select(group => (string[])
        [
            Number(group.Recipients), before is null ? "" : Change(group.Recipients, known.GetValueOrDefault((group.Destination, group.Reason))).Trim(), Number(group.Messages),
            AgeText.Of(group.Oldest), group.Next == long.MaxValue ? "-" : AgeText.Of(group.Next),
        ])];
        int[] widths = [.. titles.Select((title, i) => numbers.Select(row => row[i].Length).Append(title.Length).Max())];
        TextTable table = new([.. titles.Select((title, i) => title.PadLeft(widths[i])), "DESTINATION", "REASON"]) { IsCut = true };
        foreach ((TallyGroup group, string[] row) in tally.Groups.Zip(numbers))
            table.Row([.. row.Select((cell, i) => cell.PadLeft(widths[i])), group.Destination, group.Reason]);
        return table.HasRows ? table.ToString() : "";
    }

    private static string Json(QueueTally tally) => string.Concat(tally.Groups.Select(static group => group.ToJson() + "\n"));

    private static string Change(int now, int? before) => before is not { } was || was == now ? "" : string.Create(CultureInfo.InvariantCulture, $" {now - was:+0;-0}");

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
