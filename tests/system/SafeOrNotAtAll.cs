using System.Globalization;

namespace PostfixNet.SystemTests;

/// <summary>REQUIRETLS, RFC 8689: from whoever says it, over restarts and changes, to a server that promises the same, or back to the sender.</summary>
public sealed class SafeOrNotAtAll
{
    private const string Keyword = "REQUIRETLS";

    private const string Session = """
        import smtplib, ssl, sys
        s = smtplib.SMTP("127.0.0.1", int(sys.argv[1]))
        s.ehlo()
        print(s.has_extn("requiretls"), s.docmd("MAIL FROM:<alice@origin.test> REQUIRETLS")[0])
        s.starttls(context=ssl._create_unverified_context())
        s.ehlo()
        print(s.has_extn("requiretls"), flush=True)
        s.sendmail("alice@origin.test", ["u@sink.test"], "From: alice@origin.test\r\nSubject: by smtp\r\n\r\nx\r\n", mail_options=["REQUIRETLS"])
        s.quit()
        """;

    // S3-39
    [Fact]
    public void WhoeverSaysItGetsItAndItIsSaidOn() => Run(Keyword, static (mail, receiver) =>
    {
        mail.Set("smtpd_tls_security_level", "may");
        mail.Set("smtpd_tls_cert_file", mail.Certificate("mta.golden.test"));
        int port = mail.Serve();
        mail.Start();
        Assert.Equal("False 530\nTrue\n", Command.Run("python3", ["-c", Session, port.ToString(CultureInfo.InvariantCulture)]).Ok().Output);
        mail.Submit(MailSystem.Message("by option"), "--require-tls", "-f", "alice@origin.test", "u@sink.test");
        mail.Submit("Require-TLS-ESMTP: yes\n" + MailSystem.Message("by header"), "-f", "alice@origin.test", "u@sink.test");
        mail.Submit(MailSystem.Message("usual"), "-f", "alice@origin.test", "u@sink.test");
        mail.WaitForEmptyQueue();
        Assert.Equal(["by header True", "by option True", "by smtp True", "usual False"],
            receiver.Messages.Select(static message => $"{message.Header("Subject")} {message.SenderParameters.Contains(Keyword, StringComparison.Ordinal)}").Order());
    });

    // S3-33. What comes back is as safe on its way as the message was.
    [Theory]
    [InlineData(false, "secure", "5.7.30")] // it does not promise it
    [InlineData(true, "encrypt", "5.7.30")] // nobody asks who it is
    [InlineData(true, "may", "5.7.30")]
    public void WhereNobodyPromisesItMailComesBackAtOnceAndSafely(bool promises, string level, string status) => Run(promises ? Keyword : "", (mail, receiver) =>
    {
        using TestCertificate home = TestCertificate.SelfSigned("home.test");
        using var homeServer = Ports.Receiver(new ReceiverOptions { Certificate = home.ForServer(), Keywords = ["PIPELINING", "DSN", "ENHANCEDSTATUSCODES", Keyword] });
        mail.AddTable($"[transport_maps]\n\"origin.test\" = \"smtp:[127.0.0.1]:{homeServer.Port}\"");
        mail.AddTable("[destination.\"sink.test\"]\ntls = \"" + level + "\"");
        mail.Set("smtp_tls_security_level", "fingerprint");
        mail.Set("smtp_tls_fingerprint_digest", "sha256");
        mail.Set("smtp_tls_fingerprint_cert_match", home.Fingerprint);
        mail.Start();
        mail.Submit(MailSystem.Message("secret"), "--require-tls", "-f", "alice@origin.test", "u@sink.test");
        mail.WaitForLog($@"to=<u@sink\.test>, .*, dsn={status.Replace(".", "\\.", StringComparison.Ordinal)}, status=bounced ");
        Wait.For("the notice", () => homeServer.Messages.Count == 1);
        Assert.Empty(receiver.Messages);
        Assert.Contains(Keyword, homeServer.Messages[0].SenderParameters, StringComparison.Ordinal);
        Assert.Contains($"Status: {status}", homeServer.Messages[0].Text, StringComparison.Ordinal);
        mail.WaitForEmptyQueue();
    });

