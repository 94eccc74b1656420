using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PostfixNet.Tls;

/// <summary>What ties a login to the TLS connection that it goes over (RFC 5929).</summary>
public static class ChannelBinding
{
    /// <summary>tls-server-end-point: the hash of the certificate, by the hash function of its signature, but nothing weaker
    /// than SHA-256 (section 4.1). null: the signature has none.</summary>
    public static byte[]? ServerEndPoint(X509Certificate2 certificate) => certificate.SignatureAlgorithm.Value switch
    {
        // md5, sha1 and sha256 with RSA; sha1 and sha256 with ECDSA
        "1.2.840.113549.1.1.4" or "1.2.840.113549.1.1.5" or "1.2.840.113549.1.1.11" or "1.2.840.10045.4.1" or "1.2.840.10045.4.3.2" =>
            SHA256.HashData(certificate.RawData),
        "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => SHA384.HashData(certificate.RawData),
        "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => SHA512.HashData(certificate.RawData),
        _ => null,
    };
}
