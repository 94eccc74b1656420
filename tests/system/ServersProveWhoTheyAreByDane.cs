using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PostfixNet.SystemTests;

/// <summary>A server with TLSA records in a signed zone, behind a resolver that validates it.</summary>
public sealed class ServersProveWhoTheyAreByDane
{
    // S3-32
    [DaneTheory] // the record has the key of the server; the name server is trusted; what the log says
    [InlineData(true, true, "Verified", "sent")]
    [InlineData(false, true, "Untrusted", "deferred")]
    [InlineData(false, false, "Untrusted", "sent")] // nobody whose word counts vouches for the record: level may
    public void TheRecordDecidesWhereDnssecVouchesForIt(bool isRight, bool isTrusted, string verdict, string status)
    {
        using X509Certificate2 certificate = Certificate();
        using var receiver = Ports.Receiver(new ReceiverOptions { Certificate = certificate });
        byte[] digest = SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo());
        if (!isRight)
            digest[0] ^= 1;
        string port = receiver.Port.ToString(CultureInfo.InvariantCulture);
        using ValidatingNameServer dns = new("dane.test", $"@ MX 10 mx\nmx A 127.0.0.1\n_{port}._tcp.mx TLSA 3 1 1 {Convert.ToHexString(digest)}");
        MailSystem.Run(mail =>
        {
            mail.Set("relayhost", "");
            mail.Set("disable_dns_lookups", false);
            mail.SetRaw("dns_nameservers", dns.Toml);
            mail.Set("dns_trusted_nameservers", isTrusted ? "127.0.0.1" : "192.0.2.1");
            mail.Set("smtp_tcp_port", port);
            mail.Set("smtp_tls_security_level", "dane");
            mail.Set("smtp_tls_loglevel", 1);
            mail.Start();
            mail.Submit(MailSystem.Message("protected"), "-f", "alice@origin.test", "bob@dane.test");
            mail.WaitForLog($@"/smtp\[\d+\]: {verdict} TLS connection established to mx\.dane\.test\[127\.0\.0\.1\]:{port}: TLSv1\.3 ");
            mail.WaitForLog($@"to=<bob@dane\.test>, relay=mx\.dane\.test\[127\.0\.0\.1\]:{port}, .*status={status} ");
            Assert.Equal(status == "sent" ? 1 : 0, receiver.Messages.Count);
        });
    }

    private static X509Certificate2 Certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=anybody", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Skipped, with notice, where the programs are missing.</summary>
    private sealed class DaneTheoryAttribute : TheoryAttribute
    {
        public DaneTheoryAttribute() => Skip = ValidatingNameServer.WhyNot;
    }
}
