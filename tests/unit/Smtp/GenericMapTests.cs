using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Mail;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>smtp_generic_maps: the addresses that others get to see, in commands and headers.</summary>
public sealed class GenericMapTests
{
    private const string Table = """
        myorigin = "our.test"
        mydestination = ["our.test", "host.our.test"]
        recipient_delimiter = "+"
        [smtp_generic_maps]
        "root@our.test" = "Admin <admin@example.com>"
        "root+cron@our.test" = "cron@example.com"
        "bare" = "shop@example.com"
        "@inside.test" = "@example.com"
        "@flat.test" = "all@example.com"
        "moved@our.test" = "@example.com"
        "local@our.test" = "postmaster"
        "quoted@our.test" = "\"a b\"@example.com"
        """;

    [Theory] // address; what goes over the wire
    [InlineData("root@our.test", "admin@example.com")]
    [InlineData("ROOT@Our.Test", "admin@example.com")]
    [InlineData("root+cron@our.test", "cron@example.com")]
    [InlineData("root+x@our.test", "admin@example.com", "admin+x@example.com")]
    [InlineData("bare@host.our.test", "shop@example.com")]
    [InlineData("bare+x@our.test", "shop@example.com", "shop+x@example.com")]
    [InlineData("bare@elsewhere.test", "bare@elsewhere.test")]
    [InlineData("u+x@inside.test", "u+x@example.com")] // all of the user is there
    [InlineData("u+x@flat.test", "all@example.com")]
    [InlineData("moved+x@our.test", "moved@example.com", "moved+x@example.com")]
    [InlineData("local@our.test", "postmaster@our.test")]
    [InlineData("quoted@our.test", "a b@example.com")]
    [InlineData("nobody@our.test", "nobody@our.test")]
    [InlineData("", "")]
    public void Addresses(string address, string want, string? wantWithExtension = null)
    {
        Assert.Equal(want, Read(Table).Rewrite(address));
        Assert.Equal(wantWithExtension ?? want, Read("propagate_unmatched_extensions = \"canonical, generic\"\n" + Table).Rewrite(address));
    }

