using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using PostfixNet.Delivery;
using PostfixNet.Events;
using PostfixNet.Mail;
using PostfixNet.Metrics;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Metrics;

/// <summary>What is counted, under which labels, and that these stay few.</summary>
[Collection("meters")]
public sealed class MetricsTests
{
    private static MailEvent Told(EventKind kind, int number, string nextHop = "example.test", string dsn = "2.0.0", string? reply = null) => new(kind, $"A:{number}:{kind.Word()}")
    {
        QueueId = "A" + number.ToString(CultureInfo.InvariantCulture),
        Pid = 4711,
        Recipient = $"secret{number}@{nextHop}",
        Sender = "alice@origin.test",
        Attempt = 1,
        Transport = "smtp",
        NextHop = nextHop,
        Dsn = dsn,
        Reply = reply ?? "250 ok",
        Remote = new EventRemote("mx." + nextHop, "192.0.2.1", 25),
        Tls = new EventTls("may", "TLSv1.3", "x", null, null),
        Delays = new EventDelays(2_000_000, 3_000, 40_000, 700_000),
    };

    private static SystemState State(DestinationReport? report = null, bool isWritable = true, MasterState? master = null, long oldest = 0) =>
        new(MailTime.NowSeconds, new QueueCounts([(QueueName.Incoming, new QueueCount(oldest > 0 ? 1 : 0, oldest > 0 ? MailTime.NowSeconds - oldest : null)), (QueueName.Deferred, new QueueCount(7, MailTime.NowSeconds - 400_000))]),
            12345, isWritable, master ?? Running, report);

    private static MasterState Running => new(false, 1_700_000_000, [new ServiceNumbers("smtp", "busy", 5, 3, 100, 70, 6, 1, 0), new ServiceNumbers("qmgr", "throttled", 0, 0, null, 1, 1, 1, 1)]);

    private static DestinationReport Report(IEnumerable<(string NextHop, long Waiting)> destinations)
    {
        DestinationState[] told = [.. destinations.Select(static destination => new DestinationState(new WaitState("smtp", destination.NextHop) { Code = WaitCode.DestinationFull, Load = new NextHopLoad(5, 5, destination.Waiting, 20, 50, 100) }, default))];
        return new DestinationReport(told.Length, 0, [new TransportState("smtp", default) { Destinations = told.Length, Waiting = told.Sum(static one => one.State.Load!.Waiting), Busy = 5 }], told);
    }

