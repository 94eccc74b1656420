using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PostfixNet.Events;

/// <summary>Events as lines of JSON: the names of their fields, and the order in which they are written.</summary>
internal static class EventJson
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    // What a text may have: the first with which the line is short enough. With the last it is, since each character is six octets at most.
    private static readonly int[] s_longestTexts = [16 * 1024, 2048, 256];
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>How each event begins; nothing in a string of JSON looks like it, since a quote in there has a backslash.</summary>
    internal static ReadOnlySpan<byte> Beginning => "{\"v\":"u8;

    internal static byte[] Line(MailEvent told)
    {
        ArrayBufferWriter<byte> buffer = new(1024);
        foreach (int longest in s_longestTexts)
        {
            bool isCut = told.IsCut;
            buffer.ResetWrittenCount();
            using (Utf8JsonWriter json = new(buffer, s_options))
                Write(json, told, longest, ref isCut);
            if (buffer.WrittenCount < MailEvent.LongestLine)
                break;
        }
        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, MailEvent told, int longest, ref bool isCut)
    {
        json.WriteStartObject();
        json.WriteNumber("v"u8, MailEvent.Version);
        json.WriteString("id"u8, EventText.Encode(told.Id, longest, ref isCut));
        json.WriteString("time"u8, Time(told.Time));
        json.WriteString("event"u8, told.Kind.Word());
        Text(json, "host"u8, told.Host, longest, ref isCut);
        Text(json, "service"u8, told.Service, longest, ref isCut);
        Number(json, "pid"u8, told.Pid);
        Text(json, "queue_id"u8, told.QueueId, longest, ref isCut);
        Text(json, "message_id"u8, told.MessageId, longest, ref isCut);
        Text(json, "sender"u8, told.Sender, longest, ref isCut);
        Number(json, "size"u8, told.Size);
        Number(json, "recipients"u8, told.Recipients);
        if (told.Client is { } client)
        {
            json.WriteStartObject("client"u8);
            Text(json, "name"u8, client.Name, longest, ref isCut);
            Text(json, "address"u8, client.Address, longest, ref isCut);
            json.WriteEndObject();
        }
        Text(json, "origin"u8, told.Origin, longest, ref isCut);
        Text(json, "envelope_id"u8, told.EnvelopeId, longest, ref isCut);
        Text(json, "recipient"u8, told.Recipient, longest, ref isCut);
        Text(json, "original_recipient"u8, told.OriginalRecipient, longest, ref isCut);
        Number(json, "attempt"u8, told.Attempt);
        Text(json, "transport"u8, told.Transport, longest, ref isCut);
        Text(json, "nexthop"u8, told.NextHop, longest, ref isCut);
        Text(json, "status"u8, told.Status, longest, ref isCut);
        Text(json, "dsn"u8, told.Dsn, longest, ref isCut);
        Text(json, "reply"u8, told.Reply, longest, ref isCut);
        Text(json, "reason"u8, told.Reason, longest, ref isCut);
        if (told.Remote is { } remote)
        {
            json.WriteStartObject("remote"u8);
            Text(json, "name"u8, remote.Name, longest, ref isCut);
            Text(json, "address"u8, remote.Address, longest, ref isCut);
            Number(json, "port"u8, remote.Port);
            json.WriteEndObject();
        }
        if (told.Delays is { } delays)
        {
            json.WriteStartObject("delays"u8);
            json.WriteNumber("before_queue_manager"u8, Seconds(delays.BeforeQueueManager));
            json.WriteNumber("queue_manager"u8, Seconds(delays.QueueManager));
            json.WriteNumber("connection"u8, Seconds(delays.Connection));
            json.WriteNumber("transmission"u8, Seconds(delays.Transmission));
            json.WriteEndObject();
        }
        if (told.Tls is { } tls)
        {
            json.WriteStartObject("tls"u8);
            Text(json, "level"u8, tls.Level, longest, ref isCut);
            Text(json, "protocol"u8, tls.Protocol, longest, ref isCut);
            Text(json, "cipher"u8, tls.Cipher, longest, ref isCut);
            Text(json, "verified"u8, tls.Verified, longest, ref isCut);
            if (tls.Resumed is { } resumed)
                json.WriteBoolean("resumed"u8, resumed);
            json.WriteEndObject();
        }
        if (told.Arrived is { } arrived)
            json.WriteString("arrived"u8, Time(arrived));
        if (told.NextAttempt is { } next)
            json.WriteString("next_attempt"u8, Time(next));
        Number(json, "count"u8, told.Count);
        if (told.Trace is { } trace)
        {
            json.WriteStartObject("trace"u8);
            Text(json, "trace_id"u8, trace.TraceId, longest, ref isCut);
            Text(json, "span_id"u8, trace.SpanId, longest, ref isCut);
            Text(json, "parent_id"u8, trace.ParentId, longest, ref isCut);
            json.WriteBoolean("sampled"u8, trace.Sampled);
            json.WriteEndObject();
        }
        Text(json, "notice_for"u8, told.NoticeFor, longest, ref isCut);
        if (isCut)
            json.WriteBoolean("cut"u8, true);
        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value, int longest, ref bool isCut)
    {
        if (value is not null)
            json.WriteString(name, EventText.Encode(value, longest, ref isCut));
    }

    private static void Number(Utf8JsonWriter json, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
    }

    private static string Time(long microseconds) => DateTime.UnixEpoch.AddMicroseconds(microseconds).ToString(TimeFormat, CultureInfo.InvariantCulture);

    // A clock that was set back gives no negative time.
    private static decimal Seconds(long microseconds) => Math.Max(0, microseconds) / 1_000_000m;

    internal static MailEvent? Parse(ReadOnlySpan<byte> line)
    {
        // A line of which a crash has left a part has no end of its own, and another one follows it.
        int at = line.LastIndexOf(Beginning);
        try
        {
            Utf8JsonReader json = new(at < 0 ? line : line[at..]);
            return json.Read() && json.TokenType == JsonTokenType.StartObject ? Read(ref json) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static MailEvent? Read(ref Utf8JsonReader json)
    {
        MailEvent read = new(EventKind.Unknown, "");
        bool hasVersion = false, hasTime = false, hasKind = false;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            _ = json.Read();
            switch (name)
            {
                case "v":
                    hasVersion = Long(ref json) is >= MailEvent.Version;
                    break;
                case "time":
                    hasTime = Moment(ref json) is { } time;
                    if (hasTime)
                        read = read with { Time = Moment(ref json)!.Value };
                    break;
                case "event" when Text(ref json) is { } word:
                    (hasKind, read) = (true, read with { Kind = EventKinds.Parse(word) });
                    break;
                default:
                    read = With(read, name, ref json);
                    break;
            }
        }
        bool isWhole = json.TokenType == JsonTokenType.EndObject && json.CurrentDepth == 0 && !json.Read();
        return isWhole && hasVersion && hasTime && hasKind && read.Id.Length > 0 ? read : null;
    }

    private static MailEvent With(MailEvent read, string name, ref Utf8JsonReader json)
    {
        switch (name)
        {
            case "id": return read with { Id = Text(ref json) ?? "" };
            case "host": return read with { Host = Text(ref json) };
            case "service": return read with { Service = Text(ref json) };
            case "pid": return read with { Pid = Int(ref json) };
            case "queue_id": return read with { QueueId = Text(ref json) };
            case "message_id": return read with { MessageId = Text(ref json) };
            case "sender": return read with { Sender = Text(ref json) };
            case "size": return read with { Size = Long(ref json) };
            case "recipients": return read with { Recipients = Int(ref json) };
            case "origin": return read with { Origin = Text(ref json) };
            case "envelope_id": return read with { EnvelopeId = Text(ref json) };
            case "recipient": return read with { Recipient = Text(ref json) };
            case "original_recipient": return read with { OriginalRecipient = Text(ref json) };
            case "attempt": return read with { Attempt = Int(ref json) };
            case "transport": return read with { Transport = Text(ref json) };
            case "nexthop": return read with { NextHop = Text(ref json) };
            case "status": return read with { Status = Text(ref json) };
            case "dsn": return read with { Dsn = Text(ref json) };
            case "reply": return read with { Reply = Text(ref json) };
            case "reason": return read with { Reason = Text(ref json) };
            case "arrived": return read with { Arrived = Moment(ref json) };
            case "next_attempt": return read with { NextAttempt = Moment(ref json) };
            case "count": return read with { Count = Long(ref json) };
            case "notice_for": return read with { NoticeFor = Text(ref json) };
            case "cut": return read with { IsCut = json.TokenType == JsonTokenType.True };
            case "client":
                {
                    Fields fields = Fields.Read(ref json);
                    return read with { Client = new(fields.Text("name"), fields.Text("address")) };
                }
            case "remote":
                {
                    Fields fields = Fields.Read(ref json);
                    return read with { Remote = new(fields.Text("name"), fields.Text("address"), (int?)fields.Number("port")) };
                }
            case "delays":
                {
                    Fields fields = Fields.Read(ref json);
                    return read with { Delays = new(fields.Microseconds("before_queue_manager"), fields.Microseconds("queue_manager"), fields.Microseconds("connection"), fields.Microseconds("transmission")) };
                }
            case "tls":
                {
                    Fields fields = Fields.Read(ref json);
                    return read with { Tls = new(fields.Text("level") ?? "", fields.Text("protocol"), fields.Text("cipher"), fields.Text("verified"), fields.Flag("resumed")) };
                }
            case "trace":
                {
                    Fields fields = Fields.Read(ref json);
                    return read with { Trace = new(fields.Text("trace_id") ?? "", fields.Text("span_id"), fields.Flag("sampled") ?? false) { ParentId = fields.Text("parent_id") } };
                }
            default:
                json.Skip();
                return read;
        }
    }

    // What has another type than it should is not known.
    private static string? Text(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.String)
            return EventText.Decode(json.GetString()!);
        json.Skip();
        return null;
    }

    private static long? Long(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.Number && json.TryGetInt64(out long value))
            return value;
        json.Skip();
        return null;
    }

    private static int? Int(ref Utf8JsonReader json) => Long(ref json) is >= int.MinValue and <= int.MaxValue and var value ? (int)value : null;

    private static long? Moment(ref Utf8JsonReader json) => Text(ref json) is { } text
        && DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out DateTime time)
            ? (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond : null;

    // The fields of an object within an event.
    private readonly struct Fields(Dictionary<string, object> values)
    {
        internal static Fields Read(ref Utf8JsonReader json)
        {
            Dictionary<string, object> values = [];
            if (json.TokenType != JsonTokenType.StartObject)
            {
                json.Skip();
                return new(values);
            }
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                string name = json.GetString()!;
                _ = json.Read();
                object? value = json.TokenType switch
                {
                    JsonTokenType.String => EventText.Decode(json.GetString()!),
                    JsonTokenType.Number when json.TryGetDecimal(out decimal number) => number,
                    JsonTokenType.True => true,
                    JsonTokenType.False => false,
                    _ => null,
                };
                if (value is not null)
                    values[name] = value;
                else
                    json.Skip();
            }
            return new(values);
        }

        internal string? Text(string name) => values.GetValueOrDefault(name) as string;

        internal bool? Flag(string name) => values.GetValueOrDefault(name) as bool?;

        internal decimal? Number(string name) => values.GetValueOrDefault(name) is decimal and >= int.MinValue and <= int.MaxValue and var number ? number : null;

        internal long Microseconds(string name) => (long)((Number(name) ?? 0) * 1_000_000m);
    }
}
