using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Delivery;

/// <summary>How the words of mail go over the line between processes, in whatever message they stand.</summary>
internal static class Vocabulary
{
    private const string Address = "recipient", Original = "original_recipient", Offset = "offset",
        Action = "action", DiagnosticType = "diag_type", DiagnosticText = "diag_text", RemoteMta = "mta_mname";

    internal static AttributeList Add(this AttributeList list, string name, QueueId id) => list.Add(name, id.ToString());

    internal static AttributeList Add(this AttributeList list, string name, QueueName queue) => list.Add(name, QueueDirectories.NameOf(queue));

    /// <summary>Adds a recipient.</summary>
    internal static AttributeList Add(this AttributeList list, Recipient recipient) => list
        .Add(Address, recipient.Address).AddOptional(Original, recipient.Original).AddOptional(AttributeName.DsnOriginalRecipient, recipient.DsnOriginal)
        .Add(AttributeName.NotifyFlags, (long)recipient.Notify).Add(Offset, recipient.Offset);

    /// <summary>Adds what became of one.</summary>
    internal static AttributeList Add(this AttributeList list, Dsn dsn) => list
        .Add(FieldName.Status, dsn.Status).Add(FieldName.Reason, dsn.Reason).AddOptional(Action, dsn.Action.Word())
        .AddOptional(DiagnosticType, dsn.DiagnosticType).AddOptional(DiagnosticText, dsn.DiagnosticText).AddOptional(RemoteMta, dsn.RemoteMta);

    /// <exception cref="IpcException">Missing, or none.</exception>
    internal static QueueId QueueId(this AttributeList list) =>
        Queue.QueueId.TryParse(list.Text(FieldName.QueueId), out QueueId id) ? id : throw new IpcException("bad queue ID");

    /// <exception cref="IpcException">Missing, or none.</exception>
    internal static QueueName QueueName(this AttributeList list) =>
        QueueDirectories.TryParse(list.Text(FieldName.QueueName), out QueueName queue) ? queue : throw new IpcException("bad queue name");

    /// <summary>The recipient of a list.</summary>
    /// <exception cref="IpcException">A field is missing.</exception>
    internal static Recipient Recipient(this AttributeList list) => new(
        list.Text(Address), list.OptionalText(Original), list.OptionalText(AttributeName.DsnOriginalRecipient),
        NotifyFlags.FromNumber(list.Number(AttributeName.NotifyFlags)), list.Number(Offset));

    /// <summary>What became of it.</summary>
    /// <exception cref="IpcException">A field is missing.</exception>
    internal static Dsn Dsn(this AttributeList list) => new(
        list.Text(FieldName.Status), list.Text(FieldName.Reason), DsnActions.Parse(list.OptionalText(Action) ?? ""),
        list.OptionalText(DiagnosticType), list.OptionalText(DiagnosticText), list.OptionalText(RemoteMta));
}
