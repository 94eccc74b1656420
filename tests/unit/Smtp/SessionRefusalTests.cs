using PostfixNet.Delivery;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>Trouble of the session or of the client is not taken for trouble of the mail: login or TLS demanded, relaying denied by
/// our own relay, limits of a session or of a rate, whatever code and stage they come with.</summary>
public sealed class SessionRefusalTests
{
    private const string Relay = "[127.0.0.31]";

    [Theory] // RFC 4954 section 6, RFC 5248, and what servers say with other codes
    [InlineData("530 5.7.0 Must issue a STARTTLS command first")]
    [InlineData("530 5.7.0 Authentication required")]
    [InlineData("534 5.7.9 mechanism too weak")]
    [InlineData("538 5.7.11 Encryption required")]
    [InlineData("535 5.7.3 Authentication unsuccessful")]
    [InlineData("523 5.7.10 Encryption needed")]
    [InlineData("550 5.7.1 relaying denied")]
    [InlineData("554 5.7.1 <u@dest.test>: Relay access denied")]
    [InlineData("550 Relaying prohibited by administrator")]
    [InlineData("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)")]
    [InlineData("550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain")]
    [InlineData("503 5.5.1 AUTH first")]
    [InlineData("550 5.7.1 SMTP AUTH is required")]
    [InlineData("550 5.7.1 Please log in first")]
    [InlineData("553 5.7.1 <sf@origin.test>: Sender address rejected: not logged in")]
    [InlineData("554 5.7.0 TLS is required here")]
    [InlineData("554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied")]
    [InlineData("504 5.5.2 <web1>: Helo command rejected: need fully-qualified hostname")]
    public void Our_own_relay_does_not_want_us(string reply)
    {
        foreach (string stage in (string[])["mail", "rcpt", "data"])
        {
            foreach (string ext in (string[])["", "\"ext\": [\"8BITMIME\"], "])
            {
                using SmtpRig rig = new();
                using ScriptedServer server = Serve(rig, $$"""{{{ext}}"{{stage}}": "{{reply}}"}""");
                DeliveryReport report = rig.Deliver(SmtpRig.Request(Relay, "u@dest.test", "v@other.test"));
                rig.CloseSession();
                Assert.All(rig.Results, r => Assert.Equal("deferred", r[3]));
                Assert.All(rig.Results, r => Assert.Equal('4', r[2][0]));
                Assert.Equal(2, rig.Results.Count);
                Assert.True(report.SomeDeferred);
                Assert.DoesNotContain(rig.Records_, record => record.StartsWith("bounce", StringComparison.Ordinal));
                Assert.Single(rig.Lines, line => line.StartsWith("warning: 3F2A81C0D5: relay configuration problem: host 127.0.0.31[127.0.0.31] said: ", StringComparison.Ordinal));
            }
        }
    }

    [Theory] // of content such words say other things; the codes do not
    [InlineData("530 5.7.0 Authentication required", "deferred")]
    [InlineData("550 5.7.1 relaying denied", "deferred")]
    [InlineData("550 5.7.1 links to a login page that is known", "bounced")]
    public void At_the_end_of_content(string reply, string want) => Assert.Equal(want, Deliver(Relay, $$"""{"dot": "{{reply}}"}"""));

    [Theory] // the whole session is refused
    [InlineData("""{"banner": "554 5.7.1 go away"}""")]
    [InlineData("""{"ehlo": "550 5.7.1 Access denied - Invalid HELO name", "helo": "550 5.7.1 Access denied - Invalid HELO name"}""")]
    public void Our_own_relay_does_not_talk_to_us(string script)
    {
        using SmtpRig rig = new();
        rig.Options = rig.Options with { Skip5xxGreeting = false };
        using ScriptedServer server = Serve(rig, script);
        DeliveryReport report = rig.Deliver(SmtpRig.Request(Relay, "u@dest.test"));
        Assert.Equal(["4.7.1", "deferred"], rig.Results.Single()[2..4]);
        Assert.NotNull(report.Trouble);
        Assert.Contains(rig.Lines, line => line.Contains("relay configuration problem", StringComparison.Ordinal));
    }

    [Fact] // nothing tells that it is about us
    public void A_server_that_does_not_work_is_judged_as_by_Postfix() =>
        Assert.Equal("bounced", Deliver(Relay, """{"ehlo": "500 5.3.0 Error: command failed", "helo": "500 5.3.0 Error: command failed"}"""));

