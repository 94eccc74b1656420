using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace PostfixNet.SystemTests;

/// <summary>A relay that wants TLS, and what its certificate is worth.</summary>
public sealed class MailGoesOverTls
{
    // S3-39
    [Fact]
    public void TheRelayWithTheRightCertificateGetsTheMail()
    {
        using X509Certificate2 certificate = Certificate("relay.test");
        Run(certificate, (mail, receiver) =>
        {
            mail.Set("smtp_tls_security_level", "secure");
            mail.Set("smtp_tls_secure_cert_match", "relay.test");
            mail.Set("smtp_log_tls_feature_status", true);
            mail.Start();
            mail.Submit(MailSystem.Message("protected"), "-f", "alice@origin.test", "bob@far.test");
            mail.WaitForLog($@"/smtp\[\d+\]: Verified TLS connection established to 127\.0\.0\.1\[127\.0\.0\.1\]:{receiver.Port}: TLSv1\.3 with cipher TLS_AES_256_GCM_SHA384 \(256/256 bits\) server-signature ECDSA \(prime256v1\) server-digest SHA256$");
            mail.WaitForLog($@"to=<bob@far\.test>, relay=127\.0\.0\.1\[127\.0\.0\.1\]:{receiver.Port}, delay=[\d.]+, delays=[\d./]+, tls=secure, protocol=TLSv1\.3, cipher=TLS_AES_256_GCM_SHA384, verified=ca, dsn=2\.0\.0, status=sent \(250 ");
            mail.WaitForEmptyQueue();
            Assert.Equal("protected", Assert.Single(receiver.Messages).Header("Subject"));
        });
    }

