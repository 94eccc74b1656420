using System.Globalization;
using System.Text.RegularExpressions;

namespace PostfixNet.SystemTests;

/// <summary>An operator deletes, holds, releases, requeues, expires and redirects mail while it is delivered, and programs are killed meanwhile. 10,000 operations:
/// RACE_OPERATIONS=10000 dotnet test tests/system -c Release --filter CommandsRace, which ./test.sh --long does; RACE_SEED repeats one.</summary>
public sealed class CommandsRaceWithDeliveries
{
    private const int PerCommand = 10;
    private static readonly string[] s_options = ["-d", "-h", "-H", "-H", "-r", "-e", "-f", "rule", "change"];

    // S1-32, S1-33, S1-45, S5-22
    [Fact]
    public void NothingIsLostAndNobodyIsToldOfDeletedMail() => MailSystem.Run((mail, receiver) =>
    {
        int operations = Setting("RACE_OPERATIONS", 600), least = 150, messages = 0, done = 0;
        int seed = Setting("RACE_SEED", Random.Shared.Next());
        Random random = new(seed);
        receiver.SetRules("rcpt *1@* 450 4.2.0 come back later", "rcpt *2@* delay 0.05s", "dot * delay 0.05s");
        mail.Set("default_destination_concurrency_limit", 5);
        mail.Start();
        Thread submission = new(() =>
        {
            // There is always some to act on.
            for (; messages < least || Volatile.Read(ref done) < operations; messages++)
                mail.Submit($"From: alice@origin.test\nMessage-Id: <m{messages}@race.test>\nSubject: {messages}\n\nHello.\n", "-f", "alice@origin.test", $"user{messages}@dest.test");
        });
        submission.Start();

        HashSet<string> deleted = [];
        List<string> unexpected = [];
        int rules = 0;
        while (done < operations)
        {
            string option = s_options[random.Next(s_options.Length)];
            if (option == "rule")
            {
                // The same mail goes to somebody else from now on; it may be on its way.
                string[] action = random.Next(2) == 0 ? ["hold"] : ["redirect", "post@dest.test"];
                _ = mail.Postsuper(["rule", "add", $"r{rules}", .. action, "--match", $"recipient=user*{rules % 10}@dest.test", "--expire", "2s"]);
                rules++;
                done++;
                continue;
            }
            bool isChange = option == "change";
            // A change waits for what is being delivered.
            string[] ids = [.. mail.QueueFiles(isChange ? ["deferred", "hold"] : ["incoming", "active", "deferred", "hold"]).Select(path => Path.GetFileName(path)).Where(name => name.All(char.IsAsciiLetterOrDigit)).OrderBy(_ => random.Next()).Take(PerCommand)];
            if (ids.Length == 0)
            {
                Thread.Yield();
                continue;
            }
            done += ids.Length;
            // Notices are left alone: without them nobody would know what became of the mail.
            string[] command = isChange ? ["change", "-", "--redirect", random.Next(2) == 0 ? "post@dest.test" : "nobody"] : [option, "-"];
            CommandResult result = mail.Postsuper([.. command, "--match", "not sender=<>"], string.Join('\n', ids) + "\n");
            if (option == "-d")
                deleted.UnionWith(Regex.Matches(result.Error, @"(?m)^postsuper: (\w+): removed$").Select(match => match.Groups[1].Value));
            unexpected.AddRange(result.Error.Split('\n').Where(line => line.StartsWith("postsuper: warning: ", StringComparison.Ordinal) && !line.Contains(": not requeued: ", StringComparison.Ordinal)
                && !(isChange && line.EndsWith(": not changed: it is being delivered", StringComparison.Ordinal))));
            if (result.Status != 0 && !isChange)
                unexpected.Add($"{option}: status {result.Status}");
            if (random.Next(12) == 0 && mail.Pids(random.Next(3) switch { 0 => "qmgr", 1 => "smtp", _ => "cleanup" }) is [var pid, ..])
                RunningPrograms.Kill(pid);
        }
        submission.Join();
        receiver.SetRules();
        Wait.For("the end of all mail", () =>
        {
            mail.Postsuper(["-H", "ALL"]);
            mail.Postqueue("-f");
            return mail.Ids("maildrop", "incoming", "active", "deferred", "hold").Length == 0;
        }, TimeSpan.FromSeconds(200));

        Dictionary<string, string> idOf = mail.Log(@"/cleanup\[\d+\]: \w+: message-id=<m\d+@race\.test>").Select(line => Regex.Match(line, @"\]: (\w+): message-id=<(m\d+)@race"))
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        HashSet<string> gone = [.. deleted.Select(id => idOf.GetValueOrDefault(id, id))];
        HashSet<string> delivered = [.. receiver.Messages.Where(message => message.Sender.Length > 0).Select(message => Regex.Match(message.Header("Message-Id")!, @"m\d+").Value)];
        HashSet<string> returned = [.. receiver.Messages.Where(message => message.Sender.Length == 0).SelectMany(message => Regex.Matches(message.Text, @"<(m\d+)@race\.test>").Select(match => match.Groups[1].Value))];
        for (int i = 0; i < messages; i++)
        {
            string name = $"m{i}";
            if (!gone.Contains(name) && !delivered.Contains(name) && !returned.Contains(name))
                unexpected.Add($"{name}: lost");
        }
        Assert.True(unexpected.Count == 0, $"RACE_SEED={seed.ToString(CultureInfo.InvariantCulture)}\n{string.Join("\n", unexpected.Take(30))}");
        Assert.Empty(mail.QueueFiles("corrupt"));
        Assert.NotEmpty(deleted);
    });

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : otherwise;
}
