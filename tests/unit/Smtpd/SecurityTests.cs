using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using PostfixNet.Login;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Smtpd;

/// <summary>TLS and logins.</summary>
public sealed class SecurityTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private string Certificate(string name)
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        return _directory.File($"{name}.pem", Encoding.ASCII.GetBytes($"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n"));
    }

    private string Tls(string more = "") => $"smtpd_tls_security_level = 'may'\nsmtpd_tls_cert_file = '{Certificate("mx.golden.test")}'\n{more}";

    [Fact]
    public void STARTTLS_secures_the_session_and_forgets_what_was_said()
    {
        using SmtpdRig rig = new(Tls("smtpd_tls_received_header = true\nsmtpd_tls_loglevel = 1"));
        SmtpdClient client = rig.Connect();
        Assert.Contains("\n250-STARTTLS\n", client.Say("EHLO c.test"), StringComparison.Ordinal);
        Assert.Equal("220 2.0.0 Ready to start TLS", client.Say("STARTTLS"));
        Assert.Equal("CN=mx.golden.test", client.Secure("mx.golden.test"));
        string after = client.Say("EHLO c.test");
        Assert.DoesNotContain("STARTTLS", after, StringComparison.Ordinal);
        foreach (string line in (string[])["MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA"])
            client.Say(line);
        Assert.StartsWith("250 2.0.0", client.Say("Subject: s\r\n\r\nx\r\n."), StringComparison.Ordinal);
        string file = Assert.Single(rig.Queued);
        Assert.Contains("with ESMTPS id", file, StringComparison.Ordinal);
        Assert.Contains("N \t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\nN \t(No client certificate requested)\n", file, StringComparison.Ordinal);
        Assert.Equal("Anonymous TLS connection established from localhost[127.0.0.1]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)", rig.WaitForLog("TLS connection"));
        Assert.Equal("221 2.0.0 Bye", client.Say("QUIT"));
        Assert.Equal("disconnect from localhost[127.0.0.1] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7", rig.WaitForLog("disconnect"));
    }

    // S3-52: RFC 4865 section 4.
    [Theory] // main.toml; announced; MAIL parameters; reply
    [InlineData("future_release_networks = '$mynetworks'", true, "HOLDFOR=3600", "250 2.1.0 Ok")]
    [InlineData("future_release_networks = '$mynetworks'", true, "holduntil=2020-01-01T00:00:00Z", "250 2.1.0 Ok")]
    [InlineData("future_release_networks = '$mynetworks'", true, "HOLDUNTIL=2020-01-01T00:00:00.5+01:00", "250 2.1.0 Ok")]
    [InlineData("future_release_networks = '$mynetworks'", true, "HOLDUNTIL=2020-01-01", "501 5.5.4 Bad HOLDUNTIL parameter syntax")]
    [InlineData("future_release_networks = '$mynetworks'", true, "HOLDFOR=-1", "501 5.5.4 Bad HOLDFOR parameter syntax")]
    [InlineData("future_release_networks = '$mynetworks'", true, "HOLDFOR=1000000000", "501 5.5.4 Bad HOLDFOR parameter syntax")]
    [InlineData("future_release_networks = '$mynetworks'", true, "HOLDFOR=5184001", "501 5.5.4 HOLDFOR: too far ahead, the limit is 5184000 seconds")]
    [InlineData("future_release_networks = '$mynetworks'", true, "HOLDFOR=1 HOLDUNTIL=2020-01-01T00:00:00Z", "501 5.5.4 Bad HOLDUNTIL parameter syntax")]
    [InlineData("future_release_networks = '$mynetworks'", true, "HOLDFOR", "555 5.5.4 Unsupported option: HOLDFOR")]
    [InlineData("future_release_networks = '$mynetworks'\nfuture_release_limit = 0", false, "HOLDFOR=1", "555 5.5.4 Unsupported option: HOLDFOR=1")]
    [InlineData("", false, "HOLDFOR=1", "555 5.5.4 Unsupported option: HOLDFOR=1")]
    [InlineData("future_release_networks = '$mynetworks'\nsmtpd_discard_ehlo_keywords = ['futurerelease']", false, "HOLDFOR=1", "555 5.5.4 Unsupported option: HOLDFOR=1")]
    public void Mail_may_be_handed_in_ahead_of_its_time_by_those_who_may(string toml, bool isAnnounced, string parameters, string reply)
    {
        using SmtpdRig rig = new(toml + "\n");
        SmtpdClient client = rig.Connect();
        Assert.Equal(isAnnounced, System.Text.RegularExpressions.Regex.IsMatch(client.Say("EHLO c.test"), @"250.FUTURERELEASE 5184000 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"));
        Assert.Equal(reply, client.Say($"MAIL FROM:<a@b.test> {parameters}"));
        if (!reply.StartsWith("250", StringComparison.Ordinal))
            return;
        foreach (string line in (string[])["RCPT TO:<c@d.test>", "DATA"])
            client.Say(line);
        Assert.StartsWith("250 2.0.0", client.Say("Subject: s\r\n\r\nx\r\n."), StringComparison.Ordinal);
        // One that has been says nothing.
        Assert.Equal(parameters.StartsWith("HOLDFOR", StringComparison.Ordinal), Assert.Single(rig.Queued).Contains("\nA release_time=1", StringComparison.Ordinal));
    }

    // RFC 8689 sections 2 and 4.1
    [Theory] // main.toml; announced over TLS; replies to MAIL before and over TLS; the last field of the size record
    [InlineData("", true, "530 5.7.10", "250 2.1.0 Ok", " 32")]
    [InlineData("requiretls_enable = false", false, "555 5.5.4", "555 5.5.4", null)]
    [InlineData("smtpd_discard_ehlo_keywords = ['requiretls']", false, "555 5.5.4", "555 5.5.4", null)]
    public void REQUIRETLS_is_for_sessions_over_TLS(string toml, bool isAnnounced, string before, string after, string? field)
    {
        using SmtpdRig rig = new(Tls(toml + "\n"));
        SmtpdClient client = rig.Connect();
        Assert.DoesNotContain("REQUIRETLS", client.Say("EHLO c.test"), StringComparison.Ordinal);
        Assert.StartsWith(before, client.Say("MAIL FROM:<a@b.test> REQUIRETLS"), StringComparison.Ordinal);
        client.Say("STARTTLS");
        client.Secure("mx.golden.test");
        Assert.Equal(isAnnounced, client.Say("EHLO c.test").Contains("REQUIRETLS", StringComparison.Ordinal));
        Assert.StartsWith("555 5.5.4", client.Say("MAIL FROM:<a@b.test> REQUIRETLS=yes"), StringComparison.Ordinal);
        Assert.StartsWith(after, client.Say("MAIL FROM:<a@b.test> requiretls"), StringComparison.Ordinal);
        if (field is null)
            return;
        foreach (string line in (string[])["RCPT TO:<c@d.test>", "DATA"])
            client.Say(line);
        Assert.StartsWith("250 2.0.0", client.Say("Subject: s\r\nTLS-Required: No\r\n\r\nx\r\n."), StringComparison.Ordinal);
        string file = Assert.Single(rig.Queued);
        Assert.EndsWith(field, file.Split('\n')[0], StringComparison.Ordinal);
        Assert.Contains("\nN Require-TLS-ESMTP: yes\n", file, StringComparison.Ordinal);
        // The next message over the session is another matter.
        foreach (string line in (string[])["MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", "Subject: s\r\n\r\nx\r\n."])
            client.Say(line);
        Assert.Equal(1, rig.Queued.Count(queued => queued.Split('\n')[0].EndsWith(" 0", StringComparison.Ordinal)));
    }

    [Fact] // as in Postfix: who offers no TLS does not know the word
    public void Without_TLS_REQUIRETLS_is_no_option()
    {
        using SmtpdRig rig = new("");
        SmtpdClient client = rig.Connect();
        client.Say("EHLO c.test");
        Assert.Equal("555 5.5.4 Unsupported option: REQUIRETLS", client.Say("MAIL FROM:<a@b.test> REQUIRETLS"));
    }

    // CVE-2011-0411: what was sent before the handshake must not be obeyed after it.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nothing_said_before_the_handshake_counts_after_it(bool isForbidden)
    {
        using SmtpdRig rig = new(Tls($"smtpd_forbid_unauth_pipelining = {(isForbidden ? "true" : "false")}"));
        SmtpdClient client = rig.Connect();
        client.Say("EHLO c.test");
        client.Send("STARTTLS\r\nMAIL FROM:<evil@b.test>\r\n");
        if (isForbidden)
        {
            Assert.Equal("554 5.5.0 Error: SMTP protocol synchronization", client.Reply());
            return;
        }
        Assert.Equal("220 2.0.0 Ready to start TLS", client.Reply());
        client.Secure("mx.golden.test");
        Assert.Equal("503 5.5.1 Error: need MAIL command", client.Say("RCPT TO:<c@d.test>"));
    }

    [Fact]
    public void A_name_has_its_own_certificate()
    {
        using SmtpdRig rig = new(Tls($"tls_server_sni_maps = {{ 'other.test' = '{Certificate("other.test")}', '.below.test' = '{Certificate("below.test")}' }}"));
        foreach ((string asked, string shown) in ((string, string)[])[("other.test", "other.test"), ("a.below.test", "below.test"), ("unknown.test", "mx.golden.test")])
        {
            SmtpdClient client = rig.Connect();
            client.Say("EHLO c.test");
            client.Say("STARTTLS");
            Assert.Equal($"CN={shown}", client.Secure(asked));
        }
    }

    [Fact]
    public void TLS_that_is_demanded_goes_before_all_else()
    {
        using SmtpdRig rig = new(Tls().Replace("'may'", "'encrypt'", StringComparison.Ordinal));
        SmtpdClient client = rig.Connect();
        client.Say("EHLO c.test");
        Assert.Equal("530 5.7.0 Must issue a STARTTLS command first", client.Say("MAIL FROM:<a@b.test>"));
        Assert.Equal("250 2.0.0 Ok", client.Say("NOOP"));
        client.Say("STARTTLS");
        client.Secure("mx.golden.test");
        Assert.Equal("250 2.1.0 Ok", client.Say("MAIL FROM:<a@b.test>"));
    }

    [Fact]
    public void Wrapper_mode_begins_with_the_handshake()
    {
        using SmtpdRig rig = new(Tls("smtpd_tls_wrappermode = true"));
        SmtpdClient client = rig.Connect(readsGreeting: false);
        client.Secure("mx.golden.test");
        Assert.StartsWith("220 ", client.Reply(), StringComparison.Ordinal);
        SmtpdClient plain = rig.Connect(readsGreeting: false);
        plain.Send("EHLO c.test\r\n");
        Assert.Equal("", plain.Reply());
        rig.WaitForLog("SSL_accept error from localhost[127.0.0.1]");
        Assert.Equal("lost connection after CONNECT from localhost[127.0.0.1]", rig.WaitForLog("lost connection"));
    }

    // Each of these makes SslStream throw something else.
    [Theory]
    [InlineData("15030100020228")]                // an alert
    [InlineData("170303000161")]                  // application data
    [InlineData("160301000401000000")]            // a hello that ends too early
    [InlineData("16030100050100000100")]
    [InlineData("80")]
    [InlineData("1603010000")]
    public void Nonsense_in_the_place_of_a_handshake_ends_one_session(string octets)
    {
        foreach (bool isWrapped in (bool[])[false, true])
        {
            using SmtpdRig rig = new(Tls(isWrapped ? "smtpd_tls_wrappermode = true" : ""));
            SmtpdClient hostile = rig.Connect(readsGreeting: false);
            if (!isWrapped)
            {
                hostile.Reply();
                hostile.Say("EHLO c.test");
                hostile.Say("STARTTLS");
            }
            hostile.Send(Convert.FromHexString(octets));
            hostile.FinishSending();
            rig.WaitForLog("SSL_accept error from localhost[127.0.0.1]");
            rig.WaitForLog("disconnect");
            SmtpdClient other = rig.Connect(readsGreeting: false);
            if (isWrapped)
                other.Secure("mx.golden.test");
            Assert.StartsWith("220 ", other.Reply(), StringComparison.Ordinal);
            Assert.DoesNotContain(rig.Log, static line => line.StartsWith("panic", StringComparison.Ordinal));
        }
    }

    // RFC 5246 section 7.4.1.1: "R" has the client of OpenSSL begin another handshake.
    [Fact]
    public void Another_handshake_in_the_same_session_costs_others_nothing()
    {
        using SmtpdRig rig = new(Tls());
        System.Diagnostics.ProcessStartInfo start = new("openssl", ["s_client", "-starttls", "smtp", "-tls1_2", "-connect", $"127.0.0.1:{rig.Port}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        System.Diagnostics.Process client;
        try
        {
            client = System.Diagnostics.Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return; // there is no openssl here
        }
        using (client)
        {
            client.OutputDataReceived += static (_, _) => { };
            client.ErrorDataReceived += static (_, _) => { };
            client.BeginOutputReadLine();
            client.BeginErrorReadLine();
            client.StandardInput.WriteLine("NOOP");
            client.StandardInput.Flush();
            // It reads its commands a line at a time, each by itself.
            for (int i = 0; i < 20 && !client.WaitForExit(250); i++)
            {
                client.StandardInput.WriteLine("R");
                client.StandardInput.Flush();
            }
            client.StandardInput.Close();
            rig.WaitForLog("disconnect");
            client.WaitForExit();
        }
        Assert.StartsWith("220 ", rig.Connect().Greeting, StringComparison.Ordinal);
        Assert.DoesNotContain(rig.Log, static line => line.StartsWith("panic", StringComparison.Ordinal));
    }

    [Fact]
    public void A_certificate_of_the_client_is_known()
    {
        string client = Certificate("client.test");
        using SmtpdRig rig = new(Tls($"smtpd_tls_ask_ccert = true\nsmtpd_tls_CAfile = '{client}'\nsmtpd_tls_received_header = true\nsmtpd_tls_loglevel = 1"));
        SmtpdClient talk = rig.Connect();
        talk.Say("EHLO c.test");
        talk.Say("STARTTLS");
        talk.Secure("mx.golden.test", X509Certificate2.CreateFromPemFile(client));
        foreach (string line in (string[])["EHLO c.test", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA"])
            talk.Say(line);
        Assert.StartsWith("250 2.0.0", talk.Say("Subject: s\r\n\r\nx\r\n."), StringComparison.Ordinal);
        Assert.Contains("(Client CN \"client.test\", Issuer \"client.test\" (verified OK))", Assert.Single(rig.Queued), StringComparison.Ordinal);
        Assert.StartsWith("Trusted TLS connection", rig.WaitForLog("TLS connection"), StringComparison.Ordinal);
    }

    private string Users()
    {
        string path = $"{_directory.Path}/passwd";
        PasswordFile.Set(path, "joe", "secret", crypted: false, group: null);
        return $"smtpd_sasl_auth_enable = true\nsmtpd_sasl_password_file = '{path}'\nsmtpd_error_sleep_time = 0\n";
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    [Fact]
    public void A_login_is_told_of_in_the_queue_file_and_the_log()
    {
        using SmtpdRig rig = new(Users() + "smtpd_sasl_authenticated_header = true");
        SmtpdClient client = rig.Connect();
        Assert.Contains("\n250-AUTH ", client.Say("EHLO c.test"), StringComparison.Ordinal);
        Assert.Equal("235 2.7.0 Authentication successful", client.Say($"AUTH PLAIN {Base64("\0joe\0secret")}"));
        Assert.Equal("503 5.5.1 Error: already authenticated", client.Say("AUTH PLAIN"));
        foreach (string line in (string[])["MAIL FROM:<a@b.test> AUTH=someone@b.test", "RCPT TO:<c@d.test>", "DATA"])
            client.Say(line);
        Assert.StartsWith("250 2.0.0", client.Say("Subject: s\r\n\r\nx\r\n."), StringComparison.Ordinal);
        string file = Assert.Single(rig.Queued);
        Assert.Contains("with ESMTPA id", file, StringComparison.Ordinal);
        Assert.Contains("A sasl_method=PLAIN\nA sasl_username=joe\nA sasl_sender=someone@b.test\n", file, StringComparison.Ordinal);
        Assert.Contains("N \t(Authenticated sender: joe)\n", file, StringComparison.Ordinal);
        Assert.EndsWith(": client=localhost[127.0.0.1], sasl_method=PLAIN, sasl_username=joe, sasl_sender=someone@b.test", rig.WaitForLog("client="), StringComparison.Ordinal);
    }

    [Fact]
    public void A_login_in_steps_can_be_given_up()
    {
        using SmtpdRig rig = new(Users());
        SmtpdClient client = rig.Connect();
        client.Say("EHLO c.test");
        Assert.Equal("334 VXNlcm5hbWU6", client.Say("AUTH LOGIN"));
        Assert.Equal("334 UGFzc3dvcmQ6", client.Say(Base64("joe")));
        Assert.Equal("235 2.7.0 Authentication successful", client.Say(Base64("secret")));
        client = rig.Connect();
        client.Say("EHLO c.test");
        client.Say("AUTH LOGIN");
        Assert.Equal("501 5.7.0 Authentication aborted", client.Say("*"));
        client.Say("AUTH LOGIN");
        Assert.Equal("501 5.5.2 Error: malformed authentication response", client.Say("?"));
        Assert.Equal("250 2.1.0 Ok", client.Say("MAIL FROM:<a@b.test>"));
        Assert.Equal("503 5.5.1 Error: MAIL transaction in progress", client.Say("AUTH LOGIN"));
    }

    // What real Postfix 3.7 answers.
    [Fact]
    public void What_is_not_announced_is_not_there()
    {
        using SmtpdRig rig = new(Tls(Users() + "smtpd_discard_ehlo_keywords = 'starttls, auth'"));
        SmtpdClient client = rig.Connect();
        client.Say("EHLO c.test");
        Assert.Equal("502 5.5.1 Error: command not implemented", client.Say("STARTTLS"));
        Assert.Equal("503 5.5.1 Error: authentication not enabled", client.Say("AUTH PLAIN"));
    }

    // The line that fail2ban looks for.
    [Fact]
    public void A_failed_login_is_a_warning_without_its_secret()
    {
        using SmtpdRig rig = new(Users());
        SmtpdClient client = rig.Connect();
        client.Say("EHLO c.test");
        // Who is there and who is not, a guesser cannot tell.
        foreach (string guess in (string[])["\0joe\0wrong-secret", "\0nobody\0wrong-secret"])
            Assert.Equal("535 5.7.8 Error: authentication failed: authentication failure", client.Say($"AUTH PLAIN {Base64(guess)}").TrimEnd());
        Assert.Matches(@"^warning: localhost\[127\.0\.0\.1\]: SASL PLAIN authentication failed: .*, sasl_username=joe$", rig.WaitForLog("authentication failed"));
        Assert.DoesNotContain(rig.Log, static line => line.Contains("wrong-secret", StringComparison.Ordinal) || line.Contains(Base64("\0joe\0wrong-secret"), StringComparison.Ordinal));
        Assert.StartsWith("535 5.7.8 Error: authentication failed: Invalid authentication mechanism", client.Say("AUTH NONSENSE"), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_TLS_nobody_logs_in_where_that_is_demanded()
    {
        using SmtpdRig rig = new(Tls(Users() + "smtpd_tls_auth_only = true"));
        SmtpdClient client = rig.Connect();
        Assert.DoesNotContain("AUTH", client.Say("EHLO c.test"), StringComparison.Ordinal);
        Assert.Equal("538 5.7.11 Encryption required for requested authentication mechanism", client.Say($"AUTH PLAIN {Base64("\0joe\0secret")}"));
        client.Say("STARTTLS");
        client.Secure("mx.golden.test");
        Assert.Contains("AUTH ", client.Say("EHLO c.test"), StringComparison.Ordinal);
        Assert.Equal("235 2.7.0 Authentication successful", client.Say($"AUTH PLAIN {Base64("\0joe\0secret")}"));
    }
}
