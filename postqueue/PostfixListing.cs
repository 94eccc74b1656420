using PostfixNet.Ipc;
using PostfixNet.Listing;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Postqueue;

/// <summary>A listing as Postfix's own service showq tells it, which speaks first: names and values, each ended by a NUL; an empty name ends a
/// message, and another one the queue. For Postfix's postqueue and for monitoring (prometheus-postfix-exporter), which connect and listen.</summary>
/// <param name="socket">The client.</param>
/// <param name="timeout">For each piece.</param>
internal sealed class PostfixListing(Descriptor socket, TimeSpan timeout) : IListingOutput
{
    private const int PieceLength = 16 * 1024;

    private readonly List<byte> _piece = [];

    /// <summary>Says what follows.</summary>
    internal void BeginQueue()
    {
        Attribute("protocol", "mail_queue_list_protocol");
        _piece.Add(0);
    }

    public void Begin(ListedMessage message)
    {
        Attribute("queue_name", message.Queue);
        Attribute("queue_id", message.Id);
        Attribute("time", FormattableString.Invariant($"{message.Time}"));
        Attribute("size", FormattableString.Invariant($"{message.Size}"));
        Attribute("forced_expire", message.IsExpired ? "1" : "0");
        Attribute("sender", message.Sender);
    }

    public void Recipient(in ListedRecipient recipient)
    {
        Attribute("recipient", recipient.Address);
        Attribute("reason", recipient.Reason ?? "");
        if (_piece.Count >= PieceLength)
            Flush();
    }

    public void EndMessage()
    {
        _piece.Add(0);
        if (_piece.Count >= PieceLength)
            Flush();
    }

    /// <summary>Says that the listing is complete.</summary>
    internal void End()
    {
        _piece.Add(0);
        Flush();
    }

    private void Attribute(string name, string value)
    {
        _piece.AddRange(ByteText.Encode(name));
        _piece.Add(0);
        _piece.AddRange(ByteText.Encode(PrintableText.Of(value)));
        _piece.Add(0);
    }

    private void Flush()
    {
        ReadOnlySpan<byte> rest = _piece.ToArray();
        _piece.Clear();
        Deadline end = Deadline.In(timeout);
        while (!rest.IsEmpty)
        {
            int n = socket.Write(rest);
            if (n >= 0)
                rest = rest[n..];
            else if (socket.Wait(Readiness.Writable, end.RemainingMilliseconds).This == Readiness.None)
                throw new IpcException("client of showq: timeout while sending");
        }
    }
}
