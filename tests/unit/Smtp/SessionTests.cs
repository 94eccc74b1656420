using System.Text;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Net;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>Whole deliveries over loopback, beyond the table of client-cases.json.</summary>
public sealed class SessionTests
{
    [Fact]
    public void Content_arrives_byte_for_byte()
    {
        string[] lines = ["Subject: x", "", ".", "..", ".x", "a\rb", "n\0ul", "\u00e9\u00ff", "", new string('y', 998), new string('z', 999), "end."];
        using SmtpRig rig = new(SmtpRig.Records(lines));
        using ScriptedServer server = Serve(rig);
        rig.Deliver(SmtpRig.Request("mx.test", "u@mx.test"));
        rig.CloseSession();
        server.Dispose();
        string want = string.Join("\r\n", lines.Select(l => (l.StartsWith('.') ? "." : "") + (l.Length > 998 ? l[..998] + "\r\n " + l[998..] : l))) + "\r\n";
        Assert.Equal(want, Encoding.Latin1.GetString(server.Messages.Single()));
        Assert.Contains("3F2A81C0D5: breaking line > 998 bytes with <CR><LF>SPACE", rig.Lines);
    }

    [Fact]
    public void A_session_is_used_again_and_counted()
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig);
        DeliveryRequest request = SmtpRig.Request("mx.test", "u@mx.test") with { MoreWaits = true };
        Assert.True(rig.Deliver(request).SessionOpen);
        Assert.True(rig.Deliver(request).SessionOpen);
        Assert.False(rig.Deliver(request with { MoreWaits = false }).SessionOpen);
        server.Dispose();
        Assert.Equal(1, server.Connections);
        Assert.Equal(3, server.Messages.Count);
        Assert.Equal("QUIT", server.Commands[^1]);
        Assert.Equal(1, server.Commands.Count(c => c == "QUIT"));
        Assert.DoesNotContain("conn_use", rig.Lines[0], StringComparison.Ordinal);
        Assert.Contains($"relay=mx.test[127.0.0.31]:{server.Port}, conn_use=2, delay=", rig.Lines[1], StringComparison.Ordinal);
        Assert.Contains(", conn_use=3, ", rig.Lines[2], StringComparison.Ordinal);
    }

    [Theory] // a refusal leaves the session good; trouble with the server does not (S2-13)
    [InlineData("""{"rcpt": "550 5.1.1 no"}""", true)]
    [InlineData("""{"mail": "450 4.1.1 no"}""", true)]
    [InlineData("""{"data": "450 4.1.1 no"}""", true)]
    [InlineData("""{"ext": ["8BITMIME"], "rcpt": "550 5.1.1 no"}""", true)]
    [InlineData("""{"dot": "DROP"}""", false)]
    [InlineData("""{"dot": "REPLY+DROP:250 ok"}""", true)] // noticed at the next use
    public void What_leaves_a_session_open(string script, bool open)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, script);
        Assert.Equal(open, rig.Deliver(SmtpRig.Request("mx.test", "u@mx.test") with { MoreWaits = true }).SessionOpen);
        rig.CloseSession();
    }

    [Theory] // the server closes the idle session, before or while it is used
    [InlineData("""{"dot": "REPLY+DROP:250 2.0.0 Ok"}""", 2)]
    [InlineData("""{"mail": ["250 ok", "421 4.4.2 idle", "250 ok"]}""", 2)]
    [InlineData("""{"mail": ["250 ok", "REPLY+DROP:421 4.4.2 idle", "250 ok"]}""", 2)]
    [InlineData("""{"mail": ["250 ok", "DROP", "250 ok"]}""", 2)]
    [InlineData("""{"mail": ["250 ok", "RST", "250 ok"]}""", 2)]
    [InlineData("""{"ext": [], "mail": ["250 ok", "DROP", "250 ok"]}""", 2)]
    [InlineData("""{"ext": [], "mail": ["250 ok", "421 4.4.2 idle", "250 ok"]}""", 2)]
    [InlineData("""{"dot": ["RAW:250 2.0.0 Ok\r\n421 4.4.2 idle\r\n", "250 2.0.0 Ok"]}""", 2)] // it spoke unasked
    [InlineData("""{"ext": [], "dot": ["RAW:250 2.0.0 Ok\r\n250 2.0.0 Ok\r\n", "250 2.0.0 Ok"]}""", 2)]
    [InlineData("""{"ext": [], "dot": ["RAW:250 2.0.0 Ok\r\n550 5.7.1 part", "250 2.0.0 Ok"]}""", 2)]
    public void A_stale_session_is_replaced_silently(string script, int connections)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, script);
        DeliveryRequest request = SmtpRig.Request("mx.test", "u@mx.test") with { MoreWaits = true };
        rig.Deliver(request);
        rig.Deliver(request);
        rig.CloseSession();
        server.Dispose();
        Assert.Equal(connections, server.Connections);
        Assert.Equal(["sent", "sent"], rig.Results.Select(r => r[3]));
        Assert.Equal(2, rig.Lines.Count);
        Assert.DoesNotContain("conn_use", string.Join('\n', rig.Lines), StringComparison.Ordinal);
    }

    [Theory] // once MAIL was taken the server's trouble counts
    [InlineData("""{"mail": ["250 ok", "450 4.1.8 later"]}""", "4.1.8")]
    [InlineData("""{"rcpt": "250 ok", "data": ["354 go", "DROP"]}""", "4.4.2")]
    [InlineData("""{"ext": [], "data": ["354 go", "DROP"]}""", "4.4.2")]
    [InlineData("""{"dot": ["250 2.0.0 Ok", "DROP"]}""", "4.4.2")]
    public void Trouble_in_a_session_that_is_used_again_is_no_excuse_for_another_connection(string script, string status)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, script);
        DeliveryRequest request = SmtpRig.Request("mx.test", "u@mx.test") with { MoreWaits = true };
        rig.Deliver(request);
        rig.Deliver(request);
        rig.CloseSession();
        server.Dispose();
        Assert.Equal(1, server.Connections);
        Assert.Equal(["2.0.0 sent", $"{status} deferred"], rig.Results.Select(r => $"{r[2]} {r[3]}"));
    }

    [Theory] // what ends the life of an open session: time since it was opened, time at rest, number of messages
    [InlineData(0, 60, 0)]
    [InlineData(60, 0, 0)]
    [InlineData(60, 60, 1)]
    public void Each_limit_ends_a_session(int reuse, int rest, int count)
    {
        using SmtpRig rig = new();
        rig.Options = rig.Options with
        {
            ConnectionReuseTimeLimit = TimeSpan.FromSeconds(reuse),
            ConnectionCacheTimeLimit = TimeSpan.FromSeconds(rest),
            ConnectionReuseCountLimit = count,
        };
        using ScriptedServer server = Serve(rig);
        DeliveryRequest request = SmtpRig.Request("mx.test", "u@mx.test") with { MoreWaits = true };
        rig.Deliver(request);
        rig.Deliver(request);
        rig.CloseSession();
        server.Dispose();
        Assert.Equal(2, server.Connections);
        Assert.Equal(2, server.Commands.Count(c => c == "QUIT"));
        Assert.Equal(["sent", "sent"], rig.Results.Select(r => r[3]));
    }

    [Theory] // seconds between two messages; connections
    [InlineData(1, 2)] // at rest for less than smtp_connection_cache_time_limit, and young enough
    [InlineData(2, 3)] // at rest for too long
    public void An_open_session_ends_in_time(int pause, int connections)
    {
        ManualClock clock = new();
        using SmtpRig rig = new() { Clock = clock };
        rig.Options = rig.Options with { ConnectionCacheTimeLimit = TimeSpan.FromSeconds(2), ConnectionReuseTimeLimit = TimeSpan.FromSeconds(2) };
        using ScriptedServer server = Serve(rig);
        DeliveryRequest request = SmtpRig.Request("mx.test", "u@mx.test") with { MoreWaits = true };
        Assert.True(rig.Deliver(request).SessionOpen);
        clock.Advance(pause);
        Assert.True(rig.Deliver(request).SessionOpen);
        clock.Advance(1);
        // The session of the first message is two seconds old by now, and is not kept any more.
        Assert.Equal(pause > 1, rig.Deliver(request).SessionOpen);
        clock.Advance(pause);
        rig.Deliver(request);
        rig.CloseSession();
        server.Dispose();
        Assert.Equal(connections, server.Connections);
    }

    [Fact]
    public void A_limit_of_recipients_does_not_end_a_session()
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, """{"rcpt_max": 1, "rcpt_over": "452 4.5.3 too many"}""");
        DeliveryRequest request = SmtpRig.Request("mx.test", "a@mx.test", "b@mx.test") with { MoreWaits = true };
        Assert.True(rig.Deliver(request).SessionOpen);
        Assert.True(rig.Deliver(request).SessionOpen);
        rig.CloseSession();
        server.Dispose();
        Assert.Equal((1, 4), (server.Connections, server.Messages.Count));
        Assert.Equal(4, rig.Results.Count(r => r[3] == "sent"));
    }

    // S2-02: what ends the session says nothing final of those who were to come next
    [Theory]
    [InlineData("""{"rcpt_max": 1, "rcpt_over": "452 4.5.3 too many", "data": "RAW:354 go\r\n550 5.7.1 no\r\n"}""")]
    [InlineData("""{"ext": [], "rcpt_max": 1, "rcpt_over": "452 4.5.3 too many", "data": "550 5.7.1 no", "rset": "HANG"}""")]
    public void A_final_refusal_is_not_for_those_who_wait_for_another_transaction(string script)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, script);
        rig.Options = rig.Options with { RsetTimeout = TimeSpan.FromMilliseconds(200) };
        rig.Deliver(SmtpRig.Request("mx.test", "a@mx.test", "b@mx.test"));
        server.Dispose();
        Assert.Equal(["5.7.1 bounced", "4.5.3 deferred"], rig.Results.Select(r => $"{r[2]} {r[3]}"));
        Assert.Equal(1, server.Commands.Count(c => c.StartsWith("MAIL", StringComparison.Ordinal)));
    }

    [Theory] // over a Unix-domain socket; the relay has no port
    [InlineData("""{"dot0": "250 2.0.0 one", "dot1": "450 4.2.0 later", "dot2": "550 5.2.1 off"}""", "a 2.0.0 sent|b 4.2.0 deferred|c 5.2.1 bounced")]
    [InlineData("""{"dot0": "250 2.0.0 one", "dot1": "DROP"}""", "a 2.0.0 sent|b 4.4.2 deferred|c 4.4.2 deferred")]
    [InlineData("""{"banner": "DROP"}""", "a 4.4.2 deferred|b 4.4.2 deferred|c 4.4.2 deferred")]
    public void LMTP_over_a_Unix_domain_socket(string script, string want)
    {
        using SmtpRig rig = new();
        rig.Options = rig.Options with { IsLmtp = true, LmtpAssumeFinal = true };
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using (ScriptedServer server = new(path, 0, script, lmtp: true))
            rig.Deliver(SmtpRig.Request($"unix:{path}", "a@mx.test", "b@mx.test", "c@mx.test"));
        File.Delete(path);
        Assert.Equal(want, string.Join('|', rig.Results.Select(r => $"{r[0][..1]} {r[2]} {r[3]}")));
        Assert.All(rig.Results, r => Assert.Equal($"mta.golden.test[{path}]", r[1]));
    }

    [Fact]
    public void An_LMTP_socket_that_is_not_there()
    {
        using SmtpRig rig = new();
        rig.Options = rig.Options with { IsLmtp = true };
        DeliveryReport report = rig.Deliver(SmtpRig.Request("unix:/nonexistent/lmtp", "a@mx.test"));
        Assert.Equal(["none", "4.4.1", "deferred"], rig.Results.Single()[1..4]);
        Assert.Matches(@"^connect to mta\.golden\.test\[/nonexistent/lmtp\]: .*No such file or directory$", rig.Results.Single()[4]);
        Assert.Equal("4.4.1", report.Trouble?.Status);
    }

    [Fact]
    public void A_session_to_another_next_hop_is_not_used()
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig);
        rig.Resolver.Mx("other.test", (1, "mx.test"));
        rig.Deliver(SmtpRig.Request("mx.test", "u@mx.test") with { MoreWaits = true });
        rig.Deliver(SmtpRig.Request("other.test", "u@other.test"));
        server.Dispose();
        Assert.Equal(2, server.Connections);
        Assert.Equal(2, server.Commands.Count(c => c == "QUIT"));
    }

    [Fact]
    public void The_count_limit_ends_a_session()
    {
        using SmtpRig rig = new();
        rig.Options = rig.Options with { ConnectionReuseCountLimit = 1 };
        using ScriptedServer server = Serve(rig);
        Assert.False(rig.Deliver(SmtpRig.Request("mx.test", "u@mx.test") with { MoreWaits = true }).SessionOpen);
    }

    // S2-10
    [Fact]
    public void Soft_bounce_returns_no_mail()
    {
        using SmtpRig rig = new();
        rig.Options = rig.Options with { SoftBounce = true };
        using ScriptedServer server = Serve(rig, """{"rcpt": "550 5.1.1 no"}""");
        DeliveryReport report = rig.Deliver(SmtpRig.Request("mx.test", "u@mx.test"));
        Assert.True(report.SomeDeferred);
        Assert.Equal(["u@mx.test", "4.1.1", "SOFTBOUNCE"], rig.Results.Single().Where((_, i) => i is 0 or 2 or 3));
        Assert.Equal(["defer u@mx.test 4.1.1 delayed mx.test 550 5.1.1 no"], rig.Records_);
    }

    [Theory] // A success report is offered again, and its loss is told; the mail is not sent again.
    [InlineData(1, false)]
    [InlineData(3, false)]
    [InlineData(int.MaxValue, true)]
    public void A_success_report_does_not_vanish(int failures, bool lost)
    {
        using SmtpRig rig = new() { TraceFailures = failures };
        using ScriptedServer server = Serve(rig, """{"ext": []}""");
        DeliveryRequest request = SmtpRig.Request("mx.test", "u@mx.test");
        DeliveryReport report = rig.Deliver(request with { Recipients = [request.Recipients[0] with { Notify = Notify.Success }] });
        Assert.False(report.SomeDeferred);
        Assert.Equal("sent", rig.Results.Single()[3]);
        Assert.Equal(lost ? 5 : failures + 1, rig.Records_.Count(r => r.StartsWith("trace", StringComparison.Ordinal)));
        // Done before it is offered again: what ends this process now does not send the mail twice.
        Assert.Equal("done 100", rig.Records_[1]);
        Assert.Equal(lost, rig.Lines.Any(l => l.StartsWith("warning: 3F2A81C0D5: the sender is not told that the mail for <u@mx.test> was delivered", StringComparison.Ordinal)));
    }

    // S2-09, S2-16, S4-04
    [Fact]
    public void A_bounce_is_on_record_before_the_recipient_is_done()
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, """{"rcpt": [["bad", "550 5.1.1 no"], ["tmp", "450 4.2.0 later"]]}""");
        rig.Deliver(SmtpRig.Request("mx.test", "bad@mx.test", "ok@mx.test", "tmp@mx.test"));
        Assert.Equal(
            ["bounce bad@mx.test 5.1.1 failed mx.test 550 5.1.1 no", "done 100", "defer tmp@mx.test 4.2.0 delayed mx.test 450 4.2.0 later", "done 101"],
            rig.Records_);
    }

    // A0.4
    [Fact]
    public void A_bounce_that_cannot_be_recorded_is_deferred_and_tried_nowhere_else() // S2-08
    {
        using SmtpRig rig = new() { BounceFails = true };
        using ScriptedServer server = Serve(rig, """{"rcpt": "550 5.1.1 no"}""");
        rig.Resolver.A("mx2.test", "127.0.0.32");
        rig.Resolver.Mx("mx.test", (10, "mx.test"), (20, "mx2.test"));
        DeliveryReport report = rig.Deliver(SmtpRig.Request("mx.test", "u@mx.test"));
        Assert.True(report.SomeDeferred);
        Assert.Equal(["u@mx.test", "4.3.0", "deferred", "bounce or trace service failure"], rig.Results.Single().Where((_, i) => i is not 1));
        Assert.DoesNotContain(rig.Records_, r => r.StartsWith("done", StringComparison.Ordinal));
    }

    // A0.3, S1-28
    [Theory]
    [InlineData("""{"ext": ["PIPELINING"]}""", true)]
    [InlineData("{}", false)] // the server has DSN: its business
    public void Success_is_traced_when_asked_for_and_the_server_will_not_tell(string script, bool traced)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, script);
        DeliveryRequest request = SmtpRig.Request("mx.test", "u@mx.test");
        rig.Deliver(request with { Recipients = [request.Recipients[0] with { Notify = Notify.Success }] });
        Assert.Equal(traced ? ["trace u@mx.test 2.0.0 relayed mx.test 250 2.0.0 Ok: queued as SINK", "done 100"] : ["done 100"], rig.Records_);
    }

    [Theory] // S5-18: confirm_delay_cleared
    [InlineData(Notify.Default, true)]
    [InlineData(Notify.Delay, true)]
    [InlineData(Notify.Failure, false)]
    public void The_end_of_a_delay_is_traced_for_those_who_were_told_of_it(Notify asked, bool traced)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig);
        DeliveryRequest request = SmtpRig.Request("mx.test", "u@mx.test") with { Tracing = Tracing.DelayWasTold };
        rig.Deliver(request with { Recipients = [request.Recipients[0] with { Notify = asked }] });
        Assert.Equal(traced ? 2 : 1, rig.Records_.Count);
    }

    [Fact]
    public void Junk_instead_of_the_last_reply_is_not_success()
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, """{"dot": "whatever"}""");
        rig.Deliver(SmtpRig.Request("mx.test", "u@mx.test"));
        string[] result = rig.Results.Single();
        Assert.Equal(("4.5.0", "deferred"), (result[2], result[3]));
        Assert.EndsWith("message may be sent more than once", result[4], StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_without_SMTPUTF8_is_passed_over_for_one_that_has_it() // S2-19
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, """{"ext": ["PIPELINING"]}""");
        using ScriptedServer second = new("127.0.0.32", server.Port);
        rig.Resolver.A("mx2.test", "127.0.0.32");
        rig.Resolver.Mx("mx.test", (10, "mx.test"), (20, "mx2.test"));
        rig.Deliver(SmtpRig.Request("mx.test", "jørgen@mx.test") with { SmtpUtf8 = SmtpUtf8.Requested });
        Assert.Equal("sent", rig.Results.Single()[3]);
        Assert.StartsWith("mx2.test", rig.Results.Single()[1], StringComparison.Ordinal);
    }

    [Fact]
    public void An_overlong_reply_is_cut_with_a_warning()
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, $$"""{"rcpt": "550 5.1.1 {{new string('y', 3000)}}"}""");
        rig.Deliver(SmtpRig.Request("mx.test", "u@mx.test"));
        Assert.Equal($"warning: mx.test[127.0.0.31]:{server.Port}: response longer than 2048: 550 5.1.1 yyyyyyyyyyyyyyyyyyyy...", rig.Lines[0]);
        Assert.Equal($"host mx.test[127.0.0.31] said: 550 5.1.1 {new string('y', 2038)} (in reply to RCPT TO command)", rig.Results.Single()[4]);
    }

    [Fact]
    public void Many_recipients_with_long_replies_do_not_block_the_conversation()
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, $$"""{"rcpt": "250 2.1.5 {{new string('y', 1900)}}"}""");
        string[] recipients = Enumerable.Range(0, 3000).Select(i => $"{new string('u', 60)}{i}@mx.test").ToArray();
        rig.Deliver(SmtpRig.Request("mx.test", recipients));
        Assert.Equal(3000, rig.Results.Count(r => r[3] == "sent"));
    }

    [Theory]
    [InlineData("a\r\nDATA", "u@mx.test", "5.1.7")]
    [InlineData("a@b", "x\r\nRSET@mx.test", "5.1.3")]
    public void An_address_cannot_carry_a_command(string sender, string recipient, string status)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig);
        rig.Deliver(SmtpRig.Request("mx.test", recipient) with { Sender = sender });
        server.Dispose();
        Assert.Contains(rig.Lines, l => l.Contains($"dsn={status}, status=bounced", StringComparison.Ordinal));
        Assert.Equal(["EHLO mta.golden.test", "QUIT"], server.Commands);
    }

    [Fact] // RFC 3461 section 4.2: a type is an atom
    public void The_type_of_an_original_recipient_is_no_further_parameter()
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig);
        DeliveryRequest request = SmtpRig.Request("mx.test", "u@mx.test");
        rig.Deliver(request with { Recipients = [request.Recipients[0] with { DsnOriginal = "rfc822 NOTIFY=NEVER;u@mx.test" }] });
        server.Dispose();
        Assert.Equal("sent", rig.Results.Single()[3]);
        Assert.Contains("RCPT TO:<u@mx.test>", server.Commands);
    }

    [Fact] // a queue file may hold anything
    public void What_is_too_long_for_a_command_is_left_out()
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig);
        DeliveryRequest request = SmtpRig.Request("mx.test", "u@mx.test") with { EnvelopeId = new string('=', 60_000) };
        rig.Deliver(request with { Recipients = [request.Recipients[0] with { DsnOriginal = "rfc822;" + new string('+', 60_000) }] });
        server.Dispose();
        Assert.Equal("sent", rig.Results.Single()[3]);
        Assert.Contains("RCPT TO:<u@mx.test>", server.Commands);
    }

    // S3-27
    [Theory] // told to stop: before the final dot the mail is put off, after it the reply counts
    [InlineData("banner", "deferred", "4.3.2")]
    [InlineData("mail", "deferred", "4.3.2")]
    [InlineData("data", "deferred", "4.3.2")]
    [InlineData("dot", "sent", "2.0.0")]
    public void Stopping(string stage, string want, string status)
    {
        using SmtpRig rig = new();
        (Descriptor ours, Descriptor theirs) = Descriptor.Pair();
        // The server itself pulls the plug when it gets that far.
        using StoppingServer server = new(stage, theirs);
        SetUp(rig, server.Port, "127.0.0.1");
        rig.Stop = new StopSignal(() => ours, () => ours.Wait(Readiness.Readable, 0).This != Readiness.None);
        DeliveryReport report = rig.Deliver(SmtpRig.Request("mx.test", "u@mx.test"));
        Assert.Equal((want, status), (rig.Results.Single()[3], rig.Results.Single()[2]));
        Assert.Equal(want == "deferred", report.SomeDeferred);
        Assert.Null(report.Trouble);
        ours.Dispose();
    }

    // S2-06
    [Fact]
    public void Damaged_content_is_reported_and_not_completed() // S4-08
    {
        using SmtpRig rig = new([(byte)'N', 1, (byte)'a', (byte)'N', 5, (byte)'b']);
        using ScriptedServer server = Serve(rig);
        DeliveryReport report = rig.Deliver(SmtpRig.Request("mx.test", "u@mx.test"));
        server.Dispose();
        Assert.True(report is { IsCorrupt: true, SomeDeferred: true, Trouble: null });
        Assert.Equal("4.3.0", rig.Results.Single()[2]);
        Assert.Empty(server.Messages);
        Assert.DoesNotContain(".", server.Commands);
    }

    [Fact]
    public void LMTP_has_a_reply_for_each_recipient()
    {
        using SmtpRig rig = new();
        rig.Options = rig.Options with { IsLmtp = true };
        using ScriptedServer server = new("127.0.0.31", 0, """{"rcpt": [["no", "550 5.1.1 no"]], "dot0": "250 2.0.0 one", "dot1": "452 4.2.2 full", "dot2": "552 5.2.2 full"}""", lmtp: true);
        SetUp(rig, server.Port, "127.0.0.31");
        rig.Deliver(SmtpRig.Request($"inet:mx.test:{server.Port}", "a@mx.test", "no@mx.test", "b@mx.test", "c@mx.test"));
        server.Dispose();
        Assert.Equal(
            ["no@mx.test 5.1.1 bounced", "a@mx.test 2.0.0 sent", "b@mx.test 4.2.2 deferred", "c@mx.test 5.2.2 bounced"],
            rig.Results.Select(r => $"{r[0]} {r[2]} {r[3]}"));
        Assert.Equal("LHLO mta.golden.test", server.Commands[0]);
    }

    [Fact]
    public void The_fallback_relay_gets_no_mail_that_we_are_ourselves_an_exchanger_for()
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig);
        rig.Options = rig.Options with { LoopPort = server.Port, FallbackRelay = [$"[127.0.0.31]:{server.Port}"] };
        rig.Resolver.A("self.test", "127.0.0.1");
        rig.Resolver.Mx("ours.test", (10, "self.test"));
        rig.Deliver(SmtpRig.Request("ours.test", "u@ours.test"));
        server.Dispose();
        Assert.Equal(["5.4.6", "bounced", "mail for ours.test loops back to myself"], rig.Results.Single()[2..]);
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public void A_relay_that_does_not_exist_is_our_mistake_not_the_senders() // S2-22
    {
        using SmtpRig rig = new();
        rig.Options = rig.Options with { RelayHost = "[relay.test]" };
        rig.Deliver(SmtpRig.Request("[relay.test]", "u@mx.test"));
        Assert.Equal(["4.3.5", "deferred"], rig.Results.Single()[2..4]);
    }

    [Fact]
    public void Only_so_many_addresses_are_tried()
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig);
        rig.Options = rig.Options with { MxAddressLimit = 3, RandomizeAddresses = false };
        rig.Resolver.A("bad.test", "127.0.0.41", "127.0.0.42", "127.0.0.43", "127.0.0.31");
        DeliveryReport report = rig.Deliver(SmtpRig.Request("[bad.test]", "u@bad.test"));
        Assert.Equal(3, rig.Lines.Count(l => l.StartsWith("connect to bad.test[127.0.0.4", StringComparison.Ordinal)));
        Assert.Equal("none", rig.Results.Single()[1]);
        Assert.Equal("4.4.1", report.Trouble!.Status);
    }

    [Theory]
    [InlineData("""{"rcpt": [["no", "550 5.1.1 no"]]}""")]
    [InlineData("""{"ext": ["8BITMIME"], "rcpt": [["no", "550 5.1.1 no"]]}""")]
    public void A_probe_asks_but_delivers_nothing(string script)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, script);
        rig.Deliver(SmtpRig.Request("mx.test", "no@mx.test", "u@mx.test") with { Tracing = Tracing.Probe });
        server.Dispose();
        Assert.Equal(["undeliverable", "deliverable"], rig.Results.Select(r => r[3]));
        Assert.Equal(["trace no@mx.test 5.1.1 undeliverable mx.test 550 5.1.1 no", "done 100", "trace u@mx.test 2.1.5 deliverable mx.test 250 2.1.5 Ok", "done 101"], rig.Records_);
        Assert.Equal(["RSET", "QUIT"], server.Commands[^2..]);
        Assert.DoesNotContain("DATA", server.Commands);
    }

    private static ScriptedServer Serve(SmtpRig rig, string script = "{}")
    {
        ScriptedServer server = new("127.0.0.31", 0, script);
        SetUp(rig, server.Port, "127.0.0.31");
        return server;
    }

    private static void SetUp(SmtpRig rig, int port, string address)
    {
        rig.Options = rig.Options with { TcpPort = port };
        rig.Resolver.A("mx.test", address);
        rig.Resolver.Mx("mx.test", (10, "mx.test"));
    }

    /// <summary>Asks the client's program to stop when the client reaches a stage, then answers as always.</summary>
    private sealed class StoppingServer : IDisposable
    {
        private readonly System.Net.Sockets.TcpListener _listener = new(System.Net.IPAddress.Loopback, 0);
        private readonly Thread _thread;

        internal StoppingServer(string stage, Descriptor plug)
        {
            _listener.Start();
            _thread = new Thread(() => Serve(stage, plug)) { IsBackground = true };
            _thread.Start();
        }

        internal int Port => ((System.Net.IPEndPoint)_listener.LocalEndpoint).Port;

        public void Dispose()
        {
            _listener.Stop();
            Assert.True(_thread.Join(TimeSpan.FromSeconds(20)));
        }

        private void Serve(string stage, Descriptor plug)
        {
            using System.Net.Sockets.TcpClient client = _listener.AcceptTcpClient();
            using StreamReader input = new(client.GetStream(), Encoding.Latin1);
            using StreamWriter output = new(client.GetStream(), Encoding.Latin1) { NewLine = "\r\n", AutoFlush = true };
            try
            {
                bool Reached(string now)
                {
                    if (now != stage)
                        return false;
                    plug.Dispose();
                    return now != "dot";
                }
                if (Reached("banner"))
                    input.ReadToEnd();
                output.WriteLine("220 mx ESMTP");
                bool inData = false;
                while (input.ReadLine() is { } line)
                {
                    string verb = line.Split(' ', ':')[0];
                    if (verb == "MAIL" && Reached("mail") || verb == "DATA" && Reached("data"))
                        input.ReadToEnd();
                    if (inData && line != ".")
                        continue;
                    if (line == ".")
                        Reached("dot");
                    inData = verb == "DATA";
                    output.WriteLine(inData ? "354 go" : "250 2.0.0 ok");
                }
            }
            catch (IOException)
            {
            }
        }
    }
}
