namespace PostfixNet.SystemTests;

/// <summary>Mail without a sender is a notice itself; nobody is told when it fails, and nothing loops.</summary>
public sealed class NullSenderGetsNoNotice
{
    // S1-36
    [Fact]
    public void RefusedMailFromNobodyVanishesAfterItsLogLine() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt bad@dest.test 550 5.1.1 no such user");
        mail.Start();
        mail.Submit(MailSystem.Message("from nobody"), "-f", "", "bad@dest.test");
        mail.WaitForLog(@"to=<bad@dest\.test>, .*status=bounced");
        mail.WaitForLog(": removed$");
        mail.WaitForEmptyQueue();
        Assert.Empty(receiver.Messages);
        Assert.Single(mail.Log(": removed$"));
        Assert.Empty(mail.QueueFiles("bounce", "defer", "trace"));
    });

    // S1-36
    [Fact]
    public void RefusedNoticeDoesNotMakeAnother() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt * 550 5.1.1 nobody here at all");
        mail.Start();
        mail.Submit(MailSystem.Message("both ways refused"), "-f", "alice@origin.test", "bad@dest.test");
        Wait.For("both removed lines", () => mail.Log(": removed$").Length == 2);
        mail.WaitForEmptyQueue();
        Assert.Single(mail.Log(@"to=<alice@origin\.test>, .*status=bounced"));
        Assert.Empty(receiver.Messages);
    });
}
