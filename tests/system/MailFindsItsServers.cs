using System.Globalization;
using System.Net;

namespace PostfixNet.SystemTests;

/// <summary>Each kind of answer from the DNS leads the mail where it should go.</summary>
public sealed class MailFindsItsServers
{
    // S1-49, S1-50, S3-30, S4-05, S4-11
    [Fact]
    public void EachAnswerHasItsResult()
    {
        using var dns = new NameServer(
            ("far.test", """
            alias IN CNAME two
            two IN MX 10 web
            web IN CNAME host
            host IN A 127.0.0.32
            null IN MX 0 .
            nodata IN TXT "no mail here"
            ghost IN MX 10 nobody
            lame IN MX 10 mx.unknown.test.
            """),
            ("origin.test", "@ IN MX 5 mx\nmx IN A 127.0.0.32"));
        int port = Ports.Take("127.0.0.32");
        using var receiver = new SmtpReceiver(new ReceiverOptions { Listen = new IPEndPoint(IPAddress.Parse("127.0.0.32"), port) });
        MailSystem.Run(mail =>
        {
            UseDns(mail, dns, port);
            mail.Start();
            mail.Submit(MailSystem.Message("x"), "-f", "alice@origin.test", "u@alias.far.test", "u@null.far.test", "u@nodata.far.test",
                "u@ghost.far.test", "u@lame.far.test", "u@unknown.test", "u@[127.0.0.32]");
            mail.WaitForLog(@"to=<u@alias\.far\.test>, relay=web\.far\.test\[127\.0\.0\.32\]:\d+, .*, dsn=2\.0\.0, status=sent");
            mail.WaitForLog(@"to=<u@null\.far\.test>, relay=none, .*, dsn=5\.1\.0, status=bounced \(Domain null\.far\.test does not accept mail \(nullMX\)\)$");
            mail.WaitForLog(@"to=<u@nodata\.far\.test>, relay=none, .*, dsn=5\.4\.4, status=bounced .*type=A: Host found but no data record of requested type\)$");
            mail.WaitForLog(@"to=<u@ghost\.far\.test>, relay=none, .*, dsn=5\.4\.4, status=bounced .*name=nobody\.far\.test type=A: Host not found\)$");
            mail.WaitForLog(@"warning: no MX host for ghost\.far\.test has a valid address record$");
            mail.WaitForLog(@"to=<u@lame\.far\.test>, relay=none, .*, dsn=4\.4\.3, status=deferred ");
            mail.WaitForLog(@"to=<u@unknown\.test>, relay=none, .*, dsn=4\.4\.3, status=deferred ");
            mail.WaitForLog(@"to=<u@\[127\.0\.0\.32\]>, relay=127\.0\.0\.32\[127\.0\.0\.32\]:\d+, .*, dsn=2\.0\.0, status=sent");
        });
    }

    // S1-49
    [Fact]
    public void ServersOfEqualPreferenceShareTheMail()
    {
        using var dns = new NameServer(("pair.test", "@ IN MX 10 mx1\n@ IN MX 10 mx2\nmx1 IN A 127.0.0.31\nmx2 IN A 127.0.0.32"));
        int port = Ports.Take("127.0.0.31", "127.0.0.32");
        using var first = new SmtpReceiver(new ReceiverOptions { Listen = new IPEndPoint(IPAddress.Parse("127.0.0.31"), port) });
        using var second = new SmtpReceiver(new ReceiverOptions { Listen = new IPEndPoint(IPAddress.Parse("127.0.0.32"), port) });
        MailSystem.Run(mail =>
        {
            UseDns(mail, dns, port);
            mail.Set("smtp_connection_cache_on_demand", false);
            mail.Start();
            // The chance that one server gets none of forty is one in 2^39.
            for (int i = 0; i < 40; i++)
                mail.Submit(MailSystem.Message($"m{i}"), "-f", "alice@origin.test", "u@pair.test");
            mail.WaitForEmptyQueue();
            Assert.Equal(40, first.Messages.Count + second.Messages.Count);
            Assert.NotEmpty(first.Messages);
            Assert.NotEmpty(second.Messages);
        });
    }

    // S4-10
    [Fact]
    public void MailForOurselvesGoesToBestMxTransport()
    {
        using var dns = new NameServer(("ours.test", "@ IN MX 10 self\nself IN A 127.0.0.1"));
        using var receiver = Ports.Receiver();
        MailSystem.Run(mail =>
        {
            UseDns(mail, dns, 25);
            mail.Set("best_mx_transport", $"relay:[127.0.0.1]:{receiver.Port}");
            mail.Start();
            mail.Submit(MailSystem.Message("home"), "-f", "alice@origin.test", "a@ours.test", "b@ours.test");
            mail.WaitForEmptyQueue();
            Assert.Equal(["a@ours.test", "b@ours.test"], Assert.Single(receiver.Messages).Recipients.Select(r => r.Address).Order());
            Assert.Equal(2, mail.Log(@"status=sent").Length);
        });
    }

    private static void UseDns(MailSystem mail, NameServer dns, int port)
    {
        mail.Set("relayhost", "");
        mail.Set("disable_dns_lookups", false);
        mail.SetRaw("dns_nameservers", dns.Toml);
        mail.Set("smtp_tcp_port", port.ToString(CultureInfo.InvariantCulture));
    }
}
