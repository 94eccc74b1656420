using System.Collections.Concurrent;
using System.Diagnostics;

namespace PostfixNet.SystemTests;

/// <summary>
/// The promise that matters most: whoever is killed at whatever moment, accepted mail is delivered or returned.
/// </summary>
public sealed class KillEachProgram
{
    private const int Messages = 300;
    private static readonly string[] Victims = ["pickup", "cleanup", "qmgr", "smtp", "bounce", "defer", "qmgr", "smtp", "cleanup"];
    private static readonly string[] Usual = ["rcpt no* 550 5.1.1 no such user", "dot * delay 0.02s"];

    // A killed client may have had its reply without noting it down; what lies further apart from a kill is a fault.
    private static readonly TimeSpan InFlight = TimeSpan.FromSeconds(3);

    // S1-03, S3-18, S5-29
    [Fact]
    public void NothingIsLostAndOnlyMailInFlightIsRepeated() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules([.. Usual, "rcpt later* 450 4.2.0 come back later"]);
        mail.Set("default_destination_concurrency_limit", 5);
        mail.Start();

        var accepted = new ConcurrentBag<string>();
        var submission = new Thread(() => Parallel.For(0, Messages, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i =>
        {
            string recipient = (i % 10 == 0 ? "no" : i % 10 == 1 ? "later" : "yes") + $"{i}@dest.test";
            if (mail.Sendmail(MailSystem.Message($"message {i}"), "-f", $"from{i}@origin.test", recipient).Status == 0)
                accepted.Add(recipient);
        }));
        submission.Start();

        var kills = new List<DateTimeOffset>();
        int goal = 0;
        foreach (string victim in Victims)
        {
            goal += 15;
            Wait.For($"{goal} messages at the receiver before {victim} is killed",
                () => receiver.Messages.Count >= goal || (!submission.IsAlive && receiver.Messages.Count > goal / 2));
            int[] pids = [];
            Wait.For($"a {victim} process", () => (pids = mail.Pids(victim)).Length > 0 || !submission.IsAlive);
            foreach (int pid in pids)
                RunningPrograms.Kill(pid);
            kills.Add(DateTimeOffset.UtcNow);
        }
        goal += 15;
        Wait.For($"{goal} messages at the receiver before master is killed", () => receiver.Messages.Count >= goal || !submission.IsAlive);
        int master = Assert.Single(mail.Pids("master"));
        RunningPrograms.Kill(master);
        kills.Add(DateTimeOffset.UtcNow);
        Wait.For("the end of the services whose master is gone",
            () => mail.Processes().All(process => process.Name == "sendmail"));
        mail.Start();
        submission.Join();
        Assert.Equal(Messages, accepted.Count);
        receiver.SetRules(Usual);
        // What a killed queue manager's agents were still working on is put off for a minute; no need to wait for it.
        mail.Postqueue("-f").Ok();
        mail.WaitForEmptyQueue(TimeSpan.FromSeconds(60));

        ILookup<string, ReceivedMessage> delivered = receiver.Messages.Where(message => message.Sender.Length > 0)
            .ToLookup(message => Assert.Single(message.Recipients).Address);
        ILookup<string, ReceivedMessage> returned = receiver.Messages.Where(message => message.Sender.Length == 0)
            .ToLookup(RefusedRecipient);
        var wrong = new List<string>();
        foreach (string recipient in accepted)
        {
            ReceivedMessage[] copies = [.. recipient.StartsWith("no", StringComparison.Ordinal) ? returned[recipient] : delivered[recipient]];
            if (copies.Length == 0)
                wrong.Add($"{recipient}: lost");
            else if (copies.Length > 1 && !copies.SkipLast(1).All(copy => kills.Any(kill => (copy.StoredAt - kill).Duration() < InFlight)))
                wrong.Add($"{recipient}: {copies.Length} copies, stored {string.Join(", ", copies.Select(copy => copy.StoredAt.TimeOfDay))}; "
                    + $"kills {string.Join(", ", kills.Select(kill => kill.TimeOfDay))}");
        }
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.Empty(mail.QueueFiles("corrupt", "bounce", "defer", "trace"));
    });

    // S1-16
    [Fact]
    public void MessageWhoseSendmailWasKilledIsNotSent() => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        for (int i = 0; i < 5; i++)
        {
            using Process sendmail = Command.Start(
                Repository.Program("sendmail"), ["-C", mail.ConfigDirectory, "-f", "alice@origin.test", "bob@sink.test"]);
            sendmail.StandardInput.Write(MailSystem.Message("cut short", new string('x', 100 * i * i * i) + "\n"));
            sendmail.StandardInput.Flush();
            // Killed with the input open, at different amounts of it: it can never have seen the end.
            if (i > 0)
                Wait.For("its temporary file", () => mail.QueueFiles("maildrop").Count > 0 || i < 3, TimeSpan.FromSeconds(2));
            RunningPrograms.Kill(sendmail.Id);
            sendmail.WaitForExit();
        }
        mail.Submit(MailSystem.Message("whole"), "-f", "alice@origin.test", "bob@sink.test");
        mail.WaitForLog(": removed$");
        Assert.Equal("whole", Assert.Single(receiver.Messages).Header("Subject"));
        Assert.Empty(mail.QueueFiles("incoming", "active", "deferred", "corrupt"));
    });

    private static string RefusedRecipient(ReceivedMessage notice)
    {
        const string Field = "Final-Recipient: rfc822; ";
        int start = notice.Text.IndexOf(Field, StringComparison.OrdinalIgnoreCase);
        Assert.True(start >= 0, "a notice without Final-Recipient");
        start += Field.Length;
        return notice.Text[start..notice.Text.IndexOf('\r', start)];
    }
}
