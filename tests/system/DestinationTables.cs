using System.Net;

namespace PostfixNet.SystemTests;

/// <summary>Tables [destination."NAME"]: limits, retry times and source address of some destinations only.</summary>
public sealed class DestinationTables
{
    [Fact]
    public void ADomainHasItsOwnLimitsAlsoWhenAllMailGoesToOneRelay() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("dot * delay 1s");
        mail.AddTable("[destination.\"careful.test\"]\nconcurrency = 1\n");
        mail.Start();
        Submit(mail, 3, "careful.test");
        Wait.For("the mail one by one", () => receiver.Messages.Count == 3);
        Assert.All(Pauses(receiver), pause => Assert.True(pause > TimeSpan.FromSeconds(0.9), $"{pause}"));

        // Another limit holds from the reload on.
        receiver.SetRules("dot * delay 6s");
        File.WriteAllText(Path.Combine(mail.ConfigDirectory, "main.toml"), mail.MainToml().Replace("concurrency = 1\n", "concurrency = 3\n"));
        mail.Master("reload").Ok();
        Submit(mail, 3, "careful.test");
        Wait.For("the mail side by side", () => receiver.Messages.Count == 6);
        Assert.All(Pauses(receiver).TakeLast(2), pause => Assert.True(pause < TimeSpan.FromSeconds(6), $"{pause}"));
    });

    [Fact]
    public void DomainsOfOneSiteShareItsLimits()
    {
        const string Zone = "@ IN MX 10 mx.site.test.\n";
        using var dns = new NameServer(("one.test", Zone), ("two.test", Zone), ("site.test", "mx IN A 127.0.0.34\n"));
        int port = Ports.Take("127.0.0.34");
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
            Submit(mail, 2, "one.test");
            Submit(mail, 2, "two.test");
            Wait.For("all", () => receiver.Messages.Count == 6);
            Assert.All(Pauses(receiver).TakeLast(3), pause => Assert.True(pause > TimeSpan.FromSeconds(0.9), $"{pause}"));
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

    private static void Submit(MailSystem mail, int count, string domain)
    {
        for (int i = 0; i < count; i++)
            mail.Submit(MailSystem.Message($"{domain} {i}"), "-f", "alice@origin.test", $"u{i}@{domain}");
    }

    // The receiver takes its time for each message: as long as that, and longer, when they come one after the other.
    private static IEnumerable<TimeSpan> Pauses(SmtpReceiver receiver) =>
        receiver.Messages.Zip(receiver.Messages.Skip(1), (one, next) => next.StoredAt - one.StoredAt);
}
