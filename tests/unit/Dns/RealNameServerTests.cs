using PostfixNet.Dns;

namespace PostfixNet.UnitTests.Dns;

/// <summary>The zone of the tests below.</summary>
public sealed class ExampleZone() : NsdServer(("example.test", $"""
    @       MX  20 mx2
    @       MX  10 mx1
    @       MX  10 mx3.example.test.
    mx1     A   192.0.2.1
    mx1     A   192.0.2.2
    mx1     AAAA 2001:db8::1
    mx2     A   192.0.2.3
    null    MX  0 .
    alias   CNAME alias2
    alias2  CNAME alias3
    alias3  CNAME mx1
    loop    CNAME loop2
    loop2   CNAME loop
    astray  CNAME nowhere
    away    CNAME other.invalid.
    _25._tcp.mx1 TLSA 3 1 1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
    short   TXT "v=spf1 " "-all"
    {string.Join("\n", Enumerable.Range(0, 40).Select(i => $"large TXT \"{i} {new string('x', 200)}\""))}
    ptr     PTR mx1
    """));

/// <summary>The resolver against a real name server.</summary>
public class RealNameServerTests(ExampleZone server) : IClassFixture<ExampleZone>
{
    [Theory]
    [InlineData("example.test", DnsType.Mx, "Ok", "10 mx1.example.test,10 mx3.example.test,20 mx2.example.test")]
    [InlineData("MX2.example.TEST.", DnsType.A, "Ok", "192.0.2.3")]
    [InlineData("mx1.example.test", DnsType.A, "Ok", "192.0.2.1,192.0.2.2")]
    [InlineData("mx1.example.test", DnsType.Aaaa, "Ok", "2001:db8::1")]
    [InlineData("mx2.example.test", DnsType.Aaaa, "NoData", "")]
    [InlineData("mx1.example.test", DnsType.Mx, "NoData", "")]
    [InlineData("mx3.example.test", DnsType.A, "NotFound", "")]
    [InlineData("null.example.test", DnsType.Mx, "Ok", "0 . null")]
    [InlineData("alias.example.test", DnsType.A, "Ok", "192.0.2.1,192.0.2.2")]
    [InlineData("alias.example.test", DnsType.Mx, "NoData", "")]
    [InlineData("alias.example.test", DnsType.Cname, "Ok", "alias2.example.test")]
    [InlineData("loop.example.test", DnsType.A, "Loop", "")]
    [InlineData("astray.example.test", DnsType.A, "NotFound", "")]
    [InlineData("away.example.test", DnsType.A, "Refused", "")] // not a zone of this server: REFUSED
    [InlineData("_25._tcp.mx1.example.test", DnsType.Tlsa, "Ok", "3 1 1 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F")]
    [InlineData("short.example.test", DnsType.Txt, "Ok", "v=spf1 -all")]
    [InlineData("ptr.example.test", DnsType.Ptr, "Ok", "mx1.example.test")]
    [InlineData("other.invalid", DnsType.A, "Refused", "")]
    public void Answers(string name, DnsType type, string status, string records)
    {
        DnsReply reply = server.Resolver.Query(name, type);
        Assert.Equal(status, reply.Status.ToString());
        Assert.Equal(records, string.Join(",", reply.Records.Select(Text).Order(StringComparer.Ordinal)));
        Assert.False(reply.IsAuthentic);
    }

    [Fact]
    public void An_answer_too_large_for_UDP_comes_by_TCP()
    {
        DnsReply reply = server.Resolver.Query("large.example.test", DnsType.Txt);
        Assert.Equal(DnsStatus.Ok, reply.Status);
        Assert.Equal(40, reply.Records.Count);
    }

    [Fact]
    public void Several_types_at_once()
    {
        IReadOnlyList<DnsReply> replies = server.Resolver.Query("alias.example.test", [DnsType.A, DnsType.Aaaa, DnsType.Mx]);
        Assert.Equal(["Ok", "Ok", "NoData"], replies.Select(r => r.Status.ToString()));
        Assert.Equal(["mx1.example.test", "mx1.example.test", "mx1.example.test"], replies.Select(r => r.CanonicalName));
    }

    private static string Text(DnsRecord record) => record switch
    {
        AddressRecord a => a.Address.ToString(),
        MxRecord m => $"{m.Preference} {m.Host}{(m.IsNullMx ? " null" : "")}",
        CnameRecord c => c.Target,
        PtrRecord p => p.Host,
        TxtRecord t => t.Text,
        TlsaRecord t => $"{t.Usage} {t.Selector} {t.MatchingType} {Convert.ToHexString(t.Data.Span)}",
        _ => "?",
    };
}
