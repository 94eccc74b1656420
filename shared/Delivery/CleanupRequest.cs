using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Notices;
using PostfixNet.Queue;

namespace PostfixNet.Delivery;

/// <summary>Begins a message at the cleanup service, whose records follow; see <see cref="CleanupClient"/>.</summary>
/// <param name="IsInternal">Made by the mail system itself (a notice): the records are not those of a user.</param>
/// <param name="SmtpUtf8">What is known to need SMTPUTF8, whatever cleanup detects itself.</param>
/// <param name="IsReturned">Good mail that must not go on (too many hops, too large) is accepted, and returned to its sender:
/// the client cannot tell him itself.</param>
/// <param name="IsFromServer">A mail server took it in: not the mail of a user of this system.</param>
public sealed record CleanupRequest(bool IsInternal = false, SmtpUtf8 SmtpUtf8 = SmtpUtf8.None, bool IsReturned = false, bool IsFromServer = false)
{
    private const string Word = "message", Internal = "internal", Returns = "returns", Server = "server", WithMilters = "milters", Kind = "class", Filter = "content_filter", Omitted = "overrides";

    /// <summary>What kind of mail of the system itself it is, as internal_mail_filter_classes has it: "bounce" or "notify".</summary>
    public string Class { get; init; } = Bounce;

    /// <summary>A notice to a sender about his mail, or a copy of one.</summary>
    public const string Bounce = "bounce";

    /// <summary>A notice to the postmaster about trouble.</summary>
    public const string ForPostmaster = "notify";

    /// <summary>Milters that are to see the content (see MilterChain), one list each; the descriptors of their connections follow once the message has begun.</summary>
    public IReadOnlyList<AttributeList> Milters { get; init; } = [];

    /// <summary>What its sender wants of TLS, as far as that is known before its headers.</summary>
    public RequireTls RequireTls { get; init; }

    /// <summary>What holds where the message came in.</summary>
    public Reception Reception { get; init; } = Reception.Usual;

    /// <summary>For the line to the service.</summary>
    public AttributeList ToAttributes() => new AttributeList()
        .Add(FieldName.Request, Word).Add(Internal, IsInternal).Add(FieldName.SmtpUtf8, (long)SmtpUtf8).Add(Returns, IsReturned).Add(Server, IsFromServer)
        .AddOptional(Kind, Class == Bounce ? null : Class).AddOptional(WithMilters, Milters)
        .Add(FieldName.RequireTls, (long)RequireTls).AddOptional(Filter, Reception.ContentFilter).Add(Omitted, (long)Reception.Overrides);

    /// <exception cref="IpcException">Another request, or none.</exception>
    public static CleanupRequest From(AttributeList list) => list.Text(FieldName.Request) == Word
        ? new(list.IsTrue(Internal), SmtpUtf8Flags.FromNumber(list.Number(FieldName.SmtpUtf8, 0)), list.IsTrue(Returns), list.IsTrue(Server))
        {
            Class = list.OptionalText(Kind) ?? Bounce,
            Milters = list.Has(WithMilters) ? list.Lists(WithMilters) : [],
            RequireTls = RequireTlsWords.FromNumber(list.Number(FieldName.RequireTls, 0)),
            Reception = new Reception(list.OptionalText(Filter) ?? "", (ReceiveOverrides)list.Number(Omitted, 0)),
        }
        : throw new IpcException($"unknown request: {NoticeText.OneLine(list.Text(FieldName.Request))}");
}

/// <summary>What becomes of a message that cleanup was given. The numbers are those on the line.</summary>
public enum CleanupVerdict
{
    /// <summary>Queued, on stable storage.</summary>
    Accepted = 0,
    /// <summary>Cannot be queued now; try again later.</summary>
    TryAgain = 1,
    /// <summary>Will never be accepted.</summary>
    Refused = 2,
}

/// <summary>What cleanup says: at the beginning of a message, and at its end.</summary>
public abstract record CleanupReply
{
    private const string DsnStatus = "dsn_status", SmtpReply = "smtp_reply";

    private CleanupReply() { }

    /// <summary>Ready for the records of a new message.</summary>
    /// <param name="Id">Its queue ID, once it is accepted.</param>
    public sealed record Begun(QueueId Id) : CleanupReply;

    /// <summary>The end: after the records, or at once when there is no room for a message.</summary>
    /// <param name="Reason">Why it is not accepted; empty when it is.</param>
    /// <param name="Status">RFC 3463 status of a refusal; empty when there is none.</param>
    public sealed record Ended(CleanupVerdict Verdict, string Reason = "", string Status = "") : CleanupReply
    {
        /// <summary>What an SMTP client is to be told, word for word, "550 5.7.1 text", with LF between lines; empty: that follows from the rest.</summary>
        public string Reply { get; init; } = "";
    }

    /// <summary>For the line to the client.</summary>
    public AttributeList ToAttributes() => this switch
    {
        Begun begun => new AttributeList().Add(FieldName.QueueId, begun.Id),
        Ended ended => new AttributeList().Add(FieldName.Status, (long)ended.Verdict).AddOptional(FieldName.Reason, ended.Reason).AddOptional(DsnStatus, ended.Status)
            .AddOptional(SmtpReply, ended.Reply),
        _ => throw new InvalidOperationException("no reply"),
    };

    /// <exception cref="IpcException">Malformed.</exception>
    public static CleanupReply From(AttributeList list)
    {
        if (list.Has(FieldName.QueueId))
            return new Begun(list.QueueId());
        // What is not understood is no reason to give mail up.
        CleanupVerdict verdict = list.Number(FieldName.Status) switch { 0 => CleanupVerdict.Accepted, 2 => CleanupVerdict.Refused, _ => CleanupVerdict.TryAgain };
        return new Ended(verdict, list.OptionalText(FieldName.Reason) ?? "", list.OptionalText(DsnStatus) ?? "") { Reply = list.OptionalText(SmtpReply) ?? "" };
    }
}
