using PostfixNet.Dns;

namespace PostfixNet.UnitTests.Dns;

public class HostsFileTests
{
    private static readonly HostsFile s_hosts = HostsFile.Parse("""
        # comment
        192.0.2.1   mx.example.com MX # mail
        192.0.2.2	mx.example.com	extra
        2001:db8::1 mx.example.com
        nonsense    mx.example.com
        192.0.2.9
        192.0.2.3   bad_-.example -bad
        192.0.2.4   localhost
        """);

    [Theory]
    [InlineData("mx.example.com", DnsType.A, "Ok 192.0.2.1 192.0.2.2")]
    [InlineData("MX.example.COM.", DnsType.Aaaa, "Ok 2001:db8::1")]
    [InlineData("mx", DnsType.A, "Ok 192.0.2.1")]
    [InlineData("mx", DnsType.Aaaa, "NoData")]
    [InlineData("mx", DnsType.Mx, "NoData")]
    [InlineData("comment", DnsType.A, "NotFound")]
    [InlineData("mail", DnsType.A, "NotFound")]
    [InlineData("a b", DnsType.A, "InvalidName")]
    [InlineData("localhost", DnsType.A, "Ok 127.0.0.1")]
    [InlineData("x.localhost", DnsType.Aaaa, "Ok ::1")]
    [InlineData("localhost", DnsType.Mx, "NoData")]
    public void Answers(string name, DnsType type, string want) => Assert.Equal(want, Text(s_hosts.Query(name, type)));

    [Fact]
    public void Answers_several_types() =>
        Assert.Equal(["Ok 2001:db8::1", "Ok 192.0.2.1 192.0.2.2"], s_hosts.Query("mx.example.com", [DnsType.Aaaa, DnsType.A]).Select(Text));

    [Fact]
    public void A_missing_file_is_empty() =>
        Assert.Equal(DnsStatus.NotFound, HostsFile.Load("/nonexistent/hosts").Query("a", DnsType.A).Status);

    private static string Text(DnsReply reply) =>
        string.Join(" ", [reply.Status.ToString(), .. reply.Records.Cast<AddressRecord>().Select(r => r.Address.ToString())]);
}
