using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Listing;

namespace PostfixNet.Postqueue;

/// <summary>Names of the attributes of a listing.</summary>
file static class Name
{
    internal const string Queue = "queue_name", Id = "queue_id", Time = "time", Size = "size", IsExpired = "forced_expire", Sender = "sender",
        Recipients = "recipients", Address = "address", Reason = "reason", Code = "code", Transport = "transport", NextHop = "next_hop", Next = "next_attempt",
        Attempts = "attempts", EndOfMessage = "end_of_message", EndOfQueue = "end_of_queue";
}

/// <summary>A listing on its way from the showq service to postqueue. Messages with many recipients go in pieces; the end
/// is said, so that a listing that broke off is not taken for a whole one.</summary>
/// <param name="channel">To the client.</param>
internal sealed class ListingSender(Channel channel) : IListingOutput
{
    private const int RecipientsInPiece = 500;
    private const int BytesInPiece = 256 * 1024;

    private readonly List<AttributeList> _recipients = [];
    private AttributeList _piece = new();
    private int _bytes;

    public void Begin(ListedMessage message)
    {
        _piece = new AttributeList()
            .Add(Name.Queue, message.Queue).Add(Name.Id, message.Id).Add(Name.Time, message.Time).Add(Name.Size, message.Size)
            .Add(Name.IsExpired, message.IsExpired).Add(Name.Sender, message.Sender);
        if (message.NextAttempt is { } next)
            _piece.Add(Name.Next, next);
        if (message.Attempts > 0)
            _piece.Add(Name.Attempts, message.Attempts);
    }

    public void Recipient(in ListedRecipient recipient)
    {
        _recipients.Add(new AttributeList().Add(Name.Address, recipient.Address).AddOptional(Name.Reason, recipient.Reason).AddOptional(Name.Code, recipient.Code)
            .AddOptional(Name.Transport, recipient.Route?.Transport).AddOptional(Name.NextHop, recipient.Route?.NextHop));
        _bytes += 3 * (recipient.Address.Length + (recipient.Reason?.Length ?? 0));
        if (_recipients.Count >= RecipientsInPiece || _bytes >= BytesInPiece)
            Send();
    }

    public void EndMessage()
    {
        _piece.Add(Name.EndOfMessage, true);
        Send();
    }

    /// <summary>Says that the listing is complete.</summary>
    internal void End() => channel.Send(new AttributeList().Add(Name.EndOfQueue, true));

    private void Send()
    {
        channel.Send(_piece.Add(Name.Recipients, _recipients));
        _piece = new AttributeList();
        _recipients.Clear();
        _bytes = 0;
    }
}

/// <summary>The other end.</summary>
internal static class ListingReceiver
{
    /// <summary>Hands a whole listing on.</summary>
    /// <exception cref="IpcException">It broke off, or is none.</exception>
    /// <exception cref="ShowqRefusedException">This user may not see it.</exception>
    internal static void Run(Channel channel, IListingOutput output)
    {
        bool inMessage = false;
        while (true)
        {
            AttributeList piece = channel.ReceiveReply();
            if (piece.Has(Name.EndOfQueue))
                return;
            ShowqRefusal.Check(piece);
            if (!inMessage)
            {
                output.Begin(new ListedMessage(piece.Text(Name.Queue), piece.Text(Name.Id), piece.Number(Name.Time), piece.Number(Name.Size),
                    piece.IsTrue(Name.IsExpired), piece.Text(Name.Sender))
                {
                    NextAttempt = piece.Has(Name.Next) ? piece.Number(Name.Next) : null,
                    Attempts = (int)Math.Clamp(piece.Number(Name.Attempts, 0), 0, int.MaxValue),
                });
            }
            foreach (AttributeList recipient in piece.Lists(Name.Recipients))
            {
                output.Recipient(new ListedRecipient(recipient.Text(Name.Address), recipient.OptionalText(Name.Reason), recipient.OptionalText(Name.Code),
                    recipient.OptionalText(Name.Transport) is { } transport ? new MailRoute(transport, recipient.OptionalText(Name.NextHop) ?? "") : null));
            }
            inMessage = !piece.Has(Name.EndOfMessage);
            if (!inMessage)
                output.EndMessage();
        }
    }
}
