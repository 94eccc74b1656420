using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using PostfixNet.Configuration;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Postqueue;
using PostfixNet.UnitTests.Queue;
using PostfixNet.Web;

namespace PostfixNet.UnitTests.Web;

/// <summary>Who is answered over HTTP, and what.</summary>
public sealed class WebServerTests : QueueListingTest
{
    private static readonly string[] s_everywhere = ["/", "/style.css", "/script.js", "/api/v1/openapi.json", "/api/v1/status", "/api/v1/queue", "/api/v1/shape", "/nothing", "/api/v1/nothing", "/api/v1/queue?limit=0"];

    [Fact]
    public void Each_answer_tells_browsers_to_show_it_nowhere_else_and_to_run_nothing_else()
    {
        using Shown shown = new(Folder.Path);
        foreach (string path in s_everywhere)
        {
            using HttpResponseMessage response = shown.Ask(path);
            string Header(string name) => string.Join(',', response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values : []);
            Assert.Equal("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", Header("Content-Security-Policy"));
            Assert.Equal(("nosniff", "no-referrer", "no-store", "DENY", "same-origin"), (Header("X-Content-Type-Options"), Header("Referrer-Policy"), Header("Cache-Control"), Header("X-Frame-Options"), Header("Cross-Origin-Resource-Policy")));
            Assert.DoesNotContain(response.Headers, static header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase) || header.Key is "Server" or "Set-Cookie");
        }
        Assert.Empty(shown.Lines.Lines);
    }

    [Fact]
    public void What_the_page_is_made_of_is_all_in_the_program()
    {
        using Shown shown = new(Folder.Path);
        string page = shown.Text("/");
        Assert.DoesNotMatch(@"(?i)<script(?![^>]*src=""/)|<style|\son\w+=|style=|https?://|javascript:", page);
        Assert.DoesNotMatch(@"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|https?://(?!www\.w3\.org/)", shown.Text("/script.js"));
        Assert.DoesNotMatch(@"@import|url\(", shown.Text("/style.css"));
    }

    [Fact]
    public void Names_that_are_not_ours_are_refused()
    {
        using Shown shown = new(Folder.Path, "web_hosts = ['queue.example.com', '$myhostname']\n");
        foreach (string good in (string[])["localhost", "localhost:8080", "127.0.0.1", "[::1]:9155", "192.0.2.7", "queue.example.com", "QUEUE.example.com.:9155", "mta.golden.test"])
            Assert.Equal(HttpStatusCode.OK, shown.Status("/api/v1/queue", host: good));
        foreach (string bad in (string[])["evil.example", "queue.example.com.evil.example", "127.0.0.1.evil.example", "localhost.evil.example"])
        {
            foreach (string path in (string[])["/", "/api/v1/queue"])
                Assert.Equal(HttpStatusCode.MisdirectedRequest, shown.Status(path, host: bad));
        }
    }

    [Fact]
    public void Pages_of_others_are_not_answered()
    {
        using Shown shown = new(Folder.Path);
        foreach (string site in (string[])["cross-site", "same-site"])
            Assert.Equal(HttpStatusCode.Forbidden, shown.Status("/api/v1/queue", site: site));
        foreach (string site in (string[])["same-origin", "none"])
            Assert.Equal(HttpStatusCode.OK, shown.Status("/api/v1/queue", site: site));
        // A link to our page is none of that.
        Assert.Equal(HttpStatusCode.OK, shown.Status("/", site: "cross-site"));
        using HttpResponseMessage preflight = shown.Ask("/api/v1/messages/delete", method: HttpMethod.Options);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, preflight.StatusCode);
    }

    [Fact]
    public void With_a_token_questions_take_it_and_the_page_does_not()
    {
        using Shown shown = new(Folder.Path, token: Shown.Secret);
        Assert.Equal(HttpStatusCode.OK, shown.Status("/"));
        using (HttpResponseMessage response = shown.Ask("/api/v1/queue"))
            Assert.Equal((HttpStatusCode.Unauthorized, "Bearer"), (response.StatusCode, response.Headers.WwwAuthenticate.ToString()));
        Assert.Empty(shown.Lines.Lines);
        Assert.Equal(HttpStatusCode.Unauthorized, shown.Status("/api/v1/queue", Shown.Secret[..^1]));
        Assert.Equal(HttpStatusCode.Unauthorized, shown.Status("/api/v1/queue", Shown.Secret + "0"));
        Assert.Equal(HttpStatusCode.OK, shown.Status("/api/v1/queue", Shown.Secret));
        // Once a minute, and nothing of what was shown.
        Assert.Equal(["warning: web client 127.0.0.1 showed a wrong token"], shown.Lines.Lines);
    }

    [Fact]
    public void Nothing_is_changed_unless_that_is_allowed_and_the_token_is_shown()
    {
        string id = Put(QueueName.Deferred, QueueFileTests.Message("R|a@b", 1));
        string[] orders = ["messages/hold", "messages/release", "messages/requeue", "messages/delete", "destinations/flush", "suppressions/add", "suppressions/remove"];
        using (Shown off = new(Folder.Path, token: Shown.Secret))
            Assert.All(orders, order => Assert.Equal(HttpStatusCode.Forbidden, off.Order(order, $"{{\"ids\": [\"{id}\"]}}").Status));
        using Shown shown = new(Folder.Path, "web_actions = true\n", Shown.Secret);
        foreach (string order in orders)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, shown.Order(order, $"{{\"ids\": [\"{id}\"]}}", token: null).Status);
            foreach (string type in (string[])["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
                Assert.Equal(HttpStatusCode.UnsupportedMediaType, shown.Order(order, $"{{\"ids\": [\"{id}\"]}}", type: type).Status);
            // Nothing of ours is there to do it.
            Assert.Contains(shown.Order(order, "{\"ids\": [\"" + id + "\"]}").Status, (HttpStatusCode[])[HttpStatusCode.ServiceUnavailable, HttpStatusCode.BadRequest]);
        }
        Assert.Single(List());
    }

    [Theory]
    [InlineData("messages/hold", "", "no JSON")]
    [InlineData("messages/hold", "[]", "no object of JSON")]
    [InlineData("messages/hold", "{\"ids\": []}", "ids: give an array of 1 to 500 texts")]
    [InlineData("messages/hold", "{\"ids\": [1]}", "ids: give an array of 1 to 500 texts")]
    [InlineData("messages/hold", "{\"ids\": [\"../x\"]}", "ids: no queue ID: ../x")]
    [InlineData("messages/hold", "{\"ids\": [\"A1\"], \"ids\": [\"B1\"]}", "no JSON")]
    [InlineData("messages/hold", "{\"ids\": [\"A1\"], \"all\": true}", "\\\"all\\\" is unknown here; known: ids")]
    [InlineData("messages/hold", "{\"ids\": [[[[[[\"A1\"]]]]]]}", "no JSON")]
    [InlineData("messages/hold", "{\"ids\": [\"\\ud800\"]}", "ids: give an array of 1 to 500 texts")]
    [InlineData("messages/hold", "{\"\\ud800\": []}", "no JSON")]
    [InlineData("destinations/flush", "{\"domain\": \"\\ud800\"}", "domain: give a text")]
    [InlineData("destinations/flush", "{}", "domain: give a domain")]
    [InlineData("destinations/flush", "{\"domain\": \"a b\"}", "domain: give a domain")]
    [InlineData("suppressions/add", "{\"addresses\": [\"nobody\"]}", "is not a mail address")]
    [InlineData("suppressions/add", "{\"addresses\": [\"a@b.test\"], \"time\": \"soon\"}", "time: give a time")]
    [InlineData("suppressions/remove", "{\"addresses\": [\"a@b.test\"], \"sender\": \"a b\"}", "sender: an address or a domain")]
    public void A_wrong_order_is_told_what_is_wrong(string order, string body, string problem)
    {
        using Shown shown = new(Folder.Path, "web_actions = true\n", Shown.Secret);
        (HttpStatusCode status, string text) = shown.Order(order, body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(problem, text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_order_that_is_too_large_is_not_read()
    {
        using Shown shown = new(Folder.Path, "web_actions = true\n", Shown.Secret);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, shown.Order("messages/hold", new string(' ', 70_000)).Status);
    }

    [Fact]
    public void The_queue_is_told_page_by_page_each_message_once()
    {
        HashSet<string> put = [];
        foreach (QueueName queue in (QueueName[])[QueueName.Deferred, QueueName.Hold, QueueName.Incoming])
        {
            for (int i = 0; i < 25; i++)
                Assert.True(put.Add(Put(queue, QueueFileTests.Message($"R|user{i}@{(i % 5 == 0 ? "five" : "other")}.test", 1))));
        }
        using Shown shown = new(Folder.Path);
        foreach ((string question, int limit, int count) in ((string, int, int)[])[("", 7, 75), ("", 200, 75), ("", 75, 75), ("", 1, 75), ("recipient=*@five.test", 4, 15), ("recipient=*@nowhere.test", 4, 0)])
        {
            List<string> met = [];
            for (string? next = ""; next is not null;)
            {
                using JsonDocument page = JsonDocument.Parse(shown.Text($"/api/v1/queue?limit={limit}&after={next}&match={Uri.EscapeDataString(question)}"));
                JsonElement[] messages = [.. page.RootElement.GetProperty("messages").EnumerateArray()];
                Assert.InRange(messages.Length, 0, limit);
                met.AddRange(messages.Select(static message => message.GetProperty("queue_id").GetString()!));
                next = page.RootElement.GetProperty("next").GetString();
            }
            Assert.Equal(met.Order(StringComparer.Ordinal), met);
            Assert.Equal(count, met.Distinct().Count());
            Assert.Equal(count, met.Count);
            Assert.Superset(met.ToHashSet(), put);
        }
    }

    [Fact]
    public void The_shape_of_the_queue_is_counted()
    {
        for (int i = 0; i < 6; i++)
            Put(i % 2 == 0 ? QueueName.Deferred : QueueName.Hold, QueueFileTests.Message($"R|user@{(i < 4 ? "four" : "two")}.test", 1));
        using Shown shown = new(Folder.Path);
        using JsonDocument shape = JsonDocument.Parse(shown.Text("/api/v1/shape"));
        JsonElement root = shape.RootElement;
        Assert.True(root.GetProperty("complete").GetBoolean());
        Assert.Equal((6, 6, 2), (root.GetProperty("messages").GetInt32(), root.GetProperty("recipients").GetInt32(), root.GetProperty("domains").GetInt32()));
        Assert.Equal("{\"deferred\": 3, \"hold\": 3}", root.GetProperty("queues").GetRawText());
        Assert.Equal(["four.test 4", "two.test 2"], root.GetProperty("shape").EnumerateArray().Select(static row => $"{row.GetProperty("domain")} {row.GetProperty("total")}"));
        Assert.Equal(["four.test on hold 2"], root.GetProperty("waits").EnumerateArray().Where(static row => row.GetProperty("reason").ValueEquals("on hold")).Take(1).Select(static row => $"{row.GetProperty("destination")} {row.GetProperty("reason")} {row.GetProperty("messages")}"));
    }

    [Fact]
    public void Many_recipients_are_cut_and_hostile_addresses_are_text()
    {
        Put(QueueName.Deferred, QueueFileTests.Message(string.Join(';', Enumerable.Range(0, 300).Select(static i => $"R|user{i}@x")), 300));
        Put(QueueName.Hold, QueueFileTests.Message("R|<script>alert(1)</script>@x", 1, sender: "\"><img src=x onerror=alert(1)>@x"));
        using Shown shown = new(Folder.Path);
        using HttpResponseMessage response = shown.Ask("/api/v1/queue");
        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        using JsonDocument page = JsonDocument.Parse(Shown.TextOf(response));
        JsonElement[] messages = [.. page.RootElement.GetProperty("messages").EnumerateArray()];
        JsonElement many = Assert.Single(messages, static message => message.TryGetProperty("more_recipients", out _));
        Assert.Equal(10, many.GetProperty("recipients").GetArrayLength());
        Assert.Contains(messages, static message => message.GetProperty("recipients")[0].GetProperty("address").ValueEquals("\"<script>alert(1)</script>\"@x"));
    }

    [Theory]
    [InlineData("/api/v1/queue?limit=201", HttpStatusCode.BadRequest, "limit: give a number from 1 to 200")]
    [InlineData("/api/v1/queue?pages=2", HttpStatusCode.BadRequest, "\\\"pages\\\" is unknown here")]
    [InlineData("/api/v1/queue?limit=2&limit=3", HttpStatusCode.BadRequest, "is there twice")]
    [InlineData("/api/v1/queue?after=a/b", HttpStatusCode.BadRequest, "after: no queue ID")]
    [InlineData("/api/v1/queue?match=sender", HttpStatusCode.BadRequest, "match: ")]
    [InlineData("/api/v1/queue?match=header:subject=*money*", HttpStatusCode.Forbidden, "is not told over HTTP")]
    [InlineData("/api/v1/shape?by=weather", HttpStatusCode.BadRequest, "by: give recipient or sender")]
    [InlineData("/api/v1/messages/..%2f..%2fetc", HttpStatusCode.BadRequest, "no queue ID")]
    [InlineData("/api/v1/messages/A1", HttpStatusCode.ServiceUnavailable, "the mail system is down")]
    [InlineData("/api/v1/destinations", HttpStatusCode.ServiceUnavailable, "the mail system is down")]
    [InlineData("/../main.toml", HttpStatusCode.NotFound, "there is nothing of that name")]
    [InlineData("/index.html", HttpStatusCode.NotFound, "there is nothing of that name")]
    public void A_question_that_has_no_answer_is_told_why(string path, HttpStatusCode status, string why)
    {
        using Shown shown = new(Folder.Path);
        using HttpResponseMessage response = shown.Ask(path);
        Assert.Equal(status, response.StatusCode);
        Assert.Contains(why, Shown.TextOf(response), StringComparison.Ordinal);
        Assert.Empty(shown.Lines.Lines);
    }

    [Fact]
    public void A_head_has_no_body_and_nothing_else_is_a_method()
    {
        using Shown shown = new(Folder.Path);
        using HttpResponseMessage head = shown.Ask("/", method: HttpMethod.Head);
        Assert.Equal((HttpStatusCode.OK, 0), (head.StatusCode, Shown.TextOf(head).Length));
        foreach (HttpMethod method in (HttpMethod[])[HttpMethod.Put, HttpMethod.Delete, HttpMethod.Patch, HttpMethod.Trace])
        {
            using HttpResponseMessage response = shown.Ask("/api/v1/queue", method: method);
            Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        }
    }

    [Fact]
    public void Who_says_nothing_is_put_out_and_keeps_nobody_from_an_answer()
    {
        using Shown shown = new(Folder.Path);
        List<Socket> silent = [];
        try
        {
            for (int i = 0; i < 30; i++)
            {
                Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 60_000 };
                socket.Connect(IPAddress.Loopback, shown.Port);
                if (i % 2 == 0)
                    socket.Send("GET /api/v1/queue HTTP/1.1\r\nHost: "u8);
                silent.Add(socket);
            }
            Assert.Equal(HttpStatusCode.OK, shown.Status("/api/v1/queue"));
            // One that has begun hears 408, one that has not hears nothing; both see the end.
            Assert.StartsWith("HTTP/1.1 408", Rest(silent[0]), StringComparison.Ordinal);
            Assert.Equal("", Rest(silent[1]));
        }
        finally
        {
            silent.ForEach(static socket => socket.Dispose());
        }

        static string Rest(Socket socket)
        {
            byte[] buffer = new byte[4096];
            StringBuilder text = new();
            for (int n; (n = socket.Receive(buffer)) > 0;)
                text.Append(Encoding.ASCII.GetString(buffer, 0, n));
            return text.ToString();
        }
    }

    [Fact]
    public void The_description_has_what_there_is()
    {
        using Shown shown = new(Folder.Path, "web_actions = true\n", Shown.Secret);
        using JsonDocument description = JsonDocument.Parse(shown.Text("/api/v1/openapi.json"));
        List<string> met = [];
        foreach (JsonProperty path in description.RootElement.GetProperty("paths").EnumerateObject())
        {
            foreach (JsonProperty method in path.Value.EnumerateObject())
            {
                met.Add($"{method.Name} {path.Name}");
                string name = path.Name.Replace("{id}", "A1", StringComparison.Ordinal);
                HttpStatusCode status = method.Name == "get" ? shown.Status($"/api/v1{name}", Shown.Secret) : shown.Order(name[1..], "{}").Status;
                Assert.NotEqual(HttpStatusCode.NotFound, status);
                // What can be asked stands there, and nothing else can be.
                if (method.Name != "get")
                    continue;
                foreach (JsonElement parameter in method.Value.TryGetProperty("parameters", out JsonElement parameters) ? parameters.EnumerateArray() : default)
                {
                    if (parameter.TryGetProperty("in", out JsonElement place) && place.ValueEquals("query"))
                        Assert.DoesNotContain("is unknown here", Shown.TextOf(shown.Ask($"/api/v1{name}?{parameter.GetProperty("name")}=1", Shown.Secret)), StringComparison.Ordinal);
                }
            }
        }
        Assert.Equal(13, met.Count);
    }

    [Fact]
    public void With_a_certificate_it_speaks_tls()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=mta.golden.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        string path = $"{Folder.Path}/pem";
        File.WriteAllText(path, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
        using Shown shown = new(Folder.Path, $"web_tls_cert_file = '{path}'\n", Shown.Secret);
        using HttpClientHandler trusting = new() { ServerCertificateCustomValidationCallback = (_, seen, _, _) => seen!.Thumbprint == certificate.Thumbprint };
        using HttpClient http = new(trusting) { BaseAddress = new Uri($"https://127.0.0.1:{shown.Port}") };
        using HttpRequestMessage question = new(HttpMethod.Get, "/api/v1/queue");
        question.Headers.Authorization = new("Bearer", Shown.Secret);
        using HttpResponseMessage response = http.Send(question);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Throws<HttpRequestException>(() => shown.Status("/"));
    }

    [Fact]
    public void Users_who_may_not_see_the_queue_do_not_by_tcp()
    {
        static WebOptions Read(string toml) => WebOptions.Read(MainConfig.FromText($"myhostname = 'mta.golden.test'\nauthorized_mailq_users = ['alice']\n{toml}"));
        Assert.Contains("web_listen: whoever is on this host could see the queue there, but authorized_mailq_users is not for all", Assert.Throws<ConfigurationException>(() => Read("")).Message, StringComparison.Ordinal);
        Assert.NotNull(Read("web_token_file = '/token'\n").Listen);
        Assert.Null(Read("web_listen = ''\n").Listen);
    }

    [Theory]
    [InlineData("short", 0x180, "must have 32 characters at least")]
    [InlineData("0123456789abcdef 0123456789abcdef", 0x180, "no spaces")]
    [InlineData("0123456789abcdef0123456789abcdef", 0x1A4, "can be read by all users")]
    [InlineData("", 0x180, "empty")]
    [InlineData("0123456789abcdef0123456789abcdef\n# more", 0x180, null)]
    public void A_token_is_long_and_nobody_elses(string text, int mode, string? problem)
    {
        string path = $"{Folder.Path}/token";
        File.WriteAllText(path, text);
        FileSystem.ChangeMode(path, mode);
        MainConfig config = MainConfig.FromText($"web_token_file = '{path}'\n");
        if (problem is null)
        {
            WebSecrets secrets = WebSecrets.Read(config);
            Assert.True(secrets.Token!.Is(Shown.Secret));
            Assert.DoesNotContain("0123", secrets.ToString(), StringComparison.Ordinal);
            return;
        }
        string said = Assert.Throws<ConfigurationException>(() => WebSecrets.Read(config)).Message;
        Assert.Contains(problem, said, StringComparison.Ordinal);
        Assert.DoesNotContain("0123", said, StringComparison.Ordinal);
    }
}
