using PostfixNet.Mail;

namespace PostfixNet.Configuration;

// Read by smtp: TLS.
public static partial class Parameters
{
    /// <summary>How much protection servers must give mail: none, may, dane, encrypt, dane-only, fingerprint, verify, secure. Where it is
    /// empty, or not given beside them, the old parameters say it. Postfix's default is empty.</summary>
    public static readonly Parameter<string> SmtpTlsSecurityLevel = Choice("smtp_tls_security_level", "may", "none may dane encrypt dane-only fingerprint verify secure", mayBeEmpty: true);

    /// <summary>Old form of the levels may and, where it is given as false, none.</summary>
    public static readonly Parameter<bool> SmtpUseTls = Flag("smtp_use_tls", "no");

    /// <summary>Old form of level encrypt, or, with smtp_tls_enforce_peername, verify.</summary>
    public static readonly Parameter<bool> SmtpEnforceTls = Flag("smtp_enforce_tls", "no");

    /// <summary>With smtp_enforce_tls: the certificate must have the name of the server.</summary>
    public static readonly Parameter<bool> SmtpTlsEnforcePeername = Flag("smtp_tls_enforce_peername", "yes");

    /// <summary>Levels of single next hops.</summary>
    public static readonly Parameter<LookupTable> SmtpTlsPolicyMaps = Table("smtp_tls_policy_maps", "");

    /// <summary>TLS from the first octet (port 465).</summary>
    public static readonly Parameter<bool> SmtpTlsWrappermode = Flag("smtp_tls_wrappermode", "no");

    /// <summary>Certificates to trust, in one file.</summary>
    public static readonly Parameter<string> SmtpTlsCAfile = Text("smtp_tls_CAfile", "");

    /// <summary>Certificates to trust, in the files of a directory.</summary>
    public static readonly Parameter<string> SmtpTlsCApath = Text("smtp_tls_CApath", "");

    /// <summary>The certificates of the system are trusted besides those given.</summary>
    public static readonly Parameter<bool> TlsAppendDefaultCA = Flag("tls_append_default_CA", "no");

    /// <summary>Names that a certificate may have at level verify: hostname, nexthop, dot-nexthop, or names.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpTlsVerifyCertMatch = List("smtp_tls_verify_cert_match", "hostname");

    /// <summary>Names that a certificate may have at level secure: nexthop, dot-nexthop, hostname, or names.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpTlsSecureCertMatch = List("smtp_tls_secure_cert_match", "nexthop, dot-nexthop");

    /// <summary>Fingerprints of certificates or keys accepted at level fingerprint.</summary>
    public static readonly Parameter<string> SmtpTlsFingerprintCertMatch = Text("smtp_tls_fingerprint_cert_match", "");

    /// <summary>How fingerprints are made.</summary>
    public static readonly Parameter<string> SmtpTlsFingerprintDigest = Choice("smtp_tls_fingerprint_digest", "sha256", "md5 sha1 sha256 sha384 sha512");

    /// <summary>Certificates between that of the server and the root.</summary>
    public static readonly Parameter<int> SmtpTlsScertVerifydepth = Number("smtp_tls_scert_verifydepth", "9");

    /// <summary>Certificate that servers get to see.</summary>
    public static readonly Parameter<string> SmtpTlsCertFile = Text("smtp_tls_cert_file", "");

    /// <summary>Private key of smtp_tls_cert_file.</summary>
    public static readonly Parameter<string> SmtpTlsKeyFile = Text("smtp_tls_key_file", "$smtp_tls_cert_file");

    /// <summary>Private key and certificates in one file, in place of these two.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpTlsChainFiles = List("smtp_tls_chain_files", "");

    /// <summary>Versions of TLS where it is required.</summary>
    public static readonly Parameter<string> SmtpTlsMandatoryProtocols = Text("smtp_tls_mandatory_protocols", ">=TLSv1");

    /// <summary>Versions of TLS where it is not.</summary>
    public static readonly Parameter<string> SmtpTlsProtocols = Text("smtp_tls_protocols", ">=TLSv1");

    /// <summary>Grade of the ciphers where TLS is required; all are the same today.</summary>
    public static readonly Parameter<string> SmtpTlsMandatoryCiphers = Text("smtp_tls_mandatory_ciphers", "medium");

    /// <summary>Grade of the ciphers where it is not.</summary>
    public static readonly Parameter<string> SmtpTlsCiphers = Text("smtp_tls_ciphers", "medium");

    /// <summary>Ciphers that are never used.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpTlsExcludeCiphers = List("smtp_tls_exclude_ciphers", "");

    /// <summary>Further ones where TLS is required.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpTlsMandatoryExcludeCiphers = List("smtp_tls_mandatory_exclude_ciphers", "");

    /// <summary>What the level dane comes to where TLSA records are authentic, but the MX records that lead to them are not.</summary>
    public static readonly Parameter<string> SmtpTlsDaneInsecureMxPolicy = Choice("smtp_tls_dane_insecure_mx_policy", "${{$smtp_tls_security_level} == {dane} ? {dane} : {may}}", "may encrypt dane");

    /// <summary>Hash functions of TLSA records that are used, the best first.</summary>
    public static readonly Parameter<IReadOnlyList<string>> TlsDaneDigests = List("tls_dane_digests", "sha512, sha256");

    /// <summary>Name of the server in the handshake (SNI): a name, hostname or nexthop; empty: none, Postfix's default. Addresses are never sent.</summary>
    public static readonly Parameter<string> SmtpTlsServername = Checked("smtp_tls_servername", "hostname",
        static text => text.Length == 0 || (DomainName.IsMailDomain(text) && !text.StartsWith('[')), "is not a host name; give one, \"hostname\" or \"nexthop\"");

    /// <summary>Not empty: sessions of TLS are resumed, within one process and in memory.</summary>
    public static readonly Parameter<string> SmtpTlsSessionCacheDatabase = Text("smtp_tls_session_cache_database", "");

    /// <summary>MTA-STS policies of next hops are heeded (RFC 8461). Not Postfix's.</summary>
    public static readonly Parameter<bool> SmtpMtaSts = Flag("smtp_mta_sts", "no");

    /// <summary>The session ends where MAIL FROM is answered before it was sent.</summary>
    public static readonly Parameter<bool> SmtpTlsBlockEarlyMailReply = Flag("smtp_tls_block_early_mail_reply", "no");

    /// <summary>0: nothing of TLS is logged; 1: a line for each handshake; 2 and more: also who the server is.</summary>
    public static readonly Parameter<int> SmtpTlsLoglevel = Number("smtp_tls_loglevel", "0", maximum: 4);

    /// <summary>Result lines show tls=LEVEL.</summary>
    public static readonly Parameter<bool> SmtpLogTlsFeatureStatus = Flag("smtp_log_tls_feature_status", "no");

    /// <summary>Servers that offer TLS while the level is none are logged.</summary>
    public static readonly Parameter<bool> SmtpTlsNoteStarttlsOffer = Flag("smtp_tls_note_starttls_offer", "no");
}
