namespace PostfixNet.SystemTests;

/// <summary>What becomes of mail to names of this host, which has no mailboxes.</summary>
public sealed class NamesOfThisHost
{
    private static void Local(MailSystem mail, string aliases)
    {
        mail.Set("myorigin", "mta.golden.test");
        mail.Set("mydestination", "$myhostname, localhost");
        mail.AddTable($"[alias_maps]\n{aliases}");
    }

    // As cron calls it: root's crontab, without MAILTO.
    [Fact]
    public void CronsMailToRootReachesTheAdministrator() => MailSystem.Run((mail, receiver) =>
    {
        Local(mail, "root = \"admin@example.com\"");
        mail.Start();
        mail.Submit("From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@mta> run-parts /etc/cron.daily\nMIME-Version: 1.0\n"
            + "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\nX-Cron-Env: <SHELL=/bin/sh>\nAuto-Submitted: auto-generated\n\noutput of a job\n",
            "-FCronDaemon", "-i", "-B8BITMIME", "-oem", "-f", "root", "root");
        mail.WaitForLog(@"to=<admin@example\.com>, orig_to=<root>, .*status=sent ");
        mail.WaitForEmptyQueue();
        ReceivedMessage message = Assert.Single(receiver.Messages);
        Assert.Equal("root@mta.golden.test", message.Sender);
        Assert.Equal("admin@example.com", Assert.Single(message.Recipients).Address);
    });

    // Not to the relay, which knows nobody here.
    [Fact]
    public void ANameWithoutAnAliasIsUnknown() => MailSystem.Run((mail, receiver) =>
    {
        Local(mail, "root = \"admin@example.com\"");
        mail.Start();
        mail.Submit(MailSystem.Message("to nobody"), "-f", "alice@origin.test", "nobody", "root");
        mail.WaitForLog(@"to=<nobody@mta\.golden\.test>, orig_to=<nobody>, relay=none, .*dsn=5\.1\.1, status=bounced \(unknown user: ""nobody""\)$");
        mail.WaitForEmptyQueue();
        Assert.Equal(["", "alice@origin.test"], receiver.Messages.Select(message => message.Sender).Order(StringComparer.Ordinal));
        ParsedNotice report = Python.Parse(Assert.Single(receiver.Messages, message => message.Sender.Length == 0));
        Dictionary<string, string> recipient = Assert.Single(report.RecipientFields);
        Assert.Equal(("rfc822; nobody@mta.golden.test", "failed", "5.1.1"), (recipient["final-recipient"], recipient["action"], recipient["status"]));
    });

    // RFC 3461 section 5.2.7: the list is told of as delivered; its members get a message from its owner.
    [Fact]
    public void AListIsDeliveredAndItsMembersHearFromItsOwner() => MailSystem.Run((mail, receiver) =>
    {
        Local(mail, "staff = \"ann@a.test, bob@b.test\"\n\"owner-staff\" = \"keeper@k.test\"");
        receiver.SetRules("rcpt bob@b.test 550 5.1.1 no such user");
        mail.Start();
        mail.Submit(MailSystem.Message("to the staff"), "-N", "success", "-f", "alice@origin.test", "staff");
        mail.WaitForLog(@"to=<staff@mta\.golden\.test>, orig_to=<staff>, relay=local, .*dsn=2\.0\.0, status=sent \(forwarded as \w+\)$");
        mail.WaitForEmptyQueue();
        ReceivedMessage list = Assert.Single(receiver.Messages, message => message.Sender.Length > 0);
        Assert.Equal(("owner-staff@mta.golden.test", "ann@a.test"), (list.Sender, Assert.Single(list.Recipients).Address));
        ReceivedMessage[] notices = [.. receiver.Messages.Where(message => message.Sender.Length == 0).OrderBy(message => message.Recipients[0].Address, StringComparer.Ordinal)];
        // What failed is the keeper's affair, and the sender hears that the list has it.
        Assert.Equal(["alice@origin.test", "keeper@k.test"], notices.Select(notice => notice.Recipients[0].Address));
        Dictionary<string, string> success = Assert.Single(Python.Parse(notices[0]).RecipientFields), failure = Assert.Single(Python.Parse(notices[1]).RecipientFields);
        Assert.Equal(("rfc822; staff@mta.golden.test", "delivered", "2.0.0"), (success["final-recipient"], success["action"], success["status"]));
        Assert.Equal(("rfc822; bob@b.test", "failed", "5.1.1"), (failure["final-recipient"], failure["action"], failure["status"]));
        Assert.Empty(mail.QueueFiles("trace"));
        Assert.Empty(mail.QueueFiles("bounce"));
    });

    // Who is on the relay's books by sender goes to his own.
    [Fact]
    public void ASenderHasARelayOfHisOwn() => MailSystem.Run((mail, receiver) =>
    {
        using var second = Ports.Receiver(null);
        mail.AddTable($"[sender_dependent_relayhost_maps]\n\"@own.test\" = \"[127.0.0.1]:{second.Port}\"");
        mail.Start();
        mail.Submit(MailSystem.Message("usual"), "-f", "alice@origin.test", "bob@dest.test");
        mail.Submit(MailSystem.Message("own"), "-f", "carl@own.test", "bob@dest.test");
        mail.WaitForEmptyQueue();
        Assert.Equal("alice@origin.test", Assert.Single(receiver.Messages).Sender);
        Assert.Equal("carl@own.test", Assert.Single(second.Messages).Sender);
    });
}
