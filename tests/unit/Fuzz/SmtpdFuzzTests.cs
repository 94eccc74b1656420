using System.Text;
using PostfixNet.Smtpd;
using PostfixNet.UnitTests.Smtpd;

namespace PostfixNet.UnitTests.Fuzz;

/// <summary>What clients of the server send.</summary>
public sealed class SmtpdFuzzTests
{
    private const string Dialogue = "EHLO c.test\r\nMAIL FROM:<a@b.test> SIZE=10 BODY=8BITMIME RET=HDRS ENVID=x+2By\r\nRCPT TO:<c@d.test> NOTIFY=NEVER ORCPT=rfc822;c@d.test\r\nDATA\r\nSubject: s\r\n\r\n..\r\nx\n.\r\n\r\n.\r\nQUIT\r\n";
    private const string Chunks = "EHLO c.test\r\nMAIL FROM:<\"a b\"@[192.0.2.1]> SMTPUTF8\r\nRCPT TO:<@r.test:c%e@d.test>\r\nBDAT 12\r\nSubject: s\r\nBDAT 4 LAST\r\n\r\nx\nRSET\r\nNOOP\r\nVRFY a\r\nXCLIENT A=b\r\nQUIT\r\n";

    private static readonly string[] s_dialogues = [Dialogue, Chunks], s_contents = ["a\r\n..b\r\n.\n.\r\n.\r\nrest", "x\ny\r\n\r\n.\r\n"];

    [Fact]
    public void Any_session_is_answered_to_its_end()
    {
        using SmtpdRig rig = new("smtpd_forbid_unauth_pipelining = false\nsmtpd_error_sleep_time = 0\nsmtpd_hard_error_limit = 60\nline_length_limit = 512\nsmtpd_client_connection_count_limit = 0");
        new Fuzzer(s_dialogues.Select(Encoding.Latin1.GetBytes),
            "\r\n", "\n", ".", "\r\n.\r\n", "<", ">", "\"", "@", "BDAT 3 LAST\r\n", "BDAT 0 LAST\r\n", "DATA\r\n", "RSET\r\n", "MAIL FROM:<>", "RCPT TO:<c@d.test>\r\n", "\0", "é", new string('x', 600)).Run((input, _) =>
        {
            SmtpdClient client = rig.Connect();
            client.Send(input);
            client.FinishSending();
            int replies = 0;
            for (string reply; (reply = client.Reply()).Length > 0; replies++)
                Assert.Matches(@"^[2345]\d\d[ -]", reply);
            Assert.InRange(replies, 0, input.Length + 1);
        });
        // It serves the next one, and what it took is whole.
        Assert.EndsWith("250 2.0.0 Ok", rig.Talk("NOOP"), StringComparison.Ordinal);
        Assert.DoesNotContain(rig.Log, static line => line.Contains("panic", StringComparison.Ordinal));
        Assert.All(rig.Queued, static file => Assert.EndsWith("\nE \n", file, StringComparison.Ordinal));
    }

    [Fact]
    public void Content_is_the_same_in_pieces_as_at_once() =>
        new Fuzzer(s_contents.Select(Encoding.Latin1.GetBytes),
            "\r", "\n", ".", "\r\n.\r\n", "\n.\n", "..", new string('x', 20)).Run((input, random) =>
        {
            string whole = Lines(input, [input.Length]);
            Assert.Equal(whole, Lines(input, [.. Enumerable.Range(0, 8).Select(_ => random.Next(input.Length + 1)).Order()]));
            Assert.Equal(whole, Lines(input, [.. Enumerable.Range(0, input.Length)]));
        });

    [Fact]
    public void A_header_of_a_proxy_is_understood_or_refused() =>
        new Fuzzer([Encoding.ASCII.GetBytes("PROXY TCP4 192.0.2.7 192.0.2.1 4000 25\r\n"), [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, 0x11, 0, 12, 192, 0, 2, 7, 192, 0, 2, 1, 0x0f, 0xa0, 0, 25]],
            " ", "\r\n", "TCP6", "UNKNOWN", "::", "\0").Run((input, _) =>
        {
            if (!ProxyHeader.TryRead(input, out ProxyHeader? header))
                return;
            if (header is null)
                Assert.InRange(ProxyHeader.Wanted(input), 1, 70_000);
            else
                Assert.InRange(header.Length, 1, input.Length);
        });

    private static string Lines(byte[] input, int[] cuts)
    {
        StringBuilder text = new();
        ContentLines lines = new(10, needsCr: true, hasDots: true, (type, line) => text.Append((char)type).Append(Encoding.Latin1.GetString(line)).Append('|'));
        int at = 0;
        foreach (int cut in cuts.Append(input.Length))
        {
            if (cut <= at || lines.IsOver)
                continue;
            int used = lines.Take(input.AsSpan(at, cut - at));
            at += used;
        }
        if (!lines.IsOver)
            lines.End();
        return $"{text} {lines.IsOver} {lines.HasBareNewline} {lines.Size} {(lines.IsOver ? at : 0)}";
    }
}
