using PostfixNet.Ipc;

namespace PostfixNet.Postqueue;

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

    public void Begin(ListedMessage message) => _piece = new AttributeList()
        .Add("queue_name", message.Queue).Add("queue_id", message.Id).Add("time", message.Time).Add("size", message.Size)
        .Add("forced_expire", message.IsExpired ? 1 : 0).Add("sender", message.Sender);

    public void Recipient(string address, string? reason)
    {
        AttributeList recipient = new AttributeList().Add("address", address);
        if (reason is not null)
            recipient.Add("reason", reason);
        _recipients.Add(recipient);
        _bytes += 3 * (address.Length + (reason?.Length ?? 0));
        if (_recipients.Count >= RecipientsInPiece || _bytes >= BytesInPiece)
            Send();
    }

    public void EndMessage()
    {
        _piece.Add("end_of_message", 1);
        Send();
    }

    /// <summary>Says that the listing is complete.</summary>
    internal void End() => channel.Send(new AttributeList().Add("end_of_queue", 1));

    private void Send()
    {
        channel.Send(_piece.Add("recipients", _recipients));
        _piece = new AttributeList();
        _recipients.Clear();
        _bytes = 0;
    }
}

/// <summary>The service will not tell this user.</summary>
internal sealed class ListingRefusedException(string why) : Exception(why);

/// <summary>The other end.</summary>
internal static class ListingReceiver
{
    /// <summary>Hands a whole listing on.</summary>
    /// <exception cref="IpcException">It broke off, or is none.</exception>
    /// <exception cref="ListingRefusedException">This user may not see it.</exception>
    internal static void Run(Channel channel, IListingOutput output)
    {
        bool inMessage = false;
        while (true)
        {
            AttributeList piece = channel.ReceiveReply();
            if (piece.Has("end_of_queue"))
                return;
            if (piece.OptionalText("refused") is { } refusal)
                throw new ListingRefusedException(refusal);
            if (!inMessage)
            {
                output.Begin(new ListedMessage(piece.Text("queue_name"), piece.Text("queue_id"), piece.Number("time"), piece.Number("size"),
                    piece.Number("forced_expire", 0) != 0, piece.Text("sender")));
            }
            foreach (AttributeList recipient in piece.Lists("recipients"))
                output.Recipient(recipient.Text("address"), recipient.OptionalText("reason"));
            inMessage = !piece.Has("end_of_message");
            if (!inMessage)
                output.EndMessage();
        }
    }
}
