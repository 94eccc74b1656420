using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace PostfixNet.Tls;

/// <summary>Where certificates are. Empty: none there.</summary>
/// <param name="Own">File with the certificate to show, and those that vouch for it.</param>
/// <param name="OwnKey">File with its private key.</param>
/// <param name="Authorities">File with certificates of those who are trusted.</param>
/// <param name="AuthoritiesDirectory">Directory with such files.</param>
/// <param name="WithSystem">Those whom the system trusts are trusted as well. Without any file, they alone are.</param>
public sealed record CertificateFiles(string Own, string OwnKey, string Authorities, string AuthoritiesDirectory, bool WithSystem);

/// <summary>Whom this system trusts to vouch for servers, and what it shows of itself; read from files once.</summary>
/// <exception cref="System.Security.Cryptography.CryptographicException">A file does not hold what it should.</exception>
/// <exception cref="IOException">A file cannot be read.</exception>
public sealed class TrustedCertificates
{
    private readonly X509Certificate2Collection? _roots;

    /// <summary>Reads the files.</summary>
    public TrustedCertificates(CertificateFiles files)
    {
        if (files.Own.Length > 0)
            Own = LoadOwn(files.Own, files.OwnKey);
        if (files.Authorities.Length == 0 && files.AuthoritiesDirectory.Length == 0)
            return;
        _roots = [];
        if (files.Authorities.Length > 0)
            _roots.ImportFromPemFile(files.Authorities);
        if (files.AuthoritiesDirectory.Length > 0)
        {
            foreach (string file in Directory.EnumerateFiles(files.AuthoritiesDirectory))
                _roots.ImportFromPemFile(file);
        }
        if (files.WithSystem)
        {
            using X509Store system = new(StoreName.Root, StoreLocation.LocalMachine, OpenFlags.ReadOnly);
            _roots.AddRange(system.Certificates);
        }
    }

    /// <summary>The certificate that a server gets to see if it asks for one; null: none.</summary>
    public SslStreamCertificateContext? Own { get; }

    /// <summary>How the chain of a server's certificate is built. Nothing is fetched from the network for it: a server could
    /// make this system wait, or ask anybody for anything.</summary>
    public X509ChainPolicy NewChainPolicy()
    {
        X509ChainPolicy policy = new() { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        if (_roots is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(_roots);
        }
        return policy;
    }

    private static SslStreamCertificateContext LoadOwn(string certificateFile, string keyFile)
    {
        X509Certificate2Collection chain = [];
        chain.ImportFromPemFile(certificateFile);
        return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(certificateFile, keyFile), chain, offline: true);
    }
}
