using System.Text;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Smtp;

public sealed class SmtpReplyTests
{
    [Theory] // received, limit, line that comes off ("-": more is needed), octets left
    [InlineData("250 ok\r\n", 512, "250 ok", 0)]
    [InlineData("250 ok\n", 512, "250 ok", 0)]
    [InlineData("250 ok\r\n354 go", 512, "250 ok", 6)]
    [InlineData("\r\n", 512, "", 0)]
    [InlineData("\n", 512, "", 0)]
    [InlineData("250 a\rb\r\n", 512, "250 a\rb", 0)]
    [InlineData("250 ok\r", 512, "-", 7)]
    [InlineData("250 ok", 512, "-", 6)]
    [InlineData("", 512, "-", 0)]
    [InlineData("12345678\r\n", 8, "12345678", 0)]
    [InlineData("12345678\r", 8, "-", 9)]
    public void A_line_ends_with_LF_and_nothing_is_consumed_before(string received, int limit, string want, int left)
    {
        byte[] octets = Encoding.Latin1.GetBytes(received);
        LineStatus status = ReplyLine.TryRead(octets, limit, out ReadOnlySpan<byte> line, out int consumed);
        Assert.Equal(want == "-" ? LineStatus.NeedMore : LineStatus.Complete, status);
        Assert.Equal(want == "-" ? "" : want, Encoding.Latin1.GetString(line));
        Assert.Equal(left, octets.Length - consumed);
        // Octet by octet: complete only with the last one of the line.
        for (int i = 0; i < consumed; i++)
            Assert.Equal(LineStatus.NeedMore, ReplyLine.TryRead(octets.AsSpan(0, i), limit, out _, out _));
    }

    [Theory]
    [InlineData("123456789\r\n")]
    [InlineData("123456789")]
    [InlineData("12345678\rx")]
    public void A_line_over_the_limit_is_cut(string received)
    {
        Assert.Equal(LineStatus.TooLong, ReplyLine.TryRead(Encoding.Latin1.GetBytes(received), 8, out ReadOnlySpan<byte> line, out int consumed));
        Assert.Equal("12345678", Encoding.Latin1.GetString(line));
        Assert.Equal(8, consumed);
    }

    [Theory] // lines separated by |, code, status, text
    [InlineData("250 2.0.0 Ok", 250, "2.0.0", "250 2.0.0 Ok")]
    [InlineData("250", 250, "2.0.0", "250")]
    [InlineData("250 ", 250, "2.0.0", "250 ")]
    [InlineData("250-mx|250-SIZE 1|250 DSN", 250, "2.0.0", "250-mx 250-SIZE 1 250 DSN")]
    [InlineData("550 5.1.1 user unknown", 550, "5.1.1", "550 5.1.1 user unknown")]
    [InlineData("550 5.1.1", 550, "5.1.1", "550 5.1.1")]
    [InlineData("550 5.123.123 x", 550, "5.123.123", "550 5.123.123 x")]
    [InlineData("550 5.1.1234 odd", 550, "5.0.0", "550 5.1.1234 odd")]
    [InlineData("550 5.1 odd", 550, "5.0.0", "550 5.1 odd")]
    [InlineData("550 5.1.1. odd", 550, "5.0.0", "550 5.1.1. odd")]
    [InlineData("550 5.1.1,odd", 550, "5.0.0", "550 5.1.1,odd")]
    [InlineData("550 5..1 odd", 550, "5.0.0", "550 5..1 odd")]
    [InlineData("550 4.2.1 odd", 550, "5.0.0", "550 4.2.1 odd")]
    [InlineData("450 5.1.1 odd", 450, "4.0.0", "450 5.1.1 odd")]
    [InlineData("250 5.7.1 odd", 250, "2.0.0", "250 5.7.1 odd")]
    [InlineData("550-5.1.1 one|450 4.1.1 two", 450, "4.1.1", "550-5.1.1 one 450 4.1.1 two")]
    [InlineData("354 2.0.0 go", 354, "5.5.0", "354 2.0.0 go")]
    [InlineData("150 what", 150, "5.5.0", "150 what")]
    [InlineData("600 what", 600, "5.5.0", "600 what")]
    [InlineData("550 5.1.1 caf\u00c3\u00a9 \u0001\t ctl", 550, "5.1.1", "550 5.1.1 café ?? ctl")]
    public void The_last_line_gives_code_and_status(string lines, int code, string status, string text)
    {
        SmtpReply reply = Parse(lines, keepJunk: true)!;
        Assert.Equal((code, status, text, false), (reply.Code, reply.Status, reply.Text, reply.HasJunk));
    }

    [Theory]
    [InlineData("")]
    [InlineData("55")]
    [InlineData("55 what")]
    [InlineData("5501 what")]
    [InlineData("250\tok")]
    [InlineData("x250 ok")]
    [InlineData(" 250 ok")]
    [InlineData("٢٥٠ ok")]
    public void A_line_without_three_digits_is_not_SMTP(string line)
    {
        SmtpReplyParser parser = new();
        Assert.Equal(ReplyLineKind.NotSmtp, parser.Add(Encoding.UTF8.GetBytes(line), false, out SmtpReply? reply));
        Assert.Null(reply);
        parser.Add("250 ok"u8, false, out reply);
        Assert.Equal(("250 ok", false), (reply!.Text, reply.HasJunk));
    }

    [Fact]
    public void Junk_is_glued_to_the_next_reply_on_request()
    {
        SmtpReply reply = Parse("junk|250 ok", keepJunk: true)!;
        Assert.Equal(("junk 250 ok", true), (reply.Text, reply.HasJunk));
    }

    [Fact]
    public void An_endless_reply_uses_bounded_memory()
    {
        SmtpReplyParser parser = new();
        byte[] line = Encoding.ASCII.GetBytes("250-" + new string('x', 1000));
        for (int i = 0; i < 10_000; i++)
            parser.Add(line, false, out _);
        parser.Add("550 5.1.1 done"u8, false, out SmtpReply? reply);
        Assert.Equal("5.1.1", reply!.Status);
        Assert.True(reply.Text.Length < 40_000);
        Assert.EndsWith("550 5.1.1 done", reply.Text, StringComparison.Ordinal);
    }

    private static SmtpReply? Parse(string lines, bool keepJunk)
    {
        SmtpReplyParser parser = new();
        SmtpReply? reply = null;
        foreach (string line in lines.Split('|'))
        {
            Assert.Null(reply);
            parser.Add(Encoding.Latin1.GetBytes(line), keepJunk, out reply);
        }
        return reply;
    }
}
