using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MimeKit;
using PostfixNet.Client;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;
using PostfixNet.UnitTests.Smtpd;

namespace PostfixNet.UnitTests.ClientPackage;

/// <summary>The client package with smtpd and cleanup as they are, and with servers that misbehave.</summary>
public sealed class MailQueueTests : IDisposable
{
    private static readonly MailEnvelope s_envelope = new("shop@origin.test", "ann@sink.test");

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private static MailQueue To(int port, Action<PostfixNetOptions>? more = null)
    {
        PostfixNetOptions options = new() { Host = "127.0.0.1", Port = port };
        more?.Invoke(options);
        return new MailQueue(options);
    }

    private static MemoryStream Content(string text) => new(Encoding.Latin1.GetBytes(text));

    private static string Body(string file) => string.Join('\n', file.Split('\n').Where(static line => line.StartsWith("N ", StringComparison.Ordinal)).Select(static line => line[2..])
        .SkipWhile(static line => line.Length > 0).Skip(1));

    [Fact]
    public async Task A_message_is_in_the_queue_under_the_name_that_the_client_gets()
    {
        using SmtpdRig rig = new();
        using MailQueue queue = To(rig.Port);
        using MimeMessage message = new() { Subject = "Grüße", Body = new TextPart("plain") { Text = "Schön.\n.\n..two\n" } };
        message.From.Add(new MailboxAddress("Shop", "shop@origin.test"));
        message.To.Add(new MailboxAddress("Ann", "ann@sink.test"));
        message.Bcc.Add(new MailboxAddress("Bob", "bob@sink.test"));
        message.MessageId = "order-1@shop.test";
        QueuedMessage queued = await queue.SendAsync(message, new SendOptions { Notify = DsnNotify.Success | DsnNotify.Delay, Return = DsnReturn.Headers, EnvelopeId = "order 1+2" });
        Assert.Equal(queued.QueueId, Path.GetFileName(Assert.Single(rig.Paths(QueueName.Incoming))));
        Assert.Equal("order-1@shop.test", queued.MessageId);
        Assert.Empty(queued.Refused);
        string file = Assert.Single(rig.Queued);
        Assert.Contains("\nR ann@sink.test\n", file, StringComparison.Ordinal);
        Assert.Contains("\nR bob@sink.test\n", file, StringComparison.Ordinal);
        Assert.DoesNotContain("\nN Bcc", file, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("=order 1+2\n", file, StringComparison.Ordinal);
        Assert.Contains("\nN Message-Id: <order-1@shop.test>\n", file, StringComparison.Ordinal);
        Assert.EndsWith("\n.\n..two", Body(file).TrimEnd('\n'), StringComparison.Ordinal);
        // And the next over the same connection.
        Assert.NotEqual(queued.QueueId, (await queue.SendAsync(message)).QueueId);
        Assert.Single(rig.Log, static line => line.StartsWith("connect from", StringComparison.Ordinal));
    }

    [Theory] // content, what the queue file has of the body
    [InlineData("Subject: s\r\n\r\n.\r\n..\r\n.x", ".\n..\n.x")]
    [InlineData("Subject: s\n\nlf alone\n.\n", "lf alone\n.")]
    [InlineData("Subject: s\r\n\r\n\xE9\xFF", "\xE9\xFF")]
    public async Task A_stream_goes_as_it_is(string content, string body)
    {
        using SmtpdRig rig = new();
        using MailQueue queue = To(rig.Port);
        await queue.SendAsync(Content(content), s_envelope);
        string file = Assert.Single(rig.Queued);
        Assert.Equal(body, PostfixNet.Mail.ByteText.Encode(Body(file)).Aggregate(new StringBuilder(), static (text, octet) => text.Append((char)octet)).ToString());
    }

    [Fact]
    public async Task Long_content_and_many_at_once_arrive_whole()
    {
        using SmtpdRig rig = new();
        using MailQueue queue = To(rig.Port, static options => options.MaxConnections = 3);
        string line = new('.', 900);
        string content = "Subject: s\r\n\r\n" + string.Concat(Enumerable.Repeat($"{line}\r\n", 200));
        QueuedMessage[] queued = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => queue.SendAsync(Content(content), s_envelope)));
        Assert.Equal(12, queued.Select(static one => one.QueueId).Distinct().Count());
        Assert.All(rig.Queued, file => Assert.Equal(200, Body(file).Split('\n').Count(text => text == line)));
        Assert.InRange(rig.Log.Count(static text => text.StartsWith("connect from", StringComparison.Ordinal)), 1, 3);
    }

    [Fact]
    public async Task Recipients_are_refused_one_by_one()
    {
        using ScriptedServer server = new(static (_, line) => line.Contains("full@", StringComparison.Ordinal) ? "452 4.2.2 mailbox full" : line.Contains("none@", StringComparison.Ordinal) ? "550 5.1.1 nobody" : null);
        using MailQueue queue = To(server.Port);
        MailEnvelope some = new("shop@origin.test", ["none@sink.test", "ann@sink.test", "full@sink.test"]);
        QueuedMessage queued = await queue.SendAsync(Content("Subject: s\r\n\r\nx\r\n"), some);
        Assert.Equal("4jWhRP4YSKz1jQ9J", queued.QueueId);
        Assert.Equal([("none@sink.test", 550, "5.1.1", false), ("full@sink.test", 452, "4.2.2", true)],
            queued.Refused.Select(static one => (one.Address, one.Reply.Code, one.Reply.EnhancedCode!, one.Reply.IsTransient)));

        MailRefusedException all = await Assert.ThrowsAsync<MailRefusedException>(() => queue.SendAsync(Content("x"), some, new SendOptions { AllOrNothing = true }));
        Assert.Equal((452, true, 2), (all.StatusCode, all.IsTransient, all.Refused.Count));
        MailRefusedException none = await Assert.ThrowsAsync<MailRefusedException>(() => queue.SendAsync(Content("x"), new MailEnvelope("", "none@sink.test")));
        Assert.Equal((550, false, false), (none.StatusCode, none.IsTransient, none.MayBeQueued));
        // A refusal does not cost the connection.
        Assert.Equal(1, server.Sessions);
        Assert.Single(server.Lines, static line => line == ScriptedServer.Dot);
    }

    [Fact]
    public async Task More_recipients_than_the_server_takes_are_told()
    {
        using ScriptedServer server = new(static (_, line) => line.StartsWith("EHLO", StringComparison.Ordinal) ? "250-here\n250 LIMITS MAILMAX=100 RCPTMAX=2" : null);
        using MailQueue queue = To(server.Port);
        QueuedMessage queued = await queue.SendAsync(Content("x"), new MailEnvelope("", ["a@x.test", "b@x.test", "c@x.test"]));
        Assert.Equal(("c@x.test", 452), (Assert.Single(queued.Refused).Address, queued.Refused[0].Reply.Code));
        Assert.DoesNotContain("RCPT TO:<c@x.test>", server.Lines);
    }

    [Theory] // answer to the line; status, transient
    [InlineData("MAIL", "451 4.3.0 later", 451, true)]
    [InlineData("DATA", "554 5.5.1 no", 554, false)]
    [InlineData(ScriptedServer.Dot, "452 4.3.1 disk full", 452, true)]
    [InlineData(ScriptedServer.Dot, "550 5.7.1 spam", 550, false)]
    public async Task A_refusal_says_whether_to_try_again(string command, string answer, int code, bool isTransient)
    {
        using ScriptedServer server = new((_, line) => line.StartsWith(command, StringComparison.Ordinal) ? answer : null);
        using MailQueue queue = To(server.Port);
        MailRefusedException e = await Assert.ThrowsAsync<MailRefusedException>(() => queue.SendAsync(Content("x"), s_envelope));
        Assert.Equal((code, isTransient, false), (e.StatusCode, e.IsTransient, e.MayBeQueued));
    }

    [Theory] // where the connection breaks; may it be queued
    [InlineData("MAIL", false)]
    [InlineData("DATA", false)]
    [InlineData(ScriptedServer.Dot, true)]
    public async Task It_is_told_whether_the_message_may_be_queued(string command, bool mayBe)
    {
        using ScriptedServer server = new((_, line) => line.StartsWith(command, StringComparison.Ordinal) ? ScriptedServer.Close : null);
        using MailQueue queue = To(server.Port);
        MailQueueUnavailableException e = await Assert.ThrowsAsync<MailQueueUnavailableException>(() => queue.SendAsync(Content("x"), s_envelope));
        Assert.Equal((true, mayBe), (e.IsTransient, e.MayBeQueued));
        // Nothing is repeated on a new connection: it was the first one that broke.
        Assert.Equal(1, server.Sessions);
    }

    [Fact]
    public async Task A_kept_connection_that_is_dead_costs_nothing()
    {
        // In its first session the server gives up at the second MAIL.
        int mails = 0;
        using ScriptedServer server = new((_, line) => line.StartsWith("MAIL", StringComparison.Ordinal) && Interlocked.Increment(ref mails) == 2 ? "421 4.4.2 timeout" : null);
        using MailQueue queue = To(server.Port);
        await queue.SendAsync(Content("x"), s_envelope);
        await queue.SendAsync(Content("y"), s_envelope);
        Assert.Equal(2, server.Sessions);
        Assert.Equal(1, server.Lines.Count(static line => line == "y"));
    }

    [Fact]
    public async Task Who_cancels_within_the_content_has_queued_nothing()
    {
        using ScriptedServer server = new(static (_, _) => null);
        using MailQueue queue = To(server.Port);
        using CancellationTokenSource cancel = new();
        using Endless content = new(cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queue.SendAsync(content, s_envelope, cancellationToken: cancel.Token));
        Assert.DoesNotContain(ScriptedServer.Dot, server.Lines);
        // The connection is not used again.
        await queue.SendAsync(Content("x"), s_envelope);
        Assert.Equal(2, server.Sessions);
    }

    [Fact]
    public async Task Who_cancels_behind_the_content_hears_the_answer()
    {
        using CancellationTokenSource cancel = new();
        using ScriptedServer server = new((_, line) =>
        {
            if (line == ScriptedServer.Dot)
                cancel.Cancel();
            return null;
        });
        using MailQueue queue = To(server.Port);
        Assert.Equal("4jWhRP4YSKz1jQ9J", (await queue.SendAsync(Content("x"), s_envelope, cancellationToken: cancel.Token)).QueueId);
    }

    [Fact]
    public async Task What_the_server_cannot_do_is_not_left_out()
    {
        using ScriptedServer server = new(static (_, line) => line.StartsWith("EHLO", StringComparison.Ordinal) ? "250 here" : null);
        using MailQueue queue = To(server.Port);
        foreach (SendOptions options in (SendOptions[])[new() { RequireTls = true }, new() { EnvelopeId = "x" }, new() { Notify = DsnNotify.Never }, new() { Return = DsnReturn.Full }])
            Assert.False((await Assert.ThrowsAsync<MailQueueNotSupportedException>(() => queue.SendAsync(Content("x"), s_envelope, options))).IsTransient);
        await Assert.ThrowsAsync<MailQueueNotSupportedException>(() => queue.SendAsync(Content("x"), new MailEnvelope("", "Jörg@sink.test")));
        Assert.DoesNotContain(server.Lines, static line => line.StartsWith("MAIL", StringComparison.Ordinal));
        // A domain can be said in ASCII.
        await queue.SendAsync(Content("x"), new MailEnvelope("", "ann@bücher.test"));
        Assert.Contains("RCPT TO:<ann@xn--bcher-kva.test>", server.Lines);
    }

    [Theory]
    [InlineData("ann@sink.test>\r\nRCPT TO:<eve@evil.test")]
    [InlineData("ann@sink.test\nDATA")]
    [InlineData("")]
    public async Task An_address_is_no_way_to_say_commands(string address)
    {
        using ScriptedServer server = new(static (_, _) => null);
        using MailQueue queue = To(server.Port);
        await Assert.ThrowsAsync<ArgumentException>(() => queue.SendAsync(Content("x"), new MailEnvelope("", address)));
        if (address.Length > 0)
            await Assert.ThrowsAsync<ArgumentException>(() => queue.SendAsync(Content("x"), new MailEnvelope(address, "ann@sink.test")));
        Assert.Equal(0, server.Sessions);
    }

    [Fact]
    public async Task TLS_with_a_login_and_only_with_the_right_certificate()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=mx.golden.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        string both = _directory.File("both.pem", Encoding.ASCII.GetBytes($"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n"));
        string trusted = _directory.File("trusted.pem", Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()));
        using SmtpdRig rig = new($"smtpd_tls_security_level = 'may'\nsmtpd_tls_cert_file = '{both}'\n");
        void Common(PostfixNetOptions options) => (options.Tls, options.TrustedCertificates, options.ServerName) = (MailTls.StartTls, trusted, "mx.golden.test");
        using (MailQueue queue = To(rig.Port, Common))
        {
            await queue.SendAsync(Content("Subject: s\r\n\r\nx"), s_envelope, new SendOptions { RequireTls = true });
            Assert.Contains("with ESMTPS id", Assert.Single(rig.Queued), StringComparison.Ordinal);
        }
        foreach (Action<PostfixNetOptions> wrong in (Action<PostfixNetOptions>[])[static options => options.ServerName = "other.test", static options => options.TrustedCertificates = null])
        {
            using MailQueue queue = To(rig.Port, options =>
            {
                Common(options);
                wrong(options);
            });
            Assert.Contains("TLS", (await Assert.ThrowsAsync<MailQueueUnavailableException>(() => queue.SendAsync(Content("x"), s_envelope))).Message, StringComparison.Ordinal);
        }
        using SmtpdRig plain = new();
        using MailQueue asking = To(plain.Port, Common);
        await Assert.ThrowsAsync<MailQueueNotSupportedException>(() => asking.SendAsync(Content("x"), s_envelope));
    }

    [Fact]
    public async Task Nobody_there_is_a_reason_to_try_again()
    {
        using MailQueue queue = new(new PostfixNetOptions { Socket = $"{_directory.Path}/none" });
        MailQueueUnavailableException e = await Assert.ThrowsAsync<MailQueueUnavailableException>(() => queue.SendAsync(Content("x"), s_envelope));
        Assert.Equal((true, false), (e.IsTransient, e.MayBeQueued));
        await Assert.ThrowsAsync<MailQueueUnavailableException>(() => queue.CheckAsync());
        await Assert.ThrowsAsync<MailQueueUnavailableException>(() => queue.GetStatusAsync("X"));
        queue.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => queue.CheckAsync());
    }

    [Fact]
    public async Task A_server_that_is_silent_does_not_hold_anybody_for_ever()
    {
        using System.Net.Sockets.TcpListener silent = new(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        using MailQueue queue = To(((System.Net.IPEndPoint)silent.LocalEndpoint).Port, static options => options.ConnectTimeout = TimeSpan.FromMilliseconds(50));
        // Of two limits the one of the session, or that of the answer within it, may be first.
        Assert.Matches("no (session|answer) within", (await Assert.ThrowsAsync<MailQueueUnavailableException>(() => queue.CheckAsync())).Message);
    }

    [Fact]
    public async Task Who_asks_whether_it_works_does_not_wait_for_the_mail_of_others()
    {
        using ManualResetEventSlim goOn = new(), isThere = new();
        using ScriptedServer server = new((_, line) =>
        {
            if (line == ScriptedServer.Dot)
            {
                isThere.Set();
                goOn.Wait();
            }
            return null;
        });
        using MailQueue queue = To(server.Port, static options => (options.MaxConnections, options.ConnectTimeout) = (1, TimeSpan.FromSeconds(1)));
        Task<QueuedMessage> sending = queue.SendAsync(Content("Subject: s\r\n\r\nx"), s_envelope);
        Assert.True(isThere.Wait(TimeSpan.FromSeconds(60)));
        try
        {
            await queue.CheckAsync().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.False(sending.IsCompleted);
        }
        finally
        {
            goOn.Set();
        }
        _ = await sending;
    }

    // Content that goes on until its reader gives up.
    private sealed class Endless(CancellationTokenSource cancel) : MemoryStream
    {
        private int _reads;

        public override bool CanSeek => false;

        public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
        {
            byte[] buffer = new byte[bufferSize];
            while (true)
            {
                if (++_reads == 20)
                    await cancel.CancelAsync();
                buffer.AsSpan().Fill((byte)'x');
                await destination.WriteAsync(buffer, cancellationToken);
            }
        }
    }
}
