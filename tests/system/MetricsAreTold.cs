using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PostfixNet.SystemTests;

/// <summary>The service metrics in a running system, with Debian's Prometheus as the one who asks.</summary>
public sealed class MetricsAreTold
{
    private const int SigStop = 19, SigContinue = 18;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly string s_rules = Path.Combine(Repository.Root, "package", "prometheus-rules.yml");

    private static void Run(Action<MailSystem, Func<string, (HttpStatusCode Status, string Text)>, int> scenario) => MailSystem.Run(mail =>
    {
        int port = Ports.Take("127.0.0.1");
        mail.Set("metrics_enable", true);
        mail.Set("metrics_listen", $"127.0.0.1:{port}");
        mail.Set("events_enable", true);
        mail.Start();
        using HttpClient http = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(20) };
        (HttpStatusCode, string) Get(string path)
        {
            try
            {
                using HttpResponseMessage response = http.GetAsync(path).GetAwaiter().GetResult();
                return (response.StatusCode, response.Content.ReadAsStringAsync().GetAwaiter().GetResult());
            }
            catch (HttpRequestException)
            {
                return (default, "");
            }
        }
        Wait.For("metrics to be ready", () => Get("/readyz").Item1 == HttpStatusCode.OK, s_patience);
        scenario(mail, Get, port);
    });

    private static bool Has(string text, string pattern) => Regex.IsMatch(text, $"^{pattern}$", RegexOptions.Multiline);

    [Fact]
    public void APrometheusUnderstandsWhatIsTold() => Run((mail, get, _) =>
    {
        mail.Submit(MailSystem.Message("private words"), "-f", "alice@origin.test", "bob@sink.test");
        Wait.For("it to be counted", () => Has(get("/metrics").Text, "postfixnet_queue_messages\\{queue=\"deferred\"\\} 1"), s_patience);
        string text = get("/metrics").Text;
        Assert.True(Has(text, "postfixnet_master_up\\{\\} 1"), text);
        Assert.True(Has(text, "postfixnet_service_processes\\{service=\"qmgr\",state=\"(busy|idle)\"\\} 1"), text);
        Assert.True(Has(text, "postfixnet_transport_deliveries\\{state=\"waiting\",transport=\"(smtp|relay)\"\\} \\d+"), text);
        Assert.DoesNotContain("private words", text, StringComparison.Ordinal);
        Assert.DoesNotContain("alice", text, StringComparison.Ordinal);
        Assert.DoesNotContain("bob", text, StringComparison.Ordinal);
        CommandResult said = Command.Run("promtool", ["check", "metrics"], System.Text.Encoding.UTF8.GetBytes(text));
        Assert.Equal((0, ""), (said.Status, said.Output + said.Error));
        // Nothing of who asked is in the log.
        Assert.Empty(mail.Log(@"/metrics\["));
    });

    [Fact]
    public void TheRulesAreGood()
    {
        Command.Run("promtool", ["check", "rules", s_rules]).Ok();
        Command.Run("promtool", ["test", "rules", Path.Combine(Repository.Root, "package", "prometheus-rules.test.yml")]).Ok();
    }

    [Fact]
    public void WhoIsNotReadySaysSo() => Run((mail, get, _) =>
    {
        int master = Assert.Single(mail.Pids("master"));
        RunningPrograms.Signal(master, SigStop);
        Wait.For("no master", () => get("/readyz") is { Status: HttpStatusCode.ServiceUnavailable } answer && !Check(answer.Text, "master_up"), s_patience);
        Assert.Equal(HttpStatusCode.OK, get("/healthz").Status);
        RunningPrograms.Signal(master, SigContinue);
        Wait.For("a master", () => get("/readyz").Status == HttpStatusCode.OK, s_patience);
        mail.Stop();
        Assert.Equal(default, get("/healthz").Status);
    });

    private static bool Check(string json, string name) => JsonDocument.Parse(json).RootElement.GetProperty("checks").GetProperty(name).GetProperty("ok").GetBoolean();

    // Mail that the queue manager does not take, as it hangs: within a minute.
    [Fact]
    public void AStuckQueueRaisesTheAlarm() => Run((mail, get, port) =>
    {
        string configuration = mail.PathOf("prometheus.yml"), data = mail.PathOf("prometheus");
        File.WriteAllText(configuration, $"global: {{ scrape_interval: 5s, evaluation_interval: 5s }}\nrule_files: ['{s_rules}']\nscrape_configs: [{{ job_name: mail, static_configs: [{{ targets: ['127.0.0.1:{port}'] }}] }}]\n");
        int listen = Ports.Take("127.0.0.1");
        using var prometheus = Command.Start("prometheus", [$"--config.file={configuration}", $"--storage.tsdb.path={data}", $"--web.listen-address=127.0.0.1:{listen}", "--log.level=error"]);
        try
        {
            using HttpClient http = new() { BaseAddress = new Uri($"http://127.0.0.1:{listen}") };
            string Ask(string path)
            {
                try
                {
                    return http.GetStringAsync(path).GetAwaiter().GetResult();
                }
                catch (HttpRequestException)
                {
                    return "";
                }
            }
            Wait.For("Prometheus to have scraped", () => Ask("/api/v1/query?query=postfixnet_master_up").Contains(",\"1\"]", StringComparison.Ordinal), s_patience);
            Assert.DoesNotContain("PostfixNetQueueStuck", Ask("/api/v1/alerts"), StringComparison.Ordinal);
            RunningPrograms.Signal(Assert.Single(mail.Pids("qmgr")), SigStop);
            // A short ID does not tell when it came: the file does, and so this one's name tells, from long ago.
            mail.Place("incoming/4jWhRP4YSKz1jQ9J", "mail"u8.ToArray());
            Wait.For("the alert", () => Regex.IsMatch(Ask("/api/v1/alerts"), "PostfixNetQueueStuck[^}]*\"queue\":\"incoming\".*\"state\":\"firing\""), s_patience);
            Assert.False(Check(get("/readyz").Text, "oldest_age"));
        }
        finally
        {
            prometheus.Kill();
            prometheus.WaitForExit();
        }
    });
}
