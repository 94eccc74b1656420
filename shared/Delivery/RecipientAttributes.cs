using PostfixNet.Ipc;
using PostfixNet.Mail;

namespace PostfixNet.Delivery;

/// <summary>Recipients and what became of them on the line between processes.</summary>
internal static class RecipientAttributes
{
    private const string Address = "recipient", Original = "original_recipient", DsnOriginal = "dsn_orig_rcpt", Notify = "notify_flags",
        Offset = "offset", Status = "status", Action = "action", Reason = "reason", DiagnosticType = "diag_type", DiagnosticText = "diag_text",
        RemoteMta = "mta_mname";

    /// <summary>Adds a recipient.</summary>
    internal static AttributeList Add(this AttributeList list, Recipient recipient) => list
        .Add(Address, recipient.Address).AddOptional(Original, recipient.Original).AddOptional(DsnOriginal, recipient.DsnOriginal)
        .Add(Notify, (long)recipient.Notify).Add(Offset, recipient.Offset);

    /// <summary>Adds what became of one.</summary>
    internal static AttributeList Add(this AttributeList list, Dsn dsn) => list
        .Add(Status, dsn.Status).Add(Reason, dsn.Reason).AddOptional(Action, dsn.Action.Word())
        .AddOptional(DiagnosticType, dsn.DiagnosticType).AddOptional(DiagnosticText, dsn.DiagnosticText).AddOptional(RemoteMta, dsn.RemoteMta);

    /// <summary>The recipient of a list.</summary>
    /// <exception cref="IpcException">A field is missing.</exception>
    internal static Recipient Recipient(this AttributeList list) => new(
        list.Text(Address), list.OptionalText(Original), list.OptionalText(DsnOriginal), NotifyFlags.FromNumber(list.Number(Notify)), list.Number(Offset));

    /// <summary>What became of it.</summary>
    /// <exception cref="IpcException">A field is missing.</exception>
    internal static Dsn Dsn(this AttributeList list) => new(
        list.Text(Status), list.Text(Reason), DsnActions.Parse(list.OptionalText(Action) ?? ""),
        list.OptionalText(DiagnosticType), list.OptionalText(DiagnosticText), list.OptionalText(RemoteMta));
}
