namespace PostfixNet.SystemTests;

/// <summary>Mail that could not be delivered in its lifetime comes back with every reason.</summary>
public sealed class ExpiredMailIsReturned
{
    // A0.2, S1-32, S5-17
    [Fact]
    public void TheReportHasEachRecipientWithItsOwnReason() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt full@dest.test 452 4.2.2 mailbox full", "rcpt grey@dest.test 450 4.2.0 greylisted");
        mail.Set("maximal_queue_lifetime", "4s");
        mail.Start();
        mail.Submit(MailSystem.Message("expires"), "-f", "alice@origin.test", "full@dest.test", "good@dest.test", "grey@dest.test");
        mail.WaitForLog(@"/qmgr\[\d+\]: \w+: from=<alice@origin\.test>, status=expired, returned to sender$");
        mail.WaitForEmptyQueue();
        Assert.True(mail.Log(@"to=<full@dest\.test>, .*status=deferred").Length >= 2);
        Assert.Single(mail.Log(@"to=<good@dest\.test>, .*status=sent"));

        ParsedNotice report = Python.Parse(Assert.Single(receiver.Messages, message => message.Sender.Length == 0));
        Assert.Empty(report.Defects);
        Assert.Equal("Undelivered Mail Returned to Sender", report.Headers["subject"]);
        Assert.Equal(["rfc822; full@dest.test", "rfc822; grey@dest.test"], report.RecipientFields.Select(fields => fields["final-recipient"]).Order());
        Assert.All(report.RecipientFields, fields => Assert.Equal("failed", fields["action"]));
        Assert.All(report.RecipientFields, fields => Assert.Equal("4.4.7", fields["status"]));
        Assert.Equal(["smtp; 452 4.2.2 mailbox full", "smtp; 450 4.2.0 greylisted"],
            report.RecipientFields.OrderBy(fields => fields["final-recipient"]).Select(fields => fields["diagnostic-code"]));
        Assert.Equal(2, report.Text.Split("delivery stopped after less than an hour: ").Length - 1);
        Assert.Contains("mailbox full", report.Text);
        Assert.Contains("greylisted", report.Text);
        Assert.Empty(mail.QueueFiles("bounce", "defer", "trace"));
    });

    // A0.11
    [Fact]
    public void ExpiredMailFromNobodyIsNotReturned() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt * 450 4.2.0 greylisted");
        mail.Set("bounce_queue_lifetime", "2s");
        mail.Start();
        mail.Submit(MailSystem.Message("expires"), "-f", "", "grey@dest.test");
        mail.WaitForLog(@"from=<>, status=expired, returned to sender$");
        mail.WaitForLog(": removed$");
        mail.WaitForEmptyQueue();
        Assert.Single(mail.Log(": removed$"));
        Assert.Empty(receiver.Messages);
    });
}
