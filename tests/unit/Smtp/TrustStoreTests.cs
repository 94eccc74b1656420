using System.Security.Cryptography.X509Certificates;
using PostfixNet.Configuration;
using PostfixNet.Smtp;
using PostfixNet.Tls;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>Trust stores as distributions and people leave them, and names that servers are told.</summary>
public sealed class TrustStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("trust").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static string Good => TestCertificates.Authority.ExportCertificatePem();

    [Theory] // what is in smtp_tls_CAfile; how many are trusted
    [InlineData("", 0)]
    [InlineData("no certificate\n", 0)]
    [InlineData("GOOD", 1)]
    [InlineData("Subject: CN=x\n# comment \u00fc\nGOOD\njunk between\nGOOD\n-----BEGIN what", 2)]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\nGOOD", 1)]
    [InlineData("-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\nGOOD", 1)]
    [InlineData("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\nGOOD", 1)]
    public void A_file_with_junk(string content, int trusted)
    {
        File.WriteAllText(_directory + "/ca.pem", content.Replace("GOOD", Good, StringComparison.Ordinal));
        Assert.Equal(trusted, Trusted(new CertificateFiles("", "", _directory + "/ca.pem", "", false)));
    }

    [Fact]
    public void A_directory_with_junk()
    {
        string path = Directory.CreateDirectory(_directory + "/certs").FullName;
        Directory.CreateDirectory(path + "/java");
        File.WriteAllText(path + "/README", "nothing");
        File.WriteAllBytes(path + "/binary.der", [0x30, 0x82, 0xff, 0xfe, 0]);
        File.WriteAllText(path + "/empty.pem", "");
        File.WriteAllText(path + "/0a1b2c3d.0", Good);
        File.CreateSymbolicLink(path + "/dangling.pem", path + "/gone");
        Assert.Equal(1, Trusted(new CertificateFiles("", "", "", path, false)));
        Directory.Delete(path, recursive: true);
        Directory.CreateDirectory(path);
        Assert.Equal(0, Trusted(new CertificateFiles("", "", "", path, false)));
    }

    [Theory] // RFC 6066 section 3: no addresses, no dot at the end
    [InlineData("hostname", "mx.test", "mx.test")]
    [InlineData("hostname", "mx.test.", "mx.test")]
    [InlineData("hostname", "192.0.2.1", "")]
    [InlineData("hostname", "2001:db8::1", "")]
    [InlineData("nexthop", "mx.test", "dest.test")]
    [InlineData("relay.test", "192.0.2.1", "relay.test")]
    [InlineData("192.0.2.1", "mx.test", "")]
    [InlineData("", "mx.test", "")]
    public void Servers_are_told_names_only(string setting, string host, string want) =>
        Assert.Equal(want, (TlsPolicy.None with { ServerName = setting, NextHop = "dest.test" }).ServerNameFor(new SmtpPeer(host, "192.0.2.1", 25)));

    // S4-24: what only root may read is opened while this process is root, and read although it may not be any more.
    [Fact]
    public void Files_are_opened_at_the_start()
    {
        string key = _directory + "/key.pem";
        using X509Certificate2 own = TestCertificates.SelfSigned("own.test");
        File.WriteAllText(key, own.ExportCertificatePem() + "\n" + own.GetRSAPrivateKey()?.ExportPkcs8PrivateKeyPem() + own.GetECDsaPrivateKey()?.ExportPkcs8PrivateKeyPem());
        MainConfig config = MainConfig.FromText($"smtp_tls_security_level = \"may\"\nsmtp_tls_cert_file = \"{key}\"\n");
        TlsFiles.Open(config, "smtp");
        File.Delete(key);
        TlsPolicies policies = TlsConfig.Read(config, "smtp")!;
        Assert.Equal("CN=own.test", policies.Client.LoadCertificates().Own!.TargetCertificate.Subject);
    }

    private static int Trusted(CertificateFiles files) => new TrustedCertificates(files, File.ReadAllText).NewChainPolicy().CustomTrustStore.Count;

    // What lies in the directory without a name by its hash is nothing that OpenSSL looks at.
    [Theory]
    [InlineData("ca.pem other.txt", "ca.pem other.txt")]
    [InlineData("ca.pem 0123abcd.0 0123abcd.12 89abcdef.r0 0123ABCD.0 0123abcd. 0123abcd.x 0123abcde.0", "0123abcd.0 0123abcd.12")]
    [InlineData("", "")]
    public void Of_a_directory_those_count_that_OpenSSL_finds(string there, string read)
    {
        using TemporaryDirectory directory = new();
        foreach (string name in there.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            directory.File(name, []);
        Assert.Equal(read.Split(' ', StringSplitOptions.RemoveEmptyEntries), TrustedCertificates.FilesOf(directory.Path).Select(static path => Path.GetFileName(path)));
    }
}
