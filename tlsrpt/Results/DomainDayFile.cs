using System.Text.Encodings.Web;
using System.Text.Json;
using PostfixNet.Delivery;

namespace PostfixNet.Tlsrpt;

/// <summary>A <see cref="DomainDay"/> in a file: JSON. Day and domain are the file's name.</summary>
internal static class DomainDayFile
{
    private static readonly JsonWriterOptions s_form = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static byte[] Write(DomainDay of)
    {
        using MemoryStream result = new();
        using (Utf8JsonWriter json = new(result, s_form))
        {
            json.WriteStartObject();
            json.WriteString("report_id", of.ReportId);
            json.WriteNumber("due", of.Due);
            if (of.Record is { } record)
                json.WriteString("record", record.Text);
            json.WriteStartArray("policies");
            foreach (PolicyCount count in of.Policies)
                Write(json, count);
            json.WriteEndArray();
            Write(json, of.Sending);
            json.WriteEndObject();
        }
        return result.ToArray();
    }

    /// <exception cref="FormatException">It was not written by this program.</exception>
    internal static DomainDay Read(DateOnly day, string domain, byte[] content)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(content);
            JsonElement root = document.RootElement;
            DomainDay of = new(day, domain, Text(root, "report_id"), root.GetProperty("due").GetInt64())
            {
                Record = ReportingRecord.Parse(Text(root, "record")),
            };
            foreach (JsonElement policy in root.GetProperty("policies").EnumerateArray())
                Read(of, policy);
            Read(of.Sending, root.GetProperty("sending"));
            return of;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new FormatException($"it is damaged: {e.Message}", e);
        }
    }

    private static void Write(Utf8JsonWriter json, PolicyCount count)
    {
        json.WriteStartObject();
        json.WriteString("type", AppliedTlsPolicy.WordOf(count.Policy.Origin));
        json.WriteString("domain", count.Policy.Domain);
        WriteList(json, "strings", count.Policy.Strings);
        WriteList(json, "mx", count.Policy.MxPatterns);
        json.WriteNumber("successful", count.Successful);
        json.WriteNumber("failed", count.Failed);
        json.WriteStartArray("failures");
        foreach ((TlsFailure failure, long sessions) in count.Failures)
        {
            json.WriteStartObject();
            json.WriteString("type", TlsFailure.WordOf(failure.Type));
            json.WriteString("sending_ip", failure.SendingIp);
            json.WriteString("host", failure.MxHost);
            json.WriteString("helo", failure.MxHelo);
            json.WriteString("ip", failure.ReceivingIp);
            json.WriteString("reason", failure.Reason);
            json.WriteNumber("sessions", sessions);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Read(DomainDay of, JsonElement policy)
    {
        TlsPolicyOrigin origin = AppliedTlsPolicy.OriginOf(Text(policy, "type")) ?? throw new FormatException("unknown policy type");
        if (of.CountOf(new AppliedTlsPolicy(origin, Text(policy, "domain"), List(policy, "strings"), List(policy, "mx"))) is not { } count)
            throw new FormatException("too much of it");
        count.Add(policy.GetProperty("successful").GetInt64(), policy.GetProperty("failed").GetInt64());
        foreach (JsonElement failure in policy.GetProperty("failures").EnumerateArray())
        {
            TlsResultType type = TlsFailure.TypeOf(Text(failure, "type")) ?? throw new FormatException("unknown result type");
            count.Describe(new TlsFailure(type, Text(failure, "sending_ip"), Text(failure, "host"), Text(failure, "helo"), Text(failure, "ip"), Text(failure, "reason")), failure.GetProperty("sessions").GetInt64());
        }
    }

    private static void Write(Utf8JsonWriter json, Sending sending)
    {
        json.WriteStartObject("sending");
        json.WriteNumber("state", (int)sending.State);
        if (sending.Began is { } began)
            json.WriteNumber("began", began);
        json.WriteNumber("lookups", sending.Lookups);
        json.WriteNumber("next", sending.Next);
        json.WriteString("trouble", sending.Trouble);
        json.WriteStartArray("places");
        foreach (Sending.Place place in sending.Places)
        {
            json.WriteStartObject();
            json.WriteString("uri", place.Uri.Text);
            json.WriteNumber("attempts", place.Attempts);
            if (place.Done is { } done)
                json.WriteNumber("done", done);
            json.WriteBoolean("hopeless", place.IsHopeless);
            json.WriteNumber("next", place.Next);
            json.WriteString("answer", place.Answer);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Read(Sending sending, JsonElement json)
    {
        int state = json.GetProperty("state").GetInt32();
        sending.State = Enum.IsDefined((SendingState)state) ? (SendingState)state : throw new FormatException("unknown state");
        sending.Began = Number(json, "began");
        sending.Lookups = json.GetProperty("lookups").GetInt32();
        sending.Next = json.GetProperty("next").GetInt64();
        sending.Trouble = Text(json, "trouble");
        foreach (JsonElement place in json.GetProperty("places").EnumerateArray())
        {
            sending.Places.Add(new Sending.Place(ReportUri.TryParse(Text(place, "uri"), out ReportUri? uri) ? uri : throw new FormatException("no URI"))
            {
                Attempts = place.GetProperty("attempts").GetInt32(),
                Done = Number(place, "done"),
                IsHopeless = place.GetProperty("hopeless").GetBoolean(),
                Next = place.GetProperty("next").GetInt64(),
                Answer = Text(place, "answer"),
            });
        }
    }

    private static void WriteList(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static string[] List(JsonElement json, string name) => [.. json.GetProperty(name).EnumerateArray().Select(static value => value.GetString() ?? "")];

    private static string Text(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement value) ? value.GetString() ?? "" : "";

    private static long? Number(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement value) ? value.GetInt64() : null;
}
