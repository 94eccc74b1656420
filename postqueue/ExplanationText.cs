using System.Globalization;
using System.Text;
using PostfixNet.Delivery;
using PostfixNet.Listing;
using PostfixNet.Mail;

namespace PostfixNet.Postqueue;

/// <summary>An explanation in words, or as one JSON object a line.</summary>
internal static class ExplanationText
{
    /// <summary>One message for people.</summary>
    internal static void Write(ExplainedMessage message, ListingText text)
    {
        text.Append(string.Create(CultureInfo.InvariantCulture,
            $"{Clean(message.Id)}: {Clean(message.Queue)}, {message.Size} bytes from {Clean(message.Sender)}, arrived {MailTime.ListingDate(message.Time)}{(message.IsExpired ? "; expires at its next attempt (postsuper -e)" : "")}\n"));
        foreach (ExplainedRecipient recipient in message.Recipients)
        {
            WaitState? state = recipient.State;
            StringBuilder line = text.Append($"  {Clean(recipient.Address)}: {recipient.Code.Text()}");
            if (state is { Process: > 0 })
                line.Append(CultureInfo.InvariantCulture, $" by process {state.Process}");
            if (recipient.Until is { } until)
                line.Append(" until ").Append(MailTime.ListingDate(until));
            line.Append(" (").Append(recipient.Code.Word()).Append(")\n");
            if (state?.Reason is { } reason)
                line.Append("    because: ").Append(Clean(reason)).Append('\n');
            if (recipient.LastReply is { } reply)
                line.Append("    last reply: ").Append(Clean(reply)).Append('\n');
            if (recipient.Tls is { } tls)
                line.Append("    last TLS: ").Append(Clean(tls.Sentence)).Append('\n');
            if (state is not null)
                line.Append("    goes by: ").Append(Clean(state.Transport)).Append(", next hop ").Append(Clean(state.NextHop)).Append(Load(state.Load)).Append('\n');
        }
        if (message.More > 0)
            text.Append(string.Create(CultureInfo.InvariantCulture, $"  ... and {message.More} more recipients\n"));
    }

    /// <summary>All messages together, for people.</summary>
    internal static void Write(ExplanationEnd end, ListingText text)
    {
        text.Append(string.Create(CultureInfo.InvariantCulture, $"\n{end.Total} messages; their recipients by reason:\n"));
        foreach (WaitCount count in end.Reasons)
        {
            StringBuilder line = text.Append(string.Create(CultureInfo.InvariantCulture, $"{count.Recipients,7} in {count.Messages} messages: {count.Code.Text()} ({count.Code.Word()})"));
            if (count.Reply.Length > 0)
                line.Append(": ").Append(Clean(count.Reply));
            line.Append('\n');
        }
        if (end.Senders.Count > 1)
            text.Append("By sender:\n");
        foreach (SenderCount count in end.Senders.Count > 1 ? end.Senders : [])
            text.Append(string.Create(CultureInfo.InvariantCulture, $"{count.Recipients,7} in {count.Messages} messages: {Clean(count.Sender)}\n"));
    }

    private static string Load(NextHopLoad? load)
    {
        if (load is null)
            return "";
        string most = load.ConcurrencyLimit > 0 ? string.Create(CultureInfo.InvariantCulture, $" (limit {load.ConcurrencyLimit})") : "";
        return string.Create(CultureInfo.InvariantCulture, $"; {load.Busy} of {load.Window} deliveries{most} under way, {load.Waiting} waiting");
    }

    /// <summary>One message for programs.</summary>
    internal static void WriteJson(ExplainedMessage message, ListingText text)
    {
        text.Append(message.ToJson()).Append('\n');
        text.Flush();
    }

    private static string Clean(string text) => PrintableText.Of(text);
}
