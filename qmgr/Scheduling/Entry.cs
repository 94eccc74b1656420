using System.Diagnostics;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Qmgr;

/// <summary>One delivery: some recipients of one message that go to the same place in one request.</summary>
internal sealed class Entry(Job job, Destination destination, int capacity)
{
    // The request must fit into a message between processes (Channel.MessageLimit), however long the addresses.
    private const int BytesLimit = 1 << 20, BytesBesides = 200;

    private readonly List<Recipient> _recipients = new(capacity);
    private int _bytes;
    private bool _isOver;

    internal Job Job { get; } = job;

    internal Message Message => Job.Message;

    internal Destination Destination { get; } = destination;

    internal IReadOnlyList<Recipient> Recipients => _recipients;

    /// <summary>The next one of the same job for the same destination.</summary>
    internal Entry? Next { get; set; }

    /// <summary>The agent went away before it said anything, and was asked on a connection that had been used before.</summary>
    internal bool WasRetried { get; set; }

    /// <summary>An agent has it.</summary>
    internal bool IsUnderWay => Job.UnderWay.Contains(this);

    /// <summary>The agent's process id; 0: none has answered yet.</summary>
    internal int Process { get; set; }

    /// <summary>No recipient fits in any more, whatever their number.</summary>
    internal bool IsFull => _bytes >= BytesLimit;

    internal void Add(Recipient recipient)
    {
        _recipients.Add(recipient);
        // Octets outside ASCII may take two.
        _bytes += BytesBesides + 2 * (recipient.Address.Length + (recipient.Original?.Length ?? 0) + (recipient.DsnOriginal?.Length ?? 0));
    }

    /// <summary>It is over, or is not to be: the recipients are the caller's, who settles them or queues them elsewhere.</summary>
    /// <exception cref="UnreachableException">It was over before: its recipients would count twice.</exception>
    internal List<Recipient> Release()
    {
        if (_isOver)
            throw new UnreachableException($"{Message.Id}: a delivery ended twice");
        _isOver = true;
        return _recipients;
    }

    /// <summary>What the agent is asked.</summary>
    /// <param name="moreWaits">More mail waits for this next hop.</param>
    /// <param name="settings">As they are now.</param>
    internal DeliveryRequest Request(bool moreWaits, Settings settings) => new()
    {
        Queue = QueueName.Active,
        Id = Message.Id,
        NextHop = Destination.NextHop,
        Sender = Message.SenderTo(Recipients[0], settings.MyDomain),
        ReturnPath = Message.ReturnPaths?.Of(Message, Recipients[0]),
        Recipients = Recipients,
        Size = Message.Size,
        DataOffset = Message.DataOffset,
        Encoding = Message.Encoding,
        SmtpUtf8 = Message.SmtpUtf8,
        RequireTls = Message.RequireTls,
        EnvelopeId = Message.EnvelopeId,
        Trace = Message.Trace,
        Return = Message.Return,
        // A sender that was told of the delay is to hear of the delivery too.
        Tracing = Message.Tracing | (settings.ConfirmDelayCleared && Message.WarnTime < 0 ? Tracing.DelayWasTold : Tracing.None),
        ArrivalMicroseconds = Message.ArrivalMicroseconds,
        ActiveMicroseconds = Message.ActiveMicroseconds,
        Origin = Message.Origin,
        MoreWaits = moreWaits,
        WantsOutcomes = settings.Suppression.IsAutomatic,
        IsForAll = Message.SpokesmanOffset > 0,
        Rule = Message.TlsLevel is { } level ? (DeliveryRule.Of(Destination.Rule) ?? new DeliveryRule("postsuper change")) with { Tls = level } : DeliveryRule.Of(Destination.Rule),
    };
}
