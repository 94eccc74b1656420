using System.Globalization;
using System.Net;
using System.Text;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace PostfixNet.SystemTests;

/// <summary>What people send mail with: programs and libraries as Debian and NuGet have them, with the settings that their manuals show.</summary>
public sealed class ProgramsThatSpeakSmtp
{
    private const string Message = "From: alice@origin.test\nTo: bob@sink.test\nSubject: by a program\n\n.a dot\nlast line\n";

    // PORT, WRAPPED and PATCH stand for the two ports and a file with a message; each command sends to bob@sink.test.
    private static readonly Dictionary<string, string[]> s_commands = new()
    {
        ["swaks"] = ["swaks", "--server", "127.0.0.1:PORT", "--from", "alice@origin.test", "--to", "bob@sink.test", "--header", "Subject: by a program", "--body", "last line"],
        ["swaks, STARTTLS, PLAIN"] = ["swaks", "--server", "127.0.0.1:PORT", "--from", "alice@origin.test", "--to", "bob@sink.test", "--header", "Subject: by a program", "--body", "last line",
            "--tls", "--auth", "PLAIN", "--auth-user", "shop", "--auth-password", "sesame"],
        ["swaks, port 465, LOGIN"] = ["swaks", "--server", "127.0.0.1:WRAPPED", "--from", "alice@origin.test", "--to", "bob@sink.test", "--header", "Subject: by a program", "--body", "last line",
            "--tlsc", "--auth", "LOGIN", "--auth-user", "shop", "--auth-password", "sesame"],
        ["swaks, pipelining"] = ["swaks", "--server", "127.0.0.1:PORT", "--from", "alice@origin.test", "--to", "bob@sink.test", "--header", "Subject: by a program", "--body", "last line", "--pipeline"],
        ["msmtp"] = ["msmtp", "--file=/dev/null", "--host=127.0.0.1", "--port=PORT", "--from=alice@origin.test", "bob@sink.test"],
        ["msmtp, STARTTLS, login"] = ["msmtp", "--file=/dev/null", "--host=127.0.0.1", "--port=PORT", "--from=alice@origin.test", "--tls=on",
            "--tls-certcheck=off", "--auth=on", "--user=shop", "--passwordeval=echo sesame", "bob@sink.test"],
        ["msmtp, SCRAM-SHA-256"] = ["msmtp", "--file=/dev/null", "--host=127.0.0.1", "--port=PORT", "--from=alice@origin.test", "--tls=on",
            "--tls-certcheck=off", "--auth=scram-sha-256", "--user=shop", "--passwordeval=echo sesame", "bob@sink.test"],
        ["curl"] = ["curl", "-sS", "--url", "smtp://127.0.0.1:PORT", "--mail-from", "alice@origin.test", "--mail-rcpt", "bob@sink.test", "-T", "PATCH"],
        ["curl, STARTTLS, login"] = ["curl", "-sS", "-k", "--ssl-reqd", "--url", "smtp://127.0.0.1:PORT", "-u", "shop:sesame", "--mail-from", "alice@origin.test",
            "--mail-rcpt", "bob@sink.test", "-T", "PATCH"],
        ["curl, smtps, login"] = ["curl", "-sS", "-k", "--url", "smtps://127.0.0.1:WRAPPED", "-u", "shop:sesame", "--mail-from", "alice@origin.test",
            "--mail-rcpt", "bob@sink.test", "-T", "PATCH"],
        ["s-nail"] = ["s-nail", "-:/", "-S", "v15-compat", "-S", "mta=smtp://127.0.0.1:PORT", "-S", "smtp-auth=none", "-S", "from=alice@origin.test",
            "-s", "by a program", "bob@sink.test"],
        ["s-nail, smtps, login"] = ["s-nail", "-:/", "-S", "v15-compat", "-S", "mta=smtps://shop:sesame@127.0.0.1:WRAPPED", "-S", "smtp-auth=plain",
            "-S", "tls-verify=ignore", "-S", "from=alice@origin.test", "-s", "by a program", "bob@sink.test"],
        ["mutt"] = ["mutt", "-n", "-F", "/dev/null", "-e", "set smtp_url=\"smtp://127.0.0.1:PORT\" from=alice@origin.test ssl_starttls=no ssl_force_tls=no copy=no",
            "-s", "by a program", "bob@sink.test"],
        ["git send-email"] = ["git", "send-email", "--smtp-server=127.0.0.1", "--smtp-server-port=PORT", "--from=alice@origin.test", "--to=bob@sink.test",
            "--suppress-cc=all", "--confirm=never", "--quiet", "PATCH"],
        ["git send-email, STARTTLS, login"] = ["git", "-c", "sendemail.smtpsslcertpath=", "send-email", "--smtp-server=127.0.0.1", "--smtp-server-port=PORT", "--smtp-encryption=tls",
            "--smtp-user=shop", "--smtp-pass=sesame", "--from=alice@origin.test", "--to=bob@sink.test", "--suppress-cc=all",
            "--confirm=never", "--quiet", "PATCH"],
        ["Symfony Mailer, STARTTLS"] = ["php", "-r", SymfonyMailer, "smtp://127.0.0.1:PORT?verify_peer=0"],
        ["Symfony Mailer, STARTTLS, login"] = ["php", "-r", SymfonyMailer, "smtp://shop:sesame@127.0.0.1:PORT?verify_peer=0"],
        ["Symfony Mailer, smtps, login"] = ["php", "-r", SymfonyMailer, "smtps://shop:sesame@127.0.0.1:WRAPPED?verify_peer=0"],
        ["smtplib"] = ["/usr/bin/python3", "-c", Smtplib, "PORT"],
        ["aiosmtplib, STARTTLS, login"] = ["/usr/bin/python3", "-c", Aiosmtplib, "PORT"],
    };

