using System.Globalization;
using System.Text;
using PostfixNet.Mail;

namespace PostfixNet.Listing;

/// <summary>A listing for programs, as postqueue -j has it: one JSON object a line, in Postfix's spelling.</summary>
/// <param name="text">Where it goes.</param>
public sealed class JsonListing(ListingText text) : IListingOutput
{
    private int _recipients;
    private ListedMessage? _message;

    /// <summary>Recipients told of a message; that there are more is told, too.</summary>
    public int MostRecipients { get; init; } = int.MaxValue;

    /// <inheritdoc/>
    public void Begin(ListedMessage message)
    {
        (_recipients, _message) = (0, message);
        text.Append("{\"queue_name\": ").AppendQuoted(message.Queue)
            .Append(", \"queue_id\": ").AppendQuoted(message.Id)
            .Append(CultureInfo.InvariantCulture, $", \"arrival_time\": {message.Time}, \"message_size\": {message.Size}")
            .Append(", \"forced_expire\": ").Append(message.IsExpired ? "true" : "false")
            .Append(", \"sender\": ").AppendQuoted(message.Sender).Append(", \"recipients\": [");
    }

    /// <inheritdoc/>
    public void Recipient(in ListedRecipient recipient)
    {
        if (++_recipients > MostRecipients)
            return;
        StringBuilder line = text.Append(_recipients == 1 ? "{\"address\": " : ", {\"address\": ").AppendQuoted(recipient.Address);
        if (!string.IsNullOrEmpty(recipient.Reason))
            line.Append(", \"delay_reason\": ").AppendQuoted(recipient.Reason);
        // What Postfix does not tell comes last.
        if (recipient.Code is { } code)
            line.Append(", \"reason_code\": ").AppendQuoted(code);
        if (recipient.Route is { } route)
            line.Append(", \"transport\": ").AppendQuoted(route.Transport).Append(", \"next_hop\": ").AppendQuoted(route.NextHop);
        line.Append('}');
    }

    /// <inheritdoc/>
    public void EndMessage()
    {
        StringBuilder line = text.Append("]");
        if (_message?.NextAttempt is { } next)
            line.Append(CultureInfo.InvariantCulture, $", \"next_attempt\": {next}");
        if (_message is { Attempts: > 0 and var attempts })
            line.Append(CultureInfo.InvariantCulture, $", \"attempts\": {attempts}");
        if (_message?.RequireTls is { } wish)
            line.Append(", \"require_tls\": ").AppendQuoted(wish);
        if (_recipients > MostRecipients)
            line.Append(", \"more_recipients\": true");
        line.Append("}\n");
        text.EndPiece();
    }
}
