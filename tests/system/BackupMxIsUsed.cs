using System.Net;

namespace PostfixNet.SystemTests;

/// <summary>Mail finds its way by DNS, and past servers that are down.</summary>
public sealed class BackupMxIsUsed
{
    // S2-23, S4-05
    [Fact]
    public void SecondHostGetsTheMailWhenTheFirstIsDown()
    {
        using var dns = new NameServer(("two.test", "@ IN MX 10 mx1\n@ IN MX 20 mx2\nmx1 IN A 127.0.0.31\nmx2 IN A 127.0.0.32"));
        int port = Ports.Take("127.0.0.31", "127.0.0.32");
        using var second = new SmtpReceiver(new ReceiverOptions { Listen = new IPEndPoint(IPAddress.Parse("127.0.0.32"), port) });
        MailSystem.Run(mail =>
        {
            UseDns(mail, dns, port);
            mail.Start();
            mail.Submit(MailSystem.Message("two"), "-f", "alice@origin.test", "bob@two.test");
            mail.WaitForLog($@"to=<bob@two\.test>, relay=mx2\.two\.test\[127\.0\.0\.32\]:{port}, .*, dsn=2\.0\.0, status=sent");
            Assert.Single(mail.Log($@"/smtp\[\d+\]: connect to mx1\.two\.test\[127\.0\.0\.31\]:{port}: Connection refused$"));
            Assert.Equal("two", Assert.Single(second.Messages).Header("Subject"));
            mail.WaitForEmptyQueue();
        });
    }

    // A0.1
    [Fact]
    public void SecondHostGetsTheRecipientsTheFirstPutOff()
    {
        using var dns = new NameServer(("two.test", "@ IN MX 10 mx1\n@ IN MX 20 mx2\nmx1 IN A 127.0.0.31\nmx2 IN A 127.0.0.32"));
        int port = Ports.Take("127.0.0.31", "127.0.0.32");
        using var first = new SmtpReceiver(new ReceiverOptions { Listen = new IPEndPoint(IPAddress.Parse("127.0.0.31"), port) });
        using var second = new SmtpReceiver(new ReceiverOptions { Listen = new IPEndPoint(IPAddress.Parse("127.0.0.32"), port) });
        first.SetRules("rcpt grey@two.test 450 4.2.0 greylisted");
        MailSystem.Run(mail =>
        {
            UseDns(mail, dns, port);
            mail.Start();
            mail.Submit(MailSystem.Message("two"), "-f", "alice@origin.test", "bob@two.test", "grey@two.test");
            mail.WaitForEmptyQueue();
            Assert.Equal("bob@two.test", Assert.Single(Assert.Single(first.Messages).Recipients).Address);
            Assert.Equal("grey@two.test", Assert.Single(Assert.Single(second.Messages).Recipients).Address);
        });
    }

    // S3-30
    [Fact]
    public void DomainWithoutMxIsItsOwnHostAndOneThatDoesNotExistIsReported()
    {
        using var dns = new NameServer(("one.test", "@ IN A 127.0.0.33\n"), ("origin.test", "@ IN MX 5 mx\nmx IN A 127.0.0.33"));
        int port = Ports.Take("127.0.0.33");
        using var receiver = new SmtpReceiver(new ReceiverOptions { Listen = new IPEndPoint(IPAddress.Parse("127.0.0.33"), port) });
        MailSystem.Run(mail =>
        {
            UseDns(mail, dns, port);
            mail.Start();
            mail.Submit(MailSystem.Message("one"), "-f", "alice@origin.test", "bob@one.test", "carol@nowhere.one.test");
            mail.WaitForLog($@"to=<bob@one\.test>, relay=one\.test\[127\.0\.0\.33\]:{port}, .*status=sent");
            mail.WaitForLog(@"to=<carol@nowhere\.one\.test>, relay=none, .*, dsn=5\.4\.4, status=bounced "
                + @"\(Host or domain name not found\. Name service error for name=nowhere\.one\.test type=A: Host not found\)$");
            mail.WaitForEmptyQueue();
            Assert.Equal(["alice@origin.test", "bob@one.test"],
                receiver.Messages.SelectMany(message => message.Recipients).Select(recipient => recipient.Address).Order());
        });
    }

    private static void UseDns(MailSystem mail, NameServer dns, int port)
    {
        mail.Set("relayhost", "");
        mail.Set("disable_dns_lookups", false);
        mail.SetRaw("dns_nameservers", dns.Toml);
        mail.Set("smtp_tcp_port", port.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
}
