using System.Globalization;
using System.Text;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Mail;

namespace PostfixNet.Postqueue;

/// <summary>An explanation in words, or as one JSON object a line.</summary>
internal static class ExplanationText
{
    private static readonly string[] s_numbers = ["window", "busy", "waiting", "concurrency_limit", "recipient_limit", "process_limit", "process"];

    /// <summary>One message for people.</summary>
    internal static void Write(AttributeList message, ListingText text)
    {
        text.Append(string.Create(CultureInfo.InvariantCulture,
            $"{Clean(message, "queue_id")}: {Clean(message, "queue_name")}, {message.Number("size")} bytes from {Clean(message, "sender")}, arrived {MailTime.ListingDate(message.Number("time"))}\n"));
        foreach (AttributeList recipient in message.Lists("recipients"))
        {
            string code = Clean(recipient, "code");
            StringBuilder line = text.Append($"  {Clean(recipient, "address")}: {WaitCode.Text(code)}");
            if (recipient.Has("process"))
                line.Append(CultureInfo.InvariantCulture, $" by process {recipient.Number("process")}");
            if (recipient.Has("until"))
                line.Append(" until ").Append(MailTime.ListingDate(recipient.Number("until")));
            line.Append(" (").Append(code).Append(")\n");
            if (recipient.Has("reason"))
                line.Append("    because: ").Append(Clean(recipient, "reason")).Append('\n');
            if (recipient.Has("last_reply"))
                line.Append("    last reply: ").Append(Clean(recipient, "last_reply")).Append('\n');
            if (recipient.Has("transport"))
                line.Append("    goes by: ").Append(Clean(recipient, "transport")).Append(", next hop ").Append(Clean(recipient, "next_hop")).Append(Limits(recipient)).Append('\n');
        }
        if (message.Number("more", 0) is > 0 and var more)
            text.Append(string.Create(CultureInfo.InvariantCulture, $"  ... and {more} more recipients\n"));
    }

    private static string Limits(AttributeList recipient)
    {
        if (!recipient.Has("window"))
            return "";
        string limit = recipient.Number("concurrency_limit") is > 0 and var most ? string.Create(CultureInfo.InvariantCulture, $" (limit {most})") : "";
        return string.Create(CultureInfo.InvariantCulture, $"; {recipient.Number("busy")} of {recipient.Number("window")} deliveries{limit} under way, {recipient.Number("waiting")} waiting");
    }

    /// <summary>One message for programs.</summary>
    internal static void WriteJson(AttributeList message, ListingText text)
    {
        StringBuilder line = text.Append("{\"queue_name\": ").Append(Quoted(message, "queue_name")).Append(", \"queue_id\": ").Append(Quoted(message, "queue_id"))
            .Append(CultureInfo.InvariantCulture, $", \"arrival_time\": {message.Number("time")}, \"message_size\": {message.Number("size")}")
            .Append(", \"sender\": ").Append(Quoted(message, "sender")).Append(", \"recipients\": [");
        bool isFirst = true;
        foreach (AttributeList recipient in message.Lists("recipients"))
        {
            line.Append(isFirst ? "" : ", ").Append("{\"address\": ").Append(Quoted(recipient, "address")).Append(", \"code\": ").Append(Quoted(recipient, "code"));
            if (recipient.Has("until"))
                line.Append(CultureInfo.InvariantCulture, $", \"until\": {recipient.Number("until")}");
            foreach (string name in (string[])["reason", "transport", "next_hop"])
            {
                if (recipient.Has(name))
                    line.Append(", \"").Append(name).Append("\": ").Append(Quoted(recipient, name));
            }
            if (recipient.Has("last_reply"))
                line.Append(", \"delay_reason\": ").Append(Quoted(recipient, "last_reply"));
            foreach (string name in s_numbers)
            {
                if (recipient.Has(name))
                    line.Append(CultureInfo.InvariantCulture, $", \"{name}\": {recipient.Number(name)}");
            }
            line.Append('}');
            isFirst = false;
        }
        line.Append("]}\n");
        text.Flush();
    }

    private static string Clean(AttributeList list, string name) => ListingText.Printable(list.Text(name));

    private static string Quoted(AttributeList list, string name) => JsonListing.Quote(list.Text(name));
}
