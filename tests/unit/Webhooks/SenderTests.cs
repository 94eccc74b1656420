using System.Security.Cryptography.X509Certificates;
using System.Text;
using PostfixNet.Events;
using PostfixNet.UnitTests.MtaSts;
using PostfixNet.UnitTests.Smtp;
using PostfixNet.Webhooks;

namespace PostfixNet.UnitTests.Webhooks;

/// <summary>Requests over real HTTPS to a server of the test (S3-49): signature, answers, pauses.</summary>
public sealed class SenderTests : IDisposable
{
    private static readonly X509Certificate2 s_good = TestCertificates.For("any", "hooks.test");

    private readonly string _authority = Path.GetTempFileName(), _secret = Path.GetTempFileName();
    private readonly FakeResolver _resolver = new();

    public SenderTests()
    {
        File.WriteAllText(_authority, TestCertificates.Authority.ExportCertificatePem());
        File.WriteAllText(_secret, WebhookRig.Secret);
        PostfixNet.Native.FileSystem.ChangeMode(_secret, 0x180 /* 0600 */);
        _resolver.A("hooks.test", "127.0.0.1");
    }

    private void Run(Func<Stream, Task> answer, Action<WebhookRig, Sender, PolicyHost> scenario, string more = "allow_private = true\n")
    {
        using PolicyHost host = new(s_good, answer);
        using WebhookRig rig = new($"[webhook.shop]\nurl = 'https://hooks.test:{host.Port}/mail?x=y'\nsecret = 'file:{_secret}'\nCAfile = '{_authority}'\n{more}");
        Webhook webhook = Assert.Single(WebhookRig.Read(rig.Toml));
        using Sender sender = new(webhook, webhook.Connect(_resolver, (true, false)), rig.Queue, rig.Clock, new PostfixNet.Webhooks.Log(rig.Log));
        scenario(rig, sender, host);
    }

