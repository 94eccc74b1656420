using System.Globalization;

namespace PostfixNet.SystemTests;

/// <summary>Mail that is handed in ahead of its time. S3-52, RFC 4865.</summary>
public sealed class MailIsSentLater
{
    // The next walk through deferred is minutes away.
    [Fact]
    public void ItGoesOutAtItsTimeWhateverIsKilled() => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        DateTimeOffset due = DateTimeOffset.UtcNow.AddSeconds(6);
        string date = due.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        mail.Submit(MailSystem.Message("later"), "--hold-until", date, "-f", "alice@origin.test", "bob@dest.test");
        mail.Submit(MailSystem.Message("much later"), "--hold-for=30d", "-f", "alice@origin.test", "bob@dest.test");
        mail.Submit(MailSystem.Message("now"), "-f", "alice@origin.test", "bob@dest.test");
        Wait.For("two that wait", () => mail.Ids("deferred").Length == 2 && mail.Ids("maildrop", "incoming", "active").Length == 0);
        mail.WaitForLog(@"/qmgr\[\d+\]: \S+: to go out at .*, as its sender asked for$");
        foreach (string[] order in (string[][])[["-f"], ["-s", "dest.test"], ["-f", "--match", "domain=dest.test"]])
            mail.Postqueue(order).Ok();
        RunningPrograms.Kill(Assert.Single(mail.Pids("qmgr")));
        string why = mail.Postqueue("explain", mail.Ids("deferred")[0]).Ok().Output;
        Assert.Contains("waits for the time that its sender or an operator chose", why, StringComparison.Ordinal);
        Wait.For("it at its time", () => receiver.Messages.Any(static message => message.Header("Subject") == "later"));
        Assert.True(DateTimeOffset.UtcNow >= due);
        Wait.For("only the last one there", () => mail.Ids("deferred").Length == 1 && mail.Ids("maildrop", "incoming", "active").Length == 0);
        Assert.Equal(["now", "later"], receiver.Messages.Select(static message => message.Header("Subject")));
        mail.Postqueue("-i", mail.Ids("deferred")[0]).Ok();
        mail.WaitForEmptyQueue();
        Assert.Equal("much later", receiver.Messages[^1].Header("Subject"));
    });

    [Theory]
    [InlineData("--hold-until", "tomorrow", 64, "--hold-until needs a date with its time zone")]
    [InlineData("--hold-for", "a while", 64, "--hold-for needs a time, such as 2h or 30m")]
    [InlineData("--hold-for", "61d", 69, "that is later than future_release_limit allows")]
    public void ATimeThatCannotBeKeptIsRefused(string option, string value, int status, string why) => MailSystem.Run(mail =>
    {
        CommandResult result = mail.Sendmail(MailSystem.Message("never"), option, value, "-f", "alice@origin.test", "bob@dest.test");
        Assert.Equal(status, result.Status);
        Assert.Contains(why, result.Error, StringComparison.Ordinal);
        Assert.Empty(mail.Ids("maildrop"));
    });
}
