using System.Security.Cryptography;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.UnitTests.Smtp;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>Parameters of the SMTP client for TLS and logins.</summary>
public sealed class SmtpTlsRows
{
    private const string Sent = "status=sent", Required = "TLS is required";
    private const string Trust = "smtp_tls_CAfile = 'DIR/ca.pem'\n";
    private const string May = "smtp_tls_security_level = 'may'\n", Encrypt = "smtp_tls_security_level = 'encrypt'\n", Verify = "smtp_tls_security_level = 'verify'\n",
        Secure = "smtp_tls_security_level = 'secure'\n", Fingerprint = "smtp_tls_security_level = 'fingerprint'\n";
    private const string Login = "smtp_sasl_auth_enable = true\n", Passwords = "smtp_sasl_password_maps = { 'mx.test' = 'user:password' }\n", AnyWay = "smtp_sasl_security_options = 'noanonymous'\n";
    private const string Mechanisms = """{"ext": ["AUTH PLAIN LOGIN"], "auth": ["235 2.7.0 ok"]}""";

    private static readonly SmtpScene s_tls = new() { Script = TlsRig.Offers, CertificateFor = ["mx.test"] };
    private static readonly Func<string, string> s_offered = s_tls.Play, s_notOffered = (s_tls with { Script = "{}" }).Play;
    private static readonly Func<string, string> s_nextHop = (s_tls with { CertificateFor = ["dest.test"] }).Play;
    private static readonly Func<DeliveryRequest, DeliveryRequest> s_required = static request => request with { RequireTls = RequireTls.Yes };
    private static readonly SmtpScene s_asking = s_tls with
    {
        Tls = static tls =>
        {
            tls.ClientCertificateRequired = true;
            tls.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is null or { Subject: "CN=client.test" };
        },
    };
    private static readonly Func<string, string> s_asks = s_asking.Play;
    private static readonly SmtpScene s_login = new() { Script = Mechanisms };
    private static readonly Func<string, string> s_loginOverTls = (s_tls with { Script = """{"ext": ["STARTTLS", "AUTH PLAIN"], "auth": ["235 2.7.0 ok"]}""" }).Play;

    // dest.test is secure but for its MX records, and the server has records by two hash functions, the better one wrong.
    private const string Dane = "smtp_tcp_port = PORT\nsmtp_tls_security_level = 'dane'\n";
    private static readonly Func<string, string> s_insecureMx = (s_tls with { NextHop = "dest.test", Names = static rig => AddTlsa(rig, "mx.test") }).Play;
    private static readonly Func<string, string> s_twoDigests = (s_tls with { NextHop = "dest.test", Names = static rig => AddTlsa(rig, "mx.test", "dest.test") }).Play;

    private static void AddTlsa(SmtpRig rig, params string[] secure)
    {
        rig.Resolver.Vouch(secure);
        byte[] key = TestCertificates.Authority.PublicKey.ExportSubjectPublicKeyInfo();
        rig.Resolver.Tlsa($"_{rig.Options.TcpPort}._tcp.mx.test", (3, 1, 1, SHA256.HashData(key)), (3, 1, 2, new byte[64]));
    }

