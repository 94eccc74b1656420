using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>Certificates made while the tests run: an authority, and what it or nobody vouches for.</summary>
internal static class TestCertificates
{
    // Making keys takes longer than anything else here.
    private static readonly RSA s_key = RSA.Create(2048);

    internal static readonly X509Certificate2 Authority = MakeAuthority();

    /// <summary>A certificate that the authority vouches for.</summary>
    /// <param name="names">DNS names; none: only a common name.</param>
    internal static X509Certificate2 For(string commonName, params string[] names) =>
        Issue(commonName, names, DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(2));

    internal static X509Certificate2 Expired(string name) =>
        Issue(name, [name], DateTimeOffset.UtcNow.AddDays(-9), DateTimeOffset.UtcNow.AddDays(-2));

    internal static X509Certificate2 NotYetValid(string name) =>
        Issue(name, [name], DateTimeOffset.UtcNow.AddDays(1), DateTimeOffset.UtcNow.AddDays(2));

    internal static X509Certificate2 SelfSigned(string name)
    {
        return Exportable(Request(name, [name]).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(2)));
    }

    /// <summary>With a key for elliptic curves.</summary>
    internal static X509Certificate2 WithEllipticKey(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Exportable(new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(2)));
    }

    /// <summary>Fingerprint as openssl prints it.</summary>
    internal static string Fingerprint(byte[] data, string digest = "SHA256") =>
        string.Join(':', CryptographicOperations.HashData(new HashAlgorithmName(digest), data).Select(b => b.ToString("X2")));

    private static X509Certificate2 MakeAuthority()
    {
        CertificateRequest request = new("CN=Test authority", s_key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return Exportable(request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-9), DateTimeOffset.UtcNow.AddDays(9)));
    }

    private static X509Certificate2 Issue(string commonName, string[] names, DateTimeOffset from, DateTimeOffset to)
    {
        using X509Certificate2 bare = Request(commonName, names).Create(Authority, from, to, RandomNumberGenerator.GetBytes(8));
        return Exportable(bare.CopyWithPrivateKey(s_key));
    }

    private static CertificateRequest Request(string commonName, string[] names)
    {
        CertificateRequest request = new($"CN={commonName}", s_key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        if (names.Length > 0)
        {
            SubjectAlternativeNameBuilder alternative = new();
            foreach (string name in names)
                alternative.AddDnsName(name);
            request.CertificateExtensions.Add(alternative.Build());
        }
        return request;
    }

    private static X509Certificate2 Exportable(X509Certificate2 certificate)
    {
        using (certificate)
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }
}
