using System.Net;

namespace PostfixNet.SystemTests;

/// <summary>Tables [destination."NAME"]: limits, retry times and source address of some destinations only.</summary>
public sealed class DestinationTables
{
    [Fact]
    public void ADomainHasItsOwnLimitsAlsoWhenAllMailGoesToOneRelay()
    {
        using var other = new SmtpReceiver(new ReceiverOptions());
        MailSystem.Run((mail, receiver) =>
        {
            receiver.SetRules("dot * delay 1s");
            mail.AddTable("[destination.\"careful.test\"]\nconcurrency = 1\n");
            mail.Start();
            for (int i = 0; i < 4; i++)
                mail.Submit(MailSystem.Message($"careful {i}"), "-f", "alice@origin.test", $"u{i}@careful.test");
            Wait.For("the careful ones", () => receiver.Messages.Count == 4);
            Assert.Equal(1, receiver.MostAtOnce);

            // A reload changes it for what comes.
            mail.Set("relayhost", $"[127.0.0.1]:{other.Port}");
            other.SetRules("dot * delay 2s");
            mail.AddTable("[destination.\"plain.test\"]\nconcurrency = 2\n");
            mail.Master("reload").Ok();
            for (int i = 0; i < 4; i++)
                mail.Submit(MailSystem.Message($"plain {i}"), "-f", "alice@origin.test", $"u{i}@plain.test");
            Wait.For("the plain ones", () => other.Messages.Count == 4);
            Assert.Equal(2, other.MostAtOnce);
        });
    }

    [Fact]
    public void DomainsOfOneSiteShareItsLimits()
    {
        const string Zone = "@ IN MX 10 mx.site.test.\n";
        using var dns = new NameServer(("one.test", Zone), ("two.test", Zone), ("site.test", "mx IN A 127.0.0.34\n"));
        int port = Wait.FreePort("127.0.0.34");
        using var receiver = new SmtpReceiver(new ReceiverOptions { Listen = new IPEndPoint(IPAddress.Parse("127.0.0.34"), port) });
        MailSystem.Run(mail =>
        {
            mail.Set("relayhost", "");
            mail.Set("disable_dns_lookups", false);
            mail.SetRaw("dns_nameservers", dns.Toml);
            mail.Set("smtp_tcp_port", port);
            mail.AddTable("[destination.\"mx:site.test\"]\nconcurrency = 1\n");
            mail.Start();
            // The first mail to each domain tells where it belongs.
            foreach (string domain in (string[])["one.test", "two.test"])
            {
                mail.Submit(MailSystem.Message("first"), "-f", "alice@origin.test", $"first@{domain}");
                mail.WaitForLog($"to=<first@{domain}>.*status=sent");
            }
            receiver.SetRules("dot * delay 1s");
            for (int i = 0; i < 4; i++)
                mail.Submit(MailSystem.Message($"more {i}"), "-f", "alice@origin.test", $"u@{(i % 2 == 0 ? "one" : "two")}.test");
            Wait.For("all", () => receiver.Messages.Count == 6);
            Assert.Equal(1, receiver.MostAtOnce);
        });
    }

    // A0.6
    [Fact]
    public void MailIsReturnedWhenItsScheduleEnds() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt *@hopeless.test 450 4.2.0 never");
        mail.AddTable("[destination.\"hopeless.test\"]\nretry = [\"1s\", \"2s\", \"fail\"]\njitter = 0\n");
        mail.Start();
        mail.Submit(MailSystem.Message("given up"), "-f", "alice@origin.test", "bob@hopeless.test");
        mail.WaitForLog("from=<alice@origin.test>, status=expired, returned to sender$");
        mail.WaitForEmptyQueue();
        Assert.InRange(mail.Log(@"to=<bob@hopeless\.test>.*status=deferred").Length, 2, 3);
        Assert.Equal("alice@origin.test", Assert.Single(Assert.Single(receiver.Messages).Recipients).Address);
    });

    [Fact]
    public void MistakesAreFoundByMasterCheck() => MailSystem.Run(mail =>
    {
        mail.AddTable("[destination.\"a.test\"]\nrate = \"often\"\n");
        CommandResult result = mail.Master("check");
        Assert.Equal(78, result.Status);
        Assert.Matches(@"main\.toml:\d+:8: destination\.""a\.test""\.rate: ""often"" is not a rate", result.Error);
    });
}
