namespace PostfixNet.Smtp;

/// <summary>How much protection a conversation needs: smtp_tls_security_level, the weakest first.</summary>
internal enum TlsLevel
{
    /// <summary>Plain text, even if the server offers TLS.</summary>
    None,
    /// <summary>TLS if the server offers it; no certificate is looked at, and plain text is good enough.</summary>
    May,
    /// <summary>TLS with a server that is known by its TLSA records; as May where there are none that DNSSEC vouches for.</summary>
    Dane,
    /// <summary>What Dane comes to with a server whose TLSA records are authentic, while the way to its name is not. Not to be
    /// asked for.</summary>
    HalfDane,
    /// <summary>TLS with whomever.</summary>
    Encrypt,
    /// <summary>TLS with a server that is known by its TLSA records.</summary>
    DaneOnly,
    /// <summary>TLS with a server whose certificate or public key has a known fingerprint.</summary>
    Fingerprint,
    /// <summary>TLS with a server whose certificate is trusted and has the name that the DNS gave.</summary>
    Verify,
    /// <summary>TLS with a server whose certificate is trusted and has a name that the DNS cannot change.</summary>
    Secure,
}
