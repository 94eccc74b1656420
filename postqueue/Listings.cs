using System.Globalization;
using System.Text;
using PostfixNet.Listing;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Postqueue;

/// <summary>The listing cannot be written.</summary>
/// <param name="cause">Why.</param>
internal sealed class ListingClosedException(SystemCallException cause) : Exception(cause.Message, cause)
{
    /// <summary>The reader has seen enough, as in "mailq | head".</summary>
    internal bool IsReaderGone => cause.IsReaderGone;
}

/// <summary>Text of a listing to standard output.</summary>
internal static class StandardOutput
{
    /// <remarks>Appending throws <see cref="ListingClosedException"/> when it cannot be written.</remarks>
    internal static ListingText Text() => new(text =>
    {
        if (!StandardStreams.TryWriteOutput(text))
            throw new ListingClosedException(SystemCallException.Last("write to standard output"));
    });
}

/// <summary>The listing of postqueue -p and mailq, in Postfix's layout.</summary>
/// <param name="text">Where it goes.</param>
/// <param name="longIds">enable_long_queue_ids: wider columns.</param>
internal sealed class TableListing(ListingText text, bool longIds) : IListingOutput
{
    private const int ReasonWidth = 76;

    private readonly string _indent = new(' ', longIds ? 47 : 41);
    private int _count;
    private long _size;
    private string _reason = "";

    /// <summary>What is said of nothing.</summary>
    internal string NoneText { get; init; } = "Mail queue is empty\n";

    public void Begin(ListedMessage message)
    {
        if (_count++ == 0)
        {
            text.Append(longIds
                ? "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------\n"
                : "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n");
        }
        else
        {
            text.Append("\n");
        }
        _size += message.Size;
        _reason = "";
        string flags = message.Queue switch { "active" => "*", "hold" => "!", _ => "" } + (message.IsExpired ? "#" : "");
        string id = PrintableText.Of(message.Id) + flags;
        string sender = PrintableText.Of(message.Sender);
        string date = MailTime.ListingDate(message.Time);
        StringBuilder line = text.Begin();
        _ = longIds
            ? line.Append(CultureInfo.InvariantCulture, $"{id,-17} {message.Size,8} {date,19} {sender}\n")
            : line.Append(CultureInfo.InvariantCulture, $"{id,-11} {message.Size,7} {date,19}  {sender}\n");
    }

    public void Recipient(in ListedRecipient recipient)
    {
        string reason = recipient.Reason ?? "";
        if (reason != _reason)
        {
            _reason = reason;
            string shown = reason.Length > 0 ? PrintableText.Of(reason) : "reason unavailable";
            text.Begin().Append(' ', Math.Max(0, ReasonWidth - shown.Length)).Append('(').Append(shown).Append(")\n");
        }
        text.Append(_indent).Append(PrintableText.Of(recipient.Address)).Append('\n');
    }

    public void EndMessage() => text.EndPiece();

    /// <summary>The last line.</summary>
    internal void End()
    {
        text.Append(_count == 0
            ? NoneText
            : string.Create(CultureInfo.InvariantCulture, $"\n-- {_size / 1024} Kbytes in {_count} Request{(_count == 1 ? "" : "s")}.\n"));
        text.Flush();
    }
}
