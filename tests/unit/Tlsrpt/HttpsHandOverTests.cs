using System.Security.Cryptography.X509Certificates;
using PostfixNet.Configuration;
using PostfixNet.Tlsrpt;
using PostfixNet.UnitTests.MtaSts;
using PostfixNet.UnitTests.Smtp;

namespace PostfixNet.UnitTests.Tlsrpt;

/// <summary>Reports over real HTTPS to a server of the test: RFC 8460 section 5.4.</summary>
public sealed class HttpsHandOverTests : IDisposable
{
    private static readonly X509Certificate2 s_good = TestCertificates.For("any", "reports.a.test");

    private readonly string _authority = Path.GetTempFileName();
    private readonly FakeResolver _resolver = new();

    public HttpsHandOverTests()
    {
        File.WriteAllText(_authority, TestCertificates.Authority.ExportCertificatePem());
        _resolver.A("reports.a.test", "127.0.0.1");
    }

    private HandOver Send(Func<Stream, Task> answer, X509Certificate2? certificate = null, int milliseconds = 60_000, string name = "reports.a.test", Action<PolicyHost>? look = null, bool allowsPrivate = true)
    {
        using PolicyHost host = new(certificate ?? s_good, answer);
        TlsReportOptions options = TlsReportOptions.Read(MainConfig.FromText($"myhostname = 'mta.sender.test'\ntlsrpt_tls_CAfile = '{_authority}'"));
        HttpsHandOver https = new(_resolver, options.Trusted, useIPv4: true, useIPv6: false) { Limit = TimeSpan.FromMilliseconds(milliseconds), AllowsPrivate = allowsPrivate };
        HandOver result = https.Run($"https://{name}:{host.Port}/v1/tls?x=y", [1, 2, 3]).GetAwaiter().GetResult();
        look?.Invoke(host);
        return result;
    }

    private static Func<Stream, Task> Says(string head) => PolicyHost.Says($"HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n");

    [Theory]
    [InlineData("200 OK")]
    [InlineData("201 Created")]
    [InlineData("204 No Content")]
    public void Each_2xx_is_success(string status)
    {
        HandOver result = Send(Says(status), look: static host =>
        {
            string request = Assert.Single(host.Requests);
            Assert.StartsWith("POST /v1/tls?x=y HTTP/1.1\r\n", request);
            Assert.Contains("\r\nContent-Type: application/tlsrpt+gzip\r\n", request);
            Assert.Contains("\r\nContent-Length: 3\r\n", request);
            Assert.DoesNotContain("Cookie", request);
        });
        Assert.True(result.IsDone);
    }

    // What it says may be a secret of another service.
    [Theory]
    [InlineData("INTERNAL \u001b[31m password=hunter2\r\n\r\n", "its answer is no HTTP")]
    [InlineData("HTTP/1.1 200 OK\r\npassword", "its answer ended too soon")]
    public void The_words_of_a_host_that_speaks_something_else_are_not_told(string said, string told) => Assert.Equal(new HandOver(false, false, told), Send(PolicyHost.Says(said)));

    // Whoever names a domain could else have this host talk to any other of its network.
    [Fact]
    public void An_address_of_a_private_network_is_not_connected_to()
    {
        bool hasConnection = false;
        Assert.Equal(new HandOver(false, false, "reports.a.test has the address 127.0.0.1, which is not public"), Send(async _ => { hasConnection = true; await Task.Yield(); }, allowsPrivate: false));
        Assert.False(hasConnection);
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("239.1.1.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("2606:4700::1", true)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("::10.0.0.1", false)]
    [InlineData("64:ff9b::10.0.0.1", false)]
    [InlineData("64:ff9b::8.8.8.8", true)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2002:808:808::", false)]
    [InlineData("2001:0:1::", false)]
    [InlineData("fd00::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fec0::1", false)]
    [InlineData("ff02::1", false)]
    public void Which_addresses_are_public(string address, bool isPublic) => Assert.Equal(isPublic, PostfixNet.Https.PublicAddress.Is(System.Net.IPAddress.Parse(address)));

    [Theory]
    [InlineData("302 Found\r\nLocation: https://reports.a.test/", "status 302, a redirection, which is not followed")]
    [InlineData("404 Not Found", "status 404")]
    [InlineData("503 Service Unavailable", "status 503")]
    public void Any_other_status_is_not(string head, string answer)
    {
        HandOver result = Send(Says(head), look: static host => Assert.Single(host.Requests));
        Assert.Equal(new HandOver(false, false, answer), result);
    }

    [Fact]
    public void A_server_that_hangs_is_left_after_a_while() =>
        Assert.Equal(new HandOver(false, false, "not answered within 0.5 s"), Send(static _ => Task.Delay(TimeSpan.FromMinutes(1)), milliseconds: 500));

    [Fact]
    public void Whoever_shows_another_certificate_gets_no_report()
    {
        HandOver other = Send(Says("200 OK"), TestCertificates.For("other.test", "other.test"), look: static host => Assert.Empty(host.Requests));
        Assert.Equal("its certificate is not for reports.a.test: other.test", other.Answer);
        HandOver unknown = Send(Says("200 OK"), TestCertificates.SelfSigned("reports.a.test"), look: static host => Assert.Empty(host.Requests));
        Assert.StartsWith("its certificate is not trusted: ", unknown.Answer, StringComparison.Ordinal);
        Assert.False(other.IsDone || unknown.IsDone);
    }

    [Fact]
    public void A_host_that_does_not_exist_is_a_failure_for_now() =>
        Assert.Equal((false, false), Send(Says("200 OK"), name: "unknown.test") is var result ? (result.IsDone, result.IsHopeless) : default);

    public void Dispose() => File.Delete(_authority);
}
