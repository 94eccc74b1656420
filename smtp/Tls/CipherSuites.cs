using System.Net.Security;

namespace PostfixNet.Smtp;

/// <summary>One cipher suite, in the words of OpenSSL.</summary>
/// <param name="Id">IANA's number.</param>
/// <param name="Name">OpenSSL's name, which log lines show.</param>
/// <param name="Bits">Length of the key.</param>
internal sealed record CipherSuite(TlsCipherSuite Id, string Name, int Bits)
{
    private bool IsTls13 => Name.StartsWith("TLS_", StringComparison.Ordinal);

    /// <summary>True when each word that the "+" of an exclusion joins holds for this suite. Those of TLS 1.3 go by their
    /// full name only.</summary>
    internal bool IsMeantBy(string exclusion)
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

/// <summary>The cipher suites of this program.</summary>
internal static class CipherSuites
{
    // Both grades of Postfix that are left, high and medium: what set them apart is no longer part of TLS libraries.
    private static readonly CipherSuite[] s_all =
    [
        new(TlsCipherSuite.TLS_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384", 256),
        new(TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256", 256),
        new(TlsCipherSuite.TLS_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256", 128),
        new(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "ECDHE-ECDSA-AES256-GCM-SHA384", 256),
        new(TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "ECDHE-RSA-AES256-GCM-SHA384", 256),
        new(TlsCipherSuite.TLS_DHE_RSA_WITH_AES_256_GCM_SHA384, "DHE-RSA-AES256-GCM-SHA384", 256),
        new(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-ECDSA-CHACHA20-POLY1305", 256),
        new(TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-RSA-CHACHA20-POLY1305", 256),
        new(TlsCipherSuite.TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "DHE-RSA-CHACHA20-POLY1305", 256),
        new(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, "ECDHE-ECDSA-AES256-SHA384", 256),
        new(TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384, "ECDHE-RSA-AES256-SHA384", 256),
        new(TlsCipherSuite.TLS_DHE_RSA_WITH_AES_256_CBC_SHA256, "DHE-RSA-AES256-SHA256", 256),
        new(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, "ECDHE-ECDSA-AES256-SHA", 256),
        new(TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, "ECDHE-RSA-AES256-SHA", 256),
        new(TlsCipherSuite.TLS_DHE_RSA_WITH_AES_256_CBC_SHA, "DHE-RSA-AES256-SHA", 256),
        new(TlsCipherSuite.TLS_RSA_WITH_AES_256_GCM_SHA384, "AES256-GCM-SHA384", 256),
        new(TlsCipherSuite.TLS_RSA_WITH_AES_256_CBC_SHA256, "AES256-SHA256", 256),
        new(TlsCipherSuite.TLS_RSA_WITH_AES_256_CBC_SHA, "AES256-SHA", 256),
        new(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "ECDHE-ECDSA-AES128-GCM-SHA256", 128),
        new(TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "ECDHE-RSA-AES128-GCM-SHA256", 128),
        new(TlsCipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, "DHE-RSA-AES128-GCM-SHA256", 128),
        new(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, "ECDHE-ECDSA-AES128-SHA256", 128),
        new(TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, "ECDHE-RSA-AES128-SHA256", 128),
        new(TlsCipherSuite.TLS_DHE_RSA_WITH_AES_128_CBC_SHA256, "DHE-RSA-AES128-SHA256", 128),
        new(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, "ECDHE-ECDSA-AES128-SHA", 128),
        new(TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, "ECDHE-RSA-AES128-SHA", 128),
        new(TlsCipherSuite.TLS_DHE_RSA_WITH_AES_128_CBC_SHA, "DHE-RSA-AES128-SHA", 128),
        new(TlsCipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256, "AES128-GCM-SHA256", 128),
        new(TlsCipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA256, "AES128-SHA256", 128),
        new(TlsCipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA, "AES128-SHA", 128),
    ];

    /// <summary>What is offered to a server, the strongest first.</summary>
    /// <exception cref="FormatException">Everything is excluded.</exception>
    internal static List<TlsCipherSuite> Without(IReadOnlyList<string> exclusions)
    {
        List<TlsCipherSuite> offered = new(s_all.Length);
        foreach (CipherSuite suite in s_all)
        {
            bool excluded = false;
            foreach (string exclusion in exclusions)
                excluded |= suite.IsMeantBy(exclusion);
            if (!excluded)
                offered.Add(suite.Id);
        }
        return offered.Count > 0 ? offered : throw new FormatException("all ciphers are excluded");
    }

    /// <summary>Name and strength for log lines: <c>TLS_AES_256_GCM_SHA384 (256/256 bits)</c>.</summary>
    internal static string Describe(TlsCipherSuite id)
    {
        foreach (CipherSuite suite in s_all)
        {
            if (suite.Id == id)
                return $"{suite.Name} ({suite.Bits}/{suite.Bits} bits)";
        }
        return id.ToString();
    }
}
