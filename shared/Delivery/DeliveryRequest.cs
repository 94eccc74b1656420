using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Delivery;

/// <summary>What qmgr asks of a delivery agent: this message, to these recipients, by this next hop.</summary>
public sealed record DeliveryRequest
{
    /// <summary>Queue in which the file lies; the active queue, as a rule.</summary>
    public required QueueName Queue { get; init; }

    /// <summary>Name of the file.</summary>
    public required QueueId Id { get; init; }

    /// <summary>Where to: a domain, "[host]", with ":port" or without, or a list of them.</summary>
    public required string NextHop { get; init; }

    /// <summary>Envelope sender, internal form; empty for a notice.</summary>
    public required string Sender { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<Recipient> Recipients { get; init; }

    /// <summary>Content length in bytes as the size record counts it; what SIZE= announces.</summary>
    public long Size { get; init; }

    /// <summary>File offset of the first record of the content.</summary>
    public long DataOffset { get; init; }

    /// <summary>Which bytes the content has.</summary>
    public BodyEncoding Encoding { get; init; }

    /// <summary>Whether, and why, it needs SMTPUTF8.</summary>
    public SmtpUtf8 SmtpUtf8 { get; init; }

    /// <summary>ENVID of the sender, decoded; null when none.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>RET of the sender.</summary>
    public DsnReturn Return { get; init; }

    /// <summary>Whether it is to be delivered at all, and what else the sender is told.</summary>
    public Tracing Tracing { get; init; }

    /// <summary>When the message arrived, microseconds since 1970.</summary>
    public long ArrivalMicroseconds { get; init; }

    /// <summary>When the message became active, microseconds since 1970.</summary>
    public long ActiveMicroseconds { get; init; }

    /// <summary>Where it came from; null: from this system.</summary>
    public MessageOrigin? Origin { get; init; }

    /// <summary>More mail waits for this next hop: keep the session open after this one.</summary>
    public bool MoreWaits { get; init; }

    /// <summary>What main.toml has for this destination in place of the agent's parameters; null: nothing.</summary>
    public DeliveryRule? Rule { get; init; }

    /// <summary>For the line to the agent.</summary>
    public AttributeList ToAttributes()
    {
        List<AttributeList> recipients = new(Recipients.Count);
        foreach (Recipient recipient in Recipients)
            recipients.Add(new AttributeList().Add(recipient));
        AttributeList list = new AttributeList()
            .Add("queue_name", QueueDirectories.NameOf(Queue)).Add("queue_id", Id.ToString()).Add("nexthop", NextHop).Add("sender", Sender)
            .Add("size", Size).Add("data_offset", DataOffset).AddOptional("encoding", Encoding.Word()).Add("smtputf8", (long)SmtpUtf8)
            .AddOptional("envelope_id", EnvelopeId).Add("ret_flags", (long)Return).Add("trace_flags", (long)Tracing)
            .Add("arrival_time", ArrivalMicroseconds).Add("active_time", ActiveMicroseconds).Add("more_waits", MoreWaits)
            .Add("recipients", recipients);
        if (Origin is not null)
            list.Add("origin", [Origin.ToAttributes()]);
        return Rule is null ? list : list.Add("rule", [Rule.ToAttributes()]);
    }

    /// <exception cref="IpcException">Something is missing or malformed, or there is no next hop or no recipient (S4-03).</exception>
    public static DeliveryRequest From(AttributeList list)
    {
        List<Recipient> recipients = [];
        foreach (AttributeList recipient in list.Lists("recipients"))
            recipients.Add(recipient.Recipient());
        string nextHop = list.Text("nexthop");
        if (nextHop.Length == 0 || recipients.Count == 0)
            throw new IpcException("delivery request without next hop or recipients");
        return new DeliveryRequest
        {
            Queue = QueueDirectories.TryParse(list.Text("queue_name"), out QueueName queue) ? queue : throw new IpcException("delivery request with a bad queue name"),
            Id = QueueId.TryParse(list.Text("queue_id"), out QueueId id) ? id : throw new IpcException("delivery request with a bad queue ID"),
            NextHop = nextHop,
            Sender = list.Text("sender"),
            Recipients = recipients,
            Size = list.Number("size"),
            DataOffset = list.Number("data_offset"),
            Encoding = BodyEncodings.TryParse(list.OptionalText("encoding") ?? "", out BodyEncoding encoding) ? encoding : BodyEncoding.Unknown,
            SmtpUtf8 = SmtpUtf8Flags.FromNumber(list.Number("smtputf8")),
            EnvelopeId = list.OptionalText("envelope_id"),
            Return = DsnReturns.FromNumber(list.Number("ret_flags")),
            Tracing = TracingFlags.FromNumber(list.Number("trace_flags")),
            ArrivalMicroseconds = list.Number("arrival_time"),
            ActiveMicroseconds = list.Number("active_time"),
            Origin = list.Has("origin") && list.Lists("origin") is [var origin, ..] ? MessageOrigin.From(origin) : null,
            MoreWaits = list.IsTrue("more_waits"),
            Rule = list.Has("rule") && list.Lists("rule") is [var rule, ..] ? DeliveryRule.From(rule) : null,
        };
    }
}
