using PostfixNet.Native;

namespace PostfixNet.SystemTests;

/// <summary>A reload in the middle of the work neither loses nor repeats anything, and takes effect.</summary>
public sealed class ReloadLosesNothing
{
    private const int Messages = 60, Waiting = 30;
    private static readonly int[] Goals = [5, 20, 40];

    // S4-25
    [Fact]
    public void MailFlowsThroughReloads() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("dot * delay 0.05s");
        mail.Start();
        // A service that is just being started has master's name for a moment.
        int master = 0;
        Wait.For("master alone", () => mail.Pids("master") is [var one] && (master = one) > 0);
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
        Assert.Contains(master, mail.Pids("master"));
        // Where the machine is slow, all were delivered before the last one.
        mail.Submit(MailSystem.Message("afterwards"), "-f", "alice@origin.test", "last@dest.test");
        mail.WaitForEmptyQueue();
        Assert.Equal("after40.test", receiver.Messages[^1].Helo);
    });

    // S1-55, S5-29
    [Fact]
    public void TheQueueManagerAndItsQueueStay() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("dot * delay 0.3s");
        mail.Set("default_destination_concurrency_limit", 2);
        mail.Start();
        mail.Master("pause").Ok();
        Parallel.For(0, Waiting, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i =>
            mail.Submit(MailSystem.Message($"message {i}"), "-f", "alice@origin.test", $"user{i}@dest.test"));
        Wait.For("all mail queued", () => mail.Ids("incoming").Length == Waiting);
        mail.Master("resume").Ok();
        Wait.For("a part of the mail delivered", () => receiver.Messages.Count >= 3);
        int queueManager = Assert.Single(mail.Pids("qmgr"));
        int[] agents = mail.Pids("smtp");
        mail.Set("smtp_helo_name", "after.test");
        mail.Master("reload").Ok();
        Wait.For("new agents", () => !mail.Pids("smtp").Intersect(agents).Any() && receiver.Messages[^1].Helo == "after.test");
        mail.Master("reload").Ok();
        mail.WaitForEmptyQueue();
        Assert.Equal(queueManager, Assert.Single(mail.Pids("qmgr")));
        Assert.Equal(Waiting, receiver.Messages.Count);
        Assert.Equal(Waiting, mail.Log(@"\(queue active\)").Length);
        Assert.Empty(mail.Log("status=deferred"));
    });

    // S1-55
    [Fact]
    public void WaitingMailTakesTheNewRoutesAndLimits() => MailSystem.Run((mail, slow) =>
    {
        using var other = Ports.Receiver();
        slow.SetRules("dot * delay 600s");
        mail.Set("default_destination_concurrency_limit", 1);
        mail.Start();
        for (int i = 0; i < 6; i++)
        {
            mail.Submit(MailSystem.Message($"message {i}"), "-f", "alice@origin.test", i < 3 ? $"user{i}@here.test" : $"user{i}@there.test");
            if (i == 2)
                Wait.For("this mail before the other", () => mail.Ids("active").Length == 3);
        }
        Wait.For("all mail with the queue manager", () => mail.Ids("active").Length == 6 && slow.Connections == 1);

        mail.Set("default_destination_concurrency_limit", 2);
        mail.Master("reload").Ok();
        Wait.For("a second delivery", () => slow.Connections == 2);

        // What no agent has yet goes elsewhere, by table and by default.
        mail.AddTable($"[transport_maps]\n\"there.test\" = \"smtp:[127.0.0.1]:{other.Port}\"");
        mail.Master("reload").Ok();
        Wait.For("the mail of the new route", () => other.Messages.Count >= 3);
        mail.Set("relayhost", $"[127.0.0.1]:{other.Port}");
        mail.Master("reload").Ok();
        Wait.For("the mail of the new relay host", () => other.Messages.Count == 4);
        Wait.For("the end of those four", () => mail.Ids("active").Length == 2);
        Assert.Equal(6, mail.Log(@"\(queue active\)").Length);
    });

    [Fact]
    public void ConfigurationThatAProgramCannotUseIsRefused() => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        // One that has just been started is replaced rather than asked; this one works already.
        mail.Submit(MailSystem.Message("zero"), "-f", "alice@origin.test", "bob@sink.test");
        mail.WaitForEmptyQueue();
        int queueManager = Assert.Single(mail.Pids("qmgr"));
        mail.Set("default_destination_concurrency_positive_feedback", "plenty");
        mail.Set("dns_nameservers", "nowhere");
        CommandResult reload = mail.Master("reload");
        Assert.Equal(78, reload.Status);
        Assert.Contains("\"plenty\" is not accepted", reload.Error);
        mail.Set("default_destination_concurrency_positive_feedback", "1");
        // Master itself does not trust whoever sends it a signal.
        RunningPrograms.Signal(Assert.Single(mail.Pids("master")), Signals.HangUp);
        mail.WaitForLog("master.*: reload: .*\"nowhere\" is no name server.*; the running configuration stays$");
        mail.Submit(MailSystem.Message("one"), "-f", "alice@origin.test", "bob@sink.test");
        mail.WaitForEmptyQueue();
        Assert.Equal(2, receiver.Messages.Count);
        Assert.Equal(queueManager, Assert.Single(mail.Pids("qmgr")));
    });

    [Fact]
    public void ChangeThatNeedsANewQueueManagerGetsOne() => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        mail.Submit(MailSystem.Message("zero"), "-f", "alice@origin.test", "bob@sink.test");
        mail.WaitForEmptyQueue();
        int queueManager = Assert.Single(mail.Pids("qmgr"));
        mail.Set("hash_queue_names", "active, deferred");
        mail.Master("reload").Ok();
        Wait.For("another queue manager", () => mail.Pids("qmgr") is [var pid] && pid != queueManager);
        mail.Submit(MailSystem.Message("one"), "-f", "alice@origin.test", "bob@sink.test");
        mail.WaitForEmptyQueue();
        Assert.Equal(2, receiver.Messages.Count);
    });
}
