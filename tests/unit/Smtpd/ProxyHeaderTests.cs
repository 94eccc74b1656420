using System.Text;
using PostfixNet.Smtpd;

namespace PostfixNet.UnitTests.Smtpd;

/// <summary>The PROXY protocol, versions 1 and 2.</summary>
public sealed class ProxyHeaderTests
{
    private static readonly byte[] s_signature = "\r\n\r\n\0\r\nQUIT\n"u8.ToArray();

    private static byte[] Binary(byte command, byte family, params byte[] rest) =>
        [.. s_signature, command, family, (byte)(rest.Length >> 8), (byte)rest.Length, .. rest];

    private static string Read(ReadOnlySpan<byte> octets) => !ProxyHeader.TryRead(octets, out ProxyHeader? header) ? "none"
        : header is null ? "more" : $"{header.Length} {header.Client} {header.Server}";

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.7 192.0.2.1 4000 25\r\nEHLO", "40 192.0.2.7:4000 192.0.2.1:25")]
    [InlineData("PROXY TCP6 2001:db8::7 2001:db8::1 4000 25\r\n", "44 [2001:db8::7]:4000 [2001:db8::1]:25")]
    [InlineData("PROXY UNKNOWN\r\n", "15  ")]
    [InlineData("PROXY UNKNOWN whatever it is\r\n", "30  ")]
    [InlineData("PROXY TCP4 192.0.2.7 192.0.2.1 4000 25\n", "none")]
    [InlineData("PROXY TCP4 2001:db8::7 192.0.2.1 4000 25\r\n", "none")]
    [InlineData("PROXY TCP4 192.0.2 192.0.2.1 4000 25\r\n", "none")]
    [InlineData("PROXY TCP4 192.0.2.7 192.0.2.1 70000 25\r\n", "none")]
    [InlineData("PROXY TCP4 192.0.2.7 192.0.2.1 4000\r\n", "none")]
    [InlineData("PROXY TCP5 192.0.2.7 192.0.2.1 4000 25\r\n", "none")]
    [InlineData("PRO", "more")]
    [InlineData("", "more")]
    [InlineData("EHLO c.test\r\n", "none")]
    [InlineData("GET / HTTP/1.0\r\n", "none")]
    public void A_line_is_read(string line, string seen) => Assert.Equal(seen, Read(Encoding.Latin1.GetBytes(line)));

    [Fact]
    public void Octets_are_read()
    {
        byte[] four = Binary(0x21, 0x11, 192, 0, 2, 7, 192, 0, 2, 1, 0x0f, 0xa0, 0, 25);
        Assert.Equal("28 192.0.2.7:4000 192.0.2.1:25", Read(four));
        Assert.Equal("28 192.0.2.7:4000 192.0.2.1:25", Read([.. four, .. "EHLO"u8]));
        byte[] address = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
        Assert.Equal("55 [2001:db8::7]:4000 [2001:db8::7]:25", Read(Binary(0x21, 0x21, [.. address, .. address, 0x0f, 0xa0, 0, 25, 4, 0, 0])));
        Assert.Equal("16  ", Read(Binary(0x20, 0))); // LOCAL
        Assert.Equal("16  ", Read(Binary(0x21, 0))); // of no kind
        Assert.Equal("none", Read(Binary(0x31, 0x11)));
        Assert.Equal("none", Read(Binary(0x22, 0x11)));
        Assert.Equal("none", Read(Binary(0x21, 0x11, 192, 0, 2, 7)));
        for (int length = 0; length < four.Length; length++)
            Assert.Equal("more", Read(four.AsSpan(0, length)));
        Assert.Equal("none", Read([.. s_signature, 0x21, 0x11, 0xff, 0xff]));
        Assert.Equal("none", Read(Encoding.ASCII.GetBytes("PROXY TCP4 " + new string('1', 200))));
    }

    [Fact]
    public void Who_says_nothing_of_the_kind_is_let_go()
    {
        using SmtpdRig rig = new("smtpd_upstream_proxy_protocol = 'haproxy'");
        SmtpdClient client = rig.Connect(readsGreeting: false);
        client.Send("EHLO c.test\r\n");
        Assert.Equal("", client.Reply());
        Assert.Equal("warning: unknown[127.0.0.1]: no PROXY header where smtpd_upstream_proxy_protocol wants one", rig.WaitForLog("PROXY"));
    }
}
