using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Delivery;

/// <summary>The line that says what became of one recipient: what log analysers read.</summary>
public static class DeliveryLog
{
    /// <summary>Times of one delivery, microseconds since 1970, from which delay= and delays=a/b/c/d are made.</summary>
    /// <param name="Arrival">The message arrived.</param>
    /// <param name="Active">It entered the active queue: ends a.</param>
    /// <param name="Handed">The delivery agent got it: ends b.</param>
    /// <param name="SetUp">The conversation was set up: ends c. Equal to <paramref name="Handed"/> without a network client.</param>
    /// <param name="Done">The outcome was known: ends d.</param>
    public readonly record struct Times(long Arrival, long Active, long Handed, long SetUp, long Done);

    /// <summary>The line of one outcome.</summary>
    /// <param name="id">The message.</param>
    /// <param name="recipient">Its original address is shown when it differs.</param>
    /// <param name="relay">host[address]:port, or "none".</param>
    /// <param name="sessionUses">conn_use=, shown from 2 on.</param>
    /// <param name="times">When what happened.</param>
    /// <param name="status">What became of the recipient.</param>
    /// <param name="dsn">Status code and reason.</param>
    /// <param name="resolutionLimit">delay_logging_resolution_limit.</param>
    /// <param name="tls">tls=, as newer versions of Postfix show it; empty: not shown.</param>
    public static string Format(QueueId id, Recipient recipient, string relay, int sessionUses,
        in Times times, DeliveryStatus status, Dsn dsn, int resolutionLimit = 2, string tls = "")
    {
        string original = recipient.HasOtherOriginal ? $", orig_to=<{Address.ToExternal(recipient.Original!)}>" : "";
        string uses = sessionUses > 1 ? $", conn_use={sessionUses}" : "";
        string security = tls.Length > 0 ? $", tls={tls}" : "";
        return $"{id}: to=<{Address.ToExternal(recipient.Address)}>{original}, relay={relay}{uses}, " +
            $"delay={Delay(times.Arrival, times.Done, resolutionLimit)}, delays={Delay(times.Arrival, times.Active, resolutionLimit)}/" +
            $"{Delay(times.Active, times.Handed, resolutionLimit)}/{Delay(times.Handed, times.SetUp, resolutionLimit)}/" +
            $"{Delay(times.SetUp, times.Done, resolutionLimit)}{security}, dsn={dsn.Status}, status={Word(status)} ({dsn.Reason})";
    }

    /// <summary>The word of status=.</summary>
    public static string Word(DeliveryStatus status) => status switch
    {
        DeliveryStatus.Sent => "sent",
        DeliveryStatus.Deferred => "deferred",
        DeliveryStatus.Bounced => "bounced",
        DeliveryStatus.SoftBounced => "SOFTBOUNCE",
        DeliveryStatus.Deliverable => "deliverable",
        DeliveryStatus.Undeliverable => "undeliverable",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, null),
    };

    private static string Delay(long from, long to, int resolutionLimit) => DelayText.Format((to - from) / 1e6, resolutionLimit);
}
