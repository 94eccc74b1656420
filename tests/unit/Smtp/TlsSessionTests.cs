using System.Security.Cryptography;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Smtp;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>What happens once TLS is up, and when mail goes in plain text after all.</summary>
public sealed class TlsSessionTests
{
    private static readonly TlsSettings s_may = TlsRig.Usual with { SecurityLevel = TlsLevel.May };
    private static readonly TlsSettings s_encrypt = TlsRig.Usual with { SecurityLevel = TlsLevel.Encrypt };

    // S2-17, S2-18
    [Theory]
    [InlineData("""{"ext": ["STARTTLS"], "tls_garbage": 1}""", "Cannot start TLS: handshake failure")]
    [InlineData("""{"ext": ["STARTTLS"], "tls": "DROP"}""", "Cannot start TLS: handshake failure")]
    [InlineData("""{"ext": ["STARTTLS"], "mail": ["DROP", "250 2.1.0 Ok"]}""", "lost connection with mx.test[127.0.0.31] while sending MAIL FROM")]
    [InlineData("""{"ext": ["STARTTLS"], "dot": ["DROP", "250 2.0.0 Ok: queued as SINK"]}""", "lost connection with mx.test[127.0.0.31] while sending end of data -- message may be sent more than once")]
    [InlineData("""{"ext": ["STARTTLS"], "mail": ["UNDER:250 2.1.0 Ok", "250 2.1.0 Ok"]}""", "TLS failure in the conversation with mx.test[127.0.0.31] while sending MAIL FROM")]
    public void Mail_that_waited_goes_to_the_same_server_in_plain_text(string script, string why)
    {
        using TlsRig tls = new(s_may, script);
        using ScriptedServer second = new("127.0.0.32", tls.Server.Port);
        tls.Rig.Resolver.A("mx2.test", "127.0.0.32");
        tls.Rig.Resolver.Mx("dest.test", (10, "mx.test"), (20, "mx2.test"));
        DeliveryReport report = tls.Deliver(TlsRig.OldRequest());
        second.Dispose();
        Assert.Equal("2.0.0 sent (250 2.0.0 Ok: queued as SINK)", tls.Result);
        Assert.StartsWith("mx.test", tls.Rig.Results.Single()[1], StringComparison.Ordinal);
        Assert.Contains($"3F2A81C0D5: {why}", tls.OtherLines);
        Assert.Equal((2, 0), (tls.Server.Connections, second.Connections));
        Assert.Equal(1, tls.Server.Commands.Count(c => c == "STARTTLS"));
        Assert.Null(report.Trouble);
    }

    // S2-17
    [Theory]
    [InlineData("new mail")]
    [InlineData("TLS required")]
    [InlineData("never TLS")]
    [InlineData("a login")]
    [InlineData("nobody left")]
    [InlineData("refused over TLS")]
    public void Else_there_is_no_second_try_in_plain_text(string but)
    {
        (string script, string result, bool throttled) = but switch
        {
            "new mail" or "a login" => ("""{"ext": ["STARTTLS"], "tls_garbage": 1}""", "4.7.5 deferred (Cannot start TLS: handshake failure)", false),
            "TLS required" => ("""{"ext": ["STARTTLS"], "tls_garbage": 1}""", "4.7.5 deferred (Cannot start TLS: handshake failure)", true),
            "never TLS" => ("""{"dot": "DROP"}""", "4.4.2 deferred (lost connection with mx.test[127.0.0.31] while sending end of data -- message may be sent more than once)", true),
            "nobody left" => ("""{"ext": ["STARTTLS"], "rcpt": "REPLY+DROP:550 5.1.1 no"}""", "5.1.1 bounced (host mx.test[127.0.0.31] said: 550 5.1.1 no (in reply to RCPT TO command))", false),
            _ => ("""{"ext": ["STARTTLS"], "mail": "450 4.1.1 no"}""", "4.1.1 deferred (host mx.test[127.0.0.31] said: 450 4.1.1 no (in reply to MAIL FROM command))", false),
        };
        using TlsRig tls = new(but == "TLS required" ? s_encrypt : s_may, script);
        string login = but == "a login" ? "mx.test" : "elsewhere.test";
        MainConfig main = MainConfig.FromText($"smtp_sasl_password_maps = \"inline:{{{{{login}=user:password}}}}\"");
        tls.Rig.Options = tls.Rig.Options with { Login = LoginSettings.Read(main, "smtp") };
        DeliveryRequest old = TlsRig.OldRequest();
        DeliveryReport report = tls.Deliver(but == "new mail" ? old with { ArrivalMicroseconds = old.ArrivalMicroseconds + 1_000_000 } : old);
        Assert.Equal(result, tls.Result);
        Assert.Equal(1, tls.Server.Connections);
        Assert.Equal(throttled, report.Trouble is not null);
    }

