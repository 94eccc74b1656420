using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PostfixNet.UnitTests.Smtp.Dane;

/// <summary>The certificates that tests/vectors/dane.txt names, made while the tests run: root, intermediate, and servers below them.</summary>
internal static class DaneCertificates
{
    private static readonly Dictionary<string, X509Certificate2> s_made = [];
    private static readonly Lock s_lock = new();

    /// <summary>A certificate by its name in the table.</summary>
    internal static X509Certificate2 Named(string name)
    {
        lock (s_lock)
        {
            if (!s_made.TryGetValue(name, out X509Certificate2? certificate))
                s_made.Add(name, certificate = Make(name));
            return certificate;
        }
    }

    /// <summary>Certificate or key of one, or its digest: association data by selector and matching type.</summary>
    internal static byte[] Data(string name, int selector, int matchingType)
    {
        X509Certificate2 certificate = Named(name);
        byte[] selected = selector == 0 ? certificate.RawData : certificate.PublicKey.ExportSubjectPublicKeyInfo();
        return matchingType switch { 1 => SHA256.HashData(selected), 2 => SHA512.HashData(selected), _ => selected };
    }

    private static X509Certificate2 Make(string name) => name switch
    {
        "root" => Issue("CN=root", null, isAuthority: true),
        "other-root" => Issue("CN=root", null, isAuthority: true), // another key, the same name
        "inter" => Issue("CN=inter", Named("root"), isAuthority: true),
        "old-root" => Issue("CN=old-root", null, isAuthority: true, days: -1),
        "old-inter" => Issue("CN=old-inter", Named("root"), isAuthority: true, days: -1),
        "no-authority" => Issue("CN=no-authority", Named("root"), isAuthority: false),
        "leaf" => Issue("CN=x", Named("inter"), names: ["mx.test"]),
        "leaf-domain" => Issue("CN=x", Named("inter"), names: ["dest.test"]),
        "leaf-canonical" => Issue("CN=x", Named("inter"), names: ["canonical.test"]),
        "leaf-star" => Issue("CN=x", Named("inter"), names: ["*.dest.test"]),
        "leaf-other" => Issue("CN=mx.test", Named("inter"), names: ["other.test"]),
        "leaf-cn" => Issue("CN=mx.test", Named("inter")),
        "leaf-old" => Issue("CN=x", Named("inter"), names: ["mx.test"], days: -1),
        "leaf-early" => Issue("CN=x", Named("inter"), names: ["mx.test"], days: 9, from: 3),
        "leaf-client" => Issue("CN=x", Named("inter"), names: ["mx.test"], purpose: "1.3.6.1.5.5.7.3.2"),
        "leaf-root" => Issue("CN=x", Named("root"), names: ["mx.test"]),
        "leaf-old-inter" => Issue("CN=x", Named("old-inter"), names: ["mx.test"]),
        "leaf-old-root" => Issue("CN=x", Named("old-root"), names: ["mx.test"]),
        "leaf-no-authority" => Issue("CN=x", Named("no-authority"), names: ["mx.test"]),
        "self" => Issue("CN=mx.test", null, names: ["mx.test"]),
        "self-other-old" => Issue("CN=other.test", null, names: ["other.test"], days: -1),
        // Says that it is from inter, root or itself, and is signed by somebody else.
        "forged" => Issue("CN=x", Named("inter"), names: ["mx.test"], isForged: true),
        "forged-root" => Issue("CN=x", Named("root"), names: ["mx.test"], isForged: true),
        "forged-inter" => Issue("CN=forged-inter", Named("root"), isAuthority: true, isForged: true),
        "leaf-forged-inter" => Issue("CN=x", Named("forged-inter"), names: ["mx.test"]),
        _ => throw new ArgumentException(name),
    };

    private static X509Certificate2 Issue(string subject, X509Certificate2? issuer, bool isAuthority = false, string[]? names = null, int days = 9, int from = -9, string? purpose = null, bool isForged = false)
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        if (issuer is not null)
            request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
        if (purpose is not null)
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        if (names is not null)
        {
            SubjectAlternativeNameBuilder alternative = new();
            foreach (string name in names)
                alternative.AddDnsName(name);
            request.CertificateExtensions.Add(alternative.Build());
        }
        using ECDsa wrong = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        X509SignatureGenerator signer = X509SignatureGenerator.CreateForECDsa(isForged ? wrong : issuer?.GetECDsaPrivateKey() ?? key);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 bare = request.Create(issuer?.SubjectName ?? request.SubjectName, signer, now.AddDays(from), now.AddDays(days), RandomNumberGenerator.GetBytes(8));
        using X509Certificate2 whole = bare.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }
}
