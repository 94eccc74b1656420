using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PostfixNet.Tlsrpt;

/// <summary>What "master tlsrpt" is told: JSON, an array with an object for each domain and day.</summary>
internal static class ReportStates
{
    private static readonly JsonWriterOptions s_form = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="domain">With all that is counted; null: all domains, with their sums.</param>
    internal static string Json(ReportBook book, string? domain)
    {
        using MemoryStream result = new();
        using (Utf8JsonWriter json = new(result, s_form))
        {
            json.WriteStartArray();
            // Whoever sent nothing and asks for nothing has only been asked.
            foreach (DomainDay day in book.All.Where(day => domain is null ? day.Sending.State != SendingState.Unwanted || day.Sending.Began is not null : day.Domain == domain))
                Write(json, day, day.Day == book.Today, withPolicies: domain is not null);
            json.WriteEndArray();
        }
        return Encoding.UTF8.GetString(result.ToArray());
    }

    private static void Write(Utf8JsonWriter json, DomainDay day, bool isToday, bool withPolicies)
    {
        json.WriteStartObject();
        json.WriteString("day", day.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        json.WriteString("domain", day.Domain);
        json.WriteNumber("successful", day.Totals.Successful);
        json.WriteNumber("failed", day.Totals.Failed);
        json.WriteString("state", (day.Sending.State, isToday) switch
        {
            (SendingState.Waiting, true) => "gathering",
            (SendingState.Waiting, false) => "waiting",
            (SendingState.Sent, _) => "sent",
            (SendingState.GivenUp, _) => "given up",
            _ => "unwanted",
        });
        json.WriteString("report_id", day.ReportId);
        json.WriteNumber("due", Math.Max(day.Due, day.Sending.Next));
        if (day.Record is { } record)
            json.WriteString("record", record.Text);
        if (day.Sending.Trouble.Length > 0)
            json.WriteString("trouble", day.Sending.Trouble);
        json.WriteStartArray("places");
        foreach (Sending.Place place in day.Sending.Places)
            Write(json, place);
        json.WriteEndArray();
        if (withPolicies)
        {
            json.WriteStartArray("policies");
            foreach (PolicyCount count in day.Policies)
                ReportDocument.Write(json, count);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Sending.Place place)
    {
        json.WriteStartObject();
        json.WriteString("uri", place.Uri.Text);
        json.WriteString("state", place.Done is not null ? "done" : place.IsHopeless ? "given up" : "waiting");
        json.WriteNumber("attempts", place.Attempts);
        json.WriteString("answer", place.Answer);
        if (place.Done is { } done)
            json.WriteNumber("done", done);
        else if (place.IsOpen)
            json.WriteNumber("next", place.Next);
        json.WriteEndObject();
    }
}
