using System.Globalization;
using System.Text;
using PostfixNet.Ipc;
using PostfixNet.Mail;

namespace PostfixNet.Delivery;

/// <summary>Why the recipients of one message wait, on its way from the service to the command.</summary>
/// <param name="Queue">Directory name.</param>
/// <param name="Id">Queue ID.</param>
/// <param name="Time">Arrival, seconds since 1970.</param>
/// <param name="Size">Octets.</param>
/// <param name="Sender">External form.</param>
/// <param name="Recipients">Some of those that are still to do.</param>
/// <param name="More">How many others there are.</param>
public sealed record ExplainedMessage(
    string Queue, string Id, long Time, long Size, string Sender, IReadOnlyList<ExplainedRecipient> Recipients, int More)
{
    /// <summary>An operator has it expire at its next attempt.</summary>
    public bool IsExpired { get; init; }

    private const string QueueName = "queue_name", QueueId = "queue_id", TimeName = "time", SizeName = "size", ExpiredName = "forced_expire", SenderName = "sender",
        RecipientsName = "recipients", MoreName = "more";

    /// <summary>For the line to the command.</summary>
    public AttributeList ToAttributes()
    {
        List<AttributeList> recipients = new(Recipients.Count);
        foreach (ExplainedRecipient recipient in Recipients)
            recipients.Add(recipient.ToAttributes());
        return new AttributeList().Add(QueueName, Queue).Add(QueueId, Id).Add(TimeName, Time).Add(SizeName, Size).Add(ExpiredName, IsExpired).Add(SenderName, Sender)
            .Add(RecipientsName, recipients).Add(MoreName, More);
    }

    /// <summary>One object of JSON.</summary>
    public string ToJson()
    {
        StringBuilder line = new StringBuilder("{\"queue_name\": ").Append(JsonText.Quote(Queue)).Append(", \"queue_id\": ").Append(JsonText.Quote(Id))
            .Append(CultureInfo.InvariantCulture, $", \"arrival_time\": {Time}, \"message_size\": {Size}")
            .Append(", \"forced_expire\": ").Append(IsExpired ? "true" : "false").Append(", \"sender\": ").Append(JsonText.Quote(Sender)).Append(", \"recipients\": [");
        bool isFirst = true;
        foreach (ExplainedRecipient recipient in Recipients)
        {
            WaitState? state = recipient.State;
            line.Append(isFirst ? "" : ", ").Append("{\"address\": ").Append(JsonText.Quote(recipient.Address));
            Text("code", recipient.Code.Word());
            Number("until", recipient.Until);
            Text("reason", state?.Reason);
            Text("transport", state?.Transport);
            Text("next_hop", state?.NextHop);
            Text("delay_reason", recipient.LastReply);
            Number("window", state?.Load?.Window);
            Number("busy", state?.Load?.Busy);
            Number("waiting", state?.Load?.Waiting);
            Number("concurrency_limit", state?.Load?.ConcurrencyLimit);
            Number("recipient_limit", state?.Load?.RecipientLimit);
            Number("process_limit", state?.Load?.ProcessLimit);
            Number("process", state is { Process: > 0 } ? state.Process : null);
            if (recipient.Tls is { } tls)
                line.Append(", \"").Append(TlsUse.Name).Append("\": ").Append(tls.ToJson());
            line.Append('}');
            isFirst = false;
        }
        return line.Append("]}").ToString();

        void Text(string name, string? value)
        {
            if (value is not null)
                line.Append(", \"").Append(name).Append("\": ").Append(JsonText.Quote(value));
        }

        void Number(string name, long? value)
        {
            if (value is { } number)
                line.Append(CultureInfo.InvariantCulture, $", \"{name}\": {number}");
        }
    }

    /// <exception cref="IpcException">Malformed.</exception>
    public static ExplainedMessage From(AttributeList list)
    {
        List<ExplainedRecipient> recipients = [];
        foreach (AttributeList recipient in list.Lists(RecipientsName))
            recipients.Add(ExplainedRecipient.From(recipient));
        return new ExplainedMessage(list.Text(QueueName), list.Text(QueueId), list.Number(TimeName), list.Number(SizeName), list.Text(SenderName),
            recipients, (int)Math.Clamp(list.Number(MoreName, 0), 0, int.MaxValue))
        {
            IsExpired = list.IsTrue(ExpiredName),
        };
    }
}

/// <summary>Why one recipient waits.</summary>
/// <param name="Address">External form.</param>
/// <param name="Code">Why.</param>
/// <param name="Until">When that ends, seconds since 1970; null: no time decides.</param>
/// <param name="LastReply">What came of the last attempt; null: none is on record.</param>
/// <param name="State">Where it goes, and how things stand there; its code is one reason among others for <paramref name="Code"/>.
/// null: the queue manager did not say.</param>
public sealed record ExplainedRecipient(string Address, WaitCode Code, long? Until, string? LastReply, WaitState? State)
{
    /// <summary>What the last attempt wanted of TLS, and got; null: nothing is known.</summary>
    public TlsUse? Tls { get; init; }