    [Theory] // about the mail, also when our own relay says so
    [InlineData("550 5.1.1 <u@dest.test>: Recipient address rejected: User unknown in relay recipient table")]
    [InlineData("550 5.7.1 <relaying@dest.test>: not here")]
    [InlineData("550 5.7.26 Unauthenticated email from origin.test is not accepted due to its DMARC policy")]
    [InlineData("550 5.7.1 message does not pass SPF or DKIM, the sender must authenticate")]
    [InlineData("553 5.7.1 <sf@origin.test>: Sender address rejected: not owned by user sf")]
    [InlineData("552 5.2.2 mailbox full: too many messages")]
    [InlineData("552 5.3.4 Message size exceeds the limit of this session")]
    [InlineData("554 5.4.6 Too many hops")]
    [InlineData("550 no")]
    public void What_is_about_the_mail_is_final(string reply)
    {
        foreach (string stage in (string[])["mail", "rcpt", "data", "dot"])
            Assert.Equal("bounced", Deliver(Relay, $$"""{"{{stage}}": "{{reply}}"}"""));
    }

    [Theory] // a server that the recipient's domain names says what it says of the mail: as Postfix
    [InlineData("530 5.7.0 Must issue a STARTTLS command first")]
    [InlineData("550 5.7.1 relaying denied")]
    public void Servers_of_the_recipients_domain_are_not_ours(string reply)
    {
        foreach (string hop in (string[])["dest.test", "DEST.TEST", "[dest.test]"])
            Assert.Equal("bounced", Deliver(hop, $$"""{"mail": "{{reply}}"}"""));
        // But another one is, by whichever table it was chosen; and relayhost, whatever its name.
        Assert.Equal("deferred", Deliver("other.test", $$"""{"mail": "{{reply}}"}"""));
        Assert.Equal("deferred", Deliver("dest.test", $$"""{"mail": "{{reply}}"}""", o => o with { RelayHost = "dest.test" }));
    }

