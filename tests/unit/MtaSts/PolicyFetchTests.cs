using System.Security.Cryptography.X509Certificates;
using PostfixNet.Configuration;
using PostfixNet.Dns;
using PostfixNet.Mtasts;
using PostfixNet.MtaSts;
using PostfixNet.UnitTests.Smtp;

namespace PostfixNet.UnitTests.MtaSts;

/// <summary>Policies over real HTTPS from a server of the test: RFC 8461 section 3.3.</summary>
public sealed class PolicyFetchTests : IDisposable
{
    private const string Policy = "version: STSv1\nmode: enforce\nmx: mx.a.test\nmax_age: 86400\n";

    private static readonly X509Certificate2 s_good = TestCertificates.For("any", "mta-sts.a.test");

    private readonly string _authority = Path.GetTempFileName();
    private readonly FakeResolver _resolver = new();

    public PolicyFetchTests()
    {
        File.WriteAllText(_authority, TestCertificates.Authority.ExportCertificatePem());
        _resolver.A("mta-sts.a.test", "127.0.0.1");
    }

    private string Fetch(PolicyHost host, int milliseconds = 60_000)
    {
        MtaStsOptions options = MtaStsOptions.Read(MainConfig.FromText($"inet_protocols = 'ipv4'\nmta_sts_tls_CAfile = '{_authority}'"));
        try
        {
            StsPolicy policy = new PolicyFetch(_resolver, options, host.Port) { Limit = TimeSpan.FromMilliseconds(milliseconds) }.Run("a.test").GetAwaiter().GetResult();
            return $"{StsPolicy.WordFor(policy.Mode)} {string.Join(' ', policy.Mx)}";
        }
        catch (PolicyException e)
        {
            return e.Message.Replace("https://mta-sts.a.test/.well-known/mta-sts.txt: ", "", StringComparison.Ordinal);
        }
    }

    private string Fetch(Func<Stream, Task> answer, X509Certificate2? certificate = null, int milliseconds = 60_000)
    {
        using PolicyHost host = new(certificate ?? s_good, answer);
        return Fetch(host, milliseconds);
    }

    [Fact]
    public void A_policy_is_fetched_from_the_well_known_place()
    {
        using PolicyHost host = new(s_good, PolicyHost.Serves(Policy));
        Assert.Equal("enforce mx.a.test", Fetch(host));
        Assert.Equal("mta-sts.a.test", Assert.Single(host.Names));
        string request = Assert.Single(host.Requests);
        Assert.StartsWith("GET /.well-known/mta-sts.txt HTTP/1.1\r\n", request);
        Assert.Contains("\r\nHost: mta-sts.a.test\r\n", request);
        // Nobody's cookie, nobody's login, nothing from a cache.
        Assert.DoesNotContain("Cookie", request);
        Assert.DoesNotContain("Authorization", request);
        Assert.DoesNotContain("If-", request);
    }

    [Theory]
    [InlineData("200 OK\r\nContent-Type: text/plain; charset=utf-8", "enforce mx.a.test")]
    [InlineData("200 OK\r\nContent-Type: TEXT/plain;x=y", "enforce mx.a.test")]
    [InlineData("200 OK\r\nContent-Type: text/html", "its media type is text/html, not text/plain")]
    [InlineData("200 OK\r\nContent-Type: text/plainer", "its media type is text/plainer, not text/plain")]
    [InlineData("200 OK", "its media type is not told, not text/plain")]
    [InlineData("201 Created\r\nContent-Type: text/plain", "status 201")]
    [InlineData("404 Not Found\r\nContent-Type: text/plain", "status 404")]
    [InlineData("301 Moved\r\nContent-Type: text/plain\r\nLocation: https://mta-sts.a.test/other", "status 301, a redirection, which is not followed")]
    [InlineData("307 Moved\r\nContent-Type: text/plain\r\nLocation: https://mta-sts.a.test/other", "status 307, a redirection, which is not followed")]
    public void Only_plain_text_with_status_200_is_taken(string head, string result)
    {
        using PolicyHost host = new(s_good, PolicyHost.Serves(Policy, head));
        Assert.Equal(result, Fetch(host));
        Assert.Single(host.Requests);
    }

    [Fact]
    public void What_is_no_policy_is_none() => Assert.Equal("no policy: it has no mx", Fetch(PolicyHost.Serves("version: STSv1\nmode: enforce\nmax_age: 1\n")));

