using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PostfixNet.History;

/// <summary>One object a line, for programs: a message, and behind it its steps, which are events (docs/events.md).</summary>
internal sealed class JsonForm : AnswerForm
{
    // It goes to a terminal or a program by way of postqueue, not into a page.
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal override void Add(FoundMessage message)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer, s_options))
            Write(json, message);
        Say(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    internal override void AddStep(string line) => Say(line);

    private static void Write(Utf8JsonWriter json, FoundMessage message)
    {
        json.WriteStartObject();
        json.WriteString("queue_id", message.QueueId);
        json.WriteString("state", message.State);
        Moment(json, "arrived", message.Arrived);
        Moment(json, "changed", message.Changed);
        Moment(json, "finished", message.Finished);
        Text(json, "sender", message.Sender);
        Text(json, "message_id", message.MessageId);
        if (message.Size is { } size)
            json.WriteNumber("size", size);
        Text(json, "client", message.Client);
        Text(json, "origin", message.Origin);
        Text(json, "envelope_id", message.EnvelopeId);
        Text(json, "notice_for", message.NoticeFor);
        json.WriteNumber("recipient_count", message.RecipientCount);
        json.WriteStartArray("recipients");
        foreach (FoundRecipient recipient in message.Recipients)
            Write(json, recipient);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, FoundRecipient recipient)
    {
        json.WriteStartObject();
        json.WriteString("address", recipient.Address);
        Text(json, "original", recipient.Original);
        json.WriteString("state", recipient.State);
        json.WriteNumber("attempts", recipient.Attempts);
        Moment(json, "changed", recipient.Changed);
        Text(json, "transport", recipient.Transport);
        Text(json, "nexthop", recipient.NextHop);
        Text(json, "dsn", recipient.Dsn);
        Text(json, "reply", recipient.Reply);
        Text(json, "remote", recipient.Remote);
        Moment(json, "next_attempt", recipient.NextAttempt);
        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }

    private static void Moment(Utf8JsonWriter json, string name, long? microseconds)
    {
        const long Last = 253_402_300_799_000_000;
        if (microseconds is { } time)
            json.WriteString(name, DateTime.UnixEpoch.AddMicroseconds(Math.Clamp(time, 0, Last)).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
    }
}