    [Fact]
    public void TheRelayWithAnotherNameGetsNothingAndTheMailWaits()
    {
        using X509Certificate2 certificate = Certificate("other.test");
        Run(certificate, (mail, receiver) =>
        {
            mail.Set("smtp_tls_security_level", "none");
            mail.AddTable($"[smtp_tls_policy_maps]\n\"[127.0.0.1]:{receiver.Port}\" = \"secure match=relay.test\"");
            mail.Start();
            mail.Submit(MailSystem.Message("protected"), "-f", "alice@origin.test", "bob@far.test");
            mail.WaitForLog(@"to=<bob@far\.test>, .*, dsn=4\.7\.5, status=deferred \(Server certificate not verified\)");
            Assert.Single(mail.Log(@"certificate verification failed for 127\.0\.0\.1\[127\.0\.0\.1\]:\d+: its names other\.test do not match relay\.test$"));
            Assert.Empty(receiver.Messages);
            Wait.For("the mail in deferred", () => mail.Ids("deferred").Length == 1);
            Assert.Contains("last TLS: TLSv1.3 with TLS_AES_256_GCM_SHA384, server verified by nobody (level secure)", mail.Postqueue("explain", mail.Ids("deferred")[0]).Ok().Output, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void LinesInJsonSayWhatWasAskedAndGiven()
    {
        using X509Certificate2 certificate = Certificate("relay.test");
        Run(certificate, (mail, receiver) =>
        {
            mail.Unset("smtp_tls_security_level");
            mail.Set("maillog_format", "json");
            mail.Start();
            mail.Submit(MailSystem.Message("protected"), "-f", "alice@origin.test", "bob@far.test");
            string line = mail.WaitForLog("status=sent ");
            using JsonDocument told = JsonDocument.Parse(line);
            Assert.Equal("""{"level": "may", "protocol": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "verified": "nobody", "resumed": false}""", told.RootElement.GetProperty("tls").GetRawText());
            Assert.DoesNotContain("tls=", told.RootElement.GetProperty("text").GetString(), StringComparison.Ordinal);
            Assert.Single(mail.Log($"certificate subject=CN=relay.test, issuer=CN=relay.test, sha256={certificate.GetCertHashString(HashAlgorithmName.SHA256)[..2]}:"));
        });
    }

    // As for a server of old, only that the demands are others here: what can be told apart.
    [Fact]
    public void AServiceOfItsOwnHasOpenSslWithOtherDemands()
    {
        using X509Certificate2 certificate = Certificate("relay.test");
        Run(certificate, (mail, receiver) =>
        {
            // OpenSSL reads it when it is first used, with the rights of mail_owner.
            File.SetUnixFileMode(mail.Root, (UnixFileMode)0b111_101_101);
            string file = mail.PathOf("old.cnf");
            File.WriteAllText(file, "openssl_conf = start\n[start]\nssl_conf = ssl\n[ssl]\nsystem_default = tls\n[tls]\nCipherString = DEFAULT@SECLEVEL=5\n");
            File.AppendAllText(Path.Combine(mail.ConfigDirectory, "master.toml"), $"\n[service.old]\ncommand = \"smtp\"\nenvironment = [\"OPENSSL_CONF={file}\"]\n");
            mail.Set("smtp_tls_security_level", "may");
            mail.AddTable($"[transport_maps]\n\"museum.test\" = \"old:[127.0.0.1]:{receiver.Port}\"");
            mail.Start();
            mail.Submit(MailSystem.Message("old"), "-f", "alice@origin.test", "bob@museum.test");
            // The key of this server is too short for it.
            mail.WaitForLog("to=<bob@museum\\.test>, .*status=deferred ");
            mail.Submit(MailSystem.Message("new"), "-f", "alice@origin.test", "bob@far.test");
            mail.WaitForLog(@"/smtp\[\d+\]: Trusted TLS connection established to .*: TLSv1\.3 with ");
            mail.WaitForLog("to=<bob@far\\.test>, .*status=sent ");
        });
    }

    // smtp_tls_CAfile alone would leave it out.
    [Fact]
    public void TheCertificatesOfTheSystemAreTrustedBesides()
    {
        using X509Certificate2 certificate = Certificate("relay.test"), other = Certificate("other.test");
        Run(certificate, (mail, receiver) =>
        {
            string file = mail.PathOf("other.pem");
            File.WriteAllText(file, other.ExportCertificatePem());
            mail.Set("smtp_tls_CAfile", file);
            mail.Set("tls_append_default_CA", true);
            mail.Set("import_environment", $"SSL_CERT_FILE={mail.PathOf("authority.pem")} SSL_CERT_DIR=/nonexistent");
            mail.Set("smtp_tls_security_level", "secure");
            mail.Set("smtp_tls_secure_cert_match", "relay.test");
            mail.Start();
            mail.Submit(MailSystem.Message("protected"), "-f", "alice@origin.test", "bob@far.test");
            mail.WaitForLog(@"/smtp\[\d+\]: Verified TLS connection established ");
            mail.WaitForEmptyQueue();
        });
    }

    // The key of one can be read by root alone.
    [Fact]
    public void ADestinationGetsToSeeACertificateOfItsOwn()
    {
        using X509Certificate2 certificate = Certificate("relay.test"), general = Certificate("all.test"), special = Certificate("partner.test");
        using var receiver = Ports.Receiver(new ReceiverOptions { Certificate = certificate, AsksForCertificate = true });
        MailSystem.Run(mail =>
        {
            string all = mail.PathOf("all.pem"), one = mail.PathOf("partner.pem"), key = mail.PathOf("partner.key");
            File.WriteAllText(all, general.ExportCertificatePem() + "\n" + general.GetECDsaPrivateKey()!.ExportECPrivateKeyPem());
            File.WriteAllText(one, special.ExportCertificatePem());
            File.WriteAllText(key, "no key");
            File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            mail.Set("relayhost", $"[127.0.0.1]:{receiver.Port}");
            mail.Set("smtp_tls_security_level", "may");
            mail.Set("smtp_tls_cert_file", all);
            mail.AddTable($"[destination.\"partner.test\"]\ntls_certificate = \"{one}\"\ntls_key = \"{key}\"");
            Assert.Matches($@"main\.toml:\d+:\d+: destination\.""partner\.test""\.tls_key: .*partner\.", mail.Master("check").Error);
            File.WriteAllText(key, special.GetECDsaPrivateKey()!.ExportECPrivateKeyPem());
            mail.Master("check").Ok();
            Assert.Matches($@"certificate\s+{one}, key {key}\s+\[destination\.""partner\.test""\]", mail.Master("config", "--for", "bob@partner.test").Ok().Output);
            Assert.Matches($@"certificate\s+{all}\s+smtp_tls_cert_file", mail.Master("config", "--for", "bob@far.test").Ok().Output);
            mail.Start();
            mail.Submit(MailSystem.Message("special"), "-f", "alice@origin.test", "bob@partner.test");
            mail.WaitForEmptyQueue();
            mail.Submit(MailSystem.Message("usual"), "-f", "alice@origin.test", "bob@far.test");
            mail.WaitForEmptyQueue();
            Assert.Equal(["CN=partner.test", "CN=all.test"], receiver.Messages.Select(static message => message.ClientCertificate));
        });
    }

    /// <summary>Start-up is felt with each message: what is not used is not loaded.</summary>
    [Theory] // the level, or its default; whether the server offers TLS
    [InlineData("none", true, false)]
    [InlineData("may", true, true)]
    [InlineData(null, true, true)]
    [InlineData(null, false, false)]
    public void TheTlsLibraryIsLoadedOnlyWhereItIsUsed(string? level, bool isOffered, bool loaded)
    {
        using X509Certificate2 certificate = Certificate("relay.test");
        Run(certificate, isOffered, (mail, receiver) =>
        {
            if (level is null)
                mail.Unset("smtp_tls_security_level");
            else
                mail.Set("smtp_tls_security_level", level);
            mail.Start();
            mail.Submit(MailSystem.Message("any"), "-f", "alice@origin.test", "bob@far.test");
            mail.WaitForEmptyQueue();
            Assert.Single(receiver.Messages);
            string mapped = File.ReadAllText($"/proc/{Assert.Single(mail.Pids("smtp"))}/maps");
            Assert.Equal(loaded, mapped.Contains("libssl.so", StringComparison.Ordinal));
            Assert.Equal(loaded ? 1 : 0, mail.Log("TLS connection established").Length);
        });
    }

    private static void Run(X509Certificate2 certificate, Action<MailSystem, SmtpReceiver> scenario) => Run(certificate, isOffered: true, scenario);

    private static void Run(X509Certificate2 certificate, bool isOffered, Action<MailSystem, SmtpReceiver> scenario)
    {
        using var receiver = Ports.Receiver(new ReceiverOptions { Certificate = isOffered ? certificate : null });
        MailSystem.Run(mail =>
        {
            mail.Set("relayhost", $"[127.0.0.1]:{receiver.Port}");
            string authority = mail.PathOf("authority.pem");
            File.WriteAllText(authority, certificate.ExportCertificatePem());
            mail.Set("smtp_tls_CAfile", authority);
            mail.Set("smtp_tls_loglevel", 1);
            scenario(mail, receiver);
        });
    }

    // Its own authority.
    private static X509Certificate2 Certificate(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
