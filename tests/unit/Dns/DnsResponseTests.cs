using System.Net;
using DnsClient;
using PostfixNet.Dns;

namespace PostfixNet.UnitTests.Dns;

public class DnsResponseTests
{
    private const ushort Id = 0x1234;

    private static byte[] Rich() => PacketWriter.Response(Id, authentic: true, answers: 9, authorities: 1, additionals: 1)
        .Question("example.com", DnsType.Mx)
        .Record("example.com", 15, 300, w => w.U16(10).U8(2).Raw("mx"u8).Pointer(PacketWriter.QuestionAt))
        .Mx("EXAMPLE.com", 20, "mx2.example.net", 0x80000001)
        .A("mx.example.com", "192.0.2.1")
        .Record("mx.example.com", 28, 60, w => w.Raw(IPAddress.Parse("2001:db8::1").GetAddressBytes()))
        .Cname("www.example.com", "mx.example.com")
        .Record("1.2.0.192.in-addr.arpa", 12, 60, w => w.Name("mx.example.com"))
        .Record("example.com", 16, 60, w => w.U8(4).Raw("v=sp"u8).U8(0).U8(3).Raw("f1\xFF"u8[..2]).U8(0xFF))
        .Record("_25._tcp.mx.example.com", 52, 60, w => w.U8(3).U8(1).U8(1).Raw(1, 2, 3))
        .Record("example.com", 99, 60, w => w.Raw(9, 9, 9)) // a type we do not know
        .Soa("example.com", 900, 120)
        .Record(".", 41, 0, _ => { }, recordClass: 1232)
        .ToArray();

    [Fact]
    public void Reads_every_type()
    {
        Assert.True(new DnsQuery(Id, "example.com", DnsType.Mx, true).IsAnsweredBy(Rich()));
        Assert.True(DnsResponse.TryRead(Rich(), out DnsResponse? m));
        Assert.Equal(8, m.Answers.Count);
        Assert.Equal(new MxRecord("example.com", 300, 10, "mx.example.com"), m.Answers[0]);
        Assert.Equal(new MxRecord("EXAMPLE.com", 0, 20, "mx2.example.net"), m.Answers[1]);
        Assert.Equal(new AddressRecord("mx.example.com", 60, IPAddress.Parse("192.0.2.1")), m.Answers[2]);
        Assert.Equal(new AddressRecord("mx.example.com", 60, IPAddress.Parse("2001:db8::1")), m.Answers[3]);
        Assert.Equal(new CnameRecord("www.example.com", 60, "mx.example.com"), m.Answers[4]);
        Assert.Equal(new PtrRecord("1.2.0.192.in-addr.arpa", 60, "mx.example.com"), m.Answers[5]);
        Assert.Equal(new TxtRecord("example.com", 60, "v=spf1\uDCFF"), m.Answers[6]);
        TlsaRecord tlsa = Assert.IsType<TlsaRecord>(m.Answers[7]);
        Assert.Equal((3, 1, 1, "010203"), (tlsa.Usage, tlsa.Selector, tlsa.MatchingType, Convert.ToHexString(tlsa.Data.Span)));
        Assert.True(m.IsAuthentic);
        Assert.Equal(("example.com", 120u), (m.SoaZone, m.NegativeTtl));
    }

    [Fact]
    public void Cut_at_any_octet_it_is_damaged()
    {
        byte[] whole = Rich();
        for (int length = 0; length < whole.Length; length++)
            Assert.False(DnsResponse.TryRead(whole[..length], out _), $"{length} octets");
    }

    [Fact]
    public void Changed_octets_never_throw()
    {
        Random random = new(1);
        byte[] whole = Rich();
        for (int i = 0; i < 200_000; i++)
        {
            byte[] changed = (byte[])whole.Clone();
            for (int n = random.Next(1, 5); n > 0; n--)
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            byte[] message = changed[..(random.Next(4) == 0 ? random.Next(changed.Length) : changed.Length)];
            new DnsQuery(Id, "example.com", DnsType.Mx, true).IsAnsweredBy(message);
            if (DnsResponse.TryRead(message, out DnsResponse? m))
                Assert.True(m.Answers.Count <= 9);
        }
    }