    [Fact]
    public void More_than_64_kilobytes_are_not_taken()
    {
        string padding = "x: ";
        string Of(int length) => Policy + padding + new string('y', length - Policy.Length - padding.Length);
        Assert.Equal("enforce mx.a.test", Fetch(PolicyHost.Serves(Of(65536))));
        Assert.Equal("larger than 65536 octets", Fetch(PolicyHost.Serves(Of(65537))));
        // Nor when nobody says how long it is.
        Assert.Equal("larger than 65536 octets", Fetch(PolicyHost.Says($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n{Of(70000)}")));
        Assert.NotEqual("enforce mx.a.test", Fetch(PolicyHost.Says($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX: {new string('x', 70000)}\r\n\r\n{Policy}")));
    }

    // The whole answer has a limit, not each read.
    [Theory]
    [InlineData("hang")]
    [InlineData("drip the head")]
    [InlineData("drip the policy")]
    public void A_server_that_is_slow_is_not_waited_for(string how)
    {
        Assert.Equal("not answered within 1 s", Fetch(async stream =>
        {
            if (how == "drip the policy")
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"u8.ToArray());
            while (how == "hang")
                await Task.Delay(50);
            while (true)
            {
                await stream.WriteAsync("x"u8.ToArray());
                await Task.Delay(50);
            }
        }, milliseconds: 1000));
    }

    // "valid for the Policy Host as described in RFC 6125": a DNS name, not a common name; in time; from somebody who is trusted.
    public static TheoryData<string, string> Certificates => new()
    {
        { "good", "enforce mx.a.test" },
        { "wildcard", "enforce mx.a.test" },
        { "domain only", "its certificate is not for mta-sts.a.test: a.test" },
        { "other", "its certificate is not for mta-sts.a.test: mta-sts.b.test" },
        { "common name only", "its certificate is not for mta-sts.a.test: it has no DNS name" },
        { "expired", "its certificate is not trusted: certificate has expired" },
        { "not yet", "its certificate is not trusted: certificate not yet valid" },
        { "self-signed", "its certificate is not trusted: self-signed certificate" },
    };

    [Theory]
    [MemberData(nameof(Certificates))]
    public void The_certificate_is_that_of_the_policy_host(string which, string result)
    {
        using PolicyHost host = new(which switch
        {
            "good" => s_good,
            "wildcard" => TestCertificates.For("any", "*.a.test"),
            "domain only" => TestCertificates.For("a.test", "a.test"),
            "other" => TestCertificates.For("mta-sts.b.test", "mta-sts.b.test"),
            "common name only" => TestCertificates.For("mta-sts.a.test"),
            "expired" => TestCertificates.Expired("mta-sts.a.test"),
            "not yet" => TestCertificates.NotYetValid("mta-sts.a.test"),
            _ => TestCertificates.SelfSigned("mta-sts.a.test"),
        }, PolicyHost.Serves(Policy));
        Assert.Equal(result, Fetch(host));
        // Without a certificate no request goes there: a domain that points to a server of ours learns and does nothing.
        Assert.Equal(result.StartsWith("enforce", StringComparison.Ordinal) ? 1 : 0, host.Requests.Count);
    }

    [Fact]
    public void A_policy_host_without_address_or_server_is_told()
    {
        PolicyHost host = new(s_good, PolicyHost.Serves(Policy));
        host.Dispose();
        using PolicyHost other = new(s_good, PolicyHost.Serves(Policy));
        _resolver.A("mta-sts.a.test", "127.0.0.99", "127.0.0.1");
        Assert.Equal("enforce mx.a.test", Fetch(other));
        _resolver.A("mta-sts.a.test", "127.0.0.99");
        Assert.StartsWith("connect to 127.0.0.99: ", Fetch(other));
        _resolver.Fails("mta-sts.a.test", DnsType.A, DnsStatus.NotFound);
        Assert.Equal("no address for mta-sts.a.test", Fetch(other));
        _resolver.Fails("mta-sts.a.test", DnsType.A, DnsStatus.TryAgain);
        Assert.Equal("Name service error for name=mta-sts.a.test type=A: Host not found, try again", Fetch(other));
    }

    public void Dispose() => File.Delete(_authority);
}