    [Fact]
    public void TLS_that_breaks_later_defers_and_throttles()
    {
        using TlsRig tls = new(s_encrypt, """{"ext": ["STARTTLS"], "rcpt": "UNDER:250 2.1.5 Ok"}""");
        DeliveryReport report = tls.Deliver();
        Assert.Equal("4.7.5 deferred (TLS failure in the conversation with mx.test[127.0.0.31] while sending RCPT TO)", tls.Result);
        Assert.NotNull(report.Trouble);
    }

    [Theory]
    [InlineData("""{"ext": ["STARTTLS"], "rcpt": "DROP"}""", "4.4.2 deferred (lost connection with mx.test[127.0.0.31] while sending RCPT TO)")]
    [InlineData("""{"ext": ["STARTTLS"], "rcpt": "HANG"}""", "4.4.2 deferred (conversation with mx.test[127.0.0.31] timed out while sending RCPT TO)")]
    public void Lost_connections_and_time_limits_are_the_same_as_without_TLS(string script, string result)
    {
        using TlsRig tls = new(s_encrypt, script);
        tls.Rig.Options = tls.Rig.Options with { RcptTimeout = TimeSpan.FromMilliseconds(300) };
        tls.Deliver();
        Assert.Equal(result, tls.Result);
    }

    [Fact]
    public void A_large_message_arrives_byte_for_byte()
    {
        string[] lines = Enumerable.Range(0, 40_000).Select(i => $"{i} {new string((char)('a' + (i % 26)), i % 900)}").ToArray();
        using TlsRig tls = new(s_encrypt, content: SmtpRig.Records(lines));
        tls.Deliver();
        Assert.Equal("2.0.0 sent (250 2.0.0 Ok: queued as SINK)", tls.Result);
        byte[] want = SHA256.HashData(System.Text.Encoding.Latin1.GetBytes(string.Join("\r\n", lines) + "\r\n"));
        Assert.Equal(want, SHA256.HashData(tls.Server.Messages.Single()));
    }

    [Fact]
    public void A_server_that_talks_while_we_write_does_not_block_the_conversation()
    {
        using TlsRig tls = new(s_encrypt, $$"""{"ext": ["STARTTLS", "PIPELINING"], "rcpt": "250 2.1.5 {{new string('y', 1900)}}"}""");
        DeliveryRequest request = SmtpRig.Request("dest.test", Enumerable.Range(0, 3000).Select(i => $"{new string('u', 60)}{i}@dest.test").ToArray());
        tls.Deliver(request);
        Assert.Equal(3000, tls.Rig.Results.Count(r => r[3] == "sent"));
    }

    [Fact]
    public void A_server_that_takes_nothing_runs_into_the_time_limit()
    {
        using TlsRig tls = new(s_encrypt, """{"ext": ["STARTTLS", "PIPELINING"], "read": "no"}""",
            content: SmtpRig.Records(Enumerable.Repeat(new string('b', 98), 200_000)));
        tls.Rig.Options = tls.Rig.Options with { DataXferTimeout = TimeSpan.FromMilliseconds(300) };
        tls.Deliver();
        Assert.Equal("4.4.2 deferred (conversation with mx.test[127.0.0.31] timed out while sending message body)", tls.Result);
    }