    [Theory]
    [InlineData("two@example.com, three@example.com")]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("@a.test, @b.test")]
    [InlineData("<>")]
    public void An_entry_that_is_no_address_is_refused(string value)
    {
        foreach (string table in new[] { $"[smtp_generic_maps]\n\"x@our.test\" = \"{value}\"", $"smtp_generic_maps = \"static:{{{value}}}\"" })
        {
            string message = Assert.Throws<ConfigurationException>(() => Read(table)).Message;
            Assert.StartsWith("main.toml:1:", message, StringComparison.Ordinal);
            Assert.EndsWith($": smtp_generic_maps: \"{value}\" is not understood; give one address, or @domain", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_service_lmtp_has_a_table_of_its_own()
    {
        MainConfig config = MainConfig.FromText("smtp_generic_maps = \"static:x@y.test\"\nlmtp_generic_maps = \"\"");
        Assert.NotNull(SmtpConfig.Read(config, "smtp").Generic);
        Assert.Null(SmtpConfig.Read(config, "lmtp").Generic);
        Assert.Null(SmtpConfig.Read(MainConfig.FromText(""), "smtp").Generic);
    }

    [Fact]
    public void Commands_have_the_new_address_and_records_the_old()
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig);
        rig.Deliver(SmtpRig.Request("mx.test", "quoted@our.test", "other@mx.test") with { Sender = "root@our.test" });
        server.Dispose();
        Assert.Contains("MAIL FROM:<admin@example.com> SIZE=285", server.Commands);
        Assert.Contains("RCPT TO:<\"a b\"@example.com> ORCPT=rfc822;quoted@our.test", server.Commands);
        Assert.Contains("RCPT TO:<other@mx.test> ORCPT=rfc822;other@mx.test", server.Commands);
        Assert.Equal(["quoted@our.test", "other@mx.test"], rig.Results.Select(r => r[0]));
    }

    [Fact] // a notice has no sender to rewrite
    public void The_empty_sender_stays_empty()
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig);
        rig.Options = rig.Options with { Generic = Read("smtp_generic_maps = \"static:x@y.test\"") };
        rig.Deliver(SmtpRig.Request("mx.test", "u@mx.test") with { Sender = "" });
        server.Dispose();
        Assert.Contains("MAIL FROM:<> SIZE=285", server.Commands);
        Assert.Contains(server.Commands, c => c.StartsWith("RCPT TO:<x@y.test> ", StringComparison.Ordinal));
    }

    [Theory] // whether the table fails for the envelope, or for a header in the content
    [InlineData("fail:x", "fail:x lookup error")]
    [InlineData("pcre:{{/^root@(our|mx)/ x@y.test}} inline:{{u@mx.test=v@mx.test}} regexp:{{/^sender@/ s@y.test}} fail:x", "fail:x lookup error")]
    public void A_table_that_cannot_say_puts_mail_off(string tables, string logged)
    {
        using SmtpRig rig = new(SmtpRig.Records(["From: nobody@our.test", "", "x"]));
        using ScriptedServer server = Serve(rig);
        rig.Options = rig.Options with { Generic = Read($"smtp_generic_maps = \"{tables}\"") };
        rig.Deliver(SmtpRig.Request("mx.test", "u@mx.test") with { Sender = "root@our.test" });
        server.Dispose();
        Assert.Equal(("4.3.0", "deferred", "temporary lookup failure"), rig.Results.Select(static r => (r[2], r[3], r[4])).Single());
        Assert.Contains(rig.Lines, line => line.Contains(logged, StringComparison.Ordinal));
        Assert.DoesNotContain(".", server.Commands);
    }

    [Theory] // RFC 6531: whether the server must know SMTPUTF8 depends on what goes out
    [InlineData("\u00fc@our.test", "sent")]
    [InlineData("\u00f6@our.test", "bounced")]
    public void An_address_outside_ASCII_may_become_one_inside(string sender, string status)
    {
        using SmtpRig rig = new();
        using ScriptedServer server = Serve(rig, """{"ext": ["8BITMIME"]}""");
        rig.Options = rig.Options with { Generic = Read("[smtp_generic_maps]\n\"\u00fc@our.test\" = \"ue@our.test\"") };
        rig.Deliver(SmtpRig.Request("mx.test", "u@mx.test") with { Sender = sender, SmtpUtf8 = SmtpUtf8.Requested });
        Assert.Equal(status, rig.Results.Single()[3]);
    }

    [Theory] // header lines, LF between; what goes out
    [InlineData("From: root@our.test", "From: admin@example.com")]
    [InlineData("FROM : The Root (me) <root@our.test>", "FROM : The Root (me) <admin@example.com>")]
    [InlineData("To: a@mx.test,\n\t\"R, t\" <root@our.test>,\n  b@mx.test", "To: a@mx.test, \"R, t\" <admin@example.com>, b@mx.test")] // written anew, as Postfix does
    [InlineData("To:\n root@our.test", "To: admin@example.com")]
    [InlineData("To: a@mx.test  ,\n   b@mx.test ,,", "To: a@mx.test  ,\n   b@mx.test ,,")] // as it was
    [InlineData("Cc: quoted@our.test", "Cc: \"a b\"@example.com")]
    [InlineData("To: \"root", "To: \"root")]
    [InlineData("Sender: root@our.test\nReply-To: root@our.test\nErrors-To: root@our.test", "Sender: admin@example.com\nReply-To: admin@example.com\nErrors-To: admin@example.com")]
    [InlineData("Resent-From: root@our.test\nResent-Sender: root@our.test\nResent-To: root@our.test\nResent-Cc: root@our.test", "Resent-From: admin@example.com\nResent-Sender: admin@example.com\nResent-To: admin@example.com\nResent-Cc: admin@example.com")]
    [InlineData("Return-Receipt-To: root@our.test\nDisposition-Notification-To: root@our.test", "Return-Receipt-To: admin@example.com\nDisposition-Notification-To: admin@example.com")]
    [InlineData("Subject: root@our.test\n root@our.test\nX-From: root@our.test", "Subject: root@our.test\n root@our.test\nX-From: root@our.test")]
    [InlineData("To: \u00e9 <root@our.test> \u00ff", "To: \u00e9 <admin@example.com>, \u00ff")] // bytes
    [InlineData("To: u@inside.test\nnot a header\nTo: u@inside.test", "To: u@example.com\nnot a header\nTo: u@inside.test")]
    public void Headers(string header, string want)
    {
        const string Body = "\n\nTo: root@our.test\n.\nFrom: root@our.test";
        Assert.Equal(want, Sent(header.Split('\n')));
        Assert.Equal(want + Body.Replace("\n.", "\n..", StringComparison.Ordinal), Sent((header + Body).Split('\n')));
    }

    [Fact] // records of a line that was cut for the queue file
    public void A_long_line_is_one_line()
    {
        string many = string.Concat(Enumerable.Range(0, 100).Select(i => $"user{i}@mx.test, "));
        using MemoryStream file = new();
        SmtpRig.Record(file, 'L', Encoding.Latin1.GetBytes("To: " + many + "ro"));
        SmtpRig.Record(file, 'L', "ot@our"u8.ToArray());
        SmtpRig.Record(file, 'N', ".test"u8.ToArray());
        SmtpRig.Record(file, 'N', []);
        SmtpRig.Record(file, 'X', []);
        Assert.Equal($"To: {many}admin@example.com\n\n", Sent(file.ToArray()).Replace(",\n\t", ", ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_header_over_the_limit_goes_out_as_it_is()
    {
        string[] lines = ["To: root@our.test,", .. Enumerable.Repeat(" root@our.test,", 10), " root@our.test", "Cc: root@our.test", "", "x"];
        string want = string.Join('\n', lines).Replace("Cc: root@our.test", "Cc: admin@example.com", StringComparison.Ordinal);
        Assert.Equal(want, Sent(lines, headerSizeLimit: 100));
    }

    [Fact] // RFC 6152 section 3
    public void Content_is_made_7_bit_all_the_same()
    {
        using SmtpRig rig = new(SmtpRig.Records(["From: root@our.test", "MIME-Version: 1.0", "Content-Transfer-Encoding: 8bit", "", "\u00e9"]));
        using ScriptedServer server = Serve(rig, """{"ext": ["SIZE 1000"]}""");
        rig.Deliver(SmtpRig.Request("mx.test", "u@mx.test") with { Encoding = BodyEncoding.EightBit });
        server.Dispose();
        Assert.Equal("From: admin@example.com\nMIME-Version: 1.0\nContent-Transfer-Encoding: quoted-printable\n\n=E9\n",
            Encoding.Latin1.GetString(server.Messages.Single()).ReplaceLineEndings("\n"));
    }

    private static GenericMap Read(string toml) => SmtpConfig.Read(MainConfig.FromText(toml), "smtp").Generic!;

    private static string Sent(string[] lines, int headerSizeLimit = 102400)
    {
        string sent = Sent(SmtpRig.Records(lines), headerSizeLimit);
        Assert.EndsWith("\n", sent, StringComparison.Ordinal);
        return sent[..^1];
    }

    private static string Sent(byte[] records, int headerSizeLimit = 102400)
    {
        using SmtpRig rig = new(records);
        using ScriptedServer server = Serve(rig);
        rig.Options = rig.Options with { Generic = Read($"header_size_limit = {headerSizeLimit}\n{Table}"), MessageLineLimit = 0 };
        rig.Deliver(SmtpRig.Request("mx.test", "u@mx.test"));
        server.Dispose();
        return Encoding.Latin1.GetString(server.Messages.Single()).Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    private static ScriptedServer Serve(SmtpRig rig, string script = "{}")
    {
        ScriptedServer server = new("127.0.0.36", 0, script);
        rig.Options = rig.Options with { TcpPort = server.Port, Generic = Read(Table) };
        rig.Resolver.A("mx.test", "127.0.0.36");
        rig.Resolver.Mx("mx.test", (10, "mx.test"));
        return server;
    }
}
