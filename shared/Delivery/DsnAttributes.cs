using PostfixNet.Ipc;
using PostfixNet.Notices;

namespace PostfixNet.Delivery;

/// <summary>Recipient results on the line between processes.</summary>
public static class DsnAttributes
{
    /// <summary>A result as attributes.</summary>
    public static AttributeList Of(Dsn dsn)
    {
        AttributeList list = new AttributeList().Add("status", dsn.Status).Add("action", dsn.Action).Add("reason", dsn.Reason);
        if (dsn.DiagnosticType is not null)
            list.Add("diag_type", dsn.DiagnosticType);
        if (dsn.DiagnosticText is not null)
            list.Add("diag_text", dsn.DiagnosticText);
        return dsn.RemoteMta is null ? list : list.Add("mta_mname", dsn.RemoteMta);
    }

    /// <exception cref="IpcException">A field is missing.</exception>
    public static Dsn From(AttributeList list) => new(list.Text("status"), list.Text("action"), list.Text("reason"),
        list.OptionalText("diag_type"), list.OptionalText("diag_text"), list.OptionalText("mta_mname"));

    /// <summary>A recipient and its result, as one list.</summary>
    public static AttributeList Of(LoggedRecipient recipient)
    {
        AttributeList list = Of(recipient.Dsn).Add("recipient", recipient.Recipient).Add("original_recipient", recipient.OriginalRecipient)
            .Add("offset", recipient.Offset).Add("notify_flags", recipient.NotifyFlags);
        return recipient.DsnOriginalRecipient is null ? list : list.Add("dsn_orig_rcpt", recipient.DsnOriginalRecipient);
    }

    /// <exception cref="IpcException">A field is missing.</exception>
    public static LoggedRecipient RecipientFrom(AttributeList list) => new(list.Text("recipient"), list.Text("original_recipient"),
        list.Number("offset"), list.OptionalText("dsn_orig_rcpt"), (int)list.Number("notify_flags"), From(list));
}
