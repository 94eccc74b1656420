using System.Text;

namespace PostfixNet.SystemTests;

/// <summary>Mail goes to other people's servers, where they want it over TLS and with a login, and arrives as it was.</summary>
public sealed class OtherPeoplesServers
{
    // Everything that a server could be tempted to change: dots, 8-bit octets, blanks at the ends of lines, a long line.
    private static readonly string s_message =
        "From: alice@origin.test\nTo: bob@dest.test\nDate: Sat, 21 Nov 2026 10:00:00 +0000\nMessage-Id: <1@origin.test>\n"
        + "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\nSubject: through a relay\n\n"
        + ".\n..\n.hidden\nJ\u00c3\u00b8rgen \t\n\n" + new string('y', 990) + "\nFrom nobody\nend.\n";

    // S4-23, S4-24
    [PeerTheory]
    [InlineData("postfix")]
    [InlineData("exim")]
    public void WrongPasswordWaitsAndRightPasswordDelivers(string name) => MailSystem.Run((mail, receiver) =>
    {
        int port = Ports.Take("127.0.0.1");
        using Peer peer = Servers.Start(name, port, receiver.Port);
        peer.During(() =>
        {
            Submit(mail, port);
            string refused = mail.WaitForLog("status=deferred");
            Assert.Matches(@"dsn=4\.\d\.\d, status=deferred \(SASL authentication failed; server 127\.0\.0\.1\[127\.0\.0\.1\] said: 535 ", refused);

            // No reload: the table is looked after.
            WritePassword(mail, port, "right");
            mail.Postqueue("-f").Ok();
            mail.WaitForEmptyQueue();
            Wait.For("the message behind the relay", () => receiver.Messages.Count == 1);
            string got = Encoding.Latin1.GetString(receiver.Messages[0].Content);
            Assert.EndsWith(s_message.Replace("\n", "\r\n", StringComparison.Ordinal), got, StringComparison.Ordinal);
            Assert.Contains("ESMTPSA", got, StringComparison.OrdinalIgnoreCase);
            AssertNoSecrets(mail);
        });
    });

    // S4-23
    [PeerTheory(needsRoot: false)]
    [InlineData("PLAIN")]
    [InlineData("LOGIN")]
    public void AnyUsersInstanceLogsInToo(string mechanism) => MailSystem.Run(mail =>
    {
        int port = Ports.Take("127.0.0.1");
        using Peer peer = Servers.StartPython(port, mail.PathOf("got"));
        mail.Set("smtp_sasl_mechanism_filter", mechanism);
        Submit(mail, port);
        Assert.Contains("said: 535 ", mail.WaitForLog("status=deferred"), StringComparison.Ordinal);
        WritePassword(mail, port, "right");
        mail.Postqueue("-f").Ok();
        mail.WaitForEmptyQueue();
        string got = File.ReadAllText(Assert.Single(Directory.GetFiles(mail.PathOf("got"))), Encoding.Latin1);
        Assert.EndsWith(s_message.Replace("\n", "\r\n", StringComparison.Ordinal), got, StringComparison.Ordinal);
        AssertNoSecrets(mail);
    });

    [PeerTheory]
    [InlineData(25)]
    [InlineData(500)]
    public void OpenSmtpdGetsTheMessageAsItWas(int lines) => MailSystem.Run((mail, receiver) =>
    {
        string message = s_message + string.Concat(Enumerable.Repeat(".a line\n", lines));
        int port = Ports.Take("127.0.0.1");
        using Peer peer = Servers.StartOpenSmtpd(port, receiver.Port);
        peer.During(() =>
        {
            mail.Set("relayhost", $"[127.0.0.1]:{port}");
            mail.Start();
            mail.Submit(message, "-i", "-f", "alice@origin.test", "bob@dest.test");
            mail.WaitForEmptyQueue();
            Wait.For("the message behind the relay", () => receiver.Messages.Count == 1);
            Assert.EndsWith(message.Replace("\n", "\r\n", StringComparison.Ordinal),
                Encoding.Latin1.GetString(receiver.Messages[0].Content), StringComparison.Ordinal);
        });
    });

    [PeerTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void DovecotStoresWhatComesOverLmtp(bool overUnixSocket) => MailSystem.Run(mail =>
    {
        int port = Ports.Take("127.0.0.1");
        TemporaryDirectory directory = new();
        using Peer peer = Servers.StartDovecot(directory, port);
        peer.During(() =>
        {
            mail.AddTable($"[transport_maps]\n\"dest.test\" = \"lmtp:{(overUnixSocket ? "unix:" + directory["lmtp"] : $"inet:127.0.0.1:{port}")}\"");
            mail.Start();
            mail.Submit(s_message, "-i", "-f", "alice@origin.test", "bob@dest.test", "carol@dest.test");
            mail.WaitForEmptyQueue();
            Assert.Equal(2, mail.Log("status=sent ").Length);
            foreach (string user in (string[])["bob", "carol"])
            {
                string got = File.ReadAllText(Assert.Single(Directory.GetFiles(directory[$"store/{user}/new"])), Encoding.Latin1);
                Assert.EndsWith(s_message, got, StringComparison.Ordinal);
            }
        });
    });

    private static void Submit(MailSystem mail, int port)
    {
        mail.Set("relayhost", $"[127.0.0.1]:{port}");
        mail.Set("smtp_tls_security_level", "encrypt");
        mail.Set("smtp_sasl_auth_enable", true);
        mail.Set("smtp_sasl_tls_security_options", "noanonymous");
        mail.Set("smtp_sasl_password_maps", "texthash:" + mail.PathOf("passwords"));
        mail.Set("minimal_backoff_time", "1000s");
        mail.Set("maximal_backoff_time", "1000s");
        WritePassword(mail, port, "wr0ng-s3cret");
        mail.Start();
        mail.Submit(s_message, "-i", "-f", "alice@origin.test", "bob@dest.test");
    }

    // Readable for its owner alone: for root, when root runs the tests.
    private static void WritePassword(MailSystem mail, int port, string password)
    {
        string path = mail.PathOf("passwords");
        File.WriteAllText(path + ".new", $"[127.0.0.1]:{port} user:{password}\n");
        File.SetUnixFileMode(path + ".new", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(path + ".new", path, overwrite: true);
    }

    private static void AssertNoSecrets(MailSystem mail)
    {
        string log = string.Join('\n', mail.Log());
        Assert.DoesNotContain("wr0ng-s3cret", log, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String("wr0ng-s3cret"u8), log, StringComparison.Ordinal);
    }
}
