using System.Diagnostics;
using System.Globalization;

namespace PostfixNet.SystemTests;

/// <summary>Somebody on the way to the server tries to have mail in plain text, or words of his taken for the server's. What he can do about names and MTA-STS policies is in <see cref="MailHeedsMtaSts"/>.</summary>
public sealed class SomebodyIsInTheMiddle
{
    // A server, and what somebody makes of it: "strip" takes STARTTLS out of its offer, "refuse" answers in its place, "inject" adds an answer to the one to STARTTLS, in plain text, "old" leaves TLS 1.1 as the newest
    // version. What is said to it, and how, goes to the file.
    private const string Middle = """
        import socket, ssl, sys, threading
        port, how, certificate, heard = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
        lock = threading.Lock()
        def note(text):
            with lock, open(heard, "a") as f:
                f.write(text + "\n")
        def serve(client):
            f, secure, data = client.makefile("rwb"), False, False
            def say(text):
                f.write(text.encode() + b"\r\n")
                f.flush()
            say("220 mx.test ESMTP")
            while line := f.readline():
                text = line.decode("latin1").rstrip("\r\n")
                word = text.split(" ")[0].upper()
                if not data:
                    note(("tls " if secure else "plain ") + text)
                if data:
                    if text == ".":
                        data = False
                        say("250 2.0.0 taken")
                elif word == "EHLO":
                    say("250-mx.test" + ("" if secure or how == "strip" else "\r\n250-STARTTLS") + "\r\n250 8BITMIME")
                elif word == "STARTTLS" and how == "refuse":
                    say("454 4.7.0 TLS not available")
                elif word == "STARTTLS":
                    say("220 go on" + ("\r\n250-mx.test\r\n250 X-INJECTED" if how == "inject" else ""))
                    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                    context.load_cert_chain(certificate)
                    if how == "old":
                        context.set_ciphers("ALL:@SECLEVEL=0")
                        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
                    client = context.wrap_socket(client, server_side=True)
                    f, secure = client.makefile("rwb"), True
                    note("tls version " + client.version())
                elif word == "DATA":
                    data = True
                    say("354 go on")
                elif word == "QUIT":
                    say("221 bye")
                    return
                else:
                    say("250 2.0.0 ok")
        def talk(client):
            try:
                with client:
                    serve(client)
            except OSError:
                pass
        listener = socket.create_server(("127.0.0.1", port))
        print("ready", flush=True)
        while True:
            threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()
        """;

    // S2-17, S2-18, S3-39
    [Theory]
    [InlineData("strip", "secure", @"TLS is required, but was not offered by host ")]
    [InlineData("strip", "encrypt", @"TLS is required, but was not offered by host ")]
    [InlineData("refuse", "encrypt", @"TLS is required, but host .* refused to start TLS: 454 4\.7\.0 TLS not available")]
    [InlineData("inject", "may", @"Cannot start TLS: host .* sent plain text after its reply to STARTTLS")]
    [InlineData("inject", "secure", @"Cannot start TLS: host .* sent plain text after its reply to STARTTLS")]
    [InlineData("old", "encrypt", @"Cannot start TLS: handshake failure")]
    [InlineData("old", "secure", @"Cannot start TLS: handshake failure")]
    public void MailWaitsRatherThanGoingToHim(string how, string level, string why) => Run(how, level, (mail, heard) =>
    {
        mail.Start();
        mail.Submit(MailSystem.Message("secret"), "-f", "alice@origin.test", "bob@far.test");
        mail.WaitForLog($@"to=<bob@far\.test>, .*, dsn=4\.7\.\d, status=deferred \({why}");
        Assert.DoesNotContain("MAIL", heard(), StringComparison.Ordinal);
    });

