using PostfixNet.Native;

namespace PostfixNet.SystemTests;

/// <summary>An operator gives waiting mail another way, recipient or time (postsuper change; S3-10, S1-45).</summary>
public sealed class WaitingMailIsChanged
{
    [Fact]
    public void RedirectedMailGoesToItsNewRecipientAlone() => WithDeferred((mail, receiver, id) =>
    {
        Assert.Contains("Changed: 1 message", mail.Postsuper(["change", id, "--redirect", "post@dest.test"]).Ok().Error);
        receiver.SetRules();
        mail.Postqueue("-f").Ok();
        mail.WaitForEmptyQueue();
        Assert.Equal("post@dest.test", Assert.Single(Assert.Single(receiver.Messages).Recipients).Address);
    });

    [Fact]
    public void RoutedMailGoesToThatServerAndOtherMailDoesNot() => WithDeferred((mail, receiver, id) =>
    {
        using SmtpReceiver other = Ports.Receiver(null);
        mail.Postsuper(["change", "ALL", "--match", "recipient=user0@dest.test", "--route", $"smtp:[127.0.0.1]:{other.Port}"]).Ok();
        mail.Submit(MailSystem.Message("second"), "-f", "alice@origin.test", "second@dest.test");
        mail.Postqueue("-f").Ok();
        Wait.For("the message at the other server", () => other.Messages.Count == 1);
        Assert.Equal("user0@dest.test", Assert.Single(Assert.Single(other.Messages).Recipients).Address);
        Wait.For("the other one alone", () => mail.Ids("deferred").Length == 1 && mail.Ids("maildrop", "incoming", "active").Length == 0);
        Assert.Empty(receiver.Messages);
        Assert.NotEqual(id, Assert.Single(mail.Ids("deferred")));
    });

    // Its time is a thousand seconds away, and nobody flushes.
    [Fact]
    public void ScheduledMailIsTriedAtItsTime() => WithDeferred((mail, receiver, id) =>
    {
        mail.Postsuper(["change", id, "--at", "+3h"]).Ok();
        FileStatus status = FileSystem.Status(mail.FileOf(id, "deferred")!)!.Value;
        Assert.InRange(status.ModifiedSeconds - DateTimeOffset.UtcNow.ToUnixTimeSeconds(), 10_000, 10_800);
        receiver.SetRules();
        mail.Postsuper(["change", id, "--at", "now"]).Ok();
        mail.WaitForEmptyQueue();
        Assert.Equal("user0@dest.test", Assert.Single(Assert.Single(receiver.Messages).Recipients).Address);
    });

    private static void WithDeferred(Action<MailSystem, SmtpReceiver, string> scenario) => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt * 450 4.2.0 not now");
        mail.Set("minimal_backoff_time", "1000s");
        mail.Set("maximal_backoff_time", "1000s");
        mail.Start();
        mail.Submit(MailSystem.Message("first"), "-f", "alice@origin.test", "user0@dest.test");
        Wait.For("it in deferred", () => mail.Ids("deferred").Length == 1 && mail.Ids("maildrop", "incoming", "active").Length == 0);
        scenario(mail, receiver, mail.Ids("deferred")[0]);
    });
}
