using System.Globalization;
using System.Text;
using System.Text.Json;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Display;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>The command status: the system at a glance. What the running master says of itself, how much mail there is, and what the queue manager says of its destinations.</summary>
internal static class StatusCommand
{
    private const int DestinationsShown = 20;

    internal static int Run(string directory, bool json)
    {
        MainConfig config = MainConfig.Load(directory);
        MasterSettings settings = MasterSettings.Read(config);
        using JsonDocument? report = StatusQuestion.Ask(settings.Queue);
        int? pid = report?.RootElement.GetProperty("pid").GetInt32() ?? RunningByLock(settings.Queue);
        QueueLook look = QueueLook.At(config, settings.Showq, report is not null);
        PauseList pauses = PauseList.Read(settings.Queue);
        List<string> problems = [.. Problems(config, settings.Queue, report?.RootElement, look)];
        int status = pid is null ? 1 : ExitStatus.Ok;
        if (json)
            return Output.Print(Json(pid, report?.RootElement, look, pauses, problems), status);

        StandardStreams.WriteError(pid is null ? "master: the Postfix.Net mail system is not running\n" : $"master: the Postfix.Net mail system is running: PID: {pid}\n");
        Pauses.Tell(settings.Queue);
        foreach (string problem in problems)
            StandardStreams.WriteError($"master: warning: {PrintableText.Of(problem)}\n");
        return Output.Print(Text(report?.RootElement, look), status);
    }

    // A system that is just starting has no socket yet. Whoever may not look at the lock has the socket to go by.
    private static int? RunningByLock(string queue)
    {
        try
        {
            return PidFile.Running(queue);
        }
        catch (SystemCallException e) when (e.IsForbidden)
        {
            return null;
        }
    }

    private static IEnumerable<string> Problems(MainConfig config, string queue, JsonElement? report, QueueLook look)
    {
        if (FileSystem.Status(queue) is not null && SpaceLimit.Read(config).Shortage(queue) is { } shortage)
            yield return $"mail is not accepted: {shortage}";
        if (PauseList.Read(queue).Problem is { } unreadable)
            yield return $"{unreadable}: all deliveries are paused until \"master resume\"";
        foreach (JsonElement service in report?.GetProperty("services").EnumerateArray() ?? [])
        {
            string name = service.GetProperty("name").GetString()!, crash = service.GetProperty("last_crash").GetString() ?? "it cannot be started";
            if (service.GetProperty("state").ValueEquals("throttled"))
                yield return $"service {name} is held back, its process does not start: {crash}; the log tells why";
            else if (service.GetProperty("state").ValueEquals("full"))
                yield return $"service {name} has as many processes as it may, and all are busy: process_limit in master.toml";
        }
        if (look.Problem is { } unknown)
            yield return $"the queue cannot be counted: {unknown}";
        if (look.Counts?.Of(QueueName.Corrupt).Messages is > 0 and var damaged)
            yield return $"{damaged} damaged files in corrupt: \"postsuper -u ALL\" takes back what can be read, docs/host.md tells the rest";
    }

    private static string Text(JsonElement? report, QueueLook look)
    {
        StringBuilder text = new();
        long now = MailTime.NowSeconds;
        if (report is { } system)
        {
            long started = system.GetProperty("started").GetInt64();
            text.Append(CultureInfo.InvariantCulture, $"version {system.GetProperty("version").GetString()}, up {Age(now - started)} since {MailTime.ListingDate(started)}, configuration {system.GetProperty("configuration").GetString()}");
            if (system.GetProperty("reloaded").ValueKind == JsonValueKind.Number)
                text.Append(CultureInfo.InvariantCulture, $", read anew {Age(now - system.GetProperty("reloaded").GetInt64())} ago");
            text.Append(system.GetProperty("stopping").GetBoolean() ? "; it is stopping\n\n" : "\n\n");
            TextTable services = new("SERVICE", "STATE", "PROCS", "BUSY", "REQUESTS", "STARTS", "CRASHES", "HELD", "PIDS");
            foreach (JsonElement service in system.GetProperty("services").EnumerateArray())
            {
                string Of(string name) => service.GetProperty(name).ToString();
                string limit = service.GetProperty("limit").ValueKind == JsonValueKind.Number ? $"/{Of("limit")}" : "";
                services.Row(Of("name"), Of("state"), Of("processes") + limit, Of("busy"), Of("requests"), Of("starts"), Of("crashes"), Of("throttles"),
                    string.Join(' ', service.GetProperty("pids").EnumerateArray().Take(6)));
            }
            text.Append(services).Append('\n');
        }
        if (look.Counts is { } counts)
        {
            TextTable queues = new("QUEUE", "MESSAGES", "OLDEST");
            foreach ((QueueName queue, QueueCount count) in counts.All)
                queues.Row(QueueDirectories.NameOf(queue), count.Messages.ToString(CultureInfo.InvariantCulture), count.Oldest is { } oldest ? Age(now - oldest) : "-");
            text.Append(queues);
        }
        if (look.Destinations is { HasTrouble: true } destinations)
            text.Append('\n').Append(Troubled(destinations, now));
        return text.ToString();
    }