    // At "may" mail that has waited goes in plain text where the handshake fails, as in Postfix; but mail that need be safe never does, nor over a version of TLS that is not good enough.
    [Fact]
    public void AnOldVersionIsNotSpokenAtAnyLevel() => Run("old", "may", static (mail, heard) =>
    {
        mail.Start();
        mail.Submit(MailSystem.Message("usual"), "-f", "alice@origin.test", "bob@far.test");
        mail.Submit(MailSystem.Message("secret"), "--require-tls", "-f", "", "carol@far.test");
        mail.WaitForLog(@"to=<bob@far\.test>, .*, dsn=4\.7\.5, status=deferred \(Cannot start TLS: handshake failure");
        mail.WaitForLog(@"to=<bob@far\.test>, .*status=sent ");
        mail.WaitForLog(@"to=<carol@far\.test>, .*, dsn=4\.7\.5, status=deferred \(Cannot start TLS: handshake failure");
        int tries = mail.Log("to=<carol@far\\.test>").Length;
        Wait.For("another try of what has waited", () => mail.Log("to=<carol@far\\.test>").Length > tries);
        string all = heard();
        Assert.DoesNotContain("tls ", all, StringComparison.Ordinal);
        Assert.Contains("plain RCPT TO:<bob@far.test>", all, StringComparison.Ordinal);
        Assert.DoesNotContain("carol", all, StringComparison.Ordinal);
    });

    // The other direction: what a client, or somebody before it, sends behind STARTTLS is not taken for what it says over TLS (CVE-2011-0411).
    [Fact]
    public void WhatComesBehindStartTlsIsForgotten() => MailSystem.Run((mail, _) =>
    {
        mail.Set("smtpd_tls_security_level", "may");
        mail.Set("smtpd_tls_cert_file", mail.Certificate("mta.golden.test"));
        int port = mail.Serve();
        mail.Start();
        using SmtpDialogue client = new(port);
        Assert.StartsWith("250", client.Say("EHLO me.test"), StringComparison.Ordinal);
        client.Stream.Write("STARTTLS\r\nMAIL FROM:<evil@far.test>\r\nRCPT TO:<bob@sink.test>\r\n"u8);
        string answer = client.Answer();
        if (answer.StartsWith("220", StringComparison.Ordinal))
        {
            using System.Net.Security.SslStream tls = new(client.Stream, leaveInnerStreamOpen: true, (_, shown, _, _) => shown?.Subject == "CN=mta.golden.test");
            tls.AuthenticateAsClient("mta.golden.test");
            using StreamReader reader = new(tls);
            tls.Write("NOOP\r\n"u8);
            answer = reader.ReadLine() ?? "";
            Assert.StartsWith("250 2.0.0", answer, StringComparison.Ordinal);
            tls.Write("RCPT TO:<bob@sink.test>\r\n"u8);
            answer = reader.ReadLine() ?? "";
        }
        // No transaction has begun, or the connection is over.
        Assert.Matches("^(5|4|$)", answer);
    });

    private static void Run(string how, string level, Action<MailSystem, Func<string>> scenario)
    {
        // The server is none of the system's processes.
        using TemporaryDirectory directory = new();
        using TestCertificate certificate = TestCertificate.SelfSigned("mx.test");
        File.WriteAllText(directory["cert.pem"], certificate.Chain);
        File.WriteAllText(directory["heard"], "");
        int port = Ports.Take("127.0.0.1");
        using Process middle = Command.Start("python3", ["-c", Middle, port.ToString(CultureInfo.InvariantCulture), how, directory["cert.pem"], directory["heard"]]);
        try
        {
            Assert.Equal("ready", middle.StandardOutput.ReadLine());
            MailSystem.Run(mail =>
            {
                mail.Set("relayhost", $"[127.0.0.1]:{port}");
                mail.Set("smtp_tls_security_level", level);
                mail.Set("smtp_tls_secure_cert_match", "mx.test");
                File.WriteAllText(mail.PathOf("authority.pem"), certificate.Pem);
                mail.Set("smtp_tls_CAfile", mail.PathOf("authority.pem"));
                scenario(mail, () => File.ReadAllText(directory["heard"]));
            });
        }
        finally
        {
            middle.Kill();
        }
    }
}
