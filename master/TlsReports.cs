using System.Text;
using System.Text.Json;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Display;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>The command tlsrpt: results of TLS that are gathered for other domains, and what became of the reports; the service tlsrpt knows.</summary>
internal static class TlsReports
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30), s_limitOfSending = TimeSpan.FromHours(1);

    /// <param name="domain">With all that is counted for it; null: all domains.</param>
    /// <param name="send">Reports that wait for their time are tried first.</param>
    internal static int Run(string directory, string? domain, bool json, bool send)
    {
        MainConfig config = MainConfig.Load(directory);
        string queue = MasterSettings.Read(config).Queue;
        if (!config.Get(Parameters.SmtpTlsrptEnable))
            StandardStreams.WriteError("master: warning: smtp_tlsrpt_enable is off: no results are gathered\n");
        if (domain is not null && DomainName.ToAscii(domain) is not { } ascii)
            return Caller.Fail($"{domain} is no domain", ExitStatus.Usage);
        string answer;
        try
        {
            answer = Ask(queue, new TlsReportQuestion(domain is null ? null : DomainName.ToAscii(domain)!.ToLowerInvariant(), send));
        }
        catch (Exception e) when (e is IpcException or SystemCallException { IsForbidden: false })
        {
            return Caller.Fail($"{e.Message}: the mail system is not running, or has no service tlsrpt", ExitStatus.Unavailable);
        }
        return Output.Print(json ? answer + "\n" : Text(answer, withPolicies: domain is not null), ExitStatus.Ok);
    }

    private static string Ask(string queue, TlsReportQuestion question)
    {
        // The path of a socket must be short.
        FileSystem.ChangeDirectory(queue);
        using Channel channel = new(Descriptor.ConnectUnix(TlsAttempt.Path, s_limit), "tlsrpt", question.IsToSend ? s_limitOfSending : s_limit);
        channel.Send(question.ToAttributes());
        return TlsReportAnswer.From(channel.ReceiveReply()).Json;
    }

    private static string Text(string answer, bool withPolicies)
    {
        using JsonDocument document = JsonDocument.Parse(answer);
        TextTable days = new("DAY", "DOMAIN", "GOOD", "BAD", "REPORT", "SENT TO"), results = new("DAY", "POLICY", "OF", "SESSIONS", "RESULT", "SERVER", "REASON");
        foreach (JsonElement day in document.RootElement.EnumerateArray())
        {
            string date = Of(day, "day");
            string[] places = [.. day.GetProperty("places").EnumerateArray().Select(Place)];
            days.Row(date, Of(day, "domain"), Of(day, "successful"), Of(day, "failed"), State(day), places.FirstOrDefault(""));
            foreach (string place in places.Skip(1))
                days.Row("", "", "", "", "", place);
            foreach (JsonElement policy in withPolicies ? day.GetProperty("policies").EnumerateArray() : default)
                AddResults(results, date, policy);
        }
        if (!days.HasRows)
            return "no results: no domain that wants reports had mail\n";
        return results.HasRows ? $"{days}\n{results}" : days.ToString();
    }

    private static void AddResults(TextTable results, string date, JsonElement counted)
    {
        JsonElement policy = counted.GetProperty("policy");
        string type = Of(policy, "policy-type"), domain = Of(policy, "policy-domain");
        results.Row(date, type, domain, Of(counted.GetProperty("summary"), "total-successful-session-count"), "good", "", "");
        if (!counted.TryGetProperty("failure-details", out JsonElement failures))
            return;
        foreach (JsonElement failure in failures.EnumerateArray())
        {
            results.Row(date, type, domain, Of(failure, "failed-session-count"), Of(failure, "result-type"),
                $"{Of(failure, "receiving-mx-hostname")}[{Of(failure, "receiving-ip")}]", Of(failure, "failure-reason-code"));
        }
    }

    private static string State(JsonElement day)
    {
        string state = Of(day, "state"), trouble = Of(day, "trouble");
        StringBuilder text = new(state);
        if (state is "gathering" or "waiting")
            text.Append($", due {MailTime.ListingDate(day.GetProperty("due").GetInt64())}");
        return text.Append(trouble.Length > 0 ? $" ({trouble})" : "").ToString();
    }

    private static string Place(JsonElement place) => $"{Of(place, "uri")}: {Of(place, "state")}{(Of(place, "answer") is { Length: > 0 } answer ? $" ({answer})" : "")}";

    private static string Of(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.ToString() : "";
}