    [Fact]
    public void A_session_over_TLS_is_used_again()
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.Verify });
        DeliveryRequest request = SmtpRig.Request("dest.test", "u@dest.test");
        Assert.True(tls.Rig.Deliver(request with { MoreWaits = true }).SessionOpen);
        Assert.False(tls.Deliver(request).SessionOpen);
        Assert.Equal((1, 2), (tls.Server.Connections, tls.Server.Messages.Count));
        Assert.Contains(", conn_use=2, ", tls.Rig.Lines[^1], StringComparison.Ordinal);
        Assert.Equal(1, tls.Server.Commands.Count(c => c == "QUIT"));
    }

    [Theory]
    [InlineData("""{"ext": ["STARTTLS"], "dot": "250 2.0.0 Ok\n421 4.3.2 bye"}""")] // something was said
    [InlineData("""{"ext": ["STARTTLS"], "dot": "REPLY+DROP:250 2.0.0 Ok"}""")]
    public void A_session_over_TLS_that_is_not_quiet_is_not_used_again(string script)
    {
        using TlsRig tls = new(s_encrypt, script);
        DeliveryRequest request = SmtpRig.Request("dest.test", "u@dest.test") with { MoreWaits = true };
        tls.Rig.Deliver(request);
        tls.Deliver(request);
        Assert.Equal(2, tls.Server.Connections);
        Assert.Equal(["sent", "sent"], tls.Rig.Results.Select(r => r[3]));
    }

    [Fact]
    public void What_a_server_says_unasked_over_TLS_is_no_reply_to_the_next_message()
    {
        using TlsRig tls = new(s_encrypt, """{"ext": ["STARTTLS", "PIPELINING"], "after_dot": "LATE:550 5.0.0 stray"}""");
        DeliveryRequest request = SmtpRig.Request("dest.test", "u@dest.test") with { MoreWaits = true };
        tls.Rig.Deliver(request);
        Assert.True(tls.Server.Strayed.Wait(TimeSpan.FromSeconds(20)));
        tls.Deliver(request);
        Assert.Equal(["sent", "sent"], tls.Rig.Results.Select(r => r[3]));
        Assert.Equal(2, tls.Server.Connections);
    }

    // S2-07
    [Fact]
    public void What_a_server_says_unasked_over_TLS_is_no_reply_to_the_next_command()
    {
        // As much as is read at once; what follows in the same record stays within TLS.
        const int ReadAtOnce = 4096;
        string hello = "250-mx\r\n" + string.Concat(Enumerable.Repeat($"250-{new string('x', 1294)}\r\n", 3));
        hello += $"250 {new string('y', ReadAtOnce - hello.Length - 6)}\r\n";
        string again = System.Text.Json.JsonSerializer.Serialize($"RAW:{hello}250 2.0.0 unasked\r\n");
        string script = $$"""{"ehlo": ["250-mx\n250 STARTTLS", {{again}}], "rcpt": [["a", "550 5.1.1 no"]]}""";
        using TlsRig tls = new(s_encrypt, script);
        tls.Deliver(SmtpRig.Request("dest.test", "a@dest.test", "b@dest.test"));
        Assert.Equal(["4.5.0 deferred", "4.5.0 deferred"], tls.Rig.Results.Select(r => $"{r[2]} {r[3]}"));
        Assert.Empty(tls.Server.Messages);
    }

    // S2-17
    [Fact]
    public void A_session_used_again_whose_TLS_breaks_is_replaced()
    {
        using TlsRig tls = new(s_may, """{"ext": ["STARTTLS"], "rcpt": ["250 2.1.5 Ok", "250 2.1.5 Ok"], "dot": ["250 2.0.0 Ok", "DROP", "250 2.0.0 Ok"]}""");
        tls.Rig.Deliver(TlsRig.OldRequest() with { MoreWaits = true });
        tls.Deliver(TlsRig.OldRequest());
        Assert.Equal(["sent", "sent"], tls.Rig.Results.Select(r => r[3]));
        Assert.Equal((2, 2), (tls.Server.Connections, tls.Server.Agreements.Count));
    }

    [Theory]
    [InlineData("may", "encrypt", 2)]
    [InlineData("encrypt", "verify", 2)]
    [InlineData("verify", "verify", 1)]
    public void A_session_under_a_weaker_policy_is_not_used(string first, string second, int connections)
    {
        using TlsRig tls = new(s_may);
        DeliveryRequest request = SmtpRig.Request("dest.test", "u@dest.test") with { MoreWaits = true };
        TlsSettings settings = TlsRig.Usual with { SecurityLevel = TlsPolicy.LevelOf(first)!.Value };
        tls.Use(settings);
        tls.Rig.Deliver(request);
        tls.Use(settings with { SecurityLevel = TlsPolicy.LevelOf(second)!.Value });
        tls.Deliver(request);
        Assert.Equal(connections, tls.Server.Connections);
        Assert.Equal(connections, tls.Server.Agreements.Count);
    }

    [Fact]
    public void A_session_in_plain_text_after_TLS_failed_serves_no_other_mail()
    {
        using TlsRig tls = new(s_may, """{"ext": ["STARTTLS"], "tls_garbage": 1}""");
        tls.Rig.Deliver(TlsRig.OldRequest() with { MoreWaits = true });
        tls.Deliver(TlsRig.OldRequest());
        Assert.Equal(["sent", "sent"], tls.Rig.Results.Select(r => r[3]));
        Assert.Equal(3, tls.Server.Connections);
    }

    // One failure is enough: mail that comes after it does not wait, and does not fail, once more.
    [Theory]
    [InlineData("soon", 1, "2.0.0 sent (250 2.0.0 Ok: queued as SINK)")]
    [InlineData("later", 2, "4.7.5 deferred (Cannot start TLS: handshake failure)")] // it is tried anew
    [InlineData("a login", 2, "4.7.5 deferred (Cannot start TLS: handshake failure)")]
    [InlineData("TLS required", 2, "4.7.5 deferred (Cannot start TLS: handshake failure)")]
    public void TLS_that_is_broken_is_remembered_for_a_while(string what, int starts, string result)
    {
        using TlsRig tls = new(s_may, """{"ext": ["STARTTLS"], "tls_garbage": 1}""");
        ManualClock clock = new();
        tls.Rig.Clock = clock;
        DeliveryRequest old = TlsRig.OldRequest();
        tls.Rig.Deliver(old);
        Assert.Equal("sent", tls.Rig.Results.Single()[3]);
        tls.Rig.Lines.Clear();
        clock.Advance(60 * (what == "later" ? 31 : 29));
        if (what == "a login")
            tls.Rig.Options = tls.Rig.Options with { Login = LoginSettings.Read(MainConfig.FromText("smtp_sasl_password_maps = \"inline:{{mx.test=user:password}}\""), "smtp") };
        DeliveryRequest young = old with { ArrivalMicroseconds = old.ActiveMicroseconds };
        tls.Deliver(what == "TLS required" ? young with { Rule = new DeliveryRule("dest.test", "encrypt") } : young);
        Assert.Equal(result, tls.Result);
        Assert.Equal(starts, tls.Server.Commands.Count(static command => command == "STARTTLS"));
    }

    // A conversation that breaks says nothing of the server's TLS.
    [Fact]
    public void A_connection_that_is_lost_is_not_remembered_as_TLS_that_is_broken()
    {
        using TlsRig tls = new(s_may, """{"ext": ["STARTTLS"], "mail": ["DROP", "250 2.1.0 Ok"]}""");
        tls.Rig.Deliver(TlsRig.OldRequest());
        tls.Deliver(TlsRig.OldRequest());
        Assert.Equal(["sent", "sent"], tls.Rig.Results.Select(static r => r[3]));
        Assert.Equal(2, tls.Server.Commands.Count(static command => command == "STARTTLS"));
    }

    [Fact]
    public void A_new_certificate_is_logged_once()
    {
        using TlsRig tls = new(s_may with { LogLevel = 1 });
        tls.Rig.Deliver(SmtpRig.Request("dest.test", "u@dest.test"));
        tls.Deliver();
        string line = tls.Rig.Lines.Single(static line => line.Contains(": certificate subject=", StringComparison.Ordinal));
        Assert.Matches(@"^mx\.test\[127\.0\.0\.31\]:\d+: certificate subject=CN=mx\.test, issuer=CN=Test authority, sha256=([0-9A-F]{2}:){31}[0-9A-F]{2}, valid \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d, \d+ days left$", line);
        Assert.Equal(2, tls.Server.Agreements.Count);
    }

    [Fact]
    public void What_was_asked_and_given_is_noted_where_mail_waits()
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.Verify }, certificate: TestCertificates.For("other.test", "other.test"));
        tls.Deliver();
        Assert.Equal("TLSv1.3 with TLS_AES_256_GCM_SHA384, server verified by nobody (level verify)", Assert.Single(tls.Rig.TlsNotes).Sentence);
        Assert.Equal("""{"level": "verify", "protocol": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "verified": "nobody", "resumed": false}""", tls.Rig.TlsNotes[0].ToJson());
        Assert.Equal(tls.Rig.TlsNotes[0], PostfixNet.Mail.TlsUse.FromText(tls.Rig.TlsNotes[0].ToText()));
    }

    [Theory]
    [InlineData("{}", "not offered")]
    [InlineData("""{"ext": ["STARTTLS"], "starttls": "454 4.7.0 no"}""", "refused: 454 4.7.0 no")]
    [InlineData("""{"ext": ["STARTTLS"], "tls": "DROP"}""", "handshake failure")]
    public void Why_there_was_no_TLS_is_noted(string script, string why)
    {
        using TlsRig tls = new(s_encrypt, script);
        tls.Deliver();
        Assert.Equal($"no TLS: {why} (level encrypt)", Assert.Single(tls.Rig.TlsNotes).Sentence);
    }

    [Theory]
    [InlineData("may", TlsRig.Offers, "tls=may, protocol=TLSv1.3, cipher=TLS_AES_256_GCM_SHA384, verified=nobody")]
    [InlineData("may", "{}", "tls=may:none")]
    [InlineData("encrypt", TlsRig.Offers, "tls=encrypt, protocol=TLSv1.3, cipher=TLS_AES_256_GCM_SHA384, verified=nobody")]
    [InlineData("verify", TlsRig.Offers, "tls=verify, protocol=TLSv1.3, cipher=TLS_AES_256_GCM_SHA384, verified=ca")]
    [InlineData("none", TlsRig.Offers, null)]
    public void The_result_line_shows_the_level_when_asked_to(string level, string script, string? field)
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsPolicy.LevelOf(level)!.Value }, script);
        tls.Rig.Options = tls.Rig.Options with { LogTlsFeatureStatus = true };
        tls.Deliver();
        Assert.Matches(field is null ? @", delays=[\d./]+, dsn=" : $@", delays=[\d./]+, {field}, dsn=", tls.Rig.Lines[^1]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_reply_that_comes_before_its_command_can_end_the_session(bool blocks)
    {
        using TlsRig tls = new(s_encrypt with { BlockEarlyMailReply = blocks },
            """{"ehlo": ["250-mx\n250 STARTTLS", "250-mx\n250 PIPELINING\nnot a reply"]}""");
        tls.Deliver();
        Assert.Equal(blocks, tls.Result == "4.7.0 deferred (host mx.test[127.0.0.31] replied to MAIL FROM before it was sent)");
        Assert.Equal(blocks ? 0 : 1, tls.Server.Commands.Count(c => c.StartsWith("MAIL", StringComparison.Ordinal)));
    }
}
