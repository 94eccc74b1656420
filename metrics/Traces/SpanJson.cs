using System.Buffers;
using System.Globalization;
using System.Text.Json;
using PostfixNet.Events;
using PostfixNet.Mail;

namespace PostfixNet.Metrics;

/// <summary>Spans as OTLP has them in JSON (opentelemetry-proto, ExportTraceServiceRequest), made of events: one of each attempt, and one of each message when it leaves the queue.</summary>
internal static class SpanJson
{
    // SpanKind and Status, trace.proto.
    private const int Server = 2, Client = 3, Ok = 1, Error = 2;
    private const long MicrosecondsPerSecond = 1_000_000;

    /// <summary>A span is made of it.</summary>
    internal static bool IsSpan(MailEvent told) => told.Trace is { Sampled: true, SpanId: not null } && told.QueueId is not null
        && (told.Kind == EventKind.Attempt ? told.Delays is not null : told is { Kind: EventKind.Removed, Arrived: not null });

    /// <summary>A request with these spans.</summary>
    /// <param name="host">myhostname.</param>
    internal static byte[] Request(string host, IEnumerable<MailEvent> events)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("resourceSpans");
            json.WriteStartObject();
            json.WriteStartObject("resource");
            json.WriteStartArray("attributes");
            Attribute(json, "service.name", "postfix.net");
            Attribute(json, "service.instance.id", host);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartArray("scopeSpans");
            json.WriteStartObject();
            json.WriteStartObject("scope");
            json.WriteString("name", "postfix.net");
            json.WriteEndObject();
            json.WriteStartArray("spans");
            foreach (MailEvent told in events)
                Span(json, told);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static void Span(Utf8JsonWriter json, MailEvent told)
    {
        EventTrace trace = told.Trace!;
        bool isAttempt = told.Kind == EventKind.Attempt;
        json.WriteStartObject();
        json.WriteString("traceId", trace.TraceId);
        json.WriteString("spanId", isAttempt ? new TraceContext(trace.TraceId, null, true).SpanOf(told.Id) : trace.SpanId);
        if ((isAttempt ? trace.SpanId : trace.ParentId) is { } parent)
            json.WriteString("parentSpanId", parent);
        json.WriteString("name", isAttempt ? "deliver" : "mail");
        json.WriteNumber("kind", isAttempt ? Client : Server);
        long start = isAttempt ? told.Time - told.Delays!.Connection - told.Delays.Transmission : told.Arrived!.Value;
        Time(json, "startTimeUnixNano", Math.Min(start, told.Time));
        Time(json, "endTimeUnixNano", told.Time);
        json.WriteStartArray("attributes");
        Attribute(json, "mail.queue_id", told.QueueId);
        if (isAttempt)
        {
            Attribute(json, "mail.attempt", told.Attempt);
            Attribute(json, "mail.transport", told.Transport);
            Attribute(json, "mail.nexthop", told.NextHop);
            Attribute(json, "mail.recipients", told.Recipients);
            Attribute(json, "mail.status", told.Status);
            Attribute(json, "mail.dsn", told.Dsn);
            Attribute(json, "server.address", told.Remote?.Name);
            Attribute(json, "network.peer.address", told.Remote?.Address);
            Attribute(json, "network.peer.port", told.Remote?.Port);
            Attribute(json, "tls.protocol.name", told.Tls?.Protocol);
            foreach ((string stage, long time) in Stages(told.Delays!))
                Attribute(json, $"mail.stage.{stage}_seconds", time);
        }
        else
        {
            Attribute(json, "mail.size", told.Size);
        }
        json.WriteEndArray();
        if (isAttempt)
        {
            json.WriteStartObject("status");
            json.WriteNumber("code", told.Status == "sent" ? Ok : Error);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static (string Stage, long Time)[] Stages(EventDelays delays) =>
        [("before_queue_manager", delays.BeforeQueueManager), ("queue_manager", delays.QueueManager), ("connection", delays.Connection), ("transmission", delays.Transmission)];

    // 64-bit numbers are text in the JSON of protocol buffers.
    private static void Time(Utf8JsonWriter json, string name, long microseconds) => json.WriteString(name, (microseconds * 1000).ToString(CultureInfo.InvariantCulture));

    private static void Attribute(Utf8JsonWriter json, string name, string? value)
    {
        if (value is null)
            return;
        Begin(json, name);
        json.WriteString("stringValue", PrintableText.Of(value));
        End(json);
    }

    private static void Attribute(Utf8JsonWriter json, string name, long? value)
    {
        if (value is not { } number)
            return;
        Begin(json, name);
        if (name.EndsWith("_seconds", StringComparison.Ordinal))
            json.WriteNumber("doubleValue", (double)Math.Max(0, number) / MicrosecondsPerSecond);
        else
            json.WriteString("intValue", number.ToString(CultureInfo.InvariantCulture));
        End(json);
    }

    private static void Begin(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject();
        json.WriteString("key", name);
        json.WriteStartObject("value");
    }

    private static void End(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
