using System.Net.Security;

namespace PostfixNet.Tls;

/// <summary>One cipher suite, in the words of OpenSSL.</summary>
/// <param name="Id">IANA's number.</param>
/// <param name="Name">OpenSSL's name, which log lines show.</param>
/// <param name="Bits">Length of the key.</param>
public sealed record CipherSuite(TlsCipherSuite Id, string Name, int Bits)
{
    private bool IsTls13 => Name.StartsWith("TLS_", StringComparison.Ordinal);

    /// <summary>True when each word that the "+" of an exclusion joins holds for this suite. Those of TLS 1.3 go by their
    /// full name only.</summary>
    public bool IsMeantBy(string exclusion)
    {
        if (exclusion.Equals(Name, StringComparison.OrdinalIgnoreCase))
            return true;
        if (IsTls13)
            return false;
        foreach (string word in exclusion.Split('+'))
        {
            if (!Has(word))
                return false;
        }
        return true;
    }

    private bool Has(string word)
    {
        bool ecdhe = Name.StartsWith("ECDHE-", StringComparison.Ordinal);
        bool dhe = Name.StartsWith("DHE-", StringComparison.Ordinal);
        bool ecdsa = Name.Contains("-ECDSA-", StringComparison.Ordinal);
        bool chacha = Name.EndsWith("CHACHA20-POLY1305", StringComparison.Ordinal);
        bool gcm = Name.Contains("-GCM-", StringComparison.Ordinal);
        return word.ToUpperInvariant() switch
        {
            "ALL" or "HIGH" => true,
            "ECDHE" or "EECDH" or "KECDHE" or "KEECDH" => ecdhe,
            "DHE" or "EDH" or "KDHE" or "KEDH" or "DH" => dhe,
            "KRSA" or "RSA" => !ecdhe && !dhe,
            "ARSA" => !ecdsa,
            "AECDSA" or "ECDSA" => ecdsa,
            "AES" => !chacha,
            "AES128" => !chacha && Bits == 128,
            "AES256" => !chacha && Bits == 256,
            "AESGCM" => gcm,
            "CHACHA20" => chacha,
            "SHA1" or "SHA" => Name.EndsWith("-SHA", StringComparison.Ordinal),
            "SHA256" => !gcm && Name.EndsWith("-SHA256", StringComparison.Ordinal),
            "SHA384" => !gcm && Name.EndsWith("-SHA384", StringComparison.Ordinal),
            // Anything else names ciphers that are never used: aNULL, eNULL, RC4, 3DES, MD5...
            _ => false,
        };
    }
}
