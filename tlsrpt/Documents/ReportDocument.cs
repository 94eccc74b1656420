using System.Globalization;
using System.IO.Compression;
using System.Text.Encodings.Web;
using System.Text.Json;
using PostfixNet.Delivery;

namespace PostfixNet.Tlsrpt;

/// <summary>A report as a document: RFC 8460 section 4.4, in I-JSON (RFC 7493), compressed (section 5.2).</summary>
internal static class ReportDocument
{
    /// <summary>The media type of <see cref="Compressed"/>.</summary>
    internal const string MediaType = "application/tlsrpt+gzip";

    private static readonly JsonWriterOptions s_form = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The name of its file, section 5.1.</summary>
    internal static string FileName(DomainDay report, Submitter submitter)
    {
        string unique = string.Concat(report.ReportId.Where(char.IsAsciiLetterOrDigit).Take(32));
        return string.Create(CultureInfo.InvariantCulture, $"{submitter.Domain}!{report.Domain}!{RetryPlan.BeginOf(report.Day)}!{RetryPlan.EndOf(report.Day) - 1}!{unique}.json.gz");
    }

    /// <summary>The document, by gzip.</summary>
    internal static byte[] Compressed(DomainDay report, Submitter submitter)
    {
        using MemoryStream result = new();
        using (GZipStream gzip = new(result, CompressionLevel.SmallestSize, leaveOpen: true))
            gzip.Write(Json(report, submitter));
        return result.ToArray();
    }

    /// <summary>The document.</summary>
    internal static byte[] Json(DomainDay report, Submitter submitter)
    {
        using MemoryStream result = new();
        using (Utf8JsonWriter json = new(result, s_form))
        {
            json.WriteStartObject();
            json.WriteString("organization-name", submitter.Organization);
            json.WriteStartObject("date-range");
            json.WriteString("start-datetime", Time(RetryPlan.BeginOf(report.Day)));
            json.WriteString("end-datetime", Time(RetryPlan.EndOf(report.Day) - 1));
            json.WriteEndObject();
            json.WriteString("contact-info", submitter.Contact);
            json.WriteString("report-id", report.ReportId);
            json.WriteStartArray("policies");
            foreach (PolicyCount count in report.Policies)
                Write(json, count);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return result.ToArray();
    }

    /// <summary>Writes one policy with its results.</summary>
    internal static void Write(Utf8JsonWriter json, PolicyCount count)
    {
        json.WriteStartObject();
        json.WriteStartObject("policy");
        json.WriteString("policy-type", AppliedTlsPolicy.WordOf(count.Policy.Origin));
        WriteList(json, "policy-string", count.Policy.Strings);
        json.WriteString("policy-domain", count.Policy.Domain);
        WriteList(json, "mx-host", count.Policy.MxPatterns);
        json.WriteEndObject();
        json.WriteStartObject("summary");
        json.WriteNumber("total-successful-session-count", count.Successful);
        json.WriteNumber("total-failure-session-count", count.Failed);
        json.WriteEndObject();
        if (count.Failures.Count > 0)
        {
            json.WriteStartArray("failure-details");
            foreach ((TlsFailure failure, long sessions) in count.Failures)
                Write(json, failure, sessions);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, TlsFailure failure, long sessions)
    {
        json.WriteStartObject();
        json.WriteString("result-type", TlsFailure.WordOf(failure.Type));
        WriteKnown(json, "sending-mta-ip", failure.SendingIp);
        WriteKnown(json, "receiving-mx-hostname", failure.MxHost);
        WriteKnown(json, "receiving-mx-helo", failure.MxHelo);
        WriteKnown(json, "receiving-ip", failure.ReceivingIp);
        json.WriteNumber("failed-session-count", sessions);
        WriteKnown(json, "failure-reason-code", failure.Reason);
        json.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0)
            return;
        json.WriteStartArray(name);
        foreach (string value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static void WriteKnown(Utf8JsonWriter json, string name, string value)
    {
        if (value.Length > 0)
            json.WriteString(name, value);
    }

    // RFC 3339 section 5.6.
    private static string Time(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
