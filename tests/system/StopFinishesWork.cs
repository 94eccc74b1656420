namespace PostfixNet.SystemTests;

/// <summary>An orderly stop ends every process, and mail that was on its way is neither lost nor repeated.</summary>
public sealed class StopFinishesWork
{
    private const int Messages = 20;

    // S3-27
    [Fact]
    public void DeliveriesInProgressFinishAndTheRestGoesOutAfterTheNextStart() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("dot * delay 1s");
        mail.Set("default_destination_concurrency_limit", 4);
        mail.Start();
        mail.Stop();
        Parallel.For(0, Messages, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i =>
            mail.Submit(MailSystem.Message($"message {i}"), "-f", "alice@origin.test", $"user{i}@dest.test"));
        mail.Start();
        Wait.For("deliveries in progress", () => receiver.Messages.Count >= 2);
        mail.Stop();
        Assert.False(mail.IsRunning);
        int before = receiver.Messages.Count;
        Assert.InRange(before, 2, Messages - 1);

        receiver.SetRules();
        mail.Start();
        mail.WaitForEmptyQueue();
        Assert.Equal(Enumerable.Range(0, Messages).Select(i => $"user{i}@dest.test").Order(),
            receiver.Messages.SelectMany(message => message.Recipients).Select(recipient => recipient.Address).Order());
    });

    [Fact] // pickup waited for an answer of cleanup until it was killed
    public void NobodyWaitsForServicesThatDoNotStart() => MailSystem.Run(mail =>
    {
        string table = mail.PathOf("aliases");
        File.WriteAllText(table, "a b\n");
        mail.Set("virtual_alias_maps", $"texthash:{table}");
        mail.Set("service_throttle_time", "60s");
        mail.Start();
        File.Delete(table);
        mail.Submit(MailSystem.Message("waits"), "-f", "alice@origin.test", "bob@dest.test");
        mail.WaitForLog("cleanup: bad command startup");
        mail.Stop();
        Assert.Empty(mail.Log("are killed"));
        Assert.Single(mail.Ids("maildrop"));
    });

    [Fact]
    public void StoppingTwiceAndStartingTwiceAreReported() => MailSystem.Run(mail =>
    {
        mail.Start();
        Assert.NotEqual(0, mail.Master("start").Status);
        Assert.True(mail.IsRunning);
        mail.Stop();
        Assert.NotEqual(0, mail.Master("stop").Status);
        Assert.False(mail.IsRunning);
    });

    [Fact]
    public void AbortEndsEverythingAtOnceAndLosesNothing() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt * hang");
        mail.Start();
        mail.Submit(MailSystem.Message("stuck"), "-f", "alice@origin.test", "bob@dest.test");
        Wait.For("the hanging delivery", () => receiver.Connections == 1);
        mail.Master("abort").Ok();
        Wait.For("the end of all processes", () => mail.Processes().Count == 0, TimeSpan.FromSeconds(5));
        receiver.SetRules();
        mail.Start();
        mail.WaitForEmptyQueue();
        Assert.Equal("stuck", Assert.Single(receiver.Messages).Header("Subject"));
    });
}
