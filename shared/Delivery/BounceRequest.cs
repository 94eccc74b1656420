using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Delivery;

/// <summary>What can be asked of the bounce, defer and trace services. The reply is "status": 0, or a reason in "reason".</summary>
public static class BounceRequest
{
    /// <summary>Appends one recipient's result to the message's log, durably.</summary>
    public static AttributeList Append(QueueId id, Outcome outcome) =>
        new AttributeList().Add(outcome.Recipient).Add(outcome.Dsn).Add("request", "append").Add("queue_id", id.ToString());

    /// <summary>What <see cref="Append"/> appends.</summary>
    /// <exception cref="IpcException">A field is missing.</exception>
    public static Outcome OutcomeIn(AttributeList request) => new(request.Recipient(), request.Dsn());

    /// <summary>Reports the log to the sender and removes it, or (warn) reports it as a delay and keeps it.</summary>
    /// <param name="request">"flush" or "warn".</param>
    public static AttributeList Notify(string request, MessageFacts message) => new AttributeList()
        .Add("request", request).Add("queue_name", QueueDirectories.NameOf(message.Queue)).Add("queue_id", message.Id.ToString())
        .Add("sender", message.Sender).Add("smtputf8", (long)message.SmtpUtf8)
        .AddOptional("envelope_id", message.EnvelopeId).Add("ret_flags", (long)message.Return).AddOptional("verp", message.VerpDelimiters);

    /// <summary>Sends the digests of held notices whose time has come.</summary>
    public static AttributeList Digest() => new AttributeList().Add("request", "digest");

    /// <summary>Removes the log: the message is tried again, or gone.</summary>
    public static AttributeList Remove(QueueId id) => new AttributeList().Add("request", "remove").Add("queue_id", id.ToString());
}

/// <summary>What a notice says about the message itself.</summary>
/// <param name="Queue">Where the file lies now.</param>
/// <param name="Id">Its name.</param>
/// <param name="Sender">Envelope sender, internal form; empty: nobody is told.</param>
/// <param name="SmtpUtf8">Whether, and why, it needs SMTPUTF8.</param>
/// <param name="EnvelopeId">ENVID; null when none.</param>
/// <param name="Return">RET.</param>
/// <param name="VerpDelimiters">Two characters; null without VERP.</param>
public sealed record MessageFacts(
    QueueName Queue, QueueId Id, string Sender, SmtpUtf8 SmtpUtf8 = SmtpUtf8.None, string? EnvelopeId = null, DsnReturn Return = DsnReturn.Unspecified,
    string? VerpDelimiters = null)
{
    /// <exception cref="IpcException">Malformed.</exception>
    public static MessageFacts From(AttributeList list) => new(
        QueueDirectories.TryParse(list.Text("queue_name"), out QueueName queue) ? queue : throw new IpcException("bad queue name"),
        QueueId.TryParse(list.Text("queue_id"), out QueueId id) ? id : throw new IpcException("bad queue ID"),
        list.Text("sender"), SmtpUtf8Flags.FromNumber(list.Number("smtputf8")), list.OptionalText("envelope_id"),
        DsnReturns.FromNumber(list.Number("ret_flags")), list.OptionalText("verp"));
}
