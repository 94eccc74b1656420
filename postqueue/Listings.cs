using System.Globalization;
using System.Text;
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

/// <summary>Text on its way to standard output, in large pieces.</summary>
/// <param name="write">Takes a piece.</param>
internal sealed class ListingText(Action<string> write)
{
    private const int PieceLength = 16 * 1024;

    private readonly StringBuilder _text = new();

    /// <summary>To standard output.</summary>
    /// <remarks>Appending throws <see cref="ListingClosedException"/> when it cannot be written.</remarks>
    internal static ListingText ToStandardOutput() => new(text =>
    {
        if (!StandardStreams.TryWriteOutput(text))
            throw new ListingClosedException(SystemCallException.Last("write to standard output"));
    });

    // What is ready is not kept back for long: of a slow listing something is to be seen at once.
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(20);

    private long _since = Environment.TickCount64;

    internal StringBuilder Append(string text)
    {
        if (_text.Length > PieceLength)
            Flush();
        return _text.Append(text);
    }

    /// <summary>A message ends here.</summary>
    internal void EndPiece()
    {
        if (Environment.TickCount64 - _since > s_patience.TotalMilliseconds)
            Flush();
    }

    internal void Flush()
    {
        if (_text.Length > 0)
            write(_text.ToString());
        _text.Clear();
        _since = Environment.TickCount64;
    }
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
        text.Append(longIds
            ? string.Create(CultureInfo.InvariantCulture, $"{id,-17} {message.Size,8} {date,19} {sender}\n")
            : string.Create(CultureInfo.InvariantCulture, $"{id,-11} {message.Size,7} {date,19}  {sender}\n"));
    }

    public void Recipient(in ListedRecipient recipient)
    {
        string reason = recipient.Reason ?? "";
        if (reason != _reason)
        {
            _reason = reason;
            string shown = reason.Length > 0 ? PrintableText.Of(reason) : "reason unavailable";
            text.Append(new string(' ', Math.Max(0, ReasonWidth - shown.Length))).Append('(').Append(shown).Append(")\n");
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

/// <summary>The listing of postqueue -j: one JSON object a line, in Postfix's spelling.</summary>
/// <param name="text">Where it goes.</param>
internal sealed class JsonListing(ListingText text) : IListingOutput
{
    private bool _isFirst;
    private ListedMessage? _message;

    public void Begin(ListedMessage message)
    {
        (_isFirst, _message) = (true, message);
        text.Append("{\"queue_name\": ").Append(JsonText.Quote(message.Queue))
            .Append(", \"queue_id\": ").Append(JsonText.Quote(message.Id))
            .Append(CultureInfo.InvariantCulture, $", \"arrival_time\": {message.Time}, \"message_size\": {message.Size}")
            .Append(", \"forced_expire\": ").Append(message.IsExpired ? "true" : "false")
            .Append(", \"sender\": ").Append(JsonText.Quote(message.Sender)).Append(", \"recipients\": [");
    }

    public void Recipient(in ListedRecipient recipient)
    {
        StringBuilder line = text.Append(_isFirst ? "{\"address\": " : ", {\"address\": ").Append(JsonText.Quote(recipient.Address));
        if (!string.IsNullOrEmpty(recipient.Reason))
            line.Append(", \"delay_reason\": ").Append(JsonText.Quote(recipient.Reason));
        // What Postfix does not tell comes last.
        if (recipient.Code is { } code)
            line.Append(", \"reason_code\": ").Append(JsonText.Quote(code));
        if (recipient.Route is { } route)
            line.Append(", \"transport\": ").Append(JsonText.Quote(route.Transport)).Append(", \"next_hop\": ").Append(JsonText.Quote(route.NextHop));
        line.Append('}');
        _isFirst = false;
    }

    public void EndMessage()
    {
        StringBuilder line = text.Append("]");
        if (_message?.NextAttempt is { } next)
            line.Append(CultureInfo.InvariantCulture, $", \"next_attempt\": {next}");
        if (_message is { Attempts: > 0 and var attempts })
            line.Append(CultureInfo.InvariantCulture, $", \"attempts\": {attempts}");
        if (_message?.RequireTls is { } wish)
            line.Append(", \"require_tls\": ").Append(JsonText.Quote(wish));
        line.Append("}\n");
        text.EndPiece();
    }
}
