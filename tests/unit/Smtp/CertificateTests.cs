using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PostfixNet.Delivery;
using PostfixNet.Smtp;
using PostfixNet.Tls;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>What a server has to show at each level, and what the log says of it.</summary>
public sealed class CertificateTests
{
    private const string Sent = "2.0.0 sent (250 2.0.0 Ok: queued as SINK)";
    private const string NotVerified = "4.7.5 deferred (Server certificate not verified)";

    [Theory]
    [InlineData("may", "right", "Trusted", null)]
    [InlineData("may", "self-signed", "Untrusted", null)]
    [InlineData("may", "expired", "Untrusted", null)]
    [InlineData("encrypt", "right", "Trusted", null)]
    [InlineData("encrypt", "self-signed", "Untrusted", null)]
    [InlineData("encrypt", "wrong name", "Trusted", null)]
    [InlineData("verify", "right", "Verified", null)]
    [InlineData("verify", "only a common name", "Verified", null)]
    [InlineData("verify", "self-signed", "Untrusted", "self-signed certificate")]
    [InlineData("verify", "wrong name", "Trusted", "its names other.test do not match mx.test")]
    [InlineData("verify", "right common name, wrong name", "Trusted", "its names other.test do not match mx.test")]
    [InlineData("verify", "next hop", "Trusted", "its names dest.test do not match mx.test")]
    [InlineData("verify", "expired", "Untrusted", "certificate has expired")]
    [InlineData("verify", "too early", "Untrusted", "certificate not yet valid")]
    [InlineData("secure", "next hop", "Verified", null)]
    [InlineData("secure", "below next hop", "Verified", null)]
    [InlineData("secure", "right", "Trusted", "its names mx.test do not match dest.test, .dest.test")]
    [InlineData("secure", "self-signed next hop", "Untrusted", "self-signed certificate")]
    public void A_certificate_is_judged_by_the_level(string level, string kind, string verdict, string? trouble)
    {
        TlsLevel demand = TlsPolicy.LevelOf(level)!.Value;
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = demand, LogLevel = 1 }, certificate: Make(kind));
        DeliveryReport report = tls.Deliver();

        bool passes = trouble is null;
        Assert.Equal(passes ? Sent : NotVerified, tls.Result);
        Assert.Equal(!passes, report.Trouble is not null);
        string established = $"{verdict} TLS connection established to mx.test[127.0.0.31]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) server-signature RSA-PSS (2048 bits)";
        Assert.Equal(passes ? [established] : [$"certificate verification failed for mx.test[127.0.0.31]:25: {trouble}", established], tls.OtherLines);
        // Nothing of the mail was said to the wrong server.
        Assert.Equal(passes ? 1 : 0, tls.Server.Commands.Count(c => c.StartsWith("MAIL", StringComparison.Ordinal)));
        Assert.Equal("QUIT", tls.Server.Commands[^1]);
    }

    [Theory]
    [InlineData("certificate", "SHA256", true)]
    [InlineData("key", "SHA256", true)]
    [InlineData("certificate", "SHA1", true)]
    [InlineData("key", "MD5", true)]
    [InlineData("other certificate", "SHA256", false)]
    [InlineData("certificate, other digest", "SHA256", false)]
    public void A_fingerprint_takes_the_place_of_trust_and_name(string of, string digest, bool matches)
    {
        using X509Certificate2 certificate = TestCertificates.SelfSigned("anybody.test");
        using X509Certificate2 other = TestCertificates.SelfSigned("anybody.test");
        string fingerprint = of switch
        {
            "certificate" => TestCertificates.Fingerprint(certificate.RawData, digest),
            "key" => TestCertificates.Fingerprint(certificate.PublicKey.ExportSubjectPublicKeyInfo(), digest),
            "other certificate" => TestCertificates.Fingerprint(other.RawData, digest),
            _ => TestCertificates.Fingerprint(certificate.RawData, "SHA512"),
        };
        using TlsRig tls = new(
            TlsRig.Usual with { SecurityLevel = TlsLevel.Fingerprint, FingerprintDigest = digest.ToLowerInvariant(), FingerprintCertMatch = ["00:11", fingerprint], LogLevel = 1 },
            certificate: certificate);
        tls.Deliver();
        Assert.Equal(matches ? Sent : NotVerified, tls.Result);
        Assert.StartsWith(matches ? "Verified TLS" : "Untrusted TLS", tls.OtherLines.Last(), StringComparison.Ordinal);
        if (!matches)
            Assert.Contains($"fingerprint {TestCertificates.Fingerprint(certificate.RawData, digest)}", tls.OtherLines.First(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_can_be_too_long()
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.Verify, VerifyDepth = 0 });
        tls.Deliver();
        Assert.Equal(["certificate verification failed for mx.test[127.0.0.31]:25: certificate chain longer than limit(0)"], tls.OtherLines);
    }

    [Fact]
    public void The_authority_must_be_one_of_ours()
    {
        string file = Path.GetTempFileName();
        using X509Certificate2 other = TestCertificates.SelfSigned("Somebody else");
        File.WriteAllText(file, other.ExportCertificatePem());
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.Verify, CAFile = file });
        tls.Deliver();
        File.Delete(file);
        Assert.Equal(["certificate verification failed for mx.test[127.0.0.31]:25: untrusted issuer CN=Test authority"], tls.OtherLines);
        Assert.Equal(NotVerified, tls.Result);
    }

    [Fact]
    public void Authorities_can_lie_in_a_directory()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory();
        File.WriteAllText(Path.Combine(directory.FullName, "one.pem"), TestCertificates.Authority.ExportCertificatePem());
        using X509Certificate2 other = TestCertificates.SelfSigned("Somebody else");
        string file = Path.Combine(directory.FullName, "two.pem");
        File.WriteAllText(file, other.ExportCertificatePem());
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.Verify, CAFile = file, CAPath = directory.FullName });
        tls.Deliver();
        directory.Delete(recursive: true);
        Assert.Equal(Sent, tls.Result);
    }

    [Fact]
    public void More_is_logged_of_the_certificate_at_level_2()
    {
        using X509Certificate2 certificate = TestCertificates.WithEllipticKey("mx.test");
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.May, LogLevel = 2 }, certificate: certificate);
        tls.Deliver();
        Assert.Equal(
            [
                $"mx.test[127.0.0.31]:25: subject=CN=mx.test, issuer=CN=mx.test, fingerprint={TestCertificates.Fingerprint(certificate.RawData)}, pkey_fingerprint={TestCertificates.Fingerprint(certificate.PublicKey.ExportSubjectPublicKeyInfo())}",
                "Untrusted TLS connection established to mx.test[127.0.0.31]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) server-signature ECDSA (prime256v1) server-digest SHA256",
            ],
            tls.OtherLines);
    }

    [Theory] // RFC 5929 section 4.1
    [InlineData("SHA256", "SHA256")]
    [InlineData("SHA384", "SHA384")]
    [InlineData("SHA512", "SHA512")]
    public void A_login_is_bound_to_the_hash_of_the_certificate(string signature, string digest)
    {
        using RSA key = RSA.Create(2048);
        using X509Certificate2 certificate = new CertificateRequest("CN=x", key, new HashAlgorithmName(signature), RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        Assert.Equal(CryptographicOperations.HashData(new HashAlgorithmName(digest), certificate.RawData), ChannelBinding.ServerEndPoint(certificate));
    }

    [Theory] // name in the certificate, name wanted
    [InlineData("mx.test", "mx.test", true)]
    [InlineData("MX.Test", "mx.tEST", true)]
    [InlineData("*.example.com", "mx.example.com", true)]
    [InlineData("*.example.com", "a.mx.example.com", false)]
    [InlineData("*.example.com", "example.com", false)]
    [InlineData("*.com", "example.com", false)]
    [InlineData("*", "example", false)]
    [InlineData("*.", "example.", false)]
    [InlineData("m*.example.com", "mx.example.com", false)]
    [InlineData("*mx.example.com", "mx.example.com", false)]
    [InlineData("mx.*.com", "mx.example.com", false)]
    [InlineData("mx.example.com", ".example.com", true)]
    [InlineData("a.mx.example.com", ".example.com", true)]
    [InlineData("*.example.com", ".example.com", true)]
    [InlineData("example.com", ".example.com", false)]
    [InlineData("mxexample.com", ".example.com", false)]
    [InlineData("example.com.evil.test", ".example.com", false)]
    [InlineData("example.com\0.evil.test", "example.com", false)]
    [InlineData("", "", false)]
    [InlineData("anything", ".", false)]
    public void Names_match_as_in_RFC_6125(string name, string wanted, bool matches) =>
        Assert.Equal(matches, CertificateNames.Matches(name, wanted));

    private static X509Certificate2 Make(string kind) => kind switch
    {
        "right" => TestCertificates.For("x", "mx.test"),
        "only a common name" => TestCertificates.For("mx.test"),
        "right common name, wrong name" => TestCertificates.For("mx.test", "other.test"),
        "wrong name" => TestCertificates.For("other.test", "other.test"),
        "next hop" => TestCertificates.For("dest.test", "dest.test"),
        "below next hop" => TestCertificates.For("x", "a.b.dest.test"),
        "self-signed" => TestCertificates.SelfSigned("mx.test"),
        "self-signed next hop" => TestCertificates.SelfSigned("dest.test"),
        "expired" => TestCertificates.Expired("mx.test"),
        "too early" => TestCertificates.NotYetValid("mx.test"),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
