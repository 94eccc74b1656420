using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using PostfixNet.Delivery;
using PostfixNet.Native;
using PostfixNet.Net;
using PostfixNet.Smtp;
using PostfixNet.Tls;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>How TLS starts, or does not: each level, each kind of server.</summary>
public sealed class TlsHandshakeTests
{
    private const string Sent = "2.0.0 sent (250 2.0.0 Ok: queued as SINK)";
    private const string NotOffered = "4.7.4 deferred (TLS is required, but was not offered by host mx.test[127.0.0.31])";
    private const string Refused = "TLS is required, but host mx.test[127.0.0.31] refused to start TLS: ";
    private const string NoHandshake = "4.7.5 deferred (Cannot start TLS: handshake failure)";

    [Theory]
    [InlineData("may", "{}", Sent, false)]
    [InlineData("may", """{"ext": ["STARTTLS"], "starttls": "454 4.7.0 no"}""", Sent, false)]
    [InlineData("may", """{"ext": ["STARTTLS"], "starttls": "554 5.7.3 no"}""", Sent, false)]
    [InlineData("may", """{"ext": ["STARTTLS"], "starttls": "350 what"}""", Sent, false)]
    [InlineData("may", """{"ext": ["STARTTLS"], "tls_garbage": 1}""", NoHandshake, false)]
    [InlineData("may", """{"ext": ["STARTTLS"], "tls": "DROP"}""", NoHandshake, false)]
    [InlineData("may", """{"ext": ["STARTTLS"], "tls": "RST"}""", NoHandshake, false)]
    [InlineData("encrypt", "{}", NotOffered, true)]
    [InlineData("encrypt", """{"ehlo": "500 5.5.1 what"}""", NotOffered, true)]
    [InlineData("encrypt", """{"ext": ["STARTTLS"], "starttls": "454 4.7.0 no"}""", "4.7.0 deferred (" + Refused + "454 4.7.0 no)", true)]
    [InlineData("encrypt", """{"ext": ["STARTTLS"], "starttls": "554 5.7.3 no"}""", "5.7.3 bounced (" + Refused + "554 5.7.3 no)", false)]
    [InlineData("encrypt", """{"ext": ["STARTTLS"], "starttls": "350 what"}""", "5.5.0 bounced (" + Refused + "350 what)", false)]
    [InlineData("encrypt", """{"ext": ["STARTTLS"], "tls_garbage": 1}""", NoHandshake, true)]
    [InlineData("encrypt", """{"ext": ["STARTTLS"], "tls": "DROP"}""", NoHandshake, true)]
    [InlineData("fingerprint", "{}", NotOffered, true)]
    [InlineData("verify", """{"ext": ["STARTTLS"], "tls": "DROP"}""", NoHandshake, true)]
    [InlineData("secure", "{}", NotOffered, true)]
    public void Each_level_has_its_way_with_servers_that_do_not_start_TLS(string level, string script, string result, bool throttled)
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsPolicy.LevelOf(level)!.Value }, script);
        DeliveryReport report = tls.Deliver();
        Assert.Equal(result, tls.Result);
        Assert.Equal(throttled, report.Trouble is not null);
        Assert.Equal(1, tls.Server.Connections);
    }

    [Theory]
    [InlineData("DROP", "lost connection")]
    [InlineData("HANG", "Connection timed out")]
    [InlineData("DRIP:\u0016\u0003\u0003\u000f\u00ff\u0002", "Connection timed out")]
    [InlineData("FLOOD:\u0016\u0003\u0003\u0000\u0004\u0000\u0000\u0000\u0000", "Connection timed out")] // hello requests
    public void A_handshake_ends_in_time_and_says_why(string instead, string why)
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.Encrypt }, $$"""{"ext": ["STARTTLS"], "tls": {{System.Text.Json.JsonSerializer.Serialize(instead)}} }""");
        tls.Rig.Options = tls.Rig.Options with { StartTlsTimeout = TimeSpan.FromMilliseconds(300) };
        tls.Deliver();
        Assert.Equal(NoHandshake, tls.Result);
        Assert.Equal([$"SSL_connect error to mx.test[127.0.0.31]:25: {why}"], tls.OtherLines);
    }

    [Fact]
    public void A_stop_does_not_wait_for_a_handshake()
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.Encrypt }, """{"ext": ["STARTTLS"], "tls": "HANG"}""");
        (Descriptor ours, Descriptor theirs) = Descriptor.Pair();
        theirs.Dispose();
        using ManualResetEventSlim asked = new();
        tls.Server.WhenAsked = command =>
        {
            if (command == "STARTTLS")
                asked.Set();
        };
        tls.Rig.Stop = new StopSignal(() => ours, () => asked.IsSet);
        DeliveryReport report = tls.Deliver();
        ours.Dispose();
        Assert.Equal("4.3.2 deferred (mail system is stopping)", tls.Result);
        Assert.Null(report.Trouble);
    }

    [Theory] // what came with the reply to STARTTLS was not protected, and is no reply to what is said later
    [InlineData("may")]
    [InlineData("encrypt")]
    public void Plain_text_put_behind_the_reply_to_STARTTLS_ends_the_session(string level)
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsPolicy.LevelOf(level)!.Value }, """{"ext": ["STARTTLS"], "starttls": "RAW:220 go\r\n250 evil\r\n"}""");
        tls.Deliver(TlsRig.OldRequest());
        Assert.Equal("4.7.5 deferred (Cannot start TLS: host mx.test[127.0.0.31] sent plain text after its reply to STARTTLS)", tls.Result);
        Assert.Empty(tls.Server.Agreements);
        Assert.Equal(1, tls.Server.Connections);
    }

    [Fact]
    public void What_was_offered_before_TLS_does_not_count_after_it()
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.May },
            """{"ehlo": ["250-mx\n250-STARTTLS\n250-SIZE 10\n250 DSN", "250-mx\n250 PIPELINING"]}""");
        tls.Deliver();
        Assert.Equal(Sent, tls.Result);
        Assert.Equal(["EHLO mta.golden.test", "STARTTLS", "EHLO mta.golden.test", "MAIL FROM:<sf@origin.test>", "RCPT TO:<u@dest.test>", "DATA", ".", "QUIT"],
            tls.Server.Commands);
    }

    [Theory]
    [InlineData("encrypt")]
    [InlineData("verify")]
    public void TLS_comes_before_the_greeting_in_wrapper_mode(string level)
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsPolicy.LevelOf(level)!.Value, WrapperMode = true }, wrapped: true);
        tls.Deliver();
        Assert.Equal(Sent, tls.Result);
        Assert.Equal("EHLO mta.golden.test", tls.Server.Commands[0]);
        Assert.DoesNotContain("STARTTLS", tls.Server.Commands);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("may")]
    public void Wrapper_mode_needs_a_level_that_requires_TLS(string level)
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsPolicy.LevelOf(level)!.Value, WrapperMode = true }, wrapped: true);
        tls.Deliver();
        Assert.Equal("4.7.5 deferred (client TLS configuration problem)", tls.Result);
        Assert.Equal(["warning: TLS policy for dest.test: smtp_tls_wrappermode requires \"smtp_tls_security_level = encrypt\" (or stronger)"], tls.OtherLines);
        Assert.Equal(0, tls.Server.Connections);
    }

    [Fact]
    public void Wrapper_mode_with_a_server_that_greets_in_plain_text_is_a_failed_handshake()
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.Encrypt, WrapperMode = true });
        DeliveryReport report = tls.Deliver();
        Assert.Equal(NoHandshake, tls.Result);
        Assert.NotNull(report.Trouble);
    }

    [Fact]
    public void Lmtp_starts_TLS_as_well()
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.Encrypt });
        tls.Rig.Options = tls.Rig.Options with { IsLmtp = true };
        tls.Deliver(SmtpRig.Request("inet:mx.test", "u@dest.test"));
        Assert.Equal(Sent, tls.Result);
        Assert.Equal(["LHLO mta.golden.test", "STARTTLS", "LHLO mta.golden.test"], tls.Server.Commands.Take(3));
    }

    [Theory] // What the library found stands in the status line too, and so in the listing of the queue
    [InlineData("""{"ext": ["STARTTLS"], "tls_garbage": 1}""", "", "frame")]
    [InlineData("""{"ext": ["STARTTLS"]}""", ">=TLSv1.3", "tlsv1 alert protocol version")]
    public void The_cause_is_in_the_status_line(string script, string protocols, string want)
    {
        using TlsRig tls = new(
            TlsRig.Usual with { SecurityLevel = TlsLevel.Encrypt, MandatoryProtocols = protocols.Length > 0 ? TlsProtocols.Parse(protocols) : TlsRig.Usual.MandatoryProtocols },
            script, server: new SslServerAuthenticationOptions { EnabledSslProtocols = SslProtocols.Tls12 });
        tls.Deliver();
        Assert.StartsWith("Cannot start TLS: handshake failure: ", tls.Rig.Results.Single()[4], StringComparison.Ordinal);
        Assert.Contains(want, tls.Rig.Results.Single()[4], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, ">=TLSv1.3", NoHandshake)]
    [InlineData(SslProtocols.Tls12, "", Sent)]
    [InlineData(SslProtocols.Tls13, "!TLSv1.3", NoHandshake)]
    [InlineData(SslProtocols.Tls13, "TLSv1.3", Sent)]
    public void Only_versions_that_are_allowed_are_spoken(SslProtocols theirs, string ours, string result)
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.Encrypt, MandatoryProtocols = TlsProtocols.Parse(ours) },
            server: new SslServerAuthenticationOptions { EnabledSslProtocols = theirs });
        tls.Deliver();
        Assert.Equal(result, tls.Result);
        Assert.All(tls.Server.Agreements, a => Assert.Equal(theirs, a.Protocol));
    }

    [Fact]
    public void Ciphers_that_are_excluded_are_not_spoken()
    {
        using TlsRig tls = new(TlsRig.Usual with
        {
            SecurityLevel = TlsLevel.Encrypt,
            LogLevel = 1,
            MandatoryProtocols = TlsProtocols.Parse("TLSv1.2"),
            ExcludeCiphers = ["AES256"],
            MandatoryExcludeCiphers = ["kECDHE+CHACHA20", "DHE"],
        });
        tls.Deliver();
        Assert.Equal(Sent, tls.Result);
        Assert.Equal(TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.Server.Agreements.Single().Cipher);
        Assert.Equal(["Trusted TLS connection established to mx.test[127.0.0.31]:25: TLSv1.2 with cipher ECDHE-RSA-AES128-GCM-SHA256 (128/128 bits)"], tls.OtherLines);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("hostname", "mx.test")]
    [InlineData("nexthop", "dest.test")]
    [InlineData("other.test", "other.test")]
    public void The_name_in_the_handshake_is_the_configured_one(string setting, string sent)
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.Encrypt, ServerName = setting });
        tls.Deliver();
        Assert.Equal(sent, tls.Server.Agreements.Single().ServerName);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_certificate_is_shown_to_servers_that_ask(bool configured)
    {
        string file = Path.GetTempFileName();
        using X509Certificate2 own = TestCertificates.For("mta.golden.test");
        File.WriteAllText(file, own.ExportCertificatePem() + "\n" + own.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem() + "\n");
        using TlsRig tls = new(
            TlsRig.Usual with { SecurityLevel = TlsLevel.Encrypt, CertFile = configured ? file : "", KeyFile = configured ? file : "" },
            server: new SslServerAuthenticationOptions { ClientCertificateRequired = true, RemoteCertificateValidationCallback = static (_, shown, _, _) => shown?.Subject != "CN=nobody" });
        tls.Deliver();
        File.Delete(file);
        Assert.Equal(Sent, tls.Result);
        Assert.Equal(configured ? "CN=mta.golden.test" : null, tls.Server.Agreements.Single().ClientName);
    }

    [Fact] // and not to fallback relays
    public void A_destination_has_a_certificate_of_its_own()
    {
        string general = Path.GetTempFileName(), special = Path.GetTempFileName(), key = Path.GetTempFileName();
        using X509Certificate2 first = TestCertificates.For("all.test"), second = TestCertificates.For("one.test");
        File.WriteAllText(general, first.ExportCertificatePem() + "\n" + first.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem() + "\n");
        File.WriteAllText(special, second.ExportCertificatePem());
        File.WriteAllText(key, second.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        DeliveryRule rule = new("dest.test", Certificate: special, CertificateKey: key);
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.Encrypt, CertFile = general, KeyFile = general },
            server: new SslServerAuthenticationOptions { ClientCertificateRequired = true, RemoteCertificateValidationCallback = static (_, shown, _, _) => shown?.Subject != "CN=nobody" });
        tls.Rig.Deliver(SmtpRig.Request("dest.test", "u@dest.test"));
        tls.Rig.Deliver(SmtpRig.Request("dest.test", "u@dest.test") with { Rule = rule });
        Assert.Null(tls.Rig.Options.ForFallback(rule).Certificate);
        tls.Deliver();
        Array.ForEach([general, special, key], File.Delete);
        Assert.Equal(["CN=all.test", "CN=one.test", "CN=all.test"], tls.Server.Agreements.Select(static agreement => agreement.ClientName));
    }

    [Fact]
    public void A_certificate_of_a_destination_that_cannot_be_used_puts_its_mail_off()
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.May });
        tls.Deliver(TlsRig.OldRequest() with { Rule = new DeliveryRule("dest.test", Certificate: "/nonexistent/c.pem", CertificateKey: "/nonexistent/k.pem") });
        Assert.Equal("4.7.5 deferred (client TLS configuration problem)", tls.Result);
        Assert.Contains("/nonexistent/c.pem", tls.OtherLines.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_cannot_be_used_put_the_mail_off()
    {
        string file = Path.GetTempFileName();
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.May, CertFile = file, KeyFile = file });
        tls.Deliver(TlsRig.OldRequest());
        File.Delete(file);
        Assert.Equal("4.7.5 deferred (client TLS configuration problem)", tls.Result);
        Assert.StartsWith("warning: smtp_tls_CAfile, smtp_tls_CApath, smtp_tls_cert_file or smtp_tls_key_file: ", tls.OtherLines.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_offer_is_noted_where_TLS_is_not_used()
    {
        using TlsRig tls = new(TlsRig.Usual);
        tls.Rig.Options = tls.Rig.Options with { Tls = null, NoteStartTlsOffer = true };
        tls.Deliver();
        Assert.Equal(["Host offered STARTTLS: [mx.test]"], tls.OtherLines);
    }

    [Theory]
    [InlineData(true, SslProtocols.Tls13)]
    [InlineData(true, SslProtocols.Tls12)]
    [InlineData(false, SslProtocols.Tls13)]
    public void Sessions_are_resumed_where_that_is_asked_for(bool resume, SslProtocols protocol)
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.Verify, ServerName = "hostname", ResumesSessions = resume },
            server: new SslServerAuthenticationOptions { EnabledSslProtocols = protocol });
        tls.Rig.Options = tls.Rig.Options with { LogTlsFeatureStatus = true };
        tls.Rig.Deliver(SmtpRig.Request("dest.test", "u@dest.test"));
        tls.Deliver();
        Assert.Equal(2, tls.Server.Agreements.Count);
        Assert.Equal(["sent", "sent"], tls.Rig.Results.Select(r => r[3]));
        int first = tls.Server.Agreements[0].Octets, second = tls.Server.Agreements[1].Octets;
        Assert.Equal(resume, second < first / 2);
        // What the client itself sees of it is the same.
        Assert.Equal([false, resume], tls.Rig.Lines.Where(static line => line.Contains("status=", StringComparison.Ordinal)).Select(static line => line.Contains(", resumed=yes, ", StringComparison.Ordinal)));
        Assert.Equal((2, resume ? 1 : 0), tls.Rig.Options.Tls!.Client.Handshakes);
    }
}