    [Fact]
    public void Noise_never_throws()
    {
        Random random = new(2);
        byte[] noise = new byte[600];
        for (int i = 0; i < 50_000; i++)
        {
            random.NextBytes(noise);
            noise[4] = noise[6] = noise[8] = noise[10] = 0; // else the counts alone make it damaged
            DnsResponse.TryRead(noise[..random.Next(noise.Length)], out _);
        }
    }

    public static TheoryData<string, byte[]> Damaged() => new()
    {
        { "more answers promised than there are", PacketWriter.Response(Id, answers: 2).Question("a", DnsType.A).A("a", "192.0.2.1").ToArray() },
        { "more authorities promised", PacketWriter.Response(Id, authorities: 65535).Question("a", DnsType.A).ToArray() },
        { "more additionals promised", PacketWriter.Response(Id, additionals: 1).Question("a", DnsType.A).ToArray() },
        { "more questions promised", PacketWriter.Response(Id, questions: 2).Question("a", DnsType.A).ToArray() },
        { "A of 3 octets", PacketWriter.Response(Id, answers: 1).Question("a", DnsType.A).Record("a", 1, 1, w => w.Raw(1, 2, 3)).ToArray() },
        { "A of 16 octets", PacketWriter.Response(Id, answers: 1).Question("a", DnsType.A).Record("a", 1, 1, w => w.Raw(new byte[16])).ToArray() },
        { "AAAA of 4 octets", PacketWriter.Response(Id, answers: 1).Question("a", DnsType.A).Record("a", 28, 1, w => w.Raw(1, 2, 3, 4)).ToArray() },
        { "MX without host", PacketWriter.Response(Id, answers: 1).Question("a", DnsType.A).Record("a", 15, 1, w => w.U16(1)).ToArray() },
        { "MX with octets behind the host", PacketWriter.Response(Id, answers: 1).Question("a", DnsType.A).Record("a", 15, 1, w => w.U16(1).Name("b").U8(0)).ToArray() },
        { "MX host beyond its record", PacketWriter.Response(Id, answers: 2).Question("a", DnsType.A).Record("a", 15, 1, w => w.U16(1).U8(9)).A("aaaaaaaa", "192.0.2.1").ToArray() },
        { "CNAME that points to itself", PacketWriter.Response(Id, answers: 1).Question("a", DnsType.A).Record("a", 5, 1, w => w.Pointer(w.Length)).ToArray() },
        { "TXT without strings", PacketWriter.Response(Id, answers: 1).Question("a", DnsType.A).Record("a", 16, 1, _ => { }).ToArray() },
        { "TXT string beyond its record", PacketWriter.Response(Id, answers: 1).Question("a", DnsType.A).Record("a", 16, 1, w => w.U8(5).Raw("abc"u8)).ToArray() },
        { "TLSA of 2 octets", PacketWriter.Response(Id, answers: 1).Question("a", DnsType.A).Record("a", 52, 1, w => w.Raw(3, 1)).ToArray() },
        { "SOA too short", PacketWriter.Response(Id, authorities: 1).Question("a", DnsType.A).Record("a", 6, 1, w => w.Raw(0, 0)).ToArray() },
        { "two OPT", PacketWriter.Response(Id, additionals: 2).Question("a", DnsType.A).Record(".", 41, 0, _ => { }).Record(".", 41, 0, _ => { }).ToArray() },
        { "OPT with a name", PacketWriter.Response(Id, additionals: 1).Question("a", DnsType.A).Record("b", 41, 0, _ => { }).ToArray() },
    };

    [Theory, MemberData(nameof(Damaged))]
    public void Refuses(string what, byte[] message) => Assert.False(DnsResponse.TryRead(message, out _), what);

