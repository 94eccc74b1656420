using PostfixNet.Ipc;
using PostfixNet.Notices;
using PostfixNet.Queue;

namespace PostfixNet.Delivery;

/// <summary>What can be asked of the bounce, defer and trace services. The reply is "status": 0, or a reason in "reason".</summary>
public static class BounceRequest
{
    /// <summary>Appends one recipient's result to the message's log, durably.</summary>
    public static AttributeList Append(QueueId id, LoggedRecipient recipient) =>
        DsnAttributes.Of(recipient).Add("request", "append").Add("queue_id", id.ToString());

    /// <summary>Reports the log to the sender and removes it, or (warn) reports it as a delay and keeps it.</summary>
    /// <param name="request">"flush" or "warn".</param>
    public static AttributeList Notify(string request, MessageFacts message) => new AttributeList()
        .Add("request", request).Add("queue_name", QueueDirectories.NameOf(message.Queue)).Add("queue_id", message.Id.ToString())
        .Add("sender", message.Sender).Add("encoding", message.Encoding).Add("smtputf8", message.SmtpUtf8Flags)
        .Add("envelope_id", message.EnvelopeId).Add("ret_flags", message.ReturnFlags).Add("verp", message.VerpDelimiters);

    /// <summary>Sends the digests of held notices whose time has come.</summary>
    public static AttributeList Digest() => new AttributeList().Add("request", "digest");

    /// <summary>Removes the log: the message is tried again, or gone.</summary>
    public static AttributeList Remove(QueueId id) => new AttributeList().Add("request", "remove").Add("queue_id", id.ToString());
}

/// <summary>What a notice says about the message itself.</summary>
/// <param name="Queue">Where the file lies now.</param>
/// <param name="Id">Its name.</param>
/// <param name="Sender">Envelope sender, internal form; empty: nobody is told.</param>
/// <param name="Encoding">"7bit", "8bit" or empty.</param>
/// <param name="SmtpUtf8Flags">As in the size record.</param>
/// <param name="EnvelopeId">ENVID, or empty.</param>
/// <param name="ReturnFlags">RET: 0, 1 FULL, 2 HDRS.</param>
/// <param name="VerpDelimiters">Two characters, or empty.</param>
public sealed record MessageFacts(QueueName Queue, QueueId Id, string Sender, string Encoding, int SmtpUtf8Flags, string EnvelopeId, int ReturnFlags, string VerpDelimiters)
{
    /// <exception cref="IpcException">Malformed.</exception>
    public static MessageFacts From(AttributeList list) => new(
        QueueDirectories.TryParse(list.Text("queue_name"), out QueueName queue) ? queue : throw new IpcException("bad queue name"),
        QueueId.TryParse(list.Text("queue_id"), out QueueId id) ? id : throw new IpcException("bad queue ID"),
        list.Text("sender"), list.Text("encoding"), (int)list.Number("smtputf8"), list.Text("envelope_id"), (int)list.Number("ret_flags"), list.Text("verp"));
}