    [Theory] // A relay that is refused for all mail is left alone for a while; of a single recipient nothing follows.
    [InlineData("mail", true)]
    [InlineData("rcpt", false)]
    public void The_relay_is_throttled_when_it_wants_no_mail_of_ours(string stage, bool throttled)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, $$"""{"{{stage}}": "530 5.7.0 Authentication required"}""");
        Assert.Equal(throttled, rig.Deliver(SmtpRig.Request(Relay, "u@dest.test")).Trouble is not null);
    }

    [Theory] // at any stage, with any code; the second message of a session meets it, and goes over a fresh connection
    [InlineData("mail", "250 ok", "421 4.7.0 too many messages in this connection")]
    [InlineData("mail", "250 ok", "450 4.7.0 Session limit exceeded")]
    [InlineData("mail", "250 ok", "452 4.5.3 Too many messages in this session")]
    [InlineData("mail", "250 ok", "550 5.5.1 too many transactions, please reconnect")]
    [InlineData("mail", "250 ok", "554 5.7.0 maximum number of messages per connection reached")]
    [InlineData("rcpt_each", "250 ok", "421 4.7.0 enough")]
    [InlineData("rcpt_each", "250 ok", "451 4.7.1 Too many recipients in this session")]
    [InlineData("rcpt_each", "250 ok", "550 5.7.1 Too many messages")]
    [InlineData("data", "354 go", "421 4.7.0 enough")]
    [InlineData("data", "354 go", "451 4.3.0 no more messages in this session")]
    [InlineData("dot", "250 ok", "421 4.7.0 enough")]
    [InlineData("dot", "250 ok", "554 5.5.0 Error: too many messages")]
    public void A_session_that_carries_no_more_is_replaced(string stage, string good, string reply)
    {
        foreach (string ext in (string[])["", "\"ext\": [\"8BITMIME\"], "])
        {
            using SmtpRig rig = new();
            using ScriptedServer server = Serve(rig, $$"""{{{ext}}"{{stage}}": ["{{good}}", "{{reply}}", "{{good}}"]}""");
            DeliveryRequest request = SmtpRig.Request("dest.test", "u@dest.test") with { MoreWaits = true };
            rig.Deliver(request);
            rig.Deliver(request);
            rig.CloseSession();
            server.Dispose();
            Assert.Equal(["sent", "sent"], rig.Results.Select(r => r[3]));
            Assert.Equal(2, server.Connections);
        }
    }

    [Theory] // A server that takes so many recipients in a session, and not in a transaction
    [InlineData("452 4.5.3 Too many recipients")]
    [InlineData("550 5.5.3 too many recipients")]
    [InlineData("451 4.7.1 Too many recipients in this session")]
    public void Each_session_carries_some_recipients(string reply)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, $$"""
            {"session_rcpt_max": 2, "rcpt_over": "{{reply}}"}
            """);
        rig.Deliver(SmtpRig.Request("dest.test", "a@dest.test", "b@dest.test", "c@dest.test", "d@dest.test", "e@dest.test"));
        server.Dispose();
        Assert.Equal(5, rig.Results.Count(r => r[3] == "sent"));
        Assert.Equal(5, rig.Results.Count);
        Assert.Equal(3, server.Connections);
    }

    [Fact]
    public void A_fresh_session_that_carries_nothing_is_the_last()
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, """{"mail": ["250 ok", "450 4.7.0 Too many messages in this session"]}""");
        DeliveryRequest request = SmtpRig.Request("dest.test", "u@dest.test") with { MoreWaits = true };
        rig.Deliver(request);
        rig.Deliver(request);
        rig.CloseSession();
        server.Dispose();
        Assert.Equal(["sent", "deferred"], rig.Results.Select(r => r[3]));
        Assert.Equal(2, server.Connections);
    }

    [Theory] // qmgr is told to send less; with words of a rate a 5xx is none of the mail's
    [InlineData("dot", "454 Throttling failure: Maximum sending rate exceeded.", true)]
    [InlineData("mail", "421 4.7.0 too fast", true)]
    [InlineData("rcpt", "450 4.7.1 Rate limit exceeded", true)]
    [InlineData("mail", "451 4.7.0 try later", true)]
    [InlineData("mail", "550 5.4.5 Daily sending limit exceeded", true)]
    [InlineData("dot", "554 5.7.1 message rate of 10 per minute exceeded", true)]
    [InlineData("rcpt", "450 4.7.1 Greylisted, come back", false)]
    [InlineData("rcpt", "450 4.2.0 mailbox busy", false)]
    [InlineData("dot", "451 4.3.0 no space", false)]
    public void A_rate_is_told_to_the_queue_manager(string stage, string reply, bool less)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, $$"""{"{{stage}}": "{{reply}}"}""");
        DeliveryReport report = rig.Deliver(SmtpRig.Request("dest.test", "u@dest.test"));
        Assert.Equal("deferred", rig.Results.Single()[3]);
        Assert.Equal(less, report.AsksForLess);
    }

    [Theory] // What counts for the suppression list is what a server says of an address. S3-47.
    [InlineData("banner", "554 5.7.1 your IP is listed", false)]
    [InlineData("mail", "550 5.7.1 we want nothing of you", false)]
    [InlineData("data", "550 5.7.1 no", false)]
    [InlineData("dot", "550 5.7.1 looks like spam", false)]
    [InlineData("rcpt", "554 5.7.1 Client host [192.0.2.1] blocked", false)]
    [InlineData("rcpt", "550 5.1.1 no such user", true)]
    [InlineData("rcpt", "550 5.7.1 not you", true)]
    public void Only_refusals_of_an_address_are_told_of_it(string stage, string reply, bool isTold)
    {
        foreach (string ext in (string[])["", "\"ext\": [\"8BITMIME\"], "])
        {
            using SmtpRig rig = new();
            using ScriptedServer server = Serve(rig, $$"""{{{ext}}"{{stage}}": "{{reply}}"}""");
            rig.Options = rig.Options with { Skip5xxGreeting = false };
            DeliveryReport report = rig.Deliver(SmtpRig.Request("dest.test", "u@dest.test") with { WantsOutcomes = true });
            rig.CloseSession();
            Assert.Equal("bounced", rig.Results.Single()[3]);
            Assert.Equal(isTold ? [new SettledRecipient("u@dest.test", reply.Split(' ')[1], reply)] : [], report.Settled);
        }
    }

    [Fact]
    public void By_LMTP_each_recipient_has_an_answer_after_the_message()
    {
        using SmtpRig rig = new();
        using ScriptedServer server = new("127.0.0.31", 0, """{"dot0": "250 2.0.0 one", "dot1": "550 5.2.1 off"}""", lmtp: true);
        rig.Options = rig.Options with { TcpPort = server.Port, IsLmtp = true };
        rig.Resolver.A("dest.test", "127.0.0.31");
        DeliveryReport report = rig.Deliver(SmtpRig.Request("dest.test", "u@dest.test", "v@dest.test", "w\u0001@dest.test") with { WantsOutcomes = true });
        rig.CloseSession();
        Assert.Equal(3, rig.Results.Count);
        Assert.Equal([new SettledRecipient("u@dest.test", "2.0.0", "250 2.0.0 one"), new SettledRecipient("v@dest.test", "5.2.1", "550 5.2.1 off")], report.Settled);
    }

    private static string Deliver(string hop, string script, Func<SmtpOptions, SmtpOptions>? change = null)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, script);
        rig.Options = change?.Invoke(rig.Options) ?? rig.Options;
        rig.Deliver(SmtpRig.Request(hop, "u@dest.test"));
        rig.CloseSession();
        return rig.Results.Single()[3];
    }

    private static ScriptedServer Serve(SmtpRig rig, string script)
    {
        ScriptedServer server = new("127.0.0.31", 0, script);
        rig.Options = rig.Options with { TcpPort = server.Port };
        foreach (string name in (string[])["dest.test", "DEST.TEST", "other.test"])
            rig.Resolver.A(name, "127.0.0.31");
        return server;
    }
}