    [Theory] // id, flags, name, type, class, questions, want
    [InlineData(Id, 0x8180, "example.com", 15, 1, 1, true)]
    [InlineData(Id, 0x8180, "eXample.COM", 15, 1, 1, true)]
    [InlineData(Id + 1, 0x8180, "example.com", 15, 1, 1, false)]
    [InlineData(Id, 0x0180, "example.com", 15, 1, 1, false)] // a query
    [InlineData(Id, 0xA180, "example.com", 15, 1, 1, false)] // NOTIFY
    [InlineData(Id, 0x8180, "example.org", 15, 1, 1, false)]
    [InlineData(Id, 0x8180, "example.com", 1, 1, 1, false)]
    [InlineData(Id, 0x8180, "example.com", 15, 3, 1, false)] // Chaos
    [InlineData(Id, 0x8180, "example.com", 15, 1, 2, false)]
    [InlineData(Id, 0x8180, "example.com", 15, 1, 0, false)]
    [InlineData(Id, 0x8181, "example.com", 15, 1, 0, true)] // FORMERR without question
    [InlineData(Id, 0x8182, "example.com", 15, 1, 0, false)]
    public void Is_it_our_response(int id, int flags, string name, int type, int recordClass, int questions, bool want)
    {
        PacketWriter w = new PacketWriter().U16(id).U16(flags).U16(questions).U16(0).U16(0).U16(0);
        byte[] message = w.Name(name).U16(type).U16(recordClass).ToArray();
        DnsQuery query = new(Id, "example.com.", DnsType.Mx, withEdns: true);
        Assert.Equal(want, query.IsAnsweredBy(message));
        for (int length = 0; length < message.Length && questions == 1; length++)
            Assert.False(query.IsAnsweredBy(message.AsSpan(0, length)));
    }

    [Fact]
    public void Writes_a_query_with_EDNS_and_AD()
    {
        byte[] want = new PacketWriter().U16(Id).U16(0x0120).U16(1).U16(0).U16(0).U16(1)
            .Question("mx.Example.com", DnsType.Aaaa).Record(".", 41, 0, _ => { }, recordClass: 1232).ToArray();
        Assert.Equal(Convert.ToHexString(want), Convert.ToHexString(new DnsQuery(Id, "mx.Example.com.", DnsType.Aaaa, withEdns: true).Message.Span));
        want = new PacketWriter().U16(Id).U16(0x0120).U16(1).U16(0).U16(0).U16(0).Question("a", DnsType.A).ToArray();
        Assert.Equal(Convert.ToHexString(want), Convert.ToHexString(new DnsQuery(Id, "a", DnsType.A, withEdns: false).Message.Span));
    }

    [Fact]
    public void The_longest_name_fits_a_query()
    {
        string label = new('a', 63);
        string name = $"{label}.{label}.{label}.{new string('b', 61)}";
        Assert.True(DnsName.IsHostName(name));
        byte[] want = new PacketWriter().U16(Id).U16(0x0120).U16(1).U16(0).U16(0).U16(0).Question(name, DnsType.A).ToArray();
        Assert.Equal(Convert.ToHexString(want), Convert.ToHexString(new DnsQuery(Id, name, DnsType.A, withEdns: false).Message.Span));
    }

    [Fact]
    public void Records_beyond_the_limit_are_passed_over()
    {
        PacketWriter w = PacketWriter.Response(Id, answers: 1000).Question("a", DnsType.A);
        for (int i = 0; i < 1000; i++)
            w.A("a", $"192.0.{i / 250}.{i % 250}");
        Assert.True(DnsResponse.TryRead(w.ToArray(), out DnsResponse? m));
        Assert.Equal(DnsResponse.MaxRecords, m.Answers.Count);
    }

    [Theory]
    [InlineData("mx.example", true)]
    [InlineData("192.0.2.1", true)] // wrong, but common; the caller takes it as an address
    [InlineData("a b", false)]
    [InlineData("-x.example", false)]
    public void Mail_exchangers_must_have_usable_names(string host, bool want)
    {
        byte[] message = PacketWriter.Response(Id, answers: 1).Question("a", DnsType.Mx).Mx("a", 5, host).ToArray();
        Assert.True(DnsResponse.TryRead(message, out DnsResponse? m));
        Assert.Equal(want, m.Answers.Count == 1);
        Assert.Equal(!want, m.HasUnusable);
    }

    [Fact]
    public void The_response_code_has_upper_bits_in_OPT()
    {
        byte[] message = PacketWriter.Response(Id, additionals: 1).Question("a", DnsType.A).Record(".", 41, 1L << 24, _ => { }).ToArray();
        Assert.True(DnsResponse.TryRead(message, out DnsResponse? m));
        Assert.Equal(DnsResponseCode.BadVersionOrBadSignature, m.Code);
    }
}
