using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Smtp;

/// <summary>One delivery request and what it is done with, from its beginning to its end. Nothing of it changes: what becomes
/// of the request stands in <see cref="DeliveryState"/>, what happens with one server in <see cref="ServerTurn"/>.</summary>
/// <param name="content">Opens the message's content at its start; called once per server that wants it.</param>
/// <param name="records">Where results are made durable.</param>
internal sealed class DeliveryContext(DeliveryRequest request, Func<ContentReader> content, IDeliveryRecords records, Surroundings surroundings)
{
    internal DeliveryRequest Request => request;

    internal Func<ContentReader> Content => content;

    internal IDeliveryRecords Records => records;

    internal Surroundings Surroundings => surroundings;

    internal Log Log => surroundings.Log;

    /// <summary>With what main.toml says of the destination.</summary>
    internal SmtpOptions Options { get; } = surroundings.Options.For(request.Rule);

    /// <summary>For log lines.</summary>
    internal string QueueId { get; } = request.Id.ToString();

    /// <summary>Microseconds since 1970: when this program got the request.</summary>
    internal long StartTime { get; } = MailTime.Microseconds(surroundings.Clock);

    /// <summary>When all must be over: a server that is always just in time for the next limit cannot hold a recipient for ever.</summary>
    internal Deadline Limit { get; } = Deadline.In(surroundings.Options.RequestTimeLimit);

    /// <summary>Only find out what would become of the mail (sendmail -bv): nothing is delivered.</summary>
    internal bool IsProbe => (request.Tracing & Tracing.Probe) != 0;

    /// <summary>Deliver, and report each result to the sender (sendmail -v).</summary>
    internal bool IsReported => (request.Tracing & Tracing.Report) != 0;

    /// <summary>The sender was told of the delay, and is to hear of its end (confirm_delay_cleared).</summary>
    internal bool EndsDelay => (request.Tracing & Tracing.DelayWasTold) != 0;

    /// <summary>Microseconds since 1970.</summary>
    internal long Now => MailTime.Microseconds(surroundings.Clock);
}
