using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PostfixNet.SystemTests;

/// <summary>
/// Programs are killed at random moments while messages with several recipients pass through; then the books must
/// balance: every accepted recipient was delivered, or was returned, or is still queued, and never two of these.
/// PFN_CRASH_MESSAGES=2000 in the environment makes a long run of it.
/// </summary>
public sealed class KillAtRandom
{
    private static readonly string[] Victims = ["pickup", "cleanup", "qmgr", "smtp", "bounce", "defer"];

    // S1-03, S5-29, S5-31
    [Fact]
    public void AcceptedIsDeliveredPlusReturnedPlusQueued() => MailSystem.Run((mail, receiver) =>
    {
        int messages = int.Parse(Environment.GetEnvironmentVariable("PFN_CRASH_MESSAGES") ?? "60", CultureInfo.InvariantCulture);
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        receiver.SetRules("rcpt no* 550 5.1.1 no such user", "rcpt later* 450 4.2.0 come back later", "dot * delay 0.05s");
        mail.Start();
        var accepted = new ConcurrentBag<int>();
        var submission = new Thread(() => Parallel.For(0, messages, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i =>
        {
            if (mail.Sendmail(MailSystem.Message($"message {i}"), "-f", $"from{i}@origin.test", $"yes{i}@a.test", $"yes{i}@b.test", $"no{i}@a.test", $"later{i}@b.test").Status == 0)
                accepted.Add(i);
        }));
        submission.Start();
        int Progress() => accepted.Count + receiver.Messages.Count;
        int kills = 0;
        while (submission.IsAlive || Progress() < 3 * messages)
        {
            int goal = Progress() + random.Next(1, 25);
            Wait.For($"progress, seed {seed}", () => Progress() >= goal || (!submission.IsAlive && mail.Ids("maildrop", "incoming", "active").Length == 0), TimeSpan.FromSeconds(60));
            if (!submission.IsAlive && mail.Ids("maildrop", "incoming", "active").Length == 0)
                break;
            if (mail.Pids(Victims[random.Next(Victims.Length)]) is { Length: > 0 } pids)
            {
                RunningPrograms.Kill(pids[random.Next(pids.Length)]);
                kills++;
            }
        }
        submission.Join();
        Assert.True(kills > 0);
        Assert.Equal(messages, accepted.Count);
        var delivered = new HashSet<string>();
        var returned = new HashSet<string>();
        // What a killed queue manager's agents still had is put off for a while.
        Wait.For($"the end of all that can end, seed {seed}", () =>
        {
            Count(receiver, delivered, returned);
            if (delivered.Count == 2 * messages && returned.Count == messages)
                return true;
            if (mail.Ids("maildrop", "incoming", "active").Length == 0)
                mail.Postqueue("-f");
            return false;
        }, TimeSpan.FromSeconds(60 + messages));
        Wait.For($"the deferred rest alone, seed {seed}", () => Queued(mail).All(recipient => recipient.StartsWith("later", StringComparison.Ordinal))
            // A log whose notice was sent when its keeper was killed goes with the message's next attempt.
            && mail.Ids("maildrop", "incoming", "active").Length == 0 && mail.QueueFiles("bounce", "trace").Count == 0, TimeSpan.FromSeconds(60 + messages));
        mail.Stop();
        Count(receiver, delivered, returned);

        int[] all = [.. accepted];
        Assert.Equal(all.SelectMany(i => (string[])[$"yes{i}@a.test", $"yes{i}@b.test"]).Order(), delivered.Order());
        Assert.Equal(all.Select(i => $"no{i}@a.test").Order(), returned.Order());
        Assert.Equal(all.Select(i => $"later{i}@b.test").Order(), Queued(mail).Order());
        Assert.Empty(mail.QueueFiles("corrupt", "bounce", "trace"));
    });

    private static void Count(SmtpReceiver receiver, HashSet<string> delivered, HashSet<string> returned)
    {
        foreach (ReceivedMessage message in receiver.Messages)
        {
            if (message.Sender.Length > 0)
            {
                delivered.UnionWith(message.Recipients.Select(recipient => recipient.Address));
                continue;
            }
            foreach (Match field in Regex.Matches(message.Text, @"^Final-Recipient: rfc822; (\S+)\r?$", RegexOptions.Multiline | RegexOptions.IgnoreCase))
                returned.Add(field.Groups[1].Value);
        }
    }

    // A message that was taken from maildrop twice is there twice.
    private static HashSet<string> Queued(MailSystem mail) =>
    [
        .. mail.Postqueue("-j").Ok().Lines.Select(line => JsonDocument.Parse(line).RootElement)
            .SelectMany(message => message.GetProperty("recipients").EnumerateArray()).Select(recipient => recipient.GetProperty("address").GetString()!),
    ];
}
