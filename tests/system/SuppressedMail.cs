namespace PostfixNet.SystemTests;

/// <summary>The suppression list, by hand and by what servers reply.</summary>
public sealed class SuppressedMail
{
    // S3-46, S3-47
    [Fact]
    public void ARefusedAddressIsTriedOnceAndTheListSurvives() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt gone@dest.test 550 5.1.1 no such user");
        mail.Set("suppression_enable", true);
        mail.Set("suppression_automatic", true);
        mail.Start();
        mail.Submit("Subject: one\n\nx\n", "-f", "alice@dest.test", "gone@dest.test");
        Wait.For("a notice", () => receiver.Messages.Count(static message => message.Sender.Length == 0) == 1);
        mail.WaitForLog("<gone@dest.test> put on the suppression list: ");
        foreach (int pid in mail.Pids("qmgr"))
            RunningPrograms.Kill(pid);
        mail.Submit("Subject: two\n\nx\n", "-f", "alice@dest.test", "Go.ne+x@dest.test", "carol@dest.test");
        Wait.For("another notice, and mail to the other", () => receiver.Messages.Count(static message => message.Sender.Length == 0) == 2
            && receiver.Messages.Any(static message => message.Header("Subject") == "two"));
        Assert.Contains("relay=none", Assert.Single(mail.Log(@"to=<Go\.ne\+x@dest\.test>")), StringComparison.Ordinal);

        Assert.StartsWith("gone@dest.test: on the suppression list", mail.Master("suppress", "check", "gone@dest.test").Ok().Output, StringComparison.Ordinal);
        mail.Master("suppress", "remove", "gone@dest.test").Ok();
        Assert.Equal(1, mail.Master("suppress", "check", "gone@dest.test").Status);
        receiver.SetRules();
        mail.Submit("Subject: three\n\nx\n", "-f", "alice@dest.test", "gone@dest.test");
        Wait.For("mail to who is off the list", () => receiver.Messages.Any(static message => message.Header("Subject") == "three"));

        // And while nobody is there to ask.
        mail.Stop();
        mail.Master("suppress", "add", "carol@dest.test", "--reason", "by hand").Ok();
        mail.Start();
        mail.Submit("Subject: four\n\nx\n", "-f", "alice@dest.test", "carol@dest.test");
        Wait.For("a third notice", () => receiver.Messages.Count(static message => message.Sender.Length == 0) == 3);
        Assert.DoesNotContain(receiver.Messages, static message => message.Header("Subject") == "four");
        Assert.Equal(["address,sender,reason,since,until,by"], mail.Master("suppress", "export").Ok().Lines.Where(static line => !line.StartsWith("carol@dest.test,,by hand,", StringComparison.Ordinal)));
    });
}