    private static Func<Stream, Task> Says(string head) => PolicyHost.Says($"HTTP/1.1 {head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

    // The example of the specification's own libraries.
    [Fact]
    public void A_signature_is_that_of_Standard_Webhooks()
    {
        const string Expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        byte[] key = Signer.KeyOf(WebhookRig.Secret)!;
        Assert.Equal(Expected, new Signer([key]).Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}"u8));
        // While receivers go over to another secret.
        Assert.EndsWith($" {Expected}", new Signer([[.. key, 1], key]).Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}"u8), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 24)]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 24)]
    [InlineData("whsec_c2hvcnQ=", 0)]
    [InlineData("whsec_no base64, but quite long enough", 0)]
    [InlineData("", 0)]
    public void A_secret_is_base64_of_enough_octets(string secret, int length) => Assert.Equal(length, Signer.KeyOf(secret)?.Length ?? 0);

    [Fact]
    public void An_event_is_posted_with_its_id_and_signature() => Run(Says("204 No Content"), static (rig, sender, host) =>
    {
        MailEvent told = rig.Event(EventKind.Bounced) with { Reply = "550 No such user, \"né\"" };
        rig.Take(told);
        Assert.True(sender.Step());
        Assert.False(sender.Step());
        string request = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(Assert.Single(host.Requests)));
        Assert.StartsWith("POST /mail?x=y HTTP/1.1\r\n", request, StringComparison.Ordinal);
        foreach (string line in (string[])[$"webhook-id: {told.Id}", $"webhook-timestamp: {rig.Clock.GetUtcNow().ToUnixTimeSeconds()}", "Content-Type: application/json", "User-Agent: Postfix.Net"])
            Assert.Contains($"\r\n{line}\r\n", request, StringComparison.Ordinal);
        string body = Encoding.UTF8.GetString(told.ToLine()).TrimEnd('\n');
        Assert.Contains($"\r\nwebhook-signature: {new Signer([Signer.KeyOf(WebhookRig.Secret)!]).Sign(told.Id, rig.Clock.GetUtcNow().ToUnixTimeSeconds(), Encoding.UTF8.GetBytes(body))}\r\n", request, StringComparison.Ordinal);
        Assert.Equal([$"{told.Id} delivered"], rig.States());
    });

    [Theory]
    [InlineData("302 Found\r\nLocation: https://hooks.test/", "status 302, a redirection, which is not followed")]
    [InlineData("404 Not Found", "status 404")]
    [InlineData("503 Service Unavailable", "status 503")]
    public void Any_other_status_is_tried_again(string head, string why) => Run(Says(head), (rig, sender, host) =>
    {
        rig.Take(rig.Event(EventKind.Bounced));
        Assert.True(sender.Step());
        Assert.False(sender.Step());
        Assert.Equal([$"warning: webhook shop: not delivered to hooks.test: {why}; it is tried again"], rig.Log.Lines);
        rig.Clock.Advance((int)TimeSpan.FromSeconds(40).TotalSeconds);
        Assert.False(sender.Step());
        rig.Clock.Advance((int)TimeSpan.FromSeconds(40).TotalSeconds);
        Assert.True(sender.Step());
        Assert.Equal(2, host.Requests.Count);
    });

    [Fact]
    public void A_server_says_how_long_to_wait() => Run(Says("429 Too Many Requests\r\nRetry-After: 600"), static (rig, sender, host) =>
    {
        rig.Take(rig.Event(EventKind.Bounced), rig.Event(EventKind.Bounced, "B"));
        Assert.True(sender.Step());
        rig.Clock.Advance((int)TimeSpan.FromSeconds(599).TotalSeconds);
        Assert.False(sender.Step());
        rig.Clock.Advance((int)TimeSpan.FromSeconds(1).TotalSeconds);
        Assert.True(sender.Step());
        Assert.Equal(2, host.Requests.Count);
    });

    [Fact]
    public void A_url_that_fails_twice_in_a_row_gets_a_pause() => Run(Says("500 Internal Server Error"), static (rig, sender, host) =>
    {
        rig.Take([.. Enumerable.Range(0, 10).Select(i => rig.Event(EventKind.Bounced, $"M{i}"))]);
        // One failure may be that of the event.
        Assert.True(sender.Step());
        Assert.True(sender.Step());
        Assert.False(sender.Step());
        rig.Clock.Advance((int)TimeSpan.FromSeconds(76).TotalSeconds);
        Assert.True(sender.Step());
        Assert.False(sender.Step());
        Assert.Equal(3, host.Requests.Count);
    });

    [Fact]
    public void Status_410_stops_the_webhook() => Run(Says("410 Gone"), static (rig, sender, host) =>
    {
        rig.Take(rig.Event(EventKind.Bounced), rig.Event(EventKind.Bounced, "B"));
        Assert.True(sender.Step());
        rig.Clock.Advance((int)TimeSpan.FromHours(20).TotalSeconds);
        Assert.False(sender.Step());
        Assert.Single(host.Requests);
        Assert.Contains("warning: webhook shop: stopped, as hooks.test says that it is gone (status 410); \"master webhooks retry shop\" goes on", rig.Log.Lines);
    });

    [Fact]
    public void After_eleven_retries_it_is_given_up() => Run(Says("500 Internal Server Error"), static (rig, sender, host) =>
    {
        rig.Take(rig.Event(EventKind.Bounced));
        for (int i = 0; i < 12; i++)
        {
            rig.Clock.Advance((int)TimeSpan.FromHours(20).TotalSeconds);
            Assert.True(sender.Step());
        }
        rig.Clock.Advance((int)TimeSpan.FromHours(20).TotalSeconds);
        Assert.False(sender.Step());
        Assert.Equal(12, host.Requests.Count);
        Assert.Equal(["A:ann@a.test:bounced:0 failed"], rig.States());
        Assert.Contains("warning: webhook shop: event A:ann@a.test:bounced:0 given up: status 500", rig.Log.Lines);
    });

    [Fact]
    public void A_server_that_hangs_is_left_after_a_while() => Run(static _ => Task.Delay(TimeSpan.FromMinutes(1)), static (rig, sender, _) =>
    {
        rig.Take(rig.Event(EventKind.Bounced));
        Assert.True(sender.Step());
        Assert.Equal(["warning: webhook shop: not delivered to hooks.test: not answered within 1 s; it is tried again"], rig.Log.Lines);
    }, "allow_private = true\ntimeout = '1s'\n");

    [Fact]
    public void A_private_address_is_not_connected_to_unless_that_is_allowed() => Run(Says("204 No Content"), static (rig, sender, host) =>
    {
        rig.Take(rig.Event(EventKind.Bounced));
        Assert.True(sender.Step());
        Assert.Empty(host.Requests);
        Assert.Equal(["warning: webhook shop: not delivered to hooks.test: hooks.test has the address 127.0.0.1, which is not public; it is tried again"], rig.Log.Lines);
    }, "");

    public void Dispose()
    {
        File.Delete(_authority);
        File.Delete(_secret);
    }
}