    // The right certificate can be put in its place: such mail waits. Over a stop and kills it keeps its wish; an operator can take it away, and mail that need not be safe goes then.
    // S3-05, S3-12
    [Fact]
    public void WhatWaitsKeepsItsWishUntilSomebodyChangesIt()
    {
        using TestCertificate other = TestCertificate.SelfSigned("other.test");
        using var receiver = Ports.Receiver(new ReceiverOptions { Certificate = other.ForServer(), Keywords = ["PIPELINING", "DSN", "ENHANCEDSTATUSCODES", Keyword] });
        MailSystem.Run(mail =>
        {
            mail.Set("relayhost", $"[127.0.0.1]:{receiver.Port}");
            mail.Set("smtp_tls_security_level", "secure");
            mail.Set("smtp_tls_secure_cert_match", "relay.test");
            File.WriteAllText(mail.PathOf("authority.pem"), other.Pem);
            mail.Set("smtp_tls_CAfile", mail.PathOf("authority.pem"));
            mail.Set("minimal_backoff_time", "1000s");
            mail.Set("maximal_backoff_time", "1000s");
            mail.Start();
            mail.Submit(MailSystem.Message("secret"), "--require-tls", "-f", "alice@origin.test", "u@sink.test");
            mail.WaitForLog(@"to=<u@sink\.test>, .*, dsn=4\.7\.5, status=deferred \(Server certificate not verified\)");
            mail.Stop();
            mail.Start();
            RunningPrograms.Kill(Assert.Single(mail.Pids("qmgr")));
            Wait.For("the wish after all that", () => mail.Postqueue("-j").Output.Contains("\"require_tls\": \"yes\"", StringComparison.Ordinal));
            string id = Assert.Single(mail.Ids("deferred"));
            Assert.Contains(id, mail.Postqueue("list", "--match", "require-tls=yes").Ok().Output, StringComparison.Ordinal);

            // Another level is good enough for usual mail, and not for this one.
            mail.Postsuper(["change", id, "--tls", "encrypt", "--require-tls", "usual"]).Ok();
            Assert.DoesNotContain("require_tls", mail.Postqueue("-j").Ok().Output, StringComparison.Ordinal);
            mail.Postqueue("-f").Ok();
            mail.WaitForEmptyQueue();
            Assert.DoesNotContain(Keyword, Assert.Single(receiver.Messages).SenderParameters, StringComparison.Ordinal);

            mail.Submit(MailSystem.Message("usual"), "-f", "alice@origin.test", "w@sink.test");
            Wait.For("it in deferred", () => mail.Ids("deferred").Length == 1 && mail.Ids("maildrop", "incoming", "active").Length == 0);
            id = mail.Ids("deferred")[0];
            mail.Postsuper(["change", id, "--require-tls", "yes"]).Ok();
            Assert.Contains("\"require_tls\": \"yes\"", mail.Postqueue("-j").Ok().Output, StringComparison.Ordinal);
            mail.Postsuper(["change", id, "--tls", "encrypt"]).Ok();
            mail.Postqueue("-f").Ok();
            mail.WaitForLog(@"to=<w@sink\.test>, .*, dsn=5\.7\.30, status=bounced ");
            Assert.Single(receiver.Messages, static message => message.Recipients[0].Address != "alice@origin.test");
        });
    }

    // Its receiver's wishes do not hold it up; what the operator wants does.
    // S3-05
    [DnssecFact]
    public void TlsRequiredNoGoesToAServerThatItsDaneRecordsDoNotFit() => WithWrongRecords(static (mail, receiver) =>
    {
        mail.Start();
        mail.Submit(MailSystem.Message("usual"), "-f", "alice@origin.test", "u@dane.test");
        mail.WaitForLog(@"to=<u@dane\.test>, .*, dsn=4\.7\.5, status=deferred \(Server certificate not verified");
        mail.Submit("TLS-Required: No\n" + MailSystem.Message("urgent"), "-f", "alice@origin.test", "w@dane.test");
        mail.WaitForLog(@"to=<w@dane\.test>, .*status=sent ");
        Assert.Equal("urgent", Assert.Single(receiver.Messages).Header("Subject"));
    });

    private static void WithWrongRecords(Action<MailSystem, SmtpReceiver> scenario)
    {
        using TestCertificate certificate = TestCertificate.SelfSigned("mx.dane.test");
        using var receiver = Ports.Receiver(new ReceiverOptions { Certificate = certificate.ForServer() });
        using ValidatingNameServer dns = new("dane.test", $"@ MX 10 mx\nmx A 127.0.0.1\n_{receiver.Port}._tcp.mx TLSA 3 1 1 {new string('0', 64)}");
        MailSystem.Run(mail =>
        {
            mail.Set("relayhost", "");
            mail.Set("disable_dns_lookups", false);
            mail.SetRaw("dns_nameservers", dns.Toml);
            mail.Set("smtp_tcp_port", receiver.Port.ToString(CultureInfo.InvariantCulture));
            mail.Set("smtp_tls_security_level", "dane");
            scenario(mail, receiver);
        });
    }

    // A server with the right certificate, and the level secure.
    private static void Run(string keyword, Action<MailSystem, SmtpReceiver> scenario)
    {
        using TestCertificate certificate = TestCertificate.SelfSigned("relay.test");
        using var receiver = Ports.Receiver(new ReceiverOptions { Certificate = certificate.ForServer(), Keywords = ["PIPELINING", "8BITMIME", "DSN", "ENHANCEDSTATUSCODES", .. keyword.Split(' ', StringSplitOptions.RemoveEmptyEntries)] });
        MailSystem.Run(mail =>
        {
            mail.Set("relayhost", $"[127.0.0.1]:{receiver.Port}");
            mail.Set("smtp_tls_security_level", "secure");
            mail.Set("smtp_tls_secure_cert_match", "relay.test");
            File.WriteAllText(mail.PathOf("authority.pem"), certificate.Pem);
            mail.Set("smtp_tls_CAfile", mail.PathOf("authority.pem"));
            scenario(mail, receiver);
        });
    }
}
