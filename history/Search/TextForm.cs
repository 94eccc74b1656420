using System.Globalization;
using System.Text;
using PostfixNet.Events;
using PostfixNet.Mail;

namespace PostfixNet.History;

/// <summary>For people: a row for each message, or the story of one.</summary>
/// <param name="isStory">Its steps follow.</param>
internal sealed class TextForm(bool isStory) : AnswerForm
{
    internal override void Add(FoundMessage message)
    {
        if (isStory)
        {
            Say(Summary(message));
            return;
        }
        FoundRecipient? first = message.Recipients is [var one, ..] ? one : null;
        Say(message.QueueId, MailTime.DateWithYear(message.Arrived / 1_000_000), message.State, Sender(message), Others(message, first),
            first is null ? "" : $"{first.State}{(first.Reply is { } reply ? $": {reply}" : "")}");
    }

    internal override void AddStep(string line)
    {
        if (MailEvent.Parse(Encoding.UTF8.GetBytes(line)) is { } told)
            Say($"  {MailTime.ListingDate(told.Time / 1_000_000)}  {PrintableText.Of(Story.Of(told))}");
    }

    private static string Summary(FoundMessage message)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{message.QueueId}: {message.State}, from {Sender(message)}, {message.RecipientCount} {(message.RecipientCount == 1 ? "recipient" : "recipients")}");
        if (message.Size is { } size)
            text.Append(CultureInfo.InvariantCulture, $", {size} bytes");
        if (message.MessageId is { } id)
            text.Append(CultureInfo.InvariantCulture, $", message-id <{id}>");
        if (message.NoticeFor is { } original)
            text.Append(CultureInfo.InvariantCulture, $", about {original}");
        return text.ToString();
    }

    private static string Sender(FoundMessage message) => message.Sender switch { null => "?", "" => "<>", var sender => sender };

    private static string Others(FoundMessage message, FoundRecipient? first) => first is null ? ""
        : message.RecipientCount > 1 ? string.Create(CultureInfo.InvariantCulture, $"{first.Address} +{message.RecipientCount - 1}") : first.Address;
}
