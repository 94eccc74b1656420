using PostfixNet.Delivery;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>XFORWARD: from the queue file to the wire.</summary>
public sealed class ForwardedOriginTests
{
    private const string All = """{"ext": ["PIPELINING", "XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE"]}""";
    private static readonly MessageOrigin s_origin = new("client.test", "192.0.2.7", "1234", "ESMTP", "helo.test", "3F2A81C0D5", true);

    [Fact]
    public void What_a_queue_file_says_comes_before_MAIL()
    {
        using QueueFile file = QueueFile.Open(Vectors.PathOf("smtpd-submitted-dsn.deferred"));
        DeliveryRequest request = Request() with { Origin = MessageOrigin.Of(file.ReadEnvelope([], 0, out _)) };
        Assert.Equal(
            [
                "XFORWARD NAME=localhost ADDR=127.0.0.1 PORT=55912", "XFORWARD PROTO=ESMTP HELO=client.test IDENT=B4A5DB302FF SOURCE=LOCAL",
                "MAIL FROM:<sf@origin.test>",
            ], Commands(All, DeliveryRequest.From(request.ToAttributes())).Take(3));
    }

    [Fact]
    public void Of_mail_from_this_system_only_that_is_known()
    {
        using QueueFile file = QueueFile.Open(Vectors.PathOf("one-rcpt.incoming"));
        Assert.Null(MessageOrigin.Of(file.ReadEnvelope([], 0, out _)));
        Assert.Equal(["XFORWARD SOURCE=LOCAL"], Forwarded(Commands(All, Request())));
        Assert.False(Request().ToAttributes().Has("origin"));
    }

    [Theory] // what the server announces; what it is told
    [InlineData("XFORWARD NAME ADDR", "XFORWARD NAME=client.test ADDR=192.0.2.7")]
    [InlineData("xforward source port", "XFORWARD PORT=1234|XFORWARD SOURCE=REMOTE")]
    [InlineData("XFORWARD", "")]
    [InlineData("XCLIENT NAME ADDR", "")]
    public void A_server_is_told_what_it_asks_for(string announced, string want) =>
        Assert.Equal(want, string.Join('|', Forwarded(Commands($$"""{"ext": ["{{announced}}"]}""", Request() with { Origin = s_origin }))));

    [Theory] // client's name, HELO; what the server is told
    [InlineData("unknown", "a+b c=\u00e9", "XFORWARD ADDR=192.0.2.7 PORT=1234|XFORWARD PROTO=ESMTP HELO=a+2Bb+20c+3D+C3+A9 IDENT=3F2A81C0D5 SOURCE=REMOTE")]
    [InlineData("", "", "XFORWARD ADDR=192.0.2.7 PORT=1234|XFORWARD PROTO=ESMTP IDENT=3F2A81C0D5 SOURCE=REMOTE")]
    [InlineData("x\r\nDATA", "y", "XFORWARD NAME=x+0D+0ADATA ADDR=192.0.2.7 PORT=1234|XFORWARD PROTO=ESMTP HELO=y IDENT=3F2A81C0D5 SOURCE=REMOTE")]
    public void Values_are_encoded_and_what_is_unknown_is_left_out(string name, string helo, string want) =>
        Assert.Equal(want, string.Join('|', Forwarded(Commands(All, Request() with { Origin = s_origin with { ClientName = name, HeloName = helo } }))));

    [Theory] // characters of the client's name; it is told
    [InlineData(496, true)]
    [InlineData(497, false)] // the line would be 513 octets
    public void No_line_gets_too_long(int length, bool told)
    {
        MessageOrigin origin = MessageOrigin.Local with { ClientName = new string('x', length) };
        string[] lines = Forwarded(Commands("""{"ext": ["XFORWARD NAME"]}""", Request() with { Origin = origin }));
        Assert.Equal(told ? ["XFORWARD NAME=" + origin.ClientName] : [], lines);
    }

