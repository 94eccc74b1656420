namespace PostfixNet.UnitTests.Smtp;

/// <summary>Replies as real servers send them: empty lines, junk lines, odd line ends, at every stage, pipelined or not. The mail is
/// delivered once, as by Postfix.</summary>
public sealed class OddReplyTests
{
    private static readonly string[] s_stages = ["banner", "ehlo", "mail", "rcpt", "data", "dot"];

    private static string Usual(string stage) => stage switch
    {
        "banner" => "220 mx ESMTP",
        "ehlo" => "250-mx\r\n250-PIPELINING\r\n250 DSN",
        "data" => "354 go",
        "dot" => "250 2.0.0 queued",
        _ => "250 2.1.0 ok",
    };

    public static TheoryData<string, string> Oddities()
    {
        TheoryData<string, string> all = [];
        foreach (string stage in s_stages)
        {
            string usual = Usual(stage), lines = usual.Replace("\r\n", "@", StringComparison.Ordinal);
            foreach (string odd in (string[])[$"\r\n{usual}\r\n", $"{usual}\r\n\r\n", $"\r\n \r\n\n{usual}\r\n\n\r\n", $"\t\r\n{usual}\r\n", $"{lines}\r\r\n", $"{lines}\n", $"{lines}\n\r",
                $"{lines}\r\r\r\n\r\r\n", $"\0\r\n{usual}\r\n", $"junk\r\n{usual}\r\n", $"*** junk ***\r\njunk\r\n\r\n{usual}\r\n"])
            {
                string end = odd[(odd.LastIndexOf('@') is var at && at >= 0 ? odd.IndexOf("DSN", StringComparison.Ordinal) + 3 : 0)..];
                all.Add(stage, odd.Replace("@", odd.Contains('@') ? end : "", StringComparison.Ordinal));
            }
        }
        return all;
    }

    [Theory]
    [MemberData(nameof(Oddities))]
    public void Mail_is_delivered_once(string stage, string reply)
    {
        foreach (bool pipelined in (bool[])[true, false])
        {
            foreach (string[] recipients in (string[][])[["a@mx.test"], ["a@mx.test", "b@mx.test", "c@mx.test"]])
            {
                string script = stage == "ehlo" ? reply : "250-mx\r\n250-PIPELINING\r\n250 DSN\r\n";
                Dictionary<string, string> replies = new() { ["ehlo"] = "RAW:" + (pipelined ? script : script.Replace("PIPELINING", "HELP", StringComparison.Ordinal)) };
                if (stage != "ehlo")
                    replies[stage] = $"RAW:{reply}";
                if (stage == "data")
                    replies["receives"] = "yes";
                using SmtpRig rig = new();
                using ScriptedServer server = Serve(rig, System.Text.Json.JsonSerializer.Serialize(replies));
                rig.Deliver(SmtpRig.Request("mx.test", recipients));
                server.Dispose();
                Assert.All(rig.Results, r => Assert.Equal("sent", r[3]));
                Assert.Equal(recipients.Length, rig.Results.Count);
                Assert.Single(server.Messages);
                Assert.Equal(1, server.Connections);
                if (stage == "dot" && !reply.Contains("junk", StringComparison.Ordinal) && !reply.Contains('\0'))
                    Assert.Equal("250 2.0.0 queued", rig.Results[0][4]);
            }
        }
    }

    [Theory] // refusals mean what they say
    [InlineData("\r\n550 5.1.1 no\r\n", "bounced")]
    [InlineData("550 5.1.1 no\r\r\n\r\r\n", "bounced")]
    [InlineData("junk\r\n550 5.1.1 no\r\n", "bounced")]
    [InlineData("550-5.1.1 no\r\n\r\n550 5.1.1 at all\r\n", "bounced")]
    [InlineData("junk\r\n450 4.2.1 later\r\n", "deferred")]
    public void A_refused_recipient_among_others(string reply, string want)
    {
        foreach (string ext in (string[])["PIPELINING", "HELP"])
        {
            using SmtpRig rig = new();
            using ScriptedServer server = Serve(rig, System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, object>
            {
                ["ext"] = (string[])[ext],
                ["rcpt"] = (string[][])[["b", $"RAW:{reply}"]],
            }));
            rig.Deliver(SmtpRig.Request("mx.test", "a@mx.test", "b@mx.test", "c@mx.test"));
            server.Dispose();
            Assert.Equal(["a sent", $"b {want}", "c sent"], rig.Results.Select(r => $"{r[0][..1]} {r[3]}").Order());
        }
    }

    [Theory] // A reply that is missing is not made up for by another command's
    [InlineData("""{"dot": "whatever"}""", "deferred")] // the reply to QUIT is no 250
    [InlineData("""{"dot": "whatever", "quit": "250 bye"}""", "deferred")] // nor is this the reply to the content
    [InlineData("""{"dot": "RAW:whatever\r\n554 5.7.1 no\r\n"}""", "bounced")]
    [InlineData("""{"dot": "RAW:whatever\r\n250 ok\r\n", "quit": "250 bye"}""", "sent")]
    [InlineData("""{"dot": "RAW:\r\n"}""", "deferred")]
    public void The_last_reply_is_not_that_to_QUIT(string script, string want)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, script);
        rig.Deliver(SmtpRig.Request("mx.test", "a@mx.test"));
        Assert.Equal(want, rig.Results.Single()[3]);
    }

    [Theory] // LMTP, a reply for each recipient
    [InlineData("""{"dot0": "RAW:\r\n250 2.0.0 one\r\n", "dot1": "RAW:550 5.2.1 off\r\n\r\n"}""", "sent bounced")]
    [InlineData("""{"dot0": "RAW:junk\r\n250 2.0.0 one\r\n", "dot1": "550 5.2.1 off"}""", "sent bounced")]
    [InlineData("""{"dot0": "junk", "dot1": "550 5.2.1 off"}""", "deferred deferred")]
    public void Each_recipient_of_LMTP_has_its_own(string script, string want)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, script, lmtp: true);
        rig.Deliver(SmtpRig.Request("mx.test", "a@mx.test", "b@mx.test"));
        Assert.Equal(want, string.Join(' ', rig.Results.Select(r => r[3])));
    }

    [Fact]
    public void A_session_with_empty_lines_is_used_again()
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, """{"dot": "RAW:\r\n250 ok\r\n", "mail": "RAW:250 ok\r\r\n\r\n"}""");
        rig.Deliver(SmtpRig.Request("mx.test", "a@mx.test") with { MoreWaits = true });
        rig.Deliver(SmtpRig.Request("mx.test", "a@mx.test"));
        server.Dispose();
        Assert.Equal((1, 2), (server.Connections, server.Messages.Count));
    }

    private static ScriptedServer Serve(SmtpRig rig, string script, bool lmtp = false)
    {
        ScriptedServer server = new("127.0.0.31", 0, script, lmtp);
        rig.Options = rig.Options with { TcpPort = server.Port, IsLmtp = lmtp };
        rig.Resolver.A("mx.test", "127.0.0.31");
        return server;
    }
}
