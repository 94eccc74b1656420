using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace PostfixNet.SystemTests;

/// <summary>Traces with real processes and a collector: a span from submission to the final reply, with a child for each attempt.</summary>
public sealed class MailIsTraced
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c", Parent = "b7ad6b7169203331";

    [Fact]
    public void AMessageIsASpanOfItsSendersTrace() => MailSystem.Run((mail, receiver) =>
    {
        using Collector collector = new();
        receiver.SetRules("rcpt no* 550 5.1.1 no such user");
        mail.Set("events_enable", true);
        mail.Set("traces_enable", true);
        mail.Set("metrics_enable", true);
        mail.Set("metrics_listen", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Ports.Take("127.0.0.1")}"));
        mail.Set("traces_otlp_endpoint", collector.Url);
        mail.Start();
        // The first start begins with what is told from then on.
        Wait.For("the place of reading", () => File.Exists(Path.Combine(mail.QueueDirectory, "metrics", "traces")));
        mail.Submit($"traceparent: 00-{Trace}-{Parent}-01\ntracestate: a=b\n{MailSystem.Message("traced")}", "-f", "alice@origin.test", "yes@a.test", "no@b.test");
        Wait.For("all spans", () => collector.Spans.Any(static span => Of(span, "name") == "mail"));
        mail.Submit(MailSystem.Message("untraced"), "-f", "alice@origin.test", "yes@a.test");
        mail.WaitForEmptyQueue();
        mail.Stop();

        JsonElement[] spans = [.. collector.Spans.Where(static span => Of(span, "traceId") == Trace).DistinctBy(static span => Of(span, "spanId"))];
        JsonElement root = Assert.Single(spans, static span => Of(span, "name") == "mail");
        Assert.Equal(Parent, Of(root, "parentSpanId"));
        JsonElement[] attempts = [.. spans.Where(static span => Of(span, "name") == "deliver")];
        Assert.NotEmpty(attempts);
        Assert.All(attempts, attempt =>
        {
            Assert.Equal(Of(root, "spanId"), Of(attempt, "parentSpanId"));
            Assert.True(Time(root, "startTimeUnixNano") <= Time(attempt, "startTimeUnixNano"));
            Assert.True(Time(attempt, "startTimeUnixNano") <= Time(attempt, "endTimeUnixNano"));
            Assert.True(Time(attempt, "endTimeUnixNano") <= Time(root, "endTimeUnixNano"));
        });
        // Whoever gets the message does not see whose trace it was in; and mail that is in none has no spans.
        Assert.All(receiver.Messages, static message => Assert.DoesNotMatch("(?i)traceparent|tracestate", message.Text));
        Assert.All(collector.Spans, static span => Assert.Equal(Trace, Of(span, "traceId")));
        Assert.Contains("\"trace\":{\"trace_id\":\"" + Trace, File.ReadAllText(Directory.GetFiles(Path.Combine(mail.QueueDirectory, "events"), "*.jsonl")[0]), StringComparison.Ordinal);
    });

    private static string? Of(JsonElement span, string name) => span.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static long Time(JsonElement span, string name) => long.Parse(Of(span, name)!, CultureInfo.InvariantCulture);

    /// <summary>Takes spans as JSON over HTTP; the first request is refused for now.</summary>
    private sealed class Collector : IDisposable
    {
        private readonly HttpListener _listener = new();
        private int _requests;

        internal Collector()
        {
            int port = Ports.Take("127.0.0.1");
            Url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/v1/traces");
            _listener.Prefixes.Add(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/"));
            _listener.Start();
            _ = Serve();
        }

        internal string Url { get; }

        internal ConcurrentQueue<JsonElement> Spans { get; } = new();

        private async Task Serve()
        {
            try
            {
                while (true)
                {
                    HttpListenerContext context = await _listener.GetContextAsync();
                    using StreamReader reader = new(context.Request.InputStream, Encoding.UTF8);
                    string body = await reader.ReadToEndAsync();
                    bool isRefused = Interlocked.Increment(ref _requests) == 1;
                    context.Response.StatusCode = isRefused ? 503 : context.Request is { HttpMethod: "POST", Url.AbsolutePath: "/v1/traces", ContentType: "application/json" } ? 200 : 400;
                    context.Response.Close();
                    foreach (JsonElement span in isRefused ? default : JsonDocument.Parse(body).RootElement.GetProperty("resourceSpans")[0].GetProperty("scopeSpans")[0].GetProperty("spans").EnumerateArray())
                        Spans.Enqueue(span);
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or SocketException)
            {
            }
        }

        public void Dispose() => _listener.Close();
    }
}
