using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Qmgr;

/// <summary>Some recipients of one message that go to the same place in one request.</summary>
internal sealed class Entry(Job job, Destination destination, List<Recipient> recipients)
{
    internal Job Job { get; } = job;

    internal Message Message => Job.Message;

    internal Destination Destination { get; } = destination;

    internal List<Recipient> Recipients { get; } = recipients;

    /// <summary>The next one of the same job for the same destination.</summary>
    internal Entry? Next { get; set; }

    /// <summary>The agent went away before it said anything, and was asked on a connection that had been used before.</summary>
    internal bool WasRetried { get; set; }

    /// <summary>The agent's process id; 0: none has answered yet.</summary>
    internal int Process { get; set; }

    /// <param name="moreWaits">More mail waits for this next hop.</param>
    internal DeliveryRequest Request(bool moreWaits) => new()
    {
        Queue = QueueName.Active,
        Id = Message.Id,
        NextHop = Destination.NextHop,
        Sender = Message.SenderTo(Recipients[0]),
        Recipients = Recipients,
        Size = Message.Size,
        DataOffset = Message.Envelope.DataOffset,
        Encoding = Message.Envelope.Encoding,
        SmtpUtf8 = Message.Envelope.SmtpUtf8,
        EnvelopeId = Message.Envelope.EnvelopeId,
        Return = Message.Envelope.Return,
        Tracing = Message.Envelope.Tracing | (Message is { TellsEndOfDelay: true, Envelope.WarnTime: < 0 } ? Tracing.DelayWasTold : Tracing.None),
        ArrivalMicroseconds = Message.ArrivalMicroseconds,
        ActiveMicroseconds = Message.ActiveMicroseconds,
        Origin = MessageOrigin.Of(Message.Envelope),
        MoreWaits = moreWaits,
        Rule = DeliveryRule.Of(Destination.Rule),
    };
}
