using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace PostfixNet.SystemTests;

/// <summary>The service web in a running system: what is told over HTTP, and what is done.</summary>
public sealed class QueueIsShown
{
    private const string Token = "0123456789abcdef0123456789abcdef";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static void Run(Action<MailSystem, Shown> scenario, Action<MailSystem>? prepare = null) => MailSystem.Run(mail =>
    {
        int port = Ports.Take("127.0.0.1");
        string token = mail.PathOf("token");
        File.WriteAllText(token, Token + "\n");
        File.SetUnixFileMode(token, UnixFileMode.UserRead);
        mail.Set("web_enable", true);
        mail.Set("web_listen", $"127.0.0.1:{port}");
        mail.Set("web_token_file", token);
        mail.Set("web_actions", true);
        mail.Set("events_enable", true);
        mail.Set("history_enable", true);
        mail.Set("suppression_enable", true);
        mail.Set("minimal_backoff_time", "1h");
        mail.Set("maximal_backoff_time", "1h");
        // One refused connection is enough to leave a destination alone.
        mail.Set("initial_destination_concurrency", 1);
        prepare?.Invoke(mail);
        mail.Start();
        using Shown shown = new(port);
        Wait.For("the web server", () => shown.Ask("status").Status == HttpStatusCode.OK, s_patience);
        scenario(mail, shown);
        Assert.Empty(mail.Log(@"/web\[\d+\]: (warning|fatal|panic)"));
    });

    private static string Deferred(MailSystem mail, Shown shown, string recipient)
    {
        mail.Submit(MailSystem.Message("private words"), "-f", "alice@origin.test", recipient);
        Wait.For("it to be deferred", () => Find() is not null, s_patience);
        return Find()!;

        string? Find() => shown.Json($"queue?match={Uri.EscapeDataString($"recipient={recipient} and state=deferred")}").GetProperty("messages").EnumerateArray()
            .Select(static message => message.GetProperty("queue_id").GetString()).FirstOrDefault();
    }

