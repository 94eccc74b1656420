namespace PostfixNet.SystemTests;

/// <summary>A reload in the middle of the work neither loses nor repeats anything, and takes effect.</summary>
public sealed class ReloadLosesNothing
{
    private const int Messages = 60;
    private static readonly int[] Goals = [5, 20, 40];

    // S4-25
    [Fact]
    public void MailFlowsThroughReloads() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("dot * delay 0.05s");
        mail.Start();
        int master = Assert.Single(mail.Pids("master"));
        var submission = new Thread(() => Parallel.For(0, Messages, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i =>
            mail.Submit(MailSystem.Message($"message {i}"), "-f", "alice@origin.test", $"user{i}@dest.test")));
        submission.Start();
        foreach (int goal in Goals)
        {
            Wait.For($"{goal} messages", () => receiver.Messages.Count >= goal);
            mail.Set("smtp_helo_name", $"after{goal}.test");
            mail.Master("reload").Ok();
        }
        submission.Join();
        mail.WaitForEmptyQueue();
        Assert.Equal(Enumerable.Range(0, Messages).Select(i => $"user{i}@dest.test").Order(),
            receiver.Messages.SelectMany(message => message.Recipients).Select(recipient => recipient.Address).Order());
        Assert.Equal(3, mail.Log(@"/master\[\d+\]: reload -- version ").Length);
        Assert.Equal(master, Assert.Single(mail.Pids("master")));
        Assert.Equal("after40.test", receiver.Messages[^1].Helo);
    });
}
