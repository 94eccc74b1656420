using System.Globalization;
using System.Text.Json;

namespace PostfixNet.SystemTests;

/// <summary>The history (S3-48) with real processes: what is told in events is found again, over kills and with the database gone, and mail goes on all the while.</summary>
public sealed class MailIsFoundLater
{
    private static readonly DateTime s_now = DateTime.UtcNow;

    private static string Segment(MailSystem mail) => Path.Combine(mail.QueueDirectory, "events", "0000000001.jsonl");

    // As programs tell them; by hand, so that each kind is there.
    private static void Tell(MailSystem mail, int seconds, string kind, string id, string fields)
    {
        bool isNew = !File.Exists(Segment(mail));
        string time = s_now.AddSeconds(seconds - 3600).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        File.AppendAllText(Segment(mail), string.Create(CultureInfo.InvariantCulture, $"{{\"v\":1,\"id\":\"{id}:{kind}:{seconds}\",\"time\":\"{time}\",\"event\":\"{kind}\",\"queue_id\":\"{id}\",{fields}}}\n"));
        if (isNew)
            mail.Give(Segment(mail));
    }

    private static void TellTwo(MailSystem mail)
    {
        Tell(mail, 1, "accepted", "A1", "\"sender\":\"alice@origin.test\",\"message_id\":\"<one@origin.test>\",\"size\":321,\"origin\":\"smtp\",\"client\":{\"name\":\"client.test\",\"address\":\"192.0.2.1\"}");
        Tell(mail, 2, "queued", "A1", "\"recipients\":1");
        Tell(mail, 3, "delivered", "A1", "\"recipient\":\"bob@dest.test\",\"attempt\":1,\"reply\":\"250 taken\",\"remote\":{\"name\":\"mx.dest.test\",\"address\":\"192.0.2.2\",\"port\":25}");
        Tell(mail, 4, "accepted", "B1", "\"sender\":\"carol@origin.test\",\"message_id\":\"<two@origin.test>\"");
        Tell(mail, 5, "queued", "B1", "\"recipients\":1");
        Tell(mail, 6, "deferred", "B1", "\"recipient\":\"dora@other.test\",\"attempt\":1,\"reply\":\"450 later\"");
        Tell(mail, 7, "bounced", "B1", "\"recipient\":\"dora@other.test\",\"attempt\":2,\"reply\":\"550 no\"");
    }

    private static string[] Find(MailSystem mail, params string[] arguments) => [.. mail.Postqueue(["history", "--json", .. arguments]).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("queue_id").GetString()!)];

    private static void Run(Action<MailSystem, SmtpReceiver> scenario) => MailSystem.Run((mail, receiver) =>
    {
        mail.Set("events_enable", true);
        mail.Set("history_enable", true);
        scenario(mail, receiver);
    });

    [Fact]
    public void EachSearchFindsIt() => Run((mail, _) =>
    {
        mail.Start();
        TellTwo(mail);
        Wait.For("both in the history", () => Find(mail, "--state", "failed") is ["B1"]);
        foreach ((string[] search, string[] ids) in (IEnumerable<(string[], string[])>)
        [
            ([], ["B1", "A1"]),
            (["--recipient", "bob@dest.test"], ["A1"]),
            (["--recipient", "other.test"], ["B1"]),
            (["--sender", "origin.test"], ["B1", "A1"]),
            (["--message-id", "<one@origin.test>"], ["A1"]),
            (["--since", "2h", "--state", "sent"], ["A1"]),
            (["--until", "2h"], []),
            (["--limit", "1"], ["B1"]),
        ])
            Assert.Equal(ids, Find(mail, search));
        string story = mail.Postqueue("history", "B1").Ok().Output;
        Assert.Matches(@"^B1: failed, from carol@origin\.test, 1 recipient, message-id <two@origin\.test>\n.*  accepted\n.*  taken up by the queue manager, for 1 recipient\n.*  dora@other\.test: put off: 450 later; attempt 1\n.*  dora@other\.test: refused for good: 550 no; attempt 2\n$", story);
        Assert.Matches(@"(?s)^QUEUE ID +ARRIVED +STATE +SENDER +RECIPIENT +RESULT\nB1 .* failed +carol@origin\.test +dora@other\.test +bounced: 550 no\nA1 .* sent ", mail.Postqueue("history").Ok().Output);
        Assert.Contains("2 messages in ", mail.Postqueue("history", "--status").Ok().Output, StringComparison.Ordinal);
        Assert.Equal((1, "postqueue: nothing in the history\n"), (mail.Postqueue("history", "C1").Status, mail.Postqueue("history", "C1").Error));
        Assert.Equal(64, mail.Postqueue("history", "--since", "yesterday").Status);
        Assert.Empty(mail.Log(@"/history\[\d+\]: (warning|fatal|panic)"));
    });

    [Fact]
    public void AKilledServiceGoesOnAndMailDoesNotCareForTheDatabase() => Run((mail, receiver) =>
    {
        mail.Start();
        TellTwo(mail);
        Wait.For("both in the history", () => Find(mail) is ["B1", "A1"]);
        for (int i = 0; i < 300; i++)
        {
            string id = string.Create(CultureInfo.InvariantCulture, $"K{i}");
            Tell(mail, 100 + i, "accepted", id, "\"sender\":\"kill@origin.test\"");
            Tell(mail, 101 + i, "delivered", id, "\"recipient\":\"kim@dest.test\"");
            if (i % 100 == 50)
                RunningPrograms.Kill(Assert.Single(mail.Pids("history")));
            Wait.For("the service to be there again", () => mail.Pids("history").Length == 1);
        }
        Wait.For("all of them, once each", () => Find(mail, "--sender", "kill@origin.test", "--state", "sent", "--limit", "1000").Length == 300);

        // Without the database, and with rubbish in its place.
        string database = Path.Combine(mail.QueueDirectory, "history", "history.db");
        int pid = Assert.Single(mail.Pids("history"));
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(database)!, "history.db*"))
            File.Delete(file);
        File.WriteAllText(database, string.Concat(Enumerable.Repeat("rubbish", 2000)));
        mail.Give(database);
        mail.Submit(MailSystem.Message("undisturbed"), "-f", "alice@origin.test", "bob@sink.test");
        Wait.For("the mail", () => receiver.Messages.Any(static message => message.Header("Subject") == "undisturbed"));
        RunningPrograms.Kill(pid);
        Wait.For("all of it again", () => Find(mail, "--limit", "1000").Length >= 302);
        mail.WaitForLog(@"warning: the database of the history is damaged \(.*\): it was renamed to history/history\.db\.damaged, and a new one is made of the events that are kept; mail is not affected$");
        mail.WaitForEmptyQueue();
    });

    [Fact]
    public void OffItIsNotThere() => MailSystem.Run(mail =>
    {
        mail.Start();
        CommandResult told = mail.Postqueue("history");
        Assert.Equal((69, "postqueue: fatal: no history is kept: history_enable is off\n"), (told.Status, told.Error));
        Assert.Empty(mail.Pids("history"));
        Assert.False(Path.Exists(Path.Combine(mail.QueueDirectory, "public", "history")));
        mail.Set("history_enable", true);
        Assert.Contains("history_enable: the history is made of events, and there are none without events_enable = true", mail.Master("check").Error, StringComparison.Ordinal);
    });
}