    private const string SymfonyMailer = """
        require '/usr/share/php/Symfony/Component/Mailer/autoload.php';
        $message = (new Symfony\Component\Mime\Email())->from('alice@origin.test')->to('bob@sink.test')->subject('by a program')->text("last line\n");
        (new Symfony\Component\Mailer\Mailer(Symfony\Component\Mailer\Transport::fromDsn($argv[1])))->send($message);
        """;

    private const string Smtplib = """
        import smtplib, sys
        with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as client:
            client.sendmail("alice@origin.test", "bob@sink.test", "Subject: by a program\n\n.a dot\nlast line\n")
        """;

    private const string Aiosmtplib = """
        import aiosmtplib, asyncio, sys
        from email.message import EmailMessage
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "alice@origin.test", "bob@sink.test", "by a program"
        message.set_content(".a dot\nlast line\n")
        asyncio.run(aiosmtplib.send(message, hostname="127.0.0.1", port=int(sys.argv[1]), start_tls=True, validate_certs=False, username="shop", password="sesame"))
        """;

    /// <summary>Their names.</summary>
    public static TheoryData<string> Commands => [.. s_commands.Keys];

    [Theory]
    [MemberData(nameof(Commands))]
    public void ACommandSends(string name) => Run((mail, _, port, wrapped) =>
    {
        string patch = mail.PathOf("message");
        File.WriteAllText(patch, Message);
        string[] command = [.. s_commands[name].Select(word => word.Replace("PORT", Text(port), StringComparison.Ordinal)
            .Replace("WRAPPED", Text(wrapped), StringComparison.Ordinal).Replace("PATCH", patch, StringComparison.Ordinal))];
        string body = command[0] is "s-nail" or "mutt" ? ".a dot\nlast line\n" : Message;
        Command.Run(command[0], command[1..], Encoding.ASCII.GetBytes(body), ("HOME", mail.Root), ("GIT_COMMITTER_NAME", "Alice"), ("GIT_COMMITTER_EMAIL", "alice@origin.test"),
            ("GIT_AUTHOR_NAME", "Alice"), ("GIT_AUTHOR_EMAIL", "alice@origin.test")).Ok();
    }, 1, HasLogin(name));