    private const string AddressName = "address", CodeName = "why", UntilName = "until", LastReplyName = "last_reply", StateName = "state";

    /// <summary>For the line to the command.</summary>
    public AttributeList ToAttributes()
    {
        AttributeList list = new AttributeList().Add(AddressName, Address).Add(CodeName, Code.Word()).AddOptional(LastReplyName, LastReply)
            .AddOptional(StateName, State?.ToAttributes()).AddOptional(TlsUse.Name, Tls?.ToText());
        return Until is { } until ? list.Add(UntilName, until) : list;
    }

    /// <exception cref="IpcException">Malformed.</exception>
    public static ExplainedRecipient From(AttributeList list) => new(
        list.Text(AddressName), WaitCodes.Parse(list.Text(CodeName)) ?? throw new IpcException("unknown reason to wait"),
        list.Has(UntilName) ? list.Number(UntilName) : null, list.OptionalText(LastReplyName),
        list.OptionalList(StateName) is { } state ? WaitState.From(state) : null)
    {
        Tls = list.OptionalText(TlsUse.Name) is { } tls ? TlsUse.FromText(tls) : null,
    };
}

/// <summary>How many recipients wait for one reason.</summary>
/// <param name="Code">Why.</param>
/// <param name="Reply">What came of their last attempt, without their addresses; empty: nothing is on record.</param>
/// <param name="Recipients">How many.</param>
/// <param name="Messages">Of how many messages.</param>
public sealed record WaitCount(WaitCode Code, string Reply, int Recipients, int Messages)
{
    private const string CodeName = "why", ReplyName = "last_reply", RecipientsName = "recipients", MessagesName = "messages";

    /// <summary>For the line to the command.</summary>
    public AttributeList ToAttributes() =>
        new AttributeList().Add(CodeName, Code.Word()).Add(ReplyName, Reply).Add(RecipientsName, Recipients).Add(MessagesName, Messages);

    /// <exception cref="IpcException">Malformed.</exception>
    public static WaitCount From(AttributeList list) => new(
        WaitCodes.Parse(list.Text(CodeName)) ?? throw new IpcException("unknown reason to wait"), list.Text(ReplyName),
        (int)Math.Clamp(list.Number(RecipientsName), 0, int.MaxValue), (int)Math.Clamp(list.Number(MessagesName), 0, int.MaxValue));
}

/// <summary>How much waits from one sender.</summary>
/// <param name="Sender">External form.</param>
/// <param name="Recipients">How many.</param>
/// <param name="Messages">Of how many messages.</param>
public sealed record SenderCount(string Sender, int Recipients, int Messages)
{
    private const string SenderName = "sender", RecipientsName = "recipients", MessagesName = "messages";

    /// <summary>For the line to the command.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(SenderName, Sender).Add(RecipientsName, Recipients).Add(MessagesName, Messages);

    /// <exception cref="IpcException">Malformed.</exception>
    public static SenderCount From(AttributeList list) => new(list.Text(SenderName),
        (int)Math.Clamp(list.Number(RecipientsName), 0, int.MaxValue), (int)Math.Clamp(list.Number(MessagesName), 0, int.MaxValue));
}

/// <summary>All is told.</summary>
/// <param name="Total">Messages that there are; only some of very many are told.</param>
/// <param name="IsFromFilesAlone">The queue manager did not answer.</param>
public sealed record ExplanationEnd(int Total, bool IsFromFilesAlone)
{
    /// <summary>Of all of them, the most frequent first.</summary>
    public IReadOnlyList<WaitCount> Reasons { get; init; } = [];

    /// <summary>Those with most of them first.</summary>
    public IReadOnlyList<SenderCount> Senders { get; init; } = [];

    private const string TotalName = "total", SendersName = "senders", NoAnswer = "no_answer", ReasonsName = "reasons";

    /// <summary>For the line to the command.</summary>
    public AttributeList ToAttributes() => new AttributeList().Add(TotalName, Total).Add(NoAnswer, IsFromFilesAlone)
        .Add(ReasonsName, [.. Reasons.Select(static reason => reason.ToAttributes())]).AddOptional(SendersName, [.. Senders.Select(static sender => sender.ToAttributes())]);

    /// <summary>Understands the end; null: it is something else.</summary>
    public static ExplanationEnd? From(AttributeList list) => list.Has(TotalName)
        ? new((int)Math.Clamp(list.Number(TotalName), 0, int.MaxValue), list.IsTrue(NoAnswer))
        {
            Reasons = [.. list.Lists(ReasonsName).Select(WaitCount.From)],
            Senders = list.Has(SendersName) ? [.. list.Lists(SendersName).Select(SenderCount.From)] : [],
        } : null;
}
