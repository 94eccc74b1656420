using System.Formats.Asn1;
using System.Net.Security;
using System.Security.Cryptography;
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
    /// <param name="read">Gives the text of a named file.</param>
    public TrustedCertificates(CertificateFiles files, Func<string, string> read)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(read);
        if (files.Own.Length > 0)
            Own = ReadOwn(read(files.Own), read(files.OwnKey));
        if (files.Authorities.Length == 0 && files.AuthoritiesDirectory.Length == 0)
            return;
        _roots = [];
        if (files.Authorities.Length > 0)
            AddAll(_roots, read(files.Authorities));
        if (files.AuthoritiesDirectory.Length > 0)
        {
            foreach (string file in FilesOf(files.AuthoritiesDirectory))
                AddFrom(_roots, file);
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

    /// <summary>The files of a directory of authorities: those that OpenSSL finds there, by names that "openssl rehash" or c_rehash gave them. Where there are none, all.</summary>
    public static IReadOnlyList<string> FilesOf(string directory)
    {
        string[] all = [.. Directory.EnumerateFiles(directory).Order(StringComparer.Ordinal)];
        string[] hashed = Array.FindAll(all, static path => IsHashName(Path.GetFileName(path)));
        return hashed.Length > 0 ? hashed : all;
    }

    // X509_NAME_hash in eight digits, and a number: those with an "r" before it are lists of revoked ones.
    private static bool IsHashName(string name) => name.Length > 9 && name[8] == '.' && name.Take(8).All(char.IsAsciiHexDigitLower) && name.Skip(9).All(char.IsAsciiDigit);

    // What else lies in such a directory is nobody's certificate: OpenSSL does not look at it either.
    private static void AddFrom(X509Certificate2Collection roots, string file)
    {
        try
        {
            AddAll(roots, File.ReadAllText(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>Whether a file has a certificate that can be trusted.</summary>
    /// <param name="text">All that is in it.</param>
    public static bool IsIn(string text)
    {
        X509Certificate2Collection found = [];
        AddAll(found, text);
        return found.Count > 0;
    }

    // Between certificates there may be anything; one that is damaged is not trusted, the others are.
    private static void AddAll(X509Certificate2Collection roots, ReadOnlySpan<char> text)
    {
        while (PemEncoding.TryFind(text, out PemFields block))
        {
            try
            {
                if (text[block.Label] is "CERTIFICATE" or "X509 CERTIFICATE" or "TRUSTED CERTIFICATE")
                    roots.Add(Certificate(Convert.FromBase64String(text[block.Base64Data].ToString())));
            }
            catch (Exception e) when (e is CryptographicException or FormatException or AsnContentException)
            {
            }
            text = text[block.Location.End..];
        }
    }

    // OpenSSL's "TRUSTED CERTIFICATE" has more after it.
    private static X509Certificate2 Certificate(byte[] octets)
    {
        AsnDecoder.ReadEncodedValue(octets, AsnEncodingRules.BER, out _, out _, out int length);
        return X509CertificateLoader.LoadCertificate(octets.AsSpan(0, length));
    }

    /// <summary>A certificate to show.</summary>
    /// <param name="certificate">Text with it, and with those that vouch for it, in PEM.</param>
    /// <param name="key">Text with its private key.</param>
    public static SslStreamCertificateContext ReadOwn(string certificate, string key)
    {
        X509Certificate2Collection chain = [];
        chain.ImportFromPem(certificate);
        return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(certificate, key), chain, offline: true);
    }
}
