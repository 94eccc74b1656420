using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PostfixNet.SystemTests.Harness;

/// <summary>A certificate of the tests, with its private key and those that vouch for it.</summary>
internal sealed class TestCertificate : IDisposable
{
    private readonly X509Certificate2 _own;
    private readonly ECDsa _key;
    private readonly TestCertificate? _issuer;

    private TestCertificate(X509Certificate2 own, ECDsa key, TestCertificate? issuer) => (_own, _key, _issuer) = (own, key, issuer);

    /// <summary>One that vouches for others.</summary>
    public static TestCertificate Authority(string name) => Make(name, null, [], 1, isAuthority: true);

    /// <summary>One that this one vouches for.</summary>
    /// <param name="days">How many days it is good for from now on; negative: it was, until so many days ago.</param>
    public TestCertificate Issue(int days, params string[] names) => Make("server", this, names, days, isAuthority: false);

    /// <summary>One that vouches for itself.</summary>
    public static TestCertificate SelfSigned(params string[] names) => Make("self-signed", null, names, 2, isAuthority: false);

    /// <summary>It alone.</summary>
    public string Pem => _own.ExportCertificatePem();

    /// <summary>The private key, it, and those that vouch for it.</summary>
    public string Chain => $"{_key.ExportPkcs8PrivateKeyPem()}\n{Pem}\n{_issuer?.Pem}\n";

    /// <summary>SHA-256 of it, as openssl prints that.</summary>
    public string Fingerprint => string.Join(':', SHA256.HashData(_own.RawData).Select(static octet => octet.ToString("X2")));

    /// <summary>The data of a TLSA record: SHA-256 of its public key.</summary>
    public string KeyDigest => Convert.ToHexString(SHA256.HashData(_key.ExportSubjectPublicKeyInfo()));

    /// <summary>For a server of this program: without those that vouch for it.</summary>
    public X509Certificate2 ForServer()
    {
        using X509Certificate2 alone = X509CertificateLoader.LoadCertificate(_own.RawData), whole = alone.CopyWithPrivateKey(_key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }

    public void Dispose()
    {
        _own.Dispose();
        _key.Dispose();
    }

    private static TestCertificate Make(string name, TestCertificate? issuer, string[] names, int days, bool isAuthority)
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        if (isAuthority)
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        if (names.Length > 0)
        {
            SubjectAlternativeNameBuilder alternatives = new();
            Array.ForEach(names, alternatives.AddDnsName);
            request.CertificateExtensions.Add(alternatives.Build());
        }
        DateTimeOffset end = DateTimeOffset.UtcNow.AddDays(isAuthority ? 9 : days), start = DateTimeOffset.UtcNow.AddDays(isAuthority ? -9 : -5);
        X509Certificate2 own = issuer is null ? request.CreateSelfSigned(start, end)
            : request.Create(issuer._own.SubjectName, X509SignatureGenerator.CreateForECDsa(issuer._key), start, end, RandomNumberGenerator.GetBytes(8));
        return new TestCertificate(own, key, issuer);
    }
}
