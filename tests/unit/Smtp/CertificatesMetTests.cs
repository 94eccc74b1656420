using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>A server's certificate is logged when it is new, with the days that it has left.</summary>
public sealed class CertificatesMetTests
{
    [Theory]
    [InlineData(30, "30 days left")]
    [InlineData(-1, "expired")]
    public void Days_are_by_the_clock_of_the_delivery(int days, string said)
    {
        ManualClock clock = new();
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=mx.test", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(ManualClock.Start.AddDays(-60), ManualClock.Start.AddDays(days));
        List<string> lines = [];
        CertificatesMet met = new();
        for (int i = 0; i < 2; i++)
            met.Note(new SmtpPeer("mx.test", "192.0.2.1", 25), certificate, new PostfixNet.Smtp.Log(new LogRecord { Written = lines.Add }), clock.GetUtcNow().ToUnixTimeMilliseconds() * 1000);
        Assert.Contains(said, Assert.Single(lines), StringComparison.Ordinal);
    }
}
