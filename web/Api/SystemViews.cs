using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Web;

/// <summary>How the system is, and how things stand with destinations.</summary>
internal sealed class SystemViews(WebOptions options)
{
    // A large queue takes time to count; however many ask, most of the time is not spent on that.
    private const int LeastPause = 2000, PauseOfCount = 10;

    private readonly Lock _counting = new();
    private QueueCounts? _counts;
    private long _countedAt, _pause;

    /// <summary>What "master status --json" tells, and what can be asked here.</summary>
    internal Reply Status(Query _)
    {
        using JsonDocument? master = StatusQuestion.Ask(".");
        long now = MailTime.NowSeconds;
        StringBuilder json = new("{");
        json.Append(CultureInfo.InvariantCulture, $"\"host\": {JsonText.Quote(options.HostName)}, \"time\": {now}, \"running\": {Word(master is not null)}, ");
        foreach (JsonProperty property in master?.RootElement.EnumerateObject() ?? default)
            json.Append(CultureInfo.InvariantCulture, $"{JsonText.Quote(property.Name)}: {property.Value.GetRawText()}, ");
        json.Append(CultureInfo.InvariantCulture, $"\"queues\": {QueueCountsAnswer.ToJson(Counts())}, {DestinationReport.StatusJson(TryAsk(), now)}, ")
            .Append(CultureInfo.InvariantCulture, $"\"history\": {Word(options.HasHistory)}, \"suppression\": {Word(options.Suppressions.IsOn)}, \"actions\": {Word(options.HasActions)}}}");
        return Reply.Json(json.ToString());
    }

    /// <summary>What "postqueue destinations --json" tells.</summary>
    internal static Reply Destinations(Query _)
    {
        DestinationReport report = DestinationReport.FromQueueManager();
        long now = MailTime.NowSeconds;
        return Reply.Json(string.Create(CultureInfo.InvariantCulture, $"{{\"time\": {now}, \"total\": {report.Destinations}, \"dead\": {report.Dead}, ")
            + $"\"transports\": [{string.Join(",\n", report.Transports.Select(transport => transport.Json(now)))}], \"destinations\": [{string.Join(",\n", report.Told.Select(destination => destination.Json(now)))}]}}");
    }

    private QueueCounts? Counts()
    {
        // Somebody else is counting, perhaps for long: what is known does.
        if (!_counting.TryEnter())
            return _counts;
        try
        {
            long began = Environment.TickCount64;
            if (_countedAt > 0 && began - _countedAt < _pause)
                return _counts;
            long start = Stopwatch.GetTimestamp();
            try
            {
                _counts = QueueCounts.Of(options.Queues);
            }
            catch (SystemCallException)
            {
                _counts = null;
            }
            _pause = Math.Max(LeastPause, PauseOfCount * (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            _countedAt = Environment.TickCount64;
            return _counts;
        }
        finally
        {
            _counting.Exit();
        }
    }

    private static DestinationReport? TryAsk()
    {
        try
        {
            return DestinationReport.FromQueueManager();
        }
        catch (IpcException)
        {
            return null;
        }
    }

    private static string Word(bool value) => value ? "true" : "false";
}