    [Theory]
    [InlineData(SecureSocketOptions.None, null)]
    [InlineData(SecureSocketOptions.StartTls, "PLAIN")]
    [InlineData(SecureSocketOptions.StartTls, "LOGIN")]
    [InlineData(SecureSocketOptions.SslOnConnect, "SCRAM-SHA-256")]
    [InlineData(SecureSocketOptions.SslOnConnect, "SCRAM-SHA-256-PLUS")]
    [InlineData(SecureSocketOptions.StartTls, "")]
    public void MailKitSends(SecureSocketOptions security, string? mechanism) => Run((_, _, port, wrapped) =>
    {
        using SmtpClient client = new() { ServerCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=mta.golden.test" };
        client.Connect("127.0.0.1", security == SecureSocketOptions.SslOnConnect ? wrapped : port, security);
        SmtpCapabilities all = SmtpCapabilities.Size | SmtpCapabilities.Pipelining | SmtpCapabilities.EightBitMime | SmtpCapabilities.UTF8
            | SmtpCapabilities.Dsn | SmtpCapabilities.EnhancedStatusCodes | SmtpCapabilities.Chunking;
        Assert.Equal(all, client.Capabilities & all);
        NetworkCredential shop = new("shop", "sesame");
        if (mechanism is { Length: > 0 })
            client.Authenticate(Assert.IsAssignableFrom<SaslMechanism>(SaslMechanism.Create(mechanism, shop)));
        else if (mechanism is not null)
            client.Authenticate(shop);
        foreach (string subject in (string[])["by a program", "by a program, again"])
        {
            using MimeMessage message = new([MailboxAddress.Parse("alice@origin.test")], [MailboxAddress.Parse("bob@sink.test")], subject,
                new TextPart("plain") { Text = ".a dot\nlast line\n" });
            Assert.StartsWith("2.0.0 Ok: queued as ", client.Send(message), StringComparison.Ordinal);
        }
        client.Disconnect(quit: true);
    }, 2, mechanism is not null);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void NetMailSends(bool hasLogin) => Run((_, _, port, _) =>
    {
        if (!hasLogin)
        {
            using System.Net.Mail.SmtpClient client = new("127.0.0.1", port);
            client.Send("alice@origin.test", "bob@sink.test", "by a program", ".a dot\nlast line\n");
            return;
        }
        // It believes certificates of the system only: the message goes in the clear, as this service allows loopback to do without TLS.
        using System.Net.Mail.SmtpClient loggedIn = new("127.0.0.1", port) { Credentials = new NetworkCredential("shop", "sesame") };
        loggedIn.Send("alice@origin.test", "bob@sink.test", "by a program", ".a dot\nlast line\n");
    }, 1, hasLogin, tlsOnly: !hasLogin);

    [Fact]
    public void SmtpSourceSends() => Run((_, _, port, _) =>
        Command.Run("smtp-source", ["-m", "40", "-s", "4", "-l", "3000", "-S", "by a program", "-f", "alice@origin.test", "-t", "bob@sink.test",
            $"127.0.0.1:{Text(port)}"]).Ok(), 40, lastLine: "XXXX");

    // Exim uses TLS where it is offered, Postfix only where it is told to.
    [PeerTheory]
    [InlineData("postfix")]
    [InlineData("exim")]
    public void AMailServerRelays(string name) => Run((mail, receiver, port, _) =>
    {
        int first = Ports.Take("127.0.0.1");
        using Peer peer = Servers.Start(name, first, port);
        peer.During(() =>
        {
            Command.Run("swaks", ["--server", $"127.0.0.1:{Text(first)}", "--from", "alice@origin.test", "--to", "bob@sink.test", "--header", "Subject: by a program", "--body", "last line", "--tls", "--auth-user", "user", "--auth-password", "right"]).Ok();
            Wait.For("the relayed message", () => receiver.Messages.Count == 1);
        });
        Assert.Contains(name == "exim" ? " with ESMTPS id " : " with ESMTP id ", receiver.Messages[0].Text, StringComparison.Ordinal);
    }, 1);

    private static bool HasLogin(string name) => name.Contains("login", StringComparison.Ordinal) || name.Contains("PLAIN", StringComparison.Ordinal)
        || name.Contains("LOGIN", StringComparison.Ordinal) || name.Contains("SCRAM", StringComparison.Ordinal);

    // Whatever sends them, the messages arrive, and the log names the user where there was one.
    private static void Run(Action<MailSystem, SmtpReceiver, int, int> send, int count, bool hasLogin = false, string lastLine = "last line", bool tlsOnly = true) =>
        MailSystem.Run((mail, receiver) =>
        {
            mail.AllowShop();
            mail.Set("smtpd_tls_auth_only", tlsOnly);
            int port = mail.Serve(), wrapped = mail.ServeWrapped();
            mail.Start();
            send(mail, receiver, port, wrapped);
            Wait.For("the messages", () => receiver.Messages.Count == count);
            Assert.All(receiver.Messages, message =>
            {
                Assert.Equal("alice@origin.test", message.Sender);
                Assert.Equal(["bob@sink.test"], message.Recipients.Select(static recipient => recipient.Address));
                Assert.Contains("Subject: by a program", message.Text, StringComparison.Ordinal);
                Assert.Contains(lastLine, message.Text, StringComparison.Ordinal);
            });
            Assert.Equal(hasLogin ? count : 0, mail.Log("client=localhost\\[127.0.0.1\\], sasl_method=\\S+, sasl_username=shop$").Length);
            Assert.Empty(mail.Log("warning|fatal|reject"));
        });

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
