using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace PostfixNet.SystemTests;

/// <summary>
/// The promise that matters most: whoever is killed at whatever moment, accepted mail is delivered or returned.
/// </summary>
public sealed class KillEachProgram
{
    private const int Messages = 300;
    private const int Waiting = 150;
    // The ways in are killed while a backlog of dropped mail keeps them busy, the ways out while mail is on the wire.
    private static readonly string[] Entrance = ["cleanup", "pickup", "cleanup", "pickup", "cleanup", "pickup"];
    private static readonly string[] Exit = ["qmgr", "smtp", "bounce", "smtp", "defer", "qmgr", "smtp"];
    private static readonly string[] Usual = ["rcpt no* 550 5.1.1 no such user", "rcpt * delay 0.12s", "dot * delay 0.12s"];

    // A killed client may have had its reply without noting it down; what lies further apart from a kill is a fault.
    private static readonly TimeSpan InFlight = TimeSpan.FromSeconds(3);

    // S1-03, S3-18, S5-29
    [Fact]
    public void NothingIsLostAndOnlyMailInFlightIsRepeated() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules(["rcpt later* 450 4.2.0 come back later", .. Usual]);
        mail.Set("default_destination_concurrency_limit", 6);
        mail.Start(); // makes the queue directories
        mail.Stop();
        var accepted = new ConcurrentBag<string>();
        Submit(mail, 0, Waiting, accepted);
        mail.Start();
        var submission = new Thread(() => Submit(mail, Waiting, Messages, accepted));
        submission.Start();

        var kills = new List<DateTimeOffset>();
        foreach (string victim in Entrance)
        {
            int left = mail.Ids("maildrop").Length;
            Wait.For($"progress in maildrop before {victim} is killed", () => mail.Ids("maildrop").Length is var now && (now == 0 || now < left - 10));
            Kill(mail, victim, kills, () => true);
        }
        foreach (string victim in Exit)
        {
            int before = receiver.Messages.Count;
            Wait.For($"deliveries before {victim} is killed", () => receiver.Messages.Count >= before + 12 || mail.Ids("incoming", "active").Length == 0);
            Kill(mail, victim, kills, () => mail.Ids("incoming", "active").Length == 0);
        }
        RunningPrograms.Kill(Assert.Single(mail.Pids("master")));
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
            // A repeat of the same message, and a second notice about it, each need a kill to excuse them.
            foreach (IGrouping<string?, ReceivedMessage> same in copies.GroupBy(copy => copy.Header("Message-Id")))
                Excuse(recipient, "copies", [.. same.Select(copy => (DateTimeOffset[])[copy.StoredAt])]);
            Excuse(recipient, "messages", [.. copies.DistinctBy(copy => copy.Header("Message-Id")).Select(WrittenAt).OrderBy(times => times[0])]);
        }
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.Empty(mail.QueueFiles("corrupt", "bounce", "defer", "trace"));

        void Excuse(string recipient, string what, DateTimeOffset[][] times)
        {
            if (!times.SkipLast(1).All(moments => moments.Any(time => kills.Any(kill => (time - kill).Duration() < InFlight))))
                wrong.Add($"{recipient}: {times.Length} {what}, {string.Join(", ", times.Select(moments => moments[0].TimeOfDay))}; "
                    + $"kills {string.Join(", ", kills.Select(kill => kill.TimeOfDay))}");
        }
    });

    // S1-16
    [Fact]
    public void KilledQueueManagerComesBackThoughNobodyCallsForIt() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("dot * delay 1s");
        mail.Set("default_destination_concurrency_limit", 1);
        mail.Start();
        for (int i = 0; i < 3; i++)
            mail.Submit(MailSystem.Message($"message {i}"), "-f", "alice@origin.test", $"user{i}@dest.test");
        Wait.For("all mail with the queue manager", () => mail.Ids("active").Length >= 2 && mail.Ids("maildrop", "incoming").Length == 0);
        RunningPrograms.Kill(Assert.Single(mail.Pids("qmgr")));
        // Nothing is submitted that would start another, and its timer is minutes away.
        Wait.For("the rest", () => receiver.Messages.Select(message => message.Recipients[0].Address).Distinct().Count() == 3);
    });

    // Killed before it could serve anybody it looks like a program that cannot start, and those are held back.
    [Fact]
    public void AProcessThatIsKilledAtItsStartIsNotHeldBack() => MailSystem.Run((mail, receiver) =>
    {
        mail.Set("service_throttle_time", "600s");
        mail.Start();
        Wait.For("the queue manager", () => mail.Pids("qmgr").Length > 0);
        RunningPrograms.Kill(mail.Pids("qmgr")[0]);
        mail.Submit(MailSystem.Message("after the kill"), "-f", "alice@origin.test", "bob@sink.test");
        Wait.For("the message", () => receiver.Messages.Count == 1);
        Assert.Empty(mail.Log("throttling"));
    });

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
                Wait.For("its temporary file", () => RunningPrograms.OpenFiles(sendmail.Id).Any(path => path.StartsWith($"{mail.QueueDirectory}/maildrop/", StringComparison.Ordinal)) || i < 3, TimeSpan.FromSeconds(2));
            RunningPrograms.Kill(sendmail.Id);
            sendmail.WaitForExit();
        }
        mail.Submit(MailSystem.Message("whole"), "-f", "alice@origin.test", "bob@sink.test");
        mail.WaitForLog(": removed$");
        Assert.Equal("whole", Assert.Single(receiver.Messages).Header("Subject"));
        Assert.Empty(mail.QueueFiles("maildrop", "incoming", "active", "deferred", "corrupt"));
    });

    private static void Submit(MailSystem mail, int from, int to, ConcurrentBag<string> accepted) =>
        Parallel.For(from, to, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i =>
        {
            string recipient = (i % 10 == 0 ? "no" : i % 10 == 1 ? "later" : "yes") + $"{i}@dest.test";
            if (mail.Sendmail(MailSystem.Message($"message {i}"), "-f", $"from{i}@origin.test", recipient).Status == 0)
                accepted.Add(recipient);
        });

    // When cleanup made it: "<4jWnxY3DLxz1jF1M@mta.golden.test>" begins with the seconds in six digits of base 52.
    // Of a notice, also when the message was that it returns: what was queued twice is returned twice.
    private static DateTimeOffset[] WrittenAt(ReceivedMessage message)
    {
        const string Digits = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
        return [.. Regex.Matches(message.Text, "^Message-Id: <(.{6})", RegexOptions.Multiline).Select(static id =>
            DateTimeOffset.FromUnixTimeSeconds(id.Groups[1].Value.Aggregate(0L, static (sum, digit) => sum * 52 + Digits.IndexOf(digit))))];
    }

    // All its processes at once, as soon as there is one; bounce and defer exist only while there is work for them.
    private static void Kill(MailSystem mail, string victim, List<DateTimeOffset> kills, Func<bool> giveUp)
    {
        int[] pids = [];
        Wait.For($"a {victim} process", () => (pids = mail.Pids(victim)).Length > 0 || giveUp());
        foreach (int pid in pids)
            RunningPrograms.Kill(pid);
        kills.Add(DateTimeOffset.UtcNow);
    }

    private static string RefusedRecipient(ReceivedMessage notice)
    {
        const string Field = "Final-Recipient: rfc822; ";
        int start = notice.Text.IndexOf(Field, StringComparison.OrdinalIgnoreCase);
        Assert.True(start >= 0, "a notice without Final-Recipient");
        start += Field.Length;
        return notice.Text[start..notice.Text.IndexOf('\r', start)];
    }
}
