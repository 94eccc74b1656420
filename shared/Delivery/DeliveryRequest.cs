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

    /// <summary>The sender that the next hop is told, internal form; null: <see cref="Sender"/>.</summary>
    public string? ReturnPath { get; init; }

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

    /// <summary>What its sender wants of TLS.</summary>
    public RequireTls RequireTls { get; init; }

    /// <summary>ENVID of the sender, decoded; null when none.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>What the message is part of; null: nothing that anybody wants to know.</summary>
    public TraceContext? Trace { get; init; }

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

    /// <summary>A redirected message: this copy is for all its recipients, and they are done with it when it is.</summary>
    public bool IsForAll { get; init; }

    /// <summary>The report is to tell what became of each recipient.</summary>
    public bool WantsOutcomes { get; init; }

    /// <summary>What main.toml has for this destination in place of the agent's parameters; null: nothing.</summary>
    public DeliveryRule? Rule { get; init; }

    private const string NextHopName = "nexthop", SizeName = "size", DataOffsetName = "data_offset", ArrivalTime = "arrival_time",
        ActiveTime = "active_time", MoreWaitsName = "more_waits", ForAll = "for_all", Outcomes = "wants_outcomes", ReturnPathName = "return_path", OriginName = "origin", RuleName = "rule";

    /// <summary>For the line to the agent.</summary>
    public AttributeList ToAttributes()
    {
        List<AttributeList> recipients = new(Recipients.Count);
        foreach (Recipient recipient in Recipients)
            recipients.Add(new AttributeList().Add(recipient));
        return new AttributeList()
            .Add(FieldName.QueueName, Queue).Add(FieldName.QueueId, Id).Add(NextHopName, NextHop).Add(FieldName.Sender, Sender)
            .Add(SizeName, Size).Add(DataOffsetName, DataOffset).AddOptional(AttributeName.Encoding, Encoding.Word())
            .Add(FieldName.SmtpUtf8, (long)SmtpUtf8).Add(FieldName.RequireTls, (long)RequireTls).AddOptional(AttributeName.EnvelopeId, EnvelopeId).AddOptional(AttributeName.TraceContext, Trace?.ToString())
            .Add(AttributeName.ReturnFlags, (long)Return).Add(AttributeName.TraceFlags, (long)Tracing)
            .Add(ArrivalTime, ArrivalMicroseconds).Add(ActiveTime, ActiveMicroseconds).Add(MoreWaitsName, MoreWaits).Add(ForAll, IsForAll).AddOptional(ReturnPathName, ReturnPath).AddOptional(Outcomes, WantsOutcomes ? "1" : null)
            .Add(FieldName.Recipients, recipients).AddOptional(OriginName, Origin?.ToAttributes()).AddOptional(RuleName, Rule?.ToAttributes());
    }

    /// <exception cref="IpcException">Something is missing or malformed, or there is no next hop or no recipient (S4-03).</exception>
    public static DeliveryRequest From(AttributeList list)
    {
        IReadOnlyList<AttributeList> lists = list.Lists(FieldName.Recipients);
        List<Recipient> recipients = new(lists.Count);
        foreach (AttributeList recipient in lists)
            recipients.Add(recipient.Recipient());
        string nextHop = list.Text(NextHopName);
        if (nextHop.Length == 0 || recipients.Count == 0)
            throw new IpcException("delivery request without next hop or recipients");
        return new DeliveryRequest
        {
            Queue = list.QueueName(),
            Id = list.QueueId(),
            NextHop = nextHop,
            Sender = list.Text(FieldName.Sender),
            Recipients = recipients,
            Size = list.Number(SizeName),
            DataOffset = list.Number(DataOffsetName),
            Encoding = BodyEncodings.Parse(list.OptionalText(AttributeName.Encoding)),
            SmtpUtf8 = SmtpUtf8Flags.FromNumber(list.Number(FieldName.SmtpUtf8)),
            RequireTls = RequireTlsWords.FromNumber(list.Number(FieldName.RequireTls, 0)),
            EnvelopeId = list.OptionalText(AttributeName.EnvelopeId),
            Trace = TraceContext.Parse(list.OptionalText(AttributeName.TraceContext)),
            Return = DsnReturns.FromNumber(list.Number(AttributeName.ReturnFlags)),
            Tracing = TracingFlags.FromNumber(list.Number(AttributeName.TraceFlags)),
            ArrivalMicroseconds = list.Number(ArrivalTime),
            ActiveMicroseconds = list.Number(ActiveTime),
            Origin = list.OptionalList(OriginName) is { } origin ? MessageOrigin.From(origin) : null,
            MoreWaits = list.IsTrue(MoreWaitsName),
            IsForAll = list.IsTrue(ForAll),
            ReturnPath = list.OptionalText(ReturnPathName),
            WantsOutcomes = list.Has(Outcomes),
            Rule = list.OptionalList(RuleName) is { } rule ? DeliveryRule.From(rule) : null,
        };
    }
}