    private static string Json(int? pid, JsonElement? report, QueueLook look, PauseList pauses, List<string> problems)
    {
        StringBuilder json = new();
        json.Append(CultureInfo.InvariantCulture, $"{{\"running\": {(pid is null ? "false" : "true")}, \"pid\": {pid?.ToString(CultureInfo.InvariantCulture) ?? "null"}, ");
        foreach (JsonProperty property in report?.EnumerateObject() ?? default)
        {
            if (property.Name != "pid")
                json.Append(CultureInfo.InvariantCulture, $"{JsonText.Quote(property.Name)}: {property.Value.GetRawText()}, ");
        }
        if (report is { } system)
            json.Append(CultureInfo.InvariantCulture, $"\"uptime\": {MailTime.NowSeconds - system.GetProperty("started").GetInt64()}, ");
        IEnumerable<string> paused = pauses.Pauses.Select(static pause => string.Create(CultureInfo.InvariantCulture, $"{{\"what\": {JsonText.Quote(pause.ToString())}, \"since\": {pause.Since}}}"));
        json.Append(CultureInfo.InvariantCulture, $"\"queues\": {QueueCountsAnswer.ToJson(look.Counts)}, {DestinationReport.StatusJson(look.Destinations, MailTime.NowSeconds)}, \"paused\": [{string.Join(", ", paused)}], \"problems\": [{string.Join(", ", problems.Select(JsonText.Quote))}]}}\n");
        return json.ToString();
    }

    // Suspended transports and dead destinations: all else is for "postqueue destinations".
    private static string Troubled(DestinationReport report, long now)
    {
        TextTable table = new("SUSPENDED", "TRANSPORT", "FOR", "STILL", "WAITING", "PUT OFF", "WHY");
        foreach (TransportState transport in report.Transports.Where(static transport => transport.IsTroubled))
            Row("all", transport.Name, transport.Trouble, transport.Left, transport.Waiting, transport.Reason ?? transport.Code?.Text() ?? "");
        foreach (DestinationState destination in report.Troubled.Take(DestinationsShown))
            Row(destination.State.NextHop, destination.State.Transport, destination.Trouble, destination.State.Left, destination.State.Load?.Waiting ?? 0, destination.State.Reason ?? "");
        return report.Dead <= DestinationsShown ? table.ToString()
            : string.Create(CultureInfo.InvariantCulture, $"{table}... and {report.Dead - DestinationsShown} other destinations: \"postqueue destinations\" tells more\n");

        void Row(string what, string transport, TroubleSpan trouble, long? left, long waiting, string why) => table.Row(what, transport,
            trouble.Lasts is { } lasts ? Age(lasts / 1000) : "-", left is { } milliseconds ? Age((milliseconds + 999) / 1000) : "-",
            waiting.ToString(CultureInfo.InvariantCulture), trouble.PutOff.ToString(CultureInfo.InvariantCulture), why);
    }

    private static string Age(long seconds) => seconds switch
    {
        < 0 => "0 s",
        < 120 => string.Create(CultureInfo.InvariantCulture, $"{seconds} s"),
        < 7200 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60} min"),
        < 172800 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600} h {seconds / 60 % 60} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86400} d {seconds / 3600 % 24} h"),
    };
}
