using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PostfixNet.Tls;

/// <summary>What was agreed in a handshake, in the words of Postfix's log.</summary>
public static class TlsSummary
{
    /// <summary><c>TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) server-signature RSA-PSS (2048 bits)</c>. The group
    /// of the key exchange cannot be learned from SslStream.</summary>
    public static string Of(TlsStream stream, X509Certificate2? certificate)
    {
        // With a session that is resumed the server signs nothing.
        string signature = stream.Protocol == SslProtocols.Tls13 && certificate is not null && !stream.IsResumed ? Signature(certificate) : "";
        return $"{TlsProtocols.NameOf(stream.Protocol)} with cipher {CipherSuites.Describe(stream.CipherSuite)}{signature}";
    }

    // In TLS 1.3 the kind of key leaves one algorithm (RFC 8446 section 4.2.3); before, the cipher's name says it.
    private static string Signature(X509Certificate2 certificate)
    {
        using RSA? rsa = certificate.GetRSAPublicKey();
        if (rsa is not null)
            return $" server-signature RSA-PSS ({rsa.KeySize} bits)";
        using ECDsa? ecdsa = certificate.GetECDsaPublicKey();
        return ecdsa?.KeySize switch
        {
            256 => " server-signature ECDSA (prime256v1) server-digest SHA256",
            384 => " server-signature ECDSA (secp384r1) server-digest SHA384",
            521 => " server-signature ECDSA (secp521r1) server-digest SHA512",
            _ => "",
        };
    }
}
