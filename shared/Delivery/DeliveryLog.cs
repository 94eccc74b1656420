using System.Text.Json;
using PostfixNet.Log;
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
    /// <param name="use">What it asked of TLS and got, for programs; null: nothing.</param>
    public static ILogLine Line(QueueId id, Recipient recipient, string relay, int sessionUses,
        in Times times, DeliveryStatus status, Dsn dsn, int resolutionLimit = 2, string tls = "", TlsUse? use = null) =>
        new Result(id, recipient, relay, sessionUses, times, status, dsn, resolutionLimit, tls, use);

    private sealed record Result(QueueId Id, Recipient Recipient, string Relay, int SessionUses, Times Times, DeliveryStatus Status, Dsn Dsn, int ResolutionLimit, string Tls, TlsUse? Use) : ILogLine
    {
        public string Text
        {
            get
            {
                string original = Recipient.HasOtherOriginal ? $", orig_to=<{Address.ToExternal(Recipient.Original!)}>" : "";
                string uses = SessionUses > 1 ? $", conn_use={SessionUses}" : "";
                string security = Tls.Length > 0 ? $", tls={Tls}" : "";
                return $"{Id}: to=<{Address.ToExternal(Recipient.Address)}>{original}, relay={Relay}{uses}, " +
                    $"delay={Delay(Times.Arrival, Times.Done, ResolutionLimit)}, delays={Delay(Times.Arrival, Times.Active, ResolutionLimit)}/" +
                    $"{Delay(Times.Active, Times.Handed, ResolutionLimit)}/{Delay(Times.Handed, Times.SetUp, ResolutionLimit)}/" +
                    $"{Delay(Times.SetUp, Times.Done, ResolutionLimit)}{security}, dsn={Dsn.Status}, status={Word(Status)} ({Dsn.Reason})";
            }
        }

        public void WriteFields(Utf8JsonWriter json)
        {
            json.WriteString("queue_id"u8, Id.ToString());
            json.WriteString("to"u8, PrintableText.Of(Address.ToExternal(Recipient.Address)));
            if (Recipient.HasOtherOriginal)
                json.WriteString("orig_to"u8, PrintableText.Of(Address.ToExternal(Recipient.Original!)));
            json.WriteString("relay"u8, PrintableText.Of(Relay));
            if (SessionUses > 1)
                json.WriteNumber("conn_use"u8, SessionUses);
            json.WriteNumber("delay"u8, Seconds(Times.Arrival, Times.Done));
            json.WriteStartObject("delays"u8);
            json.WriteNumber("before_queue_manager"u8, Seconds(Times.Arrival, Times.Active));
            json.WriteNumber("queue_manager"u8, Seconds(Times.Active, Times.Handed));
            json.WriteNumber("connection"u8, Seconds(Times.Handed, Times.SetUp));
            json.WriteNumber("transmission"u8, Seconds(Times.SetUp, Times.Done));
            json.WriteEndObject();
            if (Use is not null)
            {
                json.WritePropertyName(TlsUse.Name);
                json.WriteRawValue(Use.ToJson());
            }
            json.WriteString("dsn"u8, Dsn.Status);
            json.WriteString("status"u8, Word(Status));
            json.WriteString("reason"u8, PrintableText.Of(Dsn.Reason.Length > MailLog.LongestText ? Dsn.Reason[..MailLog.LongestText] : Dsn.Reason));
        }
    }

    // A clock that was set back gives no negative time.
    private static decimal Seconds(long from, long to) => Math.Max(0, to - from) / 1_000_000m;

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
