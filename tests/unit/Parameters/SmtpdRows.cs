using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using PostfixNet.Configuration;
using PostfixNet.UnitTests.Smtpd;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>Parameters of smtpd.</summary>
public sealed class SmtpdRows
{
    private static readonly string s_message = "Subject: s\r\n\r\nx\r\n.";

    internal static readonly Row[] All =
    [
        new("smtpd_banner", "'$myhostname hello'", Talk("NOOP"), "220 mx.golden.test hello"),
        new("future_release_limit", "'1h'", Talk("EHLO c", "MAIL FROM:<a@b.test> HOLDFOR=3601"), "501 5.5.4 HOLDFOR: too far ahead, the limit is 3600 seconds") { With = "future_release_networks = '$mynetworks'" },
        new("future_release_networks", "'$mynetworks'", Talk("EHLO c", "MAIL FROM:<a@b.test> HOLDFOR=1"), "250 2.1.0 Ok"),
        new("smtpd_recipient_limit", "1", Talk("EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "RCPT TO:<e@f.test>"), "452 4.5.3 Error: too many recipients"),
        new("smtpd_recipient_overshoot_limit", "1", Talk("EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<a@d.test>", "RCPT TO:<b@d.test>", "RCPT TO:<c@d.test>", "RCPT TO:<d@d.test>"), "too many errors")
            { With = "smtpd_recipient_limit = 1\nsmtpd_hard_error_limit = 2\nsmtpd_error_sleep_time = 0" },
        new("smtpd_hard_error_limit", "2", Talk("X", "Y"), "421 4.7.0"),
        new("smtpd_soft_error_limit", "1", Timed("X", "Y"), "late") { With = "smtpd_error_sleep_time = 12", IsSlow = true },
        new("smtpd_error_sleep_time", "12", Timed("X", "Y"), "late") { With = "smtpd_soft_error_limit = 1", IsSlow = true },
        new("smtpd_junk_command_limit", "1", Talk("NOOP", "NOOP", "NOOP"), "421 4.7.0") { With = "smtpd_hard_error_limit = 2\nsmtpd_error_sleep_time = 0" },
        new("smtpd_helo_required", "true", Talk("MAIL FROM:<a@b.test>"), "503 5.5.1 Error: send HELO/EHLO first"),
        new("disable_vrfy_command", "true", Talk("VRFY a@b.test"), "502 5.5.1 VRFY command is disabled"),
        new("strict_rfc821_envelopes", "true", Talk("MAIL FROM:a@b.test"), "501 5.1.7"),
        new("strict_smtputf8", "true", Talk("MAIL FROM:<j\u00c3\u00b6rg@b.test>"), "553 5.6.7 Must declare SMTPUTF8"),
        new("smtpd_discard_ehlo_keywords", "['chunking']", Talk("EHLO c"), "") { Hides = "CHUNKING" },
        new("smtpd_noop_commands", "['zork']", Talk("ZORK"), "250 2.0.0 Ok"),
        new("smtpd_forbidden_commands", "['zork']", Talk("ZORK"), "221 2.7.0"),
        new("smtpd_forbid_unauth_pipelining", "false", Talk("EHLO c\r\nNOOP"), "") { Hides = "554 5.5.0" },
        new("smtpd_forbid_bare_newline", "'reject'", Talk("EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", "Subject: s\n\nx\r\n."), "550 5.5.2"),
        new("smtpd_forbid_bare_newline_reject_code", "554", Talk("EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", "Subject: s\n\nx\r\n."), "554 5.5.2")
            { With = "smtpd_forbid_bare_newline = 'reject'" },
        new("soft_bounce", "true", Talk("DATA"), "403 4.5.1 Error: need RCPT command"),
        new("smtpd_client_event_limit_exceptions", "['127.0.0.0/8']", Talk("EHLO c", "MAIL FROM:<a@b.test>", "RSET", "MAIL FROM:<a@b.test>"), "") { Hides = "450 4.7.1", With = "smtpd_client_message_rate_limit = 1" },
        new("smtpd_forbid_bare_newline_exclusions", "['127.0.0.1']", Talk("EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", "Subject: s\n\nx\r\n."), "") { Hides = "550 5.5.2", With = "smtpd_forbid_bare_newline = 'reject'" },
        new("smtpd_sasl_exceptions_networks", "['192.0.2.0/24']", static toml => PostfixNet.Smtpd.SmtpdOptions.Read(Row.Config("", toml)).WithoutLogin.Contains("", System.Net.IPAddress.Parse("192.0.2.7")).ToString(), "True"),
        new("smtpd_client_connection_count_limit", "1", Twice, "421 4.7.0 mx.golden.test Error: too many connections from 127.0.0.1"),
        new("smtpd_client_connection_rate_limit", "1", Twice, "421 4.7.0 mx.golden.test Error: too many connections from 127.0.0.1"),
        new("smtpd_client_message_rate_limit", "1", Talk("EHLO c", "MAIL FROM:<a@b.test>", "RSET", "MAIL FROM:<a@b.test>"), "450 4.7.1 Error: too much mail from 127.0.0.1"),
        new("smtpd_client_recipient_rate_limit", "1", Talk("EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "RCPT TO:<e@d.test>"), "450 4.7.1 Error: too many recipients from 127.0.0.1"),
        new("smtpd_client_new_tls_session_rate_limit", "3", Limit(PostfixNet.Delivery.ClientEventKind.NewTlsSession), "3"),
        new("smtpd_client_auth_rate_limit", "3", Limit(PostfixNet.Delivery.ClientEventKind.Login), "3"),
        new("smtpd_client_ipv4_prefix_length", "24", Network("192.0.2.77"), "192.0.2.0/24"),
        new("smtpd_client_ipv6_prefix_length", "64", Network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64"),
        new("anvil_rate_time_unit", "'5s'", static toml => PostfixNet.Anvil.AnvilOptions.Read(Row.Config("", toml)).ToString(), "Unit = 00:00:05"),
        new("anvil_status_update_time", "'5s'", static toml => PostfixNet.Anvil.AnvilOptions.Read(Row.Config("", toml)).ToString(), "StatusInterval = 00:00:05"),
        new("smtpd_upstream_proxy_protocol", "'haproxy'", Proxied, "connect from unknown[192.0.2.7]"),
        new("smtpd_upstream_proxy_timeout", "'9s'", static toml => PostfixNet.Smtpd.SmtpdOptions.Read(Row.Config("", toml)).ProxyTimeout.ToString(), "00:00:09"),
        new("smtpd_client_port_logging", "true", Talk("QUIT"), "connect from localhost[127.0.0.1]:"),
        new("smtpd_timeout", "1", Waiting, "421 4.4.2 mx.golden.test Error: timeout exceeded") { IsSlow = true },
        new("smtpd_min_data_rate", "0", Trickling, "still there") { With = "smtpd_timeout = 2", IsSlow = true },
        new("smtpd_tls_received_header", "true", Received, "using TLSv1.3"),
        new("smtpd_sasl_authenticated_header", "true", Received, "Authenticated sender: user"),
        new("smtpd_sessions_per_process", "3", static toml => PostfixNet.Smtpd.SmtpdOptions.Read(Row.Config("", toml)).SessionsPerProcess.ToString(System.Globalization.CultureInfo.InvariantCulture), "3"),
        new("local_header_rewrite_clients", "'permit_mynetworks'", HeadersOf("192.0.2.1"), "local") { With = "mynetworks = '192.0.2.0/24'\n" },
        new("local_header_rewrite_clients", "'permit_sasl_authenticated'", HeadersOf("192.0.2.1"), "local"),
        new("local_header_rewrite_clients", "'check_address_map inline:{192.0.2.1=x}'", HeadersOf("192.0.2.1"), "local"),
        new("local_header_rewrite_clients", "''", HeadersOf("127.0.0.1"), "") { Hides = "local" },
        new("smtpd_peername_lookup", "false", static toml => PostfixNet.Smtpd.SmtpdOptions.Read(Row.Config("", toml)).LooksNamesUp.ToString(), "False"),
    ];

    // TLS and logins: most of them are shown by Smtpd/SecurityTests.
    private static Func<string, string> Tls(Func<PostfixNet.Smtpd.TlsServerSettings, string> seen) => toml =>
    {
        using Queue.TemporaryDirectory directory = new();
        string certificate = directory.File("c.pem", Encoding.ASCII.GetBytes(s_certificate.Value));
        try
        {
            return PostfixNet.Smtpd.TlsServerSettings.Read(Row.Config($"smtpd_tls_security_level = \"may\"\nsmtpd_tls_cert_file = \"{certificate}\"", toml.Replace("FILE", certificate, StringComparison.Ordinal))) is { } settings
                ? seen(settings) : "no TLS";
        }
        catch (ConfigurationException e)
        {
            return e.Message;
        }
    };

    private static readonly Lazy<string> s_certificate = new(static () =>
    {
        using RSA key = RSA.Create(2048);
        using X509Certificate2 certificate = new CertificateRequest("CN=a.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        return $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
    });

    private static readonly Func<string, string> s_tls = Tls(static settings =>
        $"IsDemanded = {settings.IsDemanded}, IsWrapper = {settings.IsWrapper}, AsksCertificate = {settings.AsksCertificate}, DemandsCertificate = {settings.DemandsCertificate}, "
        + $"VerifyDepth = {settings.VerifyDepth}, Digest = {settings.Digest}, LogLevel = {settings.LogLevel}, Timeout = {settings.Timeout}");

    internal static readonly Row[] Security =
    [
        new("smtpd_tls_security_level", "'encrypt'", s_tls, "IsDemanded = True"),
        new("smtpd_use_tls", "true", s_tls, "IsDemanded = False") { With = "smtpd_tls_security_level = ''" },
        new("smtpd_enforce_tls", "true", s_tls, "IsDemanded = True") { With = "smtpd_tls_security_level = ''" },
        new("smtpd_tls_wrappermode", "true", s_tls, "IsWrapper = True"),
        new("smtpd_tls_cert_file", "'/nonexistent'", s_tls, "smtpd_tls_cert_file: "),
        new("smtpd_tls_key_file", "'/nonexistent'", s_tls, "/nonexistent"),
        new("smtpd_tls_chain_files", "['/nonexistent']", s_tls, "smtpd_tls_chain_files: "),
        new("tls_server_sni_maps", "{ 'a.test' = '/nonexistent' }", s_tls, "tls_server_sni_maps: "),
        new("smtpd_tls_ask_ccert", "true", s_tls, "AsksCertificate = True"),
        new("smtpd_tls_req_ccert", "true", s_tls, "DemandsCertificate = True") { With = "smtpd_tls_security_level = 'encrypt'" },
        new("smtpd_tls_CAfile", "'/nonexistent'", s_tls, "/nonexistent"),
        new("smtpd_tls_CApath", "'/nonexistent'", s_tls, "smtpd_tls_CApath: there is no such directory"),
        new("smtpd_tls_ccert_verifydepth", "3", s_tls, "VerifyDepth = 3"),
        new("smtpd_tls_fingerprint_digest", "'sha512'", s_tls, "Digest = sha512"),
        new("smtpd_tls_protocols", "'>=TLSv1.3'", Tls(static settings => settings.Protocols.ToString()), "") { Hides = "Tls12" },
        new("smtpd_tls_mandatory_protocols", "'>=TLSv1.3'", Tls(static settings => settings.Protocols.ToString()), "") { Hides = "Tls12", With = "smtpd_tls_security_level = 'encrypt'" },
        new("smtpd_tls_exclude_ciphers", "['RSA']", Tls(static settings => string.Join(' ', settings.ExcludedCiphers)), "RSA"),
        new("smtpd_tls_mandatory_exclude_ciphers", "['RSA']", Tls(static settings => string.Join(' ', settings.ExcludedCiphers)), "RSA") { With = "smtpd_tls_security_level = 'encrypt'" },
        new("smtpd_tls_loglevel", "1", s_tls, "LogLevel = 1"),
        new("smtpd_starttls_timeout", "'5s'", s_tls, "Timeout = 00:00:05"),
        new("smtpd_tls_auth_only", "true", static toml => PostfixNet.Smtpd.SmtpdOptions.Read(Row.Config("", toml)).NeedsTlsForLogin.ToString(), "True"),
        new("smtpd_sasl_auth_enable", "true", static toml =>
        {
            try
            {
                using SmtpdRig rig = new(toml);
                return rig.Talk("EHLO c");
            }
            catch (ConfigurationException e)
            {
                return e.Message;
            }
        }, "smtpd_sasl_password_file: is not set"),
        new("broken_sasl_auth_clients", "true", static toml => PostfixNet.Smtpd.SmtpdOptions.Read(Row.Config("", toml)).AnnouncesOldAuth.ToString(), "True"),
        new("smtpd_sasl_response_limit", "600", static toml => PostfixNet.Smtpd.SmtpdOptions.Read(Row.Config("", toml)).LoginLineLimit.ToString(System.Globalization.CultureInfo.InvariantCulture), "600"),
    ];

    public static TheoryData<int, string> SecurityCases => Row.Cases(Security);

    [Theory]
    [MemberData(nameof(SecurityCases))]
    public void A_changed_value_of_security_is_seen(int row, string parameter)
    {
        Assert.Equal(parameter, Security[row].Parameter);
        Security[row].Check();
    }

    static SmtpdRows() => Array.ForEach(All, static row => row.Begin());

    public static TheoryData<int, string> Cases => Row.Cases(All);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_changed_value_is_seen(int row, string parameter)
    {
        Assert.Equal(parameter, All[row].Parameter);
        All[row].Check();
    }

    private static Func<string, string> Talk(params string[] lines) => toml =>
    {
        using SmtpdRig rig = new(toml);
        string talk = rig.Talk(lines);
        return $"{talk}\n{rig.WaitForLog("connect from")}";
    };

    private static string Proxied(string toml)
    {
        using SmtpdRig rig = new(toml);
        SmtpdClient client = rig.Connect(readsGreeting: false);
        client.Send("PROXY TCP4 192.0.2.7 192.0.2.1 4000 25\r\n");
        return $"{client.Reply()}\n{rig.WaitForLog("connect from")}";
    }

    private static string Twice(string toml)
    {
        using SmtpdRig rig = new(toml);
        rig.Connect();
        return rig.Connect().Greeting;
    }

    private static PostfixNet.Smtpd.ClientLimits Limits(string toml) => PostfixNet.Smtpd.ClientLimits.Read(Row.Config("", toml));

    private static Func<string, string> Limit(PostfixNet.Delivery.ClientEventKind kind) =>
        toml => Limits(toml).RateOf(kind).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static Func<string, string> Network(string address) => toml => Limits(toml).ClientOf(System.Net.IPAddress.Parse(address));

    // The answer to the last line comes in some seconds, or it does not.
    private static Func<string, string> Timed(params string[] lines) => toml =>
    {
        using SmtpdRig rig = new(toml);
        SmtpdClient client = rig.Connect();
        foreach (string line in lines[..^1])
            client.Say(line);
        client.Send(lines[^1] + "\r\n");
        return client.ReplyWithin(TimeSpan.FromSeconds(8)) is null ? "late" : "at once";
    };

    // A client that says nothing, and waits a little longer than the shorter limit.
    private static string Waiting(string toml)
    {
        using SmtpdRig rig = new(toml);
        SmtpdClient client = rig.Connect();
        return client.ReplyWithin(TimeSpan.FromSeconds(5)) ?? "nothing";
    }

    // One octet in a while is too slow.
    private static string Trickling(string toml)
    {
        using SmtpdRig rig = new(toml);
        SmtpdClient client = rig.Connect();
        foreach (string line in (string[])["EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA"])
            client.Say(line);
        for (int i = 0; i < 8; i++)
        {
            client.Send("x");
            if (client.ReplyWithin(TimeSpan.FromMilliseconds(500)) is { } reply)
                return reply;
        }
        return client.Say("\r\n.").StartsWith("250", StringComparison.Ordinal) ? "still there" : "gone";
    }

    private static Func<string, string> HeadersOf(string address) => toml =>
    {
        PostfixNet.Smtpd.Session session = new(null!, new PostfixNet.Smtpd.ClientInfo { Address = System.Net.IPAddress.Parse(address) }) { Login = new("PLAIN", "user") };
        return PostfixNet.Smtpd.LocalHeaderClients.Read(Row.Config("", toml)).Contain(session, new PostfixNet.Smtpd.OwnClients(["loopback-only"], TimeProvider.System)) ? "local" : "remote";
    };

    private static string Received(string toml)
    {
        PostfixNet.Smtpd.SmtpdOptions options = PostfixNet.Smtpd.SmtpdOptions.Read(Row.Config("myhostname = 'mx.golden.test'", toml));
        PostfixNet.Smtpd.Session session = new(null!, new PostfixNet.Smtpd.ClientInfo { Address = System.Net.IPAddress.Loopback })
        {
            Tls = new("TLSv1.3", "TLS_AES_256_GCM_SHA384", 256),
            Login = new("PLAIN", "user"),
        };
        PostfixNet.Smtpd.Transaction transaction = new() { Sender = "", Arrival = 0 };
        return string.Join('\n', PostfixNet.Smtpd.ReceivedHeader.Lines(options, session, transaction, PostfixNet.Queue.QueueId.TryParse("4jb6XC1hgjz1jJXt", out PostfixNet.Queue.QueueId id) ? id : default)) + s_message;
    }
}