    internal static readonly Row[] All =
    [
        new("smtp_tls_security_level", "'encrypt'", s_notOffered, Required),
        new("smtp_mta_sts", "true", (s_tls with { NextHop = "dest.test", Names = static rig => rig.Policies = rig.Options.HeedsMtaSts ? static question => new(new(question.Domain, "1",
            new(PostfixNet.MtaSts.StsMode.Enforce, TimeSpan.FromDays(1), ["other.test"]), 4_000_000_000), null) : null }).Play, "not in the MTA-STS policy of dest.test"),
        new("smtp_use_tls", "false", s_offered, "") { Hides = "C: STARTTLS" },
        new("smtp_enforce_tls", "true", s_notOffered, Required),
        new("smtp_tls_enforce_peername", "false", s_nextHop, Sent) { With = Trust + "smtp_enforce_tls = true\n" },
        new("smtp_tls_policy_maps", "{ 'dest.test:PORT' = 'encrypt' }", s_notOffered, Required),
        new("smtp_tls_wrappermode", "true", (s_tls with { IsWrapped = true }).Play, Sent) { IsSlow = true, With = Encrypt + "smtp_greeting_timeout = '5s'\n" },
        new("smtp_starttls_timeout", "'1s'", (s_tls with { Late = "STARTTLS" }).Play, " timed out ") { IsSlow = true, With = Encrypt },
        new("smtp_tls_CAfile", "'DIR/ca.pem'", s_offered, Sent) { With = Verify },
        new("smtp_tls_CApath", "'DIR/trusted'", s_offered, Sent) { With = Verify },
        new("smtp_tls_verify_cert_match", "['nexthop']", s_nextHop, Sent) { With = Trust + Verify },
        new("smtp_tls_secure_cert_match", "['hostname']", s_offered, Sent) { With = Trust + Secure },
        new("smtp_tls_fingerprint_cert_match", "'SHA256'", s_offered, Sent) { With = Fingerprint },
        new("smtp_tls_fingerprint_digest", "'sha1'", s_offered, Sent) { With = Fingerprint + "smtp_tls_fingerprint_cert_match = 'SHA1'\n" },
        new("smtp_tls_scert_verifydepth", "0", s_offered, "certificate chain longer than limit(0)") { With = Trust + Verify },
        new("smtp_tls_cert_file", "'DIR/client.pem'", s_asks, "client CN=client.test") { With = May },
        new("smtp_tls_key_file", "'DIR/client-key.pem'", s_asks, "client CN=client.test") { With = May + "smtp_tls_cert_file = 'DIR/client-cert.pem'\n" },
        new("smtp_tls_chain_files", "['DIR/client.pem']", s_asks, "client CN=client.test") { With = May },
        new("smtp_tls_protocols", "'<=TLSv1.2'", s_offered, "TLS: Tls12 ") { With = May },
        new("smtp_tls_mandatory_protocols", "'<=TLSv1.2'", s_offered, "TLS: Tls12 ") { With = Encrypt },
        new("smtp_tls_exclude_ciphers", "['TLS_AES_256_GCM_SHA384']", s_offered, "") { Hides = "TLS_AES_256_GCM_SHA384", With = May },
        new("smtp_tls_mandatory_exclude_ciphers", "['TLS_AES_256_GCM_SHA384']", s_offered, "") { Hides = "TLS_AES_256_GCM_SHA384", With = Encrypt },
        new("smtp_tls_ciphers", "'export'", s_offered, "smtp_tls_ciphers: \"export\": such ciphers exist no more; \"medium\" is used") { With = May },
        new("smtp_tls_mandatory_ciphers", "'low'", s_offered, "smtp_tls_mandatory_ciphers: \"low\": such ciphers exist no more") { With = Encrypt },
        new("smtp_tls_servername", "'sni.test'", s_offered, "for <sni.test>") { With = May },
        new("smtp_tls_dane_insecure_mx_policy", "'encrypt'", s_insecureMx, Sent) { With = Dane },
        new("tls_dane_digests", "['sha256']", s_twoDigests, Sent) { With = Dane },
        new("dns_trusted_nameservers", "['192.0.2.1']", s_twoDigests, "none of the name servers (127.0.0.1:53) is one of dns_trusted_nameservers") { With = Dane + "dns_nameservers = '127.0.0.1'\n" },
        new("smtp_tls_session_cache_database", "'memory'", (s_tls with { Times = 2 }).Play, "TLS was resumed") { With = Trust + Verify + "smtp_tls_servername = 'hostname'\n" },
        new("smtp_requiretls_policy", "'opportunistic'", (s_tls with { Message = s_required }).Play, Sent) { With = May },
        new("lmtp_requiretls_policy", "'enforce'", (s_tls with { Service = "lmtp", Message = s_required }).Play, "REQUIRETLS support required") { With = May },
        new("smtp_tls_block_early_mail_reply", "true", (s_tls with { Script = """{"ehlo": ["250-mx\n250 STARTTLS", "250-mx\n250 PIPELINING\nnot a reply"]}""" }).Play, "replied to MAIL FROM before it was sent") { With = Encrypt },
        new("smtp_tls_loglevel", "1", s_offered, "TLS connection established to mx.test") { With = May },
        new("smtp_log_tls_feature_status", "true", s_offered, ", tls=may, ") { With = May },
        new("smtp_tlsrpt_enable", "true", s_offered, "TLS result: good") { With = May },
        new("smtp_tlsrpt_skip_reused_handshakes", "true", (s_tls with { Times = 2 }).Play, "TLS results: 1") { With = Trust + Verify + "smtp_tls_servername = 'hostname'\nsmtp_tls_session_cache_database = 'memory'\nsmtp_tlsrpt_enable = true\n" },
        new("tlsrpt_sender", "'sf@origin.test'", s_offered, "") { Hides = "TLS result: good", With = May + "smtp_tlsrpt_enable = true\n" },
        new("smtp_tls_note_starttls_offer", "true", s_offered, "Host offered STARTTLS: [mx.test]") { With = "smtp_tls_security_level = 'none'\n" },
        new("minimal_backoff_time", "'1h'", (s_tls with { Script = """{"ext": ["STARTTLS"], "tls": "DROP"}""", Message = static request => request with { ArrivalMicroseconds = request.ActiveMicroseconds - 400_000_000 } }).Play, "")
            { Hides = Sent, With = May },

        new("smtp_sasl_auth_enable", "true", s_login.Play, "C: AUTH PLAIN") { With = Passwords + AnyWay },
        new("smtp_sasl_password_maps", "{ 'mx.test' = 'user:password' }", s_login.Play, "C: AUTH PLAIN") { With = Login + AnyWay },
        new("smtp_sender_dependent_authentication", "true", s_login.Play, "C: AUTH PLAIN") { With = Login + AnyWay + "smtp_sasl_password_maps = { 'sf@origin.test' = 'user:password' }\n" },
        new("recipient_delimiter", "'+'", (s_login with { Message = static request => request with { Sender = "sf+e@origin.test" } }).Play, "C: AUTH PLAIN")
            { With = Login + AnyWay + "smtp_sender_dependent_authentication = true\nsmtp_sasl_password_maps = { 'sf@origin.test' = 'user:password' }\n" },
        new("smtp_sasl_security_options", "['noanonymous']", s_login.Play, "C: AUTH PLAIN") { With = Login + Passwords },
        new("smtp_sasl_tls_security_options", "['noanonymous']", s_loginOverTls, "C: AUTH PLAIN") { With = Login + Passwords + Encrypt },
        new("smtp_sasl_tls_verified_security_options", "['noanonymous']", s_loginOverTls, "C: AUTH PLAIN") { With = Login + Passwords + Trust + Verify },
        new("smtp_sasl_mechanism_filter", "['plain']", (s_login with { Script = """{"ext": ["AUTH PLAIN CRAM-MD5"], "auth": ["235 2.7.0 ok"]}""" }).Play, "C: AUTH PLAIN") { With = Login + Passwords + AnyWay },
        new("smtp_sasl_auth_enforce", "true", (s_login with { Script = "{}" }).Play, "offered no compatible authentication mechanisms") { With = Login + Passwords },
        new("smtp_sasl_auth_soft_bounce", "false", (s_login with { Script = """{"ext": ["AUTH PLAIN"], "auth": ["535 5.7.8 no"]}""" }).Play, "status=bounced") { With = Login + Passwords + AnyWay },
        new("smtp_sasl_token_timeout", "'1s'", (s_login with { Script = """{"ext": ["AUTH XOAUTH2"], "auth": ["235 2.7.0 ok"]}""" }).Play, "")
            { IsSlow = true, Hides = "C: AUTH XOAUTH2", With = Login + "smtp_sasl_security_options = ''\nsmtp_sasl_password_maps = { 'mx.test' = 'user:token-command=DIR/token' }\n" },
        new("smtp_send_dummy_mail_auth", "true", s_login.Play, " AUTH=<>") { With = Login + Passwords + AnyWay },
    ];

    static SmtpTlsRows() => Array.ForEach(All, static row => row.Begin());

    public static TheoryData<int, string> Cases => Row.Cases(All);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_changed_value_is_seen(int row, string parameter)
    {
        Assert.Equal(parameter, All[row].Parameter);
        All[row].Check();
    }
}
