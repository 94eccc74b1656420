using System.Text;
using PostfixNet.Delivery;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>S3-06: a notice keeps its UTF-8 form for servers that take it, RFC 6533.</summary>
public sealed class AsciiReportTests
{
    private const string Global =
        "From: MAILER-DAEMON\nContent-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"4jb.1/mta\"\nContent-Transfer-Encoding: 8bit\n\nThis is a MIME-encapsulated message.\n\n"
        + "--4jb.1/mta\nContent-Description: Notification\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n<jörg@dest.test>: gone\nFinal-Recipient: utf-8; jörg@dest.test\n\n"
        + "--4jb.1/mta\nContent-Description: Delivery report\nContent-Type: message/global-delivery-status\nContent-Transfer-Encoding: 8bit\n\nReporting-MTA: dns; mta\nX-Postfix-Sender: utf-8; jürgen@a.test\n\n"
        + "Final-Recipient: utf-8; jörg@dest.test\nOriginal-Recipient: utf-8;jörg+x@dest.test\nAction: failed\nDiagnostic-Code: smtp; 550 utf-8; jörg unknown\n\n"
        + "--4jb.1/mta\nContent-Description: Undelivered Message\nContent-Type: message/global\nContent-Transfer-Encoding: 8bit\n\nSubject: ö\nContent-Type: message/global-delivery-status\n\nFinal-Recipient: utf-8; jörg@dest.test\n\n"
        + "--4jb.1/mta--\n";

    private static readonly string s_ascii = string.Join("--4jb.1/mta", Global.Split("--4jb.1/mta").Select(static (part, i) => i != 2 ? part : part
        .Replace("global-delivery-status", "delivery-status", StringComparison.Ordinal).Replace("utf-8; jürgen@", @"utf-8; j\x{FC}rgen@", StringComparison.Ordinal)
        .Replace("utf-8; jörg@", @"utf-8; j\x{F6}rg@", StringComparison.Ordinal).Replace("utf-8;jörg+x@", @"utf-8;j\x{F6}rg\x{2B}x@", StringComparison.Ordinal)));

    private static string Sent(string extension, DeliveryRequest request)
    {
        using SmtpRig rig = new(SmtpRig.Records(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(Global)).TrimEnd('\n').Split('\n')));
        using ScriptedServer server = new("127.0.0.31", 0, $$"""{"ext": ["8BITMIME", "{{extension}}"]}""");
        rig.Options = rig.Options with { TcpPort = server.Port };
        rig.Resolver.A("mx.test", "127.0.0.31");
        rig.Deliver(request);
        rig.CloseSession();
        server.Dispose();
        Assert.True(server.Messages.Count == 1, string.Join('\n', rig.Lines));
        return Encoding.UTF8.GetString(server.Messages[0]).Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    [Fact]
    public void A_notice_has_the_form_that_the_server_understands()
    {
        DeliveryRequest notice = SmtpRig.Request("[mx.test]", "u@mx.test") with { Sender = "" };
        Assert.Equal(Global, Sent("SMTPUTF8", notice));
        Assert.Equal(s_ascii, Sent("X-NOTHING", notice));
        Assert.NotEqual(Global, s_ascii);
    }

    // What others report is theirs: it may be signed.
    [Fact]
    public void Mail_of_others_goes_as_it_came()
    {
        Assert.Equal(Global, Sent("X-NOTHING", SmtpRig.Request("[mx.test]", "u@mx.test")));
        Assert.Equal(Global, Sent("X-NOTHING", SmtpRig.Request("[mx.test]", "u@mx.test") with { Sender = "", Origin = MessageOrigin.Local with { ClientName = "a.test" } }));
    }

    [Theory] // whatever comes, and however it is cut, nothing is lost
    [InlineData("")]
    [InlineData("Subject: no end of the header")]
    [InlineData("Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/global-delivery-status")]
    [InlineData("Content-Type: multipart/report; boundary=b\n\n--b\n\n--b--\nafter\nthe end")]
    [InlineData("Content-Type: text/plain\n\n--b\nContent-Type: message/global-delivery-status\n\nFinal-Recipient: utf-8; jörg@a.test\n")]
    public void Other_content_stays(string content)
    {
        byte[] octets = Encoding.UTF8.GetBytes(content);
        foreach (int size in (int[])[1, 3, 1000])
        {
            List<byte> got = [];
            AsciiReport report = new((piece, endsLine) => got.AddRange([.. piece, .. endsLine ? "\n"u8 : []]));
            for (int at = 0; at < octets.Length;)
            {
                int end = Array.IndexOf(octets, (byte)'\n', at);
                int length = Math.Min(size, (end < 0 ? octets.Length : end) - at);
                bool endsLine = at + length == end;
                report.Add(octets.AsSpan(at, length), endsLine);
                at += length + (endsLine ? 1 : 0);
            }
            report.End();
            Assert.Equal(content, Encoding.UTF8.GetString([.. got]));
        }
        using MemoryStream longest = new();
        AsciiReport none = new((piece, endsLine) => longest.Write(piece));
        none.Add(new byte[100_000], endsLine: false);
        none.Add("x"u8, endsLine: true);
        none.End();
        Assert.Equal(100_001, longest.Length);
    }
}
