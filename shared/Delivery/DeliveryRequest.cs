using PostfixNet.Ipc;
using PostfixNet.Queue;

namespace PostfixNet.Delivery;

/// <summary>One recipient of a delivery request.</summary>
/// <param name="Address">Internal (unquoted) form.</param>
/// <param name="OriginalRecipient">Before rewriting and aliases; empty when unknown.</param>
/// <param name="Offset">Of its record in the queue file, for the done mark.</param>
/// <param name="DsnOriginalRecipient">"type;address" as stored (ORCPT); empty when none.</param>
/// <param name="NotifyFlags">NOTIFY bits of the queue file format; 0: default.</param>
public sealed record DeliveryRecipient(string Address, string OriginalRecipient, long Offset, string DsnOriginalRecipient, int NotifyFlags);

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
    public required IReadOnlyList<DeliveryRecipient> Recipients { get; init; }

    /// <summary>Content length in bytes as the size record counts it; what SIZE= announces.</summary>
    public long Size { get; init; }

    /// <summary>File offset of the first record of the content.</summary>
    public long DataOffset { get; init; }

    /// <summary>"7bit", "8bit", or empty when unknown.</summary>
    public string Encoding { get; init; } = "";

    /// <summary>SMTPUTF8 flags of the size record.</summary>
    public int SmtpUtf8Flags { get; init; }

    /// <summary>ENVID of the sender, decoded; empty when none.</summary>
    public string EnvelopeId { get; init; } = "";

    /// <summary>RET: 0 unknown, 1 FULL, 2 HDRS.</summary>
    public int ReturnFlags { get; init; }

    /// <summary>Bit of <see cref="TraceFlags"/>: the sender was told of the delay, and is to hear of the delivery.</summary>
    public const int DelayWasTold = 1 << 13;

    /// <summary>trace_flags of the queue file, and <see cref="DelayWasTold"/>.</summary>
    public int TraceFlags { get; init; }

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
        foreach (DeliveryRecipient r in Recipients)
        {
            recipients.Add(new AttributeList().Add("address", r.Address).Add("original_recipient", r.OriginalRecipient)
                .Add("offset", r.Offset).Add("dsn_orig_rcpt", r.DsnOriginalRecipient).Add("notify_flags", r.NotifyFlags));
        }
        AttributeList list = new AttributeList()
            .Add("queue_name", QueueDirectories.NameOf(Queue)).Add("queue_id", Id.ToString()).Add("nexthop", NextHop).Add("sender", Sender)
            .Add("size", Size).Add("data_offset", DataOffset).Add("encoding", Encoding).Add("smtputf8", SmtpUtf8Flags)
            .Add("envelope_id", EnvelopeId).Add("ret_flags", ReturnFlags).Add("trace_flags", TraceFlags)
            .Add("arrival_time", ArrivalMicroseconds).Add("active_time", ActiveMicroseconds).Add("more_waits", MoreWaits ? 1 : 0)
            .Add("recipients", recipients);
        if (Origin is not null)
            list.Add("origin", [Origin.ToAttributes()]);
        return Rule is null ? list : list.Add("rule", [Rule.ToAttributes()]);
    }

    /// <exception cref="IpcException">Something is missing or malformed, or there is no next hop or no recipient (S4-03).</exception>
    public static DeliveryRequest From(AttributeList list)
    {
        List<DeliveryRecipient> recipients = [];
        foreach (AttributeList r in list.Lists("recipients"))
        {
            recipients.Add(new DeliveryRecipient(r.Text("address"), r.Text("original_recipient"), r.Number("offset"),
                r.Text("dsn_orig_rcpt"), (int)r.Number("notify_flags")));
        }
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
            Encoding = list.Text("encoding"),
            SmtpUtf8Flags = (int)list.Number("smtputf8"),
            EnvelopeId = list.Text("envelope_id"),
            ReturnFlags = (int)list.Number("ret_flags"),
            TraceFlags = (int)list.Number("trace_flags"),
            ArrivalMicroseconds = list.Number("arrival_time"),
            ActiveMicroseconds = list.Number("active_time"),
            Origin = list.Has("origin") && list.Lists("origin") is [var origin, ..] ? MessageOrigin.From(origin) : null,
            MoreWaits = list.Number("more_waits") != 0,
            Rule = list.Has("rule") && list.Lists("rule") is [var rule, ..] ? DeliveryRule.From(rule) : null,
        };
    }
}
