namespace PostfixNet.SystemTests;

/// <summary>Deliveries stop while mail is accepted, and go on at a word: all, by transport, by destination, by sender.</summary>
public sealed class PauseAndResume
{
    // S1-38
    [Fact]
    public void EverythingIsPausedAndResumedAtOnce() => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        mail.Master("pause").Ok();
        Submit(mail, "alice@origin.test", "bob@sink.test");
        Wait.For("mail in incoming", () => mail.Ids("incoming").Length == 1);
        Assert.Contains("all deliveries", mail.Master("status").Ok().Error);
        Assert.Contains("(all deliveries are paused by the operator)\n", mail.Postqueue("-p").Ok().Output);
        // a restart changes nothing, and what an operator wants flushed stays paused too
        mail.Stop();
        mail.Start();
        mail.Postqueue("-f").Ok();
        Submit(mail, "alice@origin.test", "carol@sink.test");
        Wait.For("more mail in incoming", () => mail.Ids("incoming").Length == 2);
        Assert.Equal(0, receiver.Connections);
        mail.Master("resume").Ok();
        mail.WaitForEmptyQueue();
        Assert.Equal(2, receiver.Messages.Count);
        Assert.DoesNotContain("paused", mail.Master("status").Ok().Error);
        Assert.Empty(mail.Log("status=deferred"));
    });

    // S1-38
    [Fact]
    public void DeliveriesUnderWayFinishAndWaitingOnesDoNotStart() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("dot * delay 1s");
        mail.Set("default_destination_concurrency_limit", 1);
        mail.Start();
        for (int i = 0; i < 4; i++)
            Submit(mail, "alice@origin.test", $"user{i}@sink.test");
        Wait.For("all mail with the queue manager", () => mail.Ids("active").Length == 4 && receiver.Connections == 1);
        mail.Master("pause").Ok();
        mail.WaitForLog("deliveries paused: all deliveries");
        Wait.For("the delivery under way", () => receiver.Messages.Count >= 1);
        mail.Submit(MailSystem.Message("later"), "-f", "alice@origin.test", "late@sink.test");
        Wait.For("mail that is accepted and waits", () => mail.Ids("incoming").Length == 1);
        Assert.Equal(3, mail.Ids("active").Length);
        mail.Master("resume").Ok();
        mail.WaitForEmptyQueue();
        Assert.Equal(5, receiver.Messages.Count);
    });

    // S1-38, S1-52
    [Theory]
    [InlineData("transport relay")]
    [InlineData("destination paused.test")]
    [InlineData("from news@origin.test")]
    [InlineData("destination paused.test from news@origin.test")]
    public void OnlyWhatFitsWaitsAndItGoesAtOnceWhenResumed(string what) => MailSystem.Run((mail, receiver) =>
    {
        // Nothing here waits for its next attempt, and nothing of what waits is returned because of its age.
        mail.Set("minimal_backoff_time", "3000s");
        mail.Set("maximal_backoff_time", "4000s");
        mail.Set("maximal_queue_lifetime", 1);
        mail.AddTable($"[transport_maps]\n\"paused.test\" = \"relay:[127.0.0.1]:{receiver.Port}\"");
        mail.Start();
        mail.Master(["pause", .. what.Split(' ')]).Ok();
        Submit(mail, "news@origin.test", "one@paused.test");
        Wait.For("mail that was put off", () => mail.Ids("deferred").Length == 1);
        Submit(mail, "alice@origin.test", "two@sink.test");
        Wait.For("the other mail", () => receiver.Messages.Count == 1);
        Assert.Contains($"(delivery paused by the operator: ", mail.Postqueue("-p").Ok().Output);
        mail.Postqueue("-f").Ok();
        mail.WaitForLog("status=deferred .*paused by the operator");
        Assert.Contains(what.Split(' ')[1], mail.Master("status").Ok().Error);
        Assert.Equal(1, mail.Master("resume", "transport", "other").Status);
        Wait.For("mail that waits again", () => mail.Ids("deferred").Length == 1 && mail.Ids("active").Length == 0);
        mail.Master(["resume", .. what.Split(' ')]).Ok();
        mail.WaitForEmptyQueue();
        Assert.Equal(2, receiver.Messages.Count);
        Assert.Empty(mail.Log("status=expired"));
    });

    [Fact]
    public void FileThatIsNotUnderstoodPausesEverythingAndIsNamed() => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        mail.Stop();
        File.WriteAllText(Path.Combine(mail.QueueDirectory, "paused"), "everything\n");
        mail.Start();
        mail.WaitForLog("qmgr.*error: .*paused:1: not a pause: all deliveries are paused");
        Submit(mail, "alice@origin.test", "bob@sink.test");
        Wait.For("mail that waits", () => mail.Ids("incoming").Length == 1);
        Assert.Contains("paused:1: not a pause", mail.Master("status").Ok().Error);
        Assert.Equal(1, mail.Master("pause", "transport", "relay").Status);
        mail.Master("resume").Ok();
        mail.WaitForEmptyQueue();
        Assert.Single(receiver.Messages);
    });

    [Fact]
    public void WordsThatAreNoneAreRefused() => MailSystem.Run(mail =>
    {
        mail.Start();
        Assert.Equal(64, mail.Master("pause", "everything").Status);
        Assert.Equal(64, mail.Master("status", "transport", "smtp").Status);
        Assert.False(File.Exists(Path.Combine(mail.QueueDirectory, "paused")));
    });

    private static void Submit(MailSystem mail, string sender, string recipient) =>
        mail.Submit(MailSystem.Message("one"), "-f", sender, recipient);
}
