using System.Globalization;
using System.Text;
using PostfixNet.Events;
using PostfixNet.Mail;

namespace PostfixNet.History;

/// <summary>An event in the words of people, in one line.</summary>
internal static class Story
{
    internal static string Of(MailEvent told)
    {
        StringBuilder text = new();
        if (told.Recipient is { } recipient)
            text.Append(CultureInfo.InvariantCulture, $"{recipient}{(told.OriginalRecipient is { } original && original != recipient ? $" (for {original})" : "")}: ");
        text.Append(What(told));
        if (told.Reply is { Length: > 0 } reply)
            text.Append(CultureInfo.InvariantCulture, $": {reply}");
        if (told.Attempt is { } attempt)
            text.Append(CultureInfo.InvariantCulture, $"; attempt {attempt}");
        if (told.Delays is { } delays)
            text.Append(CultureInfo.InvariantCulture, $", {Seconds(delays.BeforeQueueManager + delays.QueueManager + delays.Connection + delays.Transmission)} s after it came in");
        if (told.Tls is { } tls)
            text.Append(tls.Protocol is null ? ", in plain text" : $", {tls.Protocol}{(tls.Verified is { } verified ? $" ({verified})" : "")}");
        if (told.NextAttempt is { } next)
            text.Append(CultureInfo.InvariantCulture, $"; tried again {MailTime.ListingDate(next / 1_000_000)}");
        return text.ToString();
    }

    private static string What(MailEvent told) => told.Kind switch
    {
        EventKind.Accepted => $"accepted{(told.Client is { } client ? $" from {client.Name}[{client.Address}]" : "")}{(told.Origin is { Length: > 0 } origin ? $" ({origin})" : "")}{About(told)}",
        EventKind.Queued => told.Recipients is { } count ? string.Create(CultureInfo.InvariantCulture, $"taken up by the queue manager, for {count} {(count == 1 ? "recipient" : "recipients")}") : "taken up by the queue manager",
        EventKind.Attempt => $"a delivery{By(told)} ended{At(told)}",
        EventKind.Deferred => $"put off{By(told)}{At(told)}",
        EventKind.Delivered => $"delivered{At(told)}",
        EventKind.Relayed => $"handed to a relay{At(told)}",
        EventKind.Expanded => "replaced by what its alias or list says",
        EventKind.Bounced => $"refused for good{At(told)}",
        EventKind.Expired => "given up, it is too old",
        EventKind.Discarded => "thrown away, by a rule",
        EventKind.Scheduled => "waits for its next attempt",
        EventKind.Removed => "left the queue",
        EventKind.Held => "put on hold",
        EventKind.Released => "released from hold",
        EventKind.Deleted => "deleted by an operator",
        EventKind.Requeued => "processed anew, under another queue ID",
        EventKind.Redirected => "gets it now, by an operator's order",
        EventKind.Suppressed => "not tried, the address is on the list of those that get no mail",
        EventKind.Notice => $"a notice was queued{(told.QueueId is { } id ? $" as {id}" : "")}{About(told)}",
        EventKind.Report => "a notice from elsewhere came back",
        EventKind.Complaint => "a complaint came back",
        _ => told.Kind.Word(),
    };

    private static string By(MailEvent told) => told.Transport is { } transport ? $" by {transport}" : "";

    private static string At(MailEvent told) => told.Remote is { } remote ? string.Create(CultureInfo.InvariantCulture, $" at {remote.Name}[{remote.Address}]{(remote.Port is { } port ? $":{port}" : "")}")
        : told.NextHop is { Length: > 0 } next ? $", next hop {next}" : "";

    private static string About(MailEvent told) => told.NoticeFor is { } original ? $", about {original}" : "";

    private static string Seconds(long microseconds) => (microseconds / 1_000_000m).ToString("0.##", CultureInfo.InvariantCulture);
}
