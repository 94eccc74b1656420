namespace PostfixNet.Configuration;

// Read by smtpd: TLS, and whether clients may log in.
public static partial class Parameters
{
    /// <summary>TLS with clients: none, may (offered), encrypt (demanded); empty: the older smtpd_use_tls and smtpd_enforce_tls say it.</summary>
    public static readonly Parameter<string> SmtpdTlsSecurityLevel = Choice("smtpd_tls_security_level", "", "none may encrypt");

    /// <summary>Older form of the level "may".</summary>
    public static readonly Parameter<bool> SmtpdUseTls = Flag("smtpd_use_tls", "no");

    /// <summary>Older form of the level "encrypt".</summary>
    public static readonly Parameter<bool> SmtpdEnforceTls = Flag("smtpd_enforce_tls", "no");

    /// <summary>Sessions begin with the handshake (port 465), without STARTTLS.</summary>
    public static readonly Parameter<bool> SmtpdTlsWrappermode = Flag("smtpd_tls_wrappermode", "no");

    /// <summary>File with the certificate, and those that vouch for it (PEM).</summary>
    public static readonly Parameter<string> SmtpdTlsCertFile = Text("smtpd_tls_cert_file", "");

    /// <summary>File with its private key.</summary>
    public static readonly Parameter<string> SmtpdTlsKeyFile = Text("smtpd_tls_key_file", "$smtpd_tls_cert_file");

    /// <summary>One file with key and certificates, in place of the two.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpdTlsChainFiles = List("smtpd_tls_chain_files", "");

    /// <summary>Files with key and certificates for host names that clients ask for; ".example.com" for all below it.</summary>
    public static readonly Parameter<LookupTable> TlsServerSniMaps = Table("tls_server_sni_maps", "");

    /// <summary>Clients are asked for a certificate.</summary>
    public static readonly Parameter<bool> SmtpdTlsAskCcert = Flag("smtpd_tls_ask_ccert", "no");

    /// <summary>Clients must have one that is trusted; with smtpd_tls_security_level = "encrypt" or smtpd_tls_wrappermode only.</summary>
    public static readonly Parameter<bool> SmtpdTlsReqCcert = Flag("smtpd_tls_req_ccert", "no");

    /// <summary>File with certificates of those who vouch for clients.</summary>
    public static readonly Parameter<string> SmtpdTlsCAfile = Text("smtpd_tls_CAfile", "");

    /// <summary>Directory with such files.</summary>
    public static readonly Parameter<string> SmtpdTlsCApath = Text("smtpd_tls_CApath", "");

    /// <summary>Certificates above that of a client at most.</summary>
    public static readonly Parameter<int> SmtpdTlsCcertVerifydepth = Number("smtpd_tls_ccert_verifydepth", "9");

    /// <summary>Hash function of the fingerprints of clients.</summary>
    public static readonly Parameter<string> SmtpdTlsFingerprintDigest = Choice("smtpd_tls_fingerprint_digest", "sha256", "md5 sha1 sha256 sha384 sha512");

    /// <summary>Versions of TLS, where it is optional.</summary>
    public static readonly Parameter<string> SmtpdTlsProtocols = Text("smtpd_tls_protocols", ">=TLSv1");

    /// <summary>Versions of TLS, where it is demanded.</summary>
    public static readonly Parameter<string> SmtpdTlsMandatoryProtocols = Text("smtpd_tls_mandatory_protocols", ">=TLSv1");

    /// <summary>Ciphers that are not used.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpdTlsExcludeCiphers = List("smtpd_tls_exclude_ciphers", "");

    /// <summary>Further ones, where TLS is demanded.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpdTlsMandatoryExcludeCiphers = List("smtpd_tls_mandatory_exclude_ciphers", "");

    /// <summary>1: the log has a line for each handshake.</summary>
    public static readonly Parameter<int> SmtpdTlsLoglevel = Number("smtpd_tls_loglevel", "0", maximum: 4);

    /// <summary>How long a handshake may take.</summary>
    public static readonly Parameter<TimeSpan> SmtpdStarttlsTimeout = Time("smtpd_starttls_timeout", "300s", minimum: 1);

    /// <summary>No login without TLS, not even from this host.</summary>
    public static readonly Parameter<bool> SmtpdTlsAuthOnly = Flag("smtpd_tls_auth_only", "no");

    /// <summary>Clients may log in.</summary>
    public static readonly Parameter<bool> SmtpdSaslAuthEnable = Flag("smtpd_sasl_auth_enable", "no");

    /// <summary>The older spelling AUTH=... is announced, too.</summary>
    public static readonly Parameter<bool> BrokenSaslAuthClients = Flag("broken_sasl_auth_clients", "no");

    /// <summary>Clients that no login is announced to.</summary>
    public static readonly Parameter<MatchList> SmtpdSaslExceptionsNetworks = Hosts("smtpd_sasl_exceptions_networks", "");

    /// <summary>Octets of one line of a login.</summary>
    public static readonly Parameter<int> SmtpdSaslResponseLimit = Number("smtpd_sasl_response_limit", "12288", minimum: 512, maximum: 65536);
}
