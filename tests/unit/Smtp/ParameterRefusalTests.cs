using PostfixNet.Delivery;
using PostfixNet.Mail;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>A server that refuses parameters which it announced (DSN, SIZE, 8BITMIME) gets the mail without them, at once.</summary>
public sealed class ParameterRefusalTests
{
    [Theory] // script; recipients that are refused with ORCPT or NOTIFY
    [InlineData("501 5.5.4 Invalid argument")]
    [InlineData("501 Syntax error in parameters")]
    [InlineData("504 5.5.4 Parameter not implemented")]
    [InlineData("555 5.5.4 RCPT TO parameters not recognized")]
    [InlineData("555 what?")]
    [InlineData("553 5.5.4 ORCPT without domain")]
    [InlineData("455 4.5.4 parameters not now")]
    public void Recipients_follow_without_ORCPT_and_NOTIFY(string reply)
    {
        foreach (string ext in (string[])["\"DSN\"", "\"DSN\", \"PIPELINING\""])
        {
            using SmtpRig rig = new();
            using ScriptedServer server = Serve(rig, $$"""{"ext": [{{ext}}], "rcpt": [["b@mx.test> ORCPT", "{{reply}}"], ["c@mx.test> ORCPT", "{{reply}}"]]}""");
            DeliveryRequest request = SmtpRig.Request("mx.test", "a@mx.test", "b@mx.test", "c@mx.test");
            rig.Deliver(request with { Recipients = [.. request.Recipients.Select(r => r with { Notify = Notify.Success })] });
            server.Dispose();
            Assert.Equal("a@mx.test sent|b@mx.test sent|c@mx.test sent", Results(rig));
            Assert.Equal((1, 2), (server.Connections, server.Messages.Count));
            Assert.Contains("RCPT TO:<b@mx.test>", server.Commands);
            // What the server does not promise is reported here.
            Assert.Equal(["trace b@mx.test", "trace c@mx.test"], rig.Records_.Where(r => r.StartsWith("trace", StringComparison.Ordinal)).Select(r => r[..15]));
            Assert.Single(rig.Lines, l => l.Contains("smtp_discard_ehlo_keywords", StringComparison.Ordinal));
        }
    }

    [Theory] // what MAIL says at the second time
    [InlineData("501 5.5.4 Invalid argument", "MAIL FROM:<sf@origin.test>")]
    [InlineData("555 5.5.4 unsupported option: RET=HDRS", "MAIL FROM:<sf@origin.test> SIZE=n BODY=8BITMIME")]
    [InlineData("555 5.5.4 Unsupported option SIZE", "MAIL FROM:<sf@origin.test> BODY=8BITMIME RET=HDRS")]
    [InlineData("501 5.5.4 BODY not understood", "MAIL FROM:<sf@origin.test> RET=HDRS")]
    public void Mail_follows_without_parameters(string reply, string want)
    {
        foreach (string ext in (string[])["", ", \"PIPELINING\""])
        {
            using SmtpRig rig = new();
            using ScriptedServer server = Serve(rig, $$"""{"ext": ["DSN", "SIZE", "8BITMIME"{{ext}}], "mail": ["{{reply}}", "250 ok"]}""");
            rig.Deliver(SmtpRig.Request("mx.test", "a@mx.test") with { Return = DsnReturn.Headers, Encoding = BodyEncoding.EightBit });
            server.Dispose();
            Assert.Equal("a@mx.test sent", Results(rig));
            Assert.Equal(want.Replace("SIZE=n", "SIZE=285", StringComparison.Ordinal), server.Commands.Last(c => c.StartsWith("MAIL", StringComparison.Ordinal)));
        }
    }

    [Theory] // about something else, or refused without parameters as well: as Postfix; and once only
    [InlineData("""{"mail": "501 5.5.4 no"}""", 2)]
    [InlineData("""{"rcpt": "501 5.5.4 no"}""", 2)]
    [InlineData("""{"rcpt": "501 5.1.3 Bad recipient address syntax"}""", 1)]
    [InlineData("""{"mail": "501 5.1.7 Bad sender address syntax"}""", 1)]
    [InlineData("""{"mail": "555 5.5.4 no", "ext": ["PIPELINING"]}""", 1)]
    [InlineData("""{"rcpt": "550 5.1.1 no"}""", 1)]
    public void Once_only(string script, int mails)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, script);
        rig.Deliver(SmtpRig.Request("mx.test", "a@mx.test"));
        server.Dispose();
        Assert.Equal("a@mx.test bounced", Results(rig));
        Assert.Equal(mails, server.Commands.Count(c => c.StartsWith("MAIL", StringComparison.Ordinal)));
    }

    [Theory] // as Postfix: a size for whoever asks for sizes, but of what is converted nobody knows it
    [InlineData("SIZE", BodyEncoding.SevenBit, true)]
    [InlineData("SIZE 0", BodyEncoding.SevenBit, true)]
    [InlineData("SIZE 10000", BodyEncoding.SevenBit, true)]
    [InlineData("SIZE what", BodyEncoding.SevenBit, true)]
    [InlineData("SIZE", BodyEncoding.EightBit, false)]
    [InlineData("SIZED", BodyEncoding.SevenBit, false)]
    public void Servers_that_announce_SIZE_are_told_it(string announced, BodyEncoding encoding, bool told)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, $$"""{"ext": ["{{announced}}"]}""");
        rig.Deliver(SmtpRig.Request("mx.test", "a@mx.test") with { Encoding = encoding });
        server.Dispose();
        Assert.Equal("a@mx.test sent", Results(rig));
        Assert.Equal(told, server.Commands[1].EndsWith(" SIZE=285", StringComparison.Ordinal));
    }

    private static string Results(SmtpRig rig) => string.Join('|', rig.Results.Select(r => $"{r[0]} {r[3]}"));

    private static ScriptedServer Serve(SmtpRig rig, string script)
    {
        ScriptedServer server = new("127.0.0.31", 0, script);
        rig.Options = rig.Options with { TcpPort = server.Port };
        rig.Resolver.A("mx.test", "127.0.0.31");
        return server;
    }
}
