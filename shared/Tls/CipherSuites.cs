using System.Net.Security;

namespace PostfixNet.Tls;

/// <summary>The cipher suites of this system.</summary>
public static class CipherSuites
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

    /// <summary>What is offered to a peer, the strongest first.</summary>
    /// <exception cref="FormatException">Everything is excluded.</exception>
    public static List<TlsCipherSuite> Without(IReadOnlyList<string> exclusions)
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
    public static string Describe(TlsCipherSuite id) => Find(id) is { } suite ? $"{suite.Name} ({suite.Bits}/{suite.Bits} bits)" : id.ToString();

    /// <summary>One that is used here; null: it is not.</summary>
    public static CipherSuite? Find(TlsCipherSuite id) => Array.Find(s_all, suite => suite.Id == id);
}