    // S3-01, S3-02
    [Fact]
    public void Events_of_deliveries_are_counted_by_result_reason_and_stage()
    {
        using Scraped scraped = new();
        DeliveryMeters meters = scraped.Deliveries;
        meters.Count(Told(EventKind.Relayed, 1));
        meters.Count(Told(EventKind.Relayed, 1) with { Recipient = "second@example.test" }); // the same attempt
        meters.Count(Told(EventKind.Delivered, 2) with { Tls = null, Attempt = 5 });
        meters.Count(Told(EventKind.Bounced, 3, dsn: "5.1.1"));
        meters.Count(Told(EventKind.Deferred, 4, dsn: "4.2.2"));
        meters.Count(Told(EventKind.Deferred, 5, dsn: "4.4.1", reply: "connect to mx.example.test[192.0.2.1]:25: Connection timed out"));
        meters.Count(Told(EventKind.Deferred, 6, dsn: "4.4.1", reply: "connect to mx.example.test[192.0.2.1]:25: Connection refused"));
        meters.Count(Told(EventKind.Deferred, 7, dsn: "4.3.2", reply: "mail system is stopping"));
        meters.Count(new MailEvent(EventKind.Accepted, "A:accepted"));
        scraped.Sites.Choose([]);
        meters.Count(Told(EventKind.Deferred, 8, dsn: "4.7.1"));

        string[] samples = scraped.Samples();
        Assert.Equal(2, Scraped.Value(samples, "postfixnet_deliveries_total", "result=\"relayed\"", "transport=\"smtp\""));
        Assert.Equal(1, Scraped.Value(samples, "postfixnet_deliveries_total", "result=\"delivered\""));
        Assert.Equal(1, Scraped.Value(samples, "postfixnet_deliveries_total", "result=\"bounced\""));
        Assert.Equal(5, Scraped.Value(samples, "postfixnet_deliveries_total", "result=\"deferred\""));
        Assert.Equal(1, Scraped.Value(samples, "postfixnet_messages_total", "step=\"accepted\""));
        // "ok": there was a conversation, whatever came of it.
        Assert.Equal(4, Scraped.Value(samples, "postfixnet_connections_total", "result=\"ok\"", "tls=\"may\""));
        Assert.Equal(1, Scraped.Value(samples, "postfixnet_connections_total", "result=\"ok\"", "tls=\"none\""));
        foreach (string result in (string[])["timeout", "error", "canceled"])
            Assert.Equal(1, Scraped.Value(samples, "postfixnet_connections_total", $"result=\"{result}\""));
        Assert.Equal(1, Scraped.Value(samples, "postfixnet_delivery_duration_seconds_count", "attempt=\"4-8\"", "result=\"ok\"", "tls=\"none\""));
        Assert.Equal(0.74, Scraped.Value(samples, "postfixnet_delivery_duration_seconds_sum", "attempt=\"1\"", "result=\"ok\"")!.Value, 5);
        Assert.Equal(1, Scraped.Value(samples, "postfixnet_delivery_duration_seconds_bucket", "attempt=\"1\"", "result=\"perm\"", "le=\"1\""));
        Assert.Equal(0, Scraped.Value(samples, "postfixnet_delivery_duration_seconds_bucket", "attempt=\"1\"", "result=\"perm\"", "le=\"0.5\""));
        Assert.Contains(samples, static line => line.StartsWith("postfixnet_delivery_duration_seconds_bucket{", StringComparison.Ordinal) && line.Contains("le=\"0.01\"", StringComparison.Ordinal));
        Assert.Contains(samples, static line => line.StartsWith("postfixnet_delivery_duration_seconds_bucket{", StringComparison.Ordinal) && line.Contains("le=\"120\"", StringComparison.Ordinal));
        Assert.Equal(8, Scraped.Value(samples, "postfixnet_stage_duration_seconds_count", "stage=\"connection\"", "transport=\"smtp\""));
        Assert.Equal(0.32, Scraped.Value(samples, "postfixnet_stage_duration_seconds_sum", "stage=\"connection\"")!.Value, 5);
        // Before there was a name for it, and afterwards.
        Assert.Equal(1, Scraped.Value(samples, "postfixnet_deferred_total", "site=\"other\"", "reason=\"mailbox\""));
        Assert.Equal(2, Scraped.Value(samples, "postfixnet_deferred_total", "site=\"other\"", "reason=\"network\""));
        Assert.Equal(1, Scraped.Value(samples, "postfixnet_deferred_total", "site=\"example.test\"", "reason=\"policy\""));
        string text = scraped.Get("/metrics").Text;
        Assert.Equal("", Scraped.Promtool(text));
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        Assert.DoesNotContain("alice", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Events_count_once_while_the_place_of_reading_cannot_be_kept_and_it_is_kept_at_the_end()
    {
        using Scraped scraped = new();
        using Queue.TemporaryDirectory directory = new();
        string path = $"{directory.Path}/missing/position";
        using System.Diagnostics.Metrics.Meter meter = new("test");
        DeliveryMeters meters = new(meter, new Sites(10), path);
        meters.Open();
        EventPosition after = new(7, 4711);
        meters.Take([], after, 0);
        Assert.ThrowsAny<IOException>(meters.Rest);
        Assert.Equal(after, meters.Open());
        Directory.CreateDirectory($"{directory.Path}/missing");
        meters.Leave();
        Assert.Equal(after, new DeliveryMeters(meter, new Sites(10), path).Open());
    }

    // RFC 5737: an address that no host has; and one that is in use.
    [Fact]
    public void An_address_that_cannot_be_had_is_told_in_one_line()
    {
        using System.Net.Sockets.TcpListener other = new(IPAddress.Loopback, 0);
        other.Start();
        foreach (EndPoint address in (EndPoint[])[new IPEndPoint(IPAddress.Parse("192.0.2.1"), 9154), other.LocalEndpoint])
        {
            MetricsOptions options = MetricsOptions.Read(PostfixNet.Configuration.MainConfig.FromText($"myhostname = 'mta.golden.test'\nmetrics_listen = '{address}'"));
            string said = Assert.Throws<PostfixNet.Service.StartException>(() => Telling.Start(options, new Health(options.ReadyAgeLimit, static () => null, TimeProvider.System))).Message;
            Assert.StartsWith($"no metrics at {address}: ", said, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', said);
        }
    }

    [Fact]
    public void The_state_of_queues_services_and_destinations_is_told()
    {
        using Scraped scraped = new();
        Assert.Null(Scraped.Value(scraped.Samples(), "postfixnet_master_up"));
        scraped.Sites.Choose([("a.test", 10)]);
        scraped.State = State(Report([("a.test", 10), ("b.test", 4)]), oldest: 700);
        string[] samples = scraped.Samples();
        Assert.Equal(7, Scraped.Value(samples, "postfixnet_queue_messages", "queue=\"deferred\""));
        Assert.Equal(0, Scraped.Value(samples, "postfixnet_queue_messages", "queue=\"active\""));
        Assert.InRange(Scraped.Value(samples, "postfixnet_queue_oldest_age_seconds", "queue=\"incoming\"")!.Value, 700, 760);
        Assert.Equal(0, Scraped.Value(samples, "postfixnet_queue_oldest_age_seconds", "queue=\"active\""));
        Assert.Equal(12345, Scraped.Value(samples, "postfixnet_queue_free_bytes"));
        Assert.Equal(1, Scraped.Value(samples, "postfixnet_queue_writable"));
        Assert.Equal(1, Scraped.Value(samples, "postfixnet_master_up"));
        Assert.Equal(3, Scraped.Value(samples, "postfixnet_service_processes", "service=\"smtp\"", "state=\"busy\""));
        Assert.Equal(2, Scraped.Value(samples, "postfixnet_service_processes", "service=\"smtp\"", "state=\"idle\""));
        Assert.Equal(100, Scraped.Value(samples, "postfixnet_service_process_limit", "service=\"smtp\""));
        Assert.Null(Scraped.Value(samples, "postfixnet_service_process_limit", "service=\"qmgr\""));
        Assert.Equal(6, Scraped.Value(samples, "postfixnet_service_starts_total", "service=\"smtp\""));
        Assert.Equal(1, Scraped.Value(samples, "postfixnet_service_throttled", "service=\"qmgr\""));
        Assert.Equal(1, Scraped.Value(samples, "postfixnet_service_throttles_total", "service=\"qmgr\""));
        Assert.Equal(14, Scraped.Value(samples, "postfixnet_transport_deliveries", "transport=\"smtp\"", "state=\"waiting\""));
        Assert.Equal(2, Scraped.Value(samples, "postfixnet_destinations_held", "transport=\"smtp\"", "reason=\"destination_full\""));
        Assert.Equal(10, Scraped.Value(samples, "postfixnet_site_waiting", "site=\"a.test\""));
        Assert.Equal(4, Scraped.Value(samples, "postfixnet_site_waiting", "site=\"other\""));
        Assert.Equal("", Scraped.Promtool(scraped.Get("/metrics").Text));
        // What is not known any more is not told as it was.
        scraped.State = State() with { Master = null, Counts = null };
        samples = scraped.Samples();
        Assert.Equal(0, Scraped.Value(samples, "postfixnet_master_up"));
        Assert.DoesNotContain(samples, static line => Regex.IsMatch(line, "^postfixnet_(service|queue_messages|transport|site)"));
    }

    [Fact]
    public void Labels_stay_few_with_a_hundred_thousand_destinations()
    {
        const int limit = 10;
        using Scraped scraped = new(limit);
        // The heaviest come again and again, all others once; names change all the time.
        int number = 0;
        for (int i = 0; i < 100_000; i++)
        {
            scraped.Deliveries.Count(Told(EventKind.Deferred, number++, $"site{i}.test", $"4.{i % 8}.1") with { Transport = "transport" + i, Tls = new EventTls("level" + i, null, null, null, null), Attempt = i });
            if (i % 20 == 0)
                scraped.Deliveries.Count(Told(EventKind.Deferred, number++, $"heavy{i / 20 % 3}.test", "4.2.1"));
            if (i % 500 == 0)
                scraped.Sites.Choose(Enumerable.Range(i, 1000).Select(static n => ($"site{n}.test", 1L)));
        }
        scraped.State = State(Report(Enumerable.Range(0, 1000).Select(static n => ($"site{n}.test", 1L))));
        scraped.Sites.Choose([]);
        string[] samples = scraped.Samples();
        foreach (string heavy in (string[])["heavy0.test", "heavy1.test", "heavy2.test"])
            Assert.Contains(samples, line => line.StartsWith("postfixnet_deferred_total{", StringComparison.Ordinal) && line.Contains($"site=\"{heavy}\"", StringComparison.Ordinal));
        Assert.InRange(samples.Count(static line => line.StartsWith("postfixnet_deferred_total{", StringComparison.Ordinal)), 1, (limit + 1) * 8);
        Assert.InRange(samples.Count(static line => line.StartsWith("postfixnet_site_waiting{", StringComparison.Ordinal)), 1, limit + 1);
        Assert.InRange(samples.Select(static line => Regex.Match(line, "site=\"([^\"]*)\"").Groups[1].Value).Distinct().Count(), 1, limit + 2);
        // All are counted, under some name.
        Assert.Equal(number, (int)scraped.Samples().Where(static line => line.StartsWith("postfixnet_deliveries_total{", StringComparison.Ordinal)).Sum(static line => double.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture)));
        Assert.InRange(samples.Length, 1, 30_000);
        Assert.DoesNotContain(samples, static line => line.StartsWith("postfixnet_deferred", StringComparison.Ordinal) && line.Contains("overflow", StringComparison.Ordinal));
        // After all the change, no more names than there may ever be.
        Assert.Equal(limit * Sites.Turns, scraped.Sites.MostEver);
        Assert.InRange(scraped.Sites.EverNamed, limit, scraped.Sites.MostEver);
    }

    [Fact]
    public void Ready_is_who_can_write_has_a_master_and_moves_its_mail()
    {
        using Scraped scraped = new(more: "metrics_ready_age_limit = '10m'\n");
        Assert.Equal((HttpStatusCode.OK, "{\"alive\": true}\n"), scraped.Get("/healthz"));
        Assert.Equal(["state_known", "queue_writable", "master_up", "oldest_age"], NotReady());
        scraped.State = State();
        Assert.Equal(HttpStatusCode.OK, scraped.Get("/readyz").Status);
        scraped.State = State(isWritable: false);
        Assert.Equal(["queue_writable"], NotReady());
        scraped.State = State() with { Master = null };
        Assert.Equal(["master_up"], NotReady());
        scraped.State = State(master: Running with { IsStopping = true });
        Assert.Equal(["master_up"], NotReady());
        scraped.State = State(oldest: 500);
        Assert.Equal(HttpStatusCode.OK, scraped.Get("/readyz").Status);
        scraped.State = State(oldest: 700);
        Assert.Equal(["oldest_age"], NotReady());
        scraped.State = State() with { At = MailTime.NowSeconds - 1000 };
        Assert.Equal(["state_known"], NotReady());
        Assert.Equal(HttpStatusCode.NotFound, scraped.Get("/secret").Status);

        string[] NotReady()
        {
            (HttpStatusCode status, string json) = scraped.Get("/readyz");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
            JsonElement told = JsonDocument.Parse(json).RootElement;
            Assert.False(told.GetProperty("ready").GetBoolean());
            return [.. told.GetProperty("checks").EnumerateObject().Where(static check => !check.Value.GetProperty("ok").GetBoolean()).Select(static check => check.Name)];
        }
    }

    [Theory]
    [InlineData("[mx.example.test]:25", "[mx.example.test]:25")]
    [InlineData("Example.TEST", "example.test")]
    [InlineData("user@example.test", "example.test")]
    [InlineData(null, "other")]
    public void A_destination_has_no_address_in_its_name(string? nextHop, string site) => Assert.Equal(site, Sites.SiteOf(nextHop));
}