    [Fact]
    public void MailIsShownAndItsStoryTold() => Run((mail, shown) =>
    {
        string id = Deferred(mail, shown, "bob@sink.test");
        // It is not counted for each question.
        Wait.For("it to be counted", () => shown.Json("status").GetProperty("queues").GetProperty("deferred").GetProperty("messages").GetInt32() == 1, s_patience);
        JsonElement status = shown.Json("status");
        Assert.Equal((true, "mta.golden.test"), (status.GetProperty("running").GetBoolean(), status.GetProperty("host").GetString()));
        JsonElement message = Assert.Single(shown.Json("queue").GetProperty("messages").EnumerateArray());
        Assert.Equal(("alice@origin.test", "bob@sink.test"), (message.GetProperty("sender").GetString(), message.GetProperty("recipients")[0].GetProperty("address").GetString()));
        Assert.Contains("Connection refused", message.GetProperty("recipients")[0].GetProperty("delay_reason").GetString(), StringComparison.Ordinal);
        // What postqueue tells, word for word.
        Assert.Equal(mail.Postqueue("list", "--json").Ok().Output.Trim(), message.GetRawText());

        JsonElement destination = shown.Json("destinations").GetProperty("destinations").EnumerateArray().First();
        Assert.Equal("[127.0.0.1]:1", destination.GetProperty("next_hop").GetString());
        Wait.For("the history to know it", () => shown.Json($"messages/{id}").GetProperty("events").GetArrayLength() >= 3, s_patience);
        JsonElement told = shown.Json($"messages/{id}");
        Assert.Equal("deferred", told.GetProperty("queued").GetProperty("queue_name").GetString());
        Assert.Contains(told.GetProperty("queued").GetProperty("recipients")[0].GetProperty("code").GetString(), (string[])["backoff", "dead_destination"]);
        Assert.Equal("deferred", told.GetProperty("history").GetProperty("state").GetString());
        Assert.Contains(told.GetProperty("events").EnumerateArray(), static step => step.GetProperty("event").ValueEquals("deferred"));
        JsonElement shape = shown.Json("shape");
        Assert.Equal("sink.test", shape.GetProperty("shape")[0].GetProperty("domain").GetString());
        Assert.Contains("Connection refused", shape.GetProperty("waits")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
        foreach (string all in (string[])["status", "queue", "destinations", $"messages/{id}", "shape", "suppressions"])
            Assert.DoesNotContain("private words", shown.Ask(all).Text, StringComparison.Ordinal);
    });

    [Fact]
    public void WhatIsOrderedIsDoneAndTheLogSaysByWhom() => Run((mail, shown) =>
    {
        string id = Deferred(mail, shown, "bob@sink.test");
        string Order(string order) => shown.Order($"messages/{order}", $"{{\"ids\": [\"{id}\", \"A1\"]}}");
        string Done(int count) => $"{{\"asked\": 2, \"done\": {count}, \"failed\": false, \"problems\": []}}\n";
        Assert.Equal(Done(1), Order("hold"));
        Assert.Equal("hold", shown.Json("queue").GetProperty("messages")[0].GetProperty("queue_name").GetString());
        Assert.Equal(Done(0), Order("hold"));
        Assert.Equal(Done(1), Order("release"));
        Assert.Equal("{\"done\": 1}\n", shown.Order("destinations/flush", "{\"domain\": \"sink.test\"}"));
        Wait.For("it to be tried again", () => shown.Json($"messages/{id}").GetProperty("events").EnumerateArray().Count(static step => step.GetProperty("event").ValueEquals("deferred")) == 2, s_patience);
        Assert.Equal(Done(1), Order("delete"));
        Assert.Equal(0, shown.Json("queue").GetProperty("messages").GetArrayLength());
        Wait.For("the history to know it", () => shown.Json($"messages/{id}").GetProperty("history").GetProperty("state").ValueEquals("deleted"), s_patience);

        string again = Deferred(mail, shown, "carol@sink.test");
        Assert.Equal("{\"asked\": 1, \"done\": 1, \"failed\": false, \"problems\": []}\n", shown.Order("messages/requeue", $"{{\"ids\": [\"{again}\"]}}"));
        Wait.For("it to have another name", () => shown.Json("queue").GetProperty("messages").EnumerateArray().Any(message => !message.GetProperty("queue_id").ValueEquals(again)), s_patience);
        foreach ((string order, string said) in ((string, string)[])[("hold", "placed on hold"), ("release", "released from hold"), ("delete", "removed")])
        {
            Assert.NotEmpty(mail.Log($@"/showq\[\d+\]: ordered by web client 127\.0\.0\.1: {order} {id} A1$"));
            Assert.NotEmpty(mail.Log($@"/showq\[\d+\]: {id}: {said}$"));
        }
        Assert.NotEmpty(mail.Log(@"/web\[\d+\]: ordered by web client 127\.0\.0\.1: flush sink\.test$"));
        Assert.NotEmpty(mail.Log(@"/showq\[\d+\]: Deleted: 1 message$"));
    });

    [Fact]
    public void TheSuppressionListIsShownAndChanged() => Run((mail, shown) =>
    {
        Assert.Equal("{\"done\": 2}\n", shown.Order("suppressions/add", "{\"addresses\": [\"x@sink.test\", \"y@sink.test\"], \"reason\": \"<b>asked</b>\", \"time\": \"30d\"}"));
        Assert.Equal("{\"done\": 0}\n", shown.Order("suppressions/add", "{\"addresses\": [\"x@sink.test\"]}"));
        JsonElement list = shown.Json("suppressions?limit=1");
        Assert.Equal((2, 1, 1), (list.GetProperty("total").GetInt32(), list.GetProperty("entries").GetArrayLength(), list.GetProperty("next").GetInt32()));
        Assert.Equal("x@sink.test", Assert.Single(shown.Json("suppressions?contains=X@").GetProperty("entries").EnumerateArray()).GetProperty("address").GetString());
        Assert.Contains("<b>asked</b>", mail.Master("suppress", "list", "--json").Ok().Output, StringComparison.Ordinal);
        Assert.Equal("{\"done\": 1}\n", shown.Order("suppressions/remove", "{\"addresses\": [\"x@sink.test\", \"z@sink.test\"]}"));
        Assert.Equal(1, mail.Master("suppress", "check", "x@sink.test").Status);
    });

    [Fact]
    public void TheUnixSocketKnowsWhoAsks() => Run((mail, shown) =>
    {
        using Shown local = new(Path.Combine(mail.QueueDirectory, "public", "web"));
        Assert.Equal(HttpStatusCode.OK, local.Ask("status", withToken: false).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, shown.Ask("status", withToken: false).Status);
        string id = Deferred(mail, local, "bob@sink.test");
        Assert.Contains("\"done\": 1", local.Order("messages/hold", $"{{\"ids\": [\"{id}\"]}}"), StringComparison.Ordinal);
        Assert.NotEmpty(mail.Log($@"/showq\[\d+\]: ordered by {Environment.UserName}\(\d+\) by web: hold {id}$"));
        if (!MailSystem.IsRoot)
            return;
        // One user's connections that say nothing are no matter of another's, who is not on the list.
        string socket = Path.Combine(mail.QueueDirectory, "public", "web");
        Socket[] silent = [.. Enumerable.Range(0, 60).Select(_ => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))];
        foreach (Socket one in silent)
            one.Connect(new UnixDomainSocketEndPoint(socket));
        CommandResult other = Command.Run("setpriv", ["--reuid=2", "--regid=2", "--clear-groups", "curl", "-s", "--unix-socket", socket, "http://localhost/api/v1/queue"]);
        Assert.Contains("is not allowed to view the mail queue", other.Output, StringComparison.Ordinal);
        foreach (Socket one in silent)
            one.Dispose();
        Wait.For("the first user to be served again", () => local.Ask("status", withToken: false).Status == HttpStatusCode.OK);
    }, static mail => mail.SetRaw("authorized_mailq_users", "[\"root\"]"));

