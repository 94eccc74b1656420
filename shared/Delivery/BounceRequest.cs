using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Notices;
using PostfixNet.Queue;

namespace PostfixNet.Delivery;

/// <summary>What can be asked of the bounce, defer and trace services; the answer is a <see cref="BounceReply"/>.</summary>
public abstract record BounceRequest
{
    private const string AppendWord = "append", FlushWord = "flush", WarnWord = "warn", RemoveWord = "remove", DigestWord = "digest";

    private BounceRequest() { }

    /// <summary>The message that it is about; null: not about one.</summary>
    public abstract QueueId? Id { get; }

    /// <summary>Add what became of one recipient to the message's log, durably.</summary>
    public sealed record Append(QueueId Message, Outcome Outcome) : BounceRequest
    {
        /// <inheritdoc/>
        public override QueueId? Id => Message;
    }

    /// <summary>Report the log to the sender, then remove it.</summary>
    public sealed record Flush(MessageFacts Message) : BounceRequest
    {
        /// <inheritdoc/>
        public override QueueId? Id => Message.Id;
    }

    /// <summary>Report the log to the sender as a delay, and keep it.</summary>
    public sealed record Warn(MessageFacts Message) : BounceRequest
    {
        /// <inheritdoc/>
        public override QueueId? Id => Message.Id;
    }

    /// <summary>Remove the log: the message is tried again, or gone.</summary>
    public sealed record Remove(QueueId Message) : BounceRequest
    {
        /// <inheritdoc/>
        public override QueueId? Id => Message;
    }

    /// <summary>Send the digests of held notices whose time has come.</summary>
    public sealed record Digest : BounceRequest
    {
        /// <inheritdoc/>
        public override QueueId? Id => null;
    }

    /// <summary>For the line to the service.</summary>
    public AttributeList ToAttributes() => this switch
    {
        Append append => Named(AppendWord).Add(FieldName.QueueId, append.Message).Add(append.Outcome.Recipient).Add(append.Outcome.Dsn),
        Flush flush => flush.Message.AddTo(Named(FlushWord)),
        Warn warn => warn.Message.AddTo(Named(WarnWord)),
        Remove remove => Named(RemoveWord).Add(FieldName.QueueId, remove.Message),
        _ => Named(DigestWord),
    };

    /// <exception cref="IpcException">Unknown or malformed.</exception>
    public static BounceRequest From(AttributeList list) => list.Text(FieldName.Request) switch
    {
        AppendWord => new Append(list.QueueId(), new Outcome(list.Recipient(), list.Dsn())),
        FlushWord => new Flush(MessageFacts.From(list)),
        WarnWord => new Warn(MessageFacts.From(list)),
        RemoveWord => new Remove(list.QueueId()),
        DigestWord => new Digest(),
        string word => throw new IpcException($"unknown request: {NoticeText.OneLine(word)}"),
    };

    private static AttributeList Named(string word) => new AttributeList().Add(FieldName.Request, word);
}

/// <summary>Whether a request of <see cref="BounceRequest"/> was done.</summary>
/// <param name="Problem">Why nothing is done, or the log is kept; null: it was done.</param>
public sealed record BounceReply(string? Problem = null)
{
    /// <summary>It is done, and what had to be is on stable storage.</summary>
    public bool IsDone => Problem is null;

    /// <summary>For the line to the client.</summary>
    public AttributeList ToAttributes() =>
        new AttributeList().Add(FieldName.Status, IsDone ? 0 : 1).AddOptional(FieldName.Reason, Problem);

    /// <summary>Anything but a clear yes is a no.</summary>
    public static BounceReply From(AttributeList list) =>
        new(list.Number(FieldName.Status, 1) == 0 ? null : list.OptionalText(FieldName.Reason) ?? "unknown reason");
}

/// <summary>What a notice says about the message itself.</summary>
/// <remarks>All but the place stands in the queue file, which the service reads as well. It is told nevertheless: when the file
/// is gone or damaged by then, the sender must still hear of the failure, and only the queue manager knows who that is.</remarks>
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
    private const string Verp = "verp";

    /// <summary>What its sender wants of TLS.</summary>
    public RequireTls RequireTls { get; init; }

    internal AttributeList AddTo(AttributeList list) => list
        .Add(FieldName.QueueName, Queue).Add(FieldName.QueueId, Id).Add(FieldName.Sender, Sender).Add(FieldName.SmtpUtf8, (long)SmtpUtf8)
        .AddOptional(AttributeName.EnvelopeId, EnvelopeId).Add(AttributeName.ReturnFlags, (long)Return).AddOptional(Verp, VerpDelimiters)
        .Add(FieldName.RequireTls, (long)RequireTls);

    /// <exception cref="IpcException">Malformed.</exception>
    internal static MessageFacts From(AttributeList list) => new(
        list.QueueName(), list.QueueId(), list.Text(FieldName.Sender), SmtpUtf8Flags.FromNumber(list.Number(FieldName.SmtpUtf8)),
        list.OptionalText(AttributeName.EnvelopeId), DsnReturns.FromNumber(list.Number(AttributeName.ReturnFlags)), list.OptionalText(Verp))
    {
        RequireTls = RequireTlsWords.FromNumber(list.Number(FieldName.RequireTls, 0)),
    };
}
