using PostfixNet.Dns;

namespace PostfixNet.UnitTests.Dns;

public class DnsNameTests
{
    private const string Label63 = "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabc";

    [Theory]
    [InlineData("example.com", true)]
    [InlineData("example.com.", true)]
    [InlineData("EXAMPLE", true)]
    [InlineData("_25._tcp.mx.example.com", true)]
    [InlineData("xn--bcher-kva.example", true)]
    [InlineData("1.example", true)]
    [InlineData(Label63 + ".example", true)]
    [InlineData(Label63 + "." + Label63 + "." + Label63 + ".abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghija", true)] // 253
    [InlineData(Label63 + "." + Label63 + "." + Label63 + ".abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijab", false)]
    [InlineData(Label63 + "x.example", false)]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("a..b", false)]
    [InlineData(".a", false)]
    [InlineData("a..", false)]
    [InlineData("-a.b", false)]
    [InlineData("a-.b", false)]
    [InlineData("a.b-", false)]
    [InlineData("a b", false)]
    [InlineData("a/b", false)]
    [InlineData("a\0b", false)]
    [InlineData("bücher.example", false)]
    [InlineData("192.0.2.1", false)] // an address
    [InlineData("[192.0.2.1]", false)]
    public void Host_names(string? name, bool want) => Assert.Equal(want, DnsName.IsHostName(name));

    [Theory] // after 12 header octets; want null = refused
    [InlineData(new byte[] { 1, (byte)'a', 0 }, 0, "a", 3)]
    [InlineData(new byte[] { 0 }, 0, ".", 1)]
    [InlineData(new byte[] { 1, (byte)'a', 0, 1, (byte)'b', 0xC0, 12 }, 3, "b.a", 7)]
    [InlineData(new byte[] { 1, (byte)'a', 0, 0xC0, 12, 0xC0, 15 }, 5, "a", 7)] // a pointer to a pointer
    [InlineData(new byte[] { 3, (byte)'a', (byte)'.', 0xFF, 0 }, 0, "a\\046\\255", 5)]
    [InlineData(new byte[] { 0xC0, 12 }, 0, null, 0)] // to itself
    [InlineData(new byte[] { 1, (byte)'a', 0xC0, 12 }, 0, null, 0)] // to its own start
    [InlineData(new byte[] { 0xC0, 14, 0xC0, 12 }, 0, null, 0)] // forward
    [InlineData(new byte[] { 0xC0, 14, 0xC0, 12 }, 2, null, 0)] // back, then forward
    [InlineData(new byte[] { 0xC0, 3 }, 0, null, 0)] // into the header
    [InlineData(new byte[] { 0xC0 }, 0, null, 0)]
    [InlineData(new byte[] { 0xCF, 0xFF }, 0, null, 0)]
    [InlineData(new byte[] { 5, (byte)'a' }, 0, null, 0)]
    [InlineData(new byte[] { 1, (byte)'a' }, 0, null, 0)] // no root
    [InlineData(new byte[] { 0x41, (byte)'a', 0 }, 0, null, 0)] // dead label types
    [InlineData(new byte[] { 0x81, (byte)'a', 0 }, 0, null, 0)]
    [InlineData(new byte[] { }, 0, null, 0)]
    public void Names_on_the_wire(byte[] wire, int start, string? want, int wantEnd)
    {
        byte[] message = [.. new byte[12], .. wire];
        int at = 12 + start;
        bool ok = DnsName.TryRead(message, ref at, out string? name);
        Assert.Equal(want, name);
        Assert.Equal(want is not null, ok);
        if (ok)
            Assert.Equal(12 + wantEnd, at);
    }

    [Fact]
    public void A_name_is_at_most_255_octets_even_when_compressed()
    {
        // 3 labels of 63 octets, a label of n, the root, then one more name: a label and a pointer to the first.
        foreach ((int last, bool want) in new[] { (59, true), (60, false) })
        {
            PacketWriter w = new();
            w.Raw(new byte[12]);
            for (int i = 0; i < 3; i++)
                w.U8(63).Raw(new byte[63]);
            w.U8(last).Raw(new byte[last]).U8(0);
            int second = w.Length;
            w.U8(1).Raw((byte)'a').Pointer(12);
            int at = second;
            Assert.Equal(want, DnsName.TryRead(w.ToArray(), ref at, out _));
        }
    }

    [Fact]
    public void A_long_chain_of_pointers_ends()
    {
        PacketWriter w = new();
        w.Raw(new byte[12]).U8(0);
        int previous = 12;
        while (w.Length < 16000)
        {
            int here = w.Length;
            w.Pointer(previous);
            previous = here;
        }
        int at = previous;
        Assert.True(DnsName.TryRead(w.ToArray(), ref at, out string? name));
        Assert.Equal(".", name);
    }

    [Theory]
    [InlineData("example.com", "COM", true)]
    [InlineData("example.com", "example.com", true)]
    [InlineData("example.com", ".", true)]
    [InlineData("notexample.com", "example.com", false)]
    [InlineData("com", "example.com", false)]
    public void Within_a_zone(string name, string zone, bool want) => Assert.Equal(want, DnsName.IsWithin(name, zone));
}