    [Fact]
    public void ItIsIdleAndWritesNowhereInTheQueue() => Run((mail, shown) =>
    {
        Assert.Equal(HttpStatusCode.OK, shown.Ask("shape").Status);
        int pid = Assert.Single(mail.Pids("web"));
        // Field 41 of stat(5) is the scheduling policy; 5: only when nobody else wants the processor. The loop, which must hear master, is not.
        string[] policies = [.. Directory.GetDirectories($"/proc/{pid}/task").Select(static task => File.ReadAllText($"{task}/stat")).Select(static stat => stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[38])];
        Assert.Contains("5", policies);
        // What it cannot reach, it says so; the token and mail's own secrets are not in its answers.
        Assert.DoesNotContain(Token, shown.Ask("status").Text, StringComparison.Ordinal);
        Assert.Empty(mail.Log(Token));
    });

    [Fact]
    public void ItIsOffUnlessAskedForAndWhatIsOpenToOthersIsRefused() => MailSystem.Run(mail =>
    {
        mail.Start();
        Assert.Empty(mail.Pids("web"));
        Assert.False(Path.Exists(Path.Combine(mail.QueueDirectory, "public", "web")));
        mail.Set("web_enable", true);
        mail.Set("web_listen", "0.0.0.0:9155");
        Assert.Contains("web_listen: 0.0.0.0:9155 can be reached from elsewhere", mail.Master("check").Error, StringComparison.Ordinal);
    });

    /// <summary>A client of the API.</summary>
    private sealed class Shown : IDisposable
    {
        private readonly HttpClient _http;

        internal Shown(int port) => _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/api/v1/"), Timeout = s_patience };

        internal Shown(string socket) => _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await client.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel);
                return new NetworkStream(client, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://localhost/api/v1/"), Timeout = s_patience };

        internal (HttpStatusCode Status, string Text) Ask(string path, bool withToken = true, string? body = null)
        {
            using HttpRequestMessage request = new(body is null ? HttpMethod.Get : HttpMethod.Post, path);
            if (withToken)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
            if (body is not null)
                request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            try
            {
                using HttpResponseMessage response = _http.Send(request);
                using StreamReader text = new(response.Content.ReadAsStream());
                return (response.StatusCode, text.ReadToEnd());
            }
            catch (HttpRequestException)
            {
                return (default, "");
            }
        }

        internal JsonElement Json(string path)
        {
            (HttpStatusCode status, string text) = Ask(path);
            Assert.True(status == HttpStatusCode.OK, $"{path}: {status} {text}");
            return JsonElement.Parse(text);
        }

        internal string Order(string path, string body)
        {
            (HttpStatusCode status, string text) = Ask(path, body: body);
            Assert.True(status == HttpStatusCode.OK, $"{path}: {status} {text}");
            return text;
        }

        public void Dispose() => _http.Dispose();
    }
}