    [Fact]
    public void Nothing_is_told_unasked()
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, All);
        rig.Options = rig.Options with { SendXForward = false };
        rig.Deliver(Request() with { Origin = s_origin });
        server.Dispose();
        Assert.Empty(Forwarded(server.Commands));
    }

    [Fact] // the server forgets it with each transaction
    public void Each_transaction_is_told_anew()
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, """{"ext": ["PIPELINING", "XFORWARD SOURCE"], "rcpt_max": 1, "rcpt_over": "452 4.5.3 too many"}""");
        rig.Deliver(SmtpRig.Request("mx.test", "u@mx.test", "v@mx.test") with { MoreWaits = true });
        rig.Deliver(Request());
        rig.CloseSession();
        server.Dispose();
        Assert.Equal(1, server.Connections);
        string[] verbs = [.. server.Commands.Select(c => c.Split(' ')[0]).Where(v => v is "XFORWARD" or "MAIL")];
        Assert.Equal(["XFORWARD", "MAIL", "XFORWARD", "MAIL", "XFORWARD", "MAIL"], verbs);
    }

    [Theory]
    [InlineData("PIPELINING")]
    [InlineData("8BITMIME")]
    public void A_server_that_refuses_it_gets_the_mail_all_the_same(string extension)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, $$"""{"ext": ["{{extension}}", "XFORWARD NAME SOURCE"], "xforward": ["550 5.7.0 no", "421 4.3.0 no"]}""");
        rig.Deliver(Request() with { Origin = s_origin });
        server.Dispose();
        Assert.Equal("sent", rig.Results.Single()[3]);
        string host = $"warning: 3F2A81C0D5: host mx.test[127.0.0.34]:{server.Port} said: ";
        Assert.Contains(host + "550 5.7.0 no (in reply to XFORWARD name/address command)", rig.Lines);
        Assert.Contains(host + "421 4.3.0 no (in reply to XFORWARD helo/protocol command)", rig.Lines);
    }

    [Theory] // S2-06: replies to the two commands; what the log says
    [InlineData("\"DROP\"", "lost connection with mx.test[127.0.0.34] while sending XFORWARD name/address")]
    [InlineData("[\"250 ok\", \"DROP\"]", "lost connection with mx.test[127.0.0.34] while sending XFORWARD protocol/helo_name")]
    [InlineData("[\"250 ok\", \"HANG\"]", "conversation with mx.test[127.0.0.34] timed out while sending XFORWARD protocol/helo_name")]
    public void A_conversation_that_breaks_puts_mail_off(string replies, string why)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, $$"""{"ext": ["XFORWARD NAME SOURCE"], "xforward": {{replies}}}""");
        rig.Options = rig.Options with { XForwardTimeout = TimeSpan.FromSeconds(why.Contains("timed", StringComparison.Ordinal) ? 1 : 300) };
        Assert.True(rig.Deliver(Request() with { Origin = s_origin }).SomeDeferred);
        Assert.Equal(why, rig.Results.Single()[4]);
    }

    [Theory] // the server closed a session at rest
    [InlineData("DROP")]
    [InlineData("421 4.4.2 idle")]
    [InlineData("REPLY+DROP:421 4.4.2 idle")]
    public void A_stale_session_is_replaced_silently(string reply)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, $$"""{"ext": ["PIPELINING", "XFORWARD SOURCE"], "xforward": ["250 ok", "{{reply}}", "250 ok"]}""");
        rig.Deliver(Request() with { MoreWaits = true });
        rig.Deliver(Request());
        server.Dispose();
        Assert.Equal(2, server.Connections);
        Assert.Equal(["sent", "sent"], rig.Results.Select(r => r[3]));
        Assert.Equal(2, rig.Lines.Count);
    }

    private static DeliveryRequest Request() => SmtpRig.Request("mx.test", "u@mx.test");

    private static List<string> Commands(string script, DeliveryRequest request)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, script);
        rig.Deliver(request);
        server.Dispose();
        Assert.Equal("sent", rig.Results.Single()[3]);
        return [.. server.Commands.Where(c => !c.StartsWith("EHLO", StringComparison.Ordinal))];
    }

    private static string[] Forwarded(IEnumerable<string> commands) =>
        [.. commands.Where(c => c.StartsWith("XFORWARD", StringComparison.Ordinal))];

    private static ScriptedServer Serve(SmtpRig rig, string script)
    {
        ScriptedServer server = new("127.0.0.34", 0, script);
        rig.Options = rig.Options with { TcpPort = server.Port, SendXForward = true };
        rig.Resolver.A("mx.test", "127.0.0.34");
        rig.Resolver.Mx("mx.test", (10, "mx.test"));
        return server;
    }
}
