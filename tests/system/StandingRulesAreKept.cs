namespace PostfixNet.SystemTests;

/// <summary>Orders of an operator for mail that is there and mail that comes (postsuper rule).</summary>
public sealed class StandingRulesAreKept
{
    private const int Rounds = 5, Before = 12, After = 6;

    // S3-45
    [Fact]
    public void AnAcknowledgedRuleHoldsWhateverIsKilled() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("dot * delay 0.05s");
        mail.Set("default_destination_concurrency_limit", 2);
        mail.Start();
        for (int round = 0; round < Rounds; round++)
        {
            string[] action = (round % 3) switch { 0 => ["hold"], 1 => ["discard"], _ => ["redirect", "post@dest.test"] };
            Submit(mail, round, "before", Before);
            // Until the next queue manager is there nobody takes the order.
            Wait.For($"rule r{round}", () => mail.Postsuper(["rule", "add", $"r{round}", .. action, "--match", $"sender=s{round}@bad.test"]).Status == 0);
            Submit(mail, round, "after", After);
            foreach (int pid in mail.Pids("qmgr"))
                RunningPrograms.Kill(pid);
            Submit(mail, round, "later", After);
        }
        mail.Stop();
        mail.Start();
        mail.Postqueue("-f").Ok();
        Wait.For("all mail where it belongs", () => mail.Ids("maildrop", "incoming", "active", "deferred").Length == 0, TimeSpan.FromSeconds(60));

        ILookup<string, ReceivedMessage> delivered = receiver.Messages.ToLookup(message => message.Header("Subject") ?? "");
        ILookup<string, string> held = mail.Ids("hold").ToLookup(id => SubjectOf(mail.FileOf(id, "hold")!));
        List<string> wrong = [];
        for (int round = 0; round < Rounds; round++)
        {
            foreach ((string when, int count) in ((string, int)[])[("before", Before), ("after", After), ("later", After)])
            {
                for (int i = 0; i < count; i++)
                {
                    string subject = $"{round} {when} {i}";
                    string[] to = [.. delivered[subject].SelectMany(message => message.Recipients).Select(recipient => recipient.Address)];
                    bool isHeld = held[subject].Any();
                    bool isRight = (round % 3) switch
                    {
                        // What was on its way before may have arrived; what came after the answer must not have.
                        0 => isHeld != (to.Length > 0) && (when == "before" || isHeld),
                        1 => !isHeld && (when == "before" || to.Length == 0),
                        _ => !isHeld && to.Length > 0 && (when == "before" || to.All(address => address == "post@dest.test")),
                    };
                    if (!isRight)
                        wrong.Add($"{subject}: held {isHeld}, delivered to {string.Join(' ', to)}");
                }
            }
        }
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.DoesNotContain(receiver.Messages, message => message.Sender.Length == 0); // nobody was told of anything
        CommandResult list = mail.Postsuper(["rule", "list", "--json"]).Ok();
        Assert.Equal(Rounds, list.Lines.Length);
        Assert.StartsWith("{\"name\": \"r0\", \"action\": \"hold\", \"match\": \"sender=s0@bad.test\", \"since\": ", list.Lines[0], StringComparison.Ordinal);
    });

    [Fact]
    public void RulesAreGivenListedAndTakenBack() => MailSystem.Run((mail, receiver) =>
    {
        Assert.Contains("only the queue manager changes rules, and it does not answer", mail.Postsuper(["rule", "add", "x", "hold", "--match", "age>1h"]).Error, StringComparison.Ordinal);
        mail.Start();
        CommandResult added = mail.Postsuper(["rule", "add", "spam", "hold", "--match", "header:Subject~invoice and sender=*@bad.test", "--expire", "2d"]);
        Assert.Equal((0, "postsuper: standing rule spam: in force\n"), (added.Status, added.Error));
        Assert.Contains(mail.Log("postsuper"), line => line.Contains("ordered by ", StringComparison.Ordinal) && line.Contains("rule add spam hold --match 'header:Subject~invoice and sender=*@bad.test'", StringComparison.Ordinal));
        mail.Submit(MailSystem.Message("Your invoice"), "-f", "a@bad.test", "bob@dest.test");
        mail.Submit(MailSystem.Message("A letter"), "-f", "a@bad.test", "bob@dest.test");
        Wait.For("the letter, and not the invoice", () => receiver.Messages.Count == 1 && mail.Ids("hold").Length == 1);
        Assert.Matches("^spam hold --match 'header:Subject~invoice and sender=\\*@bad.test' since .* until .*, used 1\n$", mail.Postsuper(["rule", "list"]).Ok().Output);
        Assert.Equal(1, mail.Postsuper(["rule", "add", "spam", "discard", "--match", "age>1h"]).Status);
        Assert.Equal(64, mail.Postsuper(["rule", "add", "more", "--match", "age>1h"]).Status);
        Assert.Equal(64, mail.Postsuper(["rule"]).Status);
        Assert.Equal("postsuper: standing rule spam: removed\n", mail.Postsuper(["rule", "remove", "spam"]).Ok().Error);
        Assert.Equal(1, mail.Postsuper(["rule", "remove", "spam"]).Status);
        Assert.Single(mail.Ids("hold"));
        mail.Postsuper(["-H", "ALL"]);
        mail.Postqueue("-f").Ok();
        mail.WaitForEmptyQueue();
        Assert.Equal(2, receiver.Messages.Count);
    });

    private static string SubjectOf(string path) =>
        QueueFileRecords.Read(path).Content.Split("\r\n").First(line => line.StartsWith("Subject: ", StringComparison.Ordinal))["Subject: ".Length..];

    private static void Submit(MailSystem mail, int round, string when, int count)
    {
        for (int i = 0; i < count; i++)
            mail.Submit(MailSystem.Message($"{round} {when} {i}"), "-f", $"s{round}@bad.test", $"bob{round}@dest.test");
    }
}
