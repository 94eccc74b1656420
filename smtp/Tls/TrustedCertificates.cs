using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace PostfixNet.Smtp;

/// <summary>Whom this system trusts to vouch for servers, and what it shows of itself; read from files once.</summary>
/// <exception cref="System.Security.Cryptography.CryptographicException">A file does not hold what it should.</exception>
/// <exception cref="IOException">A file cannot be read.</exception>
internal sealed class TrustedCertificates
{
    private readonly X509Certificate2Collection? _roots;

    internal TrustedCertificates(TlsSettings settings)
    {
        if (settings.CertFile.Length > 0)
            Own = LoadOwn(settings.CertFile, settings.KeyFile);
        if (settings.CAFile.Length == 0 && settings.CAPath.Length == 0)
            return;
        _roots = [];
        if (settings.CAFile.Length > 0)
            _roots.ImportFromPemFile(settings.CAFile);
        if (settings.CAPath.Length > 0)
        {
            foreach (string file in Directory.EnumerateFiles(settings.CAPath))
                _roots.ImportFromPemFile(file);
        }
        if (settings.AppendDefaultCA)
        {
            using X509Store system = new(StoreName.Root, StoreLocation.LocalMachine, OpenFlags.ReadOnly);
            _roots.AddRange(system.Certificates);
        }
    }

    /// <summary>The certificate that a server gets to see if it asks for one; null: none.</summary>
    internal SslStreamCertificateContext? Own { get; }

    /// <summary>How the chain of a server's certificate is built. Nothing is fetched from the network for it: a server could
    /// make this system wait, or ask anybody for anything.</summary>
    internal X509ChainPolicy NewChainPolicy()
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
