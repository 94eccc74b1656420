using System.Text.Json;
using PostfixNet.Events;

namespace PostfixNet.SystemTests;

/// <summary>Webhooks (S3-49) with real processes, and a receiver that misbehaves: nothing is lost, mail is undisturbed, order is kept.</summary>
public sealed class EventsGoToWebhooks
{
    private const string Quick = "allow_private = true\ntimeout = \"1s\"\nbackoff = \"1s\"\n";

    private static List<MailEvent> Told(MailSystem mail)
    {
        using EventReader reader = new(Path.Combine(mail.QueueDirectory, "events"), EventPosition.Beginning);
        List<MailEvent> told = [];
        while (reader.Next() is { } one)
            told.Add(one);
        return told;
    }

    private static void Configure(MailSystem mail, WebhookReceiver hooks, string more)
    {
        mail.Set("events_enable", true);
        mail.Set("webhooks_enable", true);
        mail.AddTable(hooks.Table("shop", more));
    }

    private static JsonElement List(MailSystem mail, params string[] more) => JsonDocument.Parse(mail.Master(["webhooks", "list", "--json", .. more]).Ok().Output).RootElement;

    [Fact]
    public void AReceiverThatFailsHangsAnswersLateOrRedirectsLosesNothing() => MailSystem.Run((mail, receiver) =>
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        const int Messages = 25;
        string[] answers = ["204 No Content", "200 OK", "500 Internal Server Error", "503 Service Unavailable\r\nRetry-After: 1", "302 Found\r\nLocation: https://elsewhere.test/", "404 Not Found", "hang", "late", "die", "204 No Content", "204 No Content"];
        using WebhookReceiver hooks = new(mail);
        hooks.Answer = _ => answers[random.Next(answers.Length)];
        receiver.SetRules("rcpt no* 550 5.1.1 no such user", "rcpt later* 450 4.2.0 come back later");
        Configure(mail, hooks, Quick);
        mail.Start();
        for (int i = 0; i < Messages; i++)
            mail.Submit(MailSystem.Message($"message {i}"), "-f", $"from{i}@origin.test", $"yes{i}@a.test", $"no{i}@a.test", $"later{i}@b.test");
        Wait.For("all to be tried", () => receiver.Messages.Count >= Messages && mail.Ids("maildrop", "incoming", "active").Length == 0 && mail.Ids("deferred").Length == Messages, TimeSpan.FromSeconds(60));

        for (int kills = 0; kills < 3; kills++)
        {
            int before = hooks.Received.Count;
            Wait.For($"something to come, seed {seed}", () => hooks.Received.Count > before + 3, TimeSpan.FromSeconds(60));
            if (kills == 1)
                hooks.Vanish();
            if (mail.Pids("webhooks") is [var pid, ..])
                RunningPrograms.Kill(pid);
            if (kills == 1)
            {
                mail.Postqueue("-f").Ok();
                mail.WaitForLog(@"webhook shop: not delivered to hooks\.receiver\.test: connect to 127\.0\.0\.1: ");
                hooks.Listen();
                mail.Master("webhooks", "retry", "ALL").Ok();
            }
        }
        hooks.Answer = static _ => "204 No Content";
        Wait.For($"all to be delivered, seed {seed}", () =>
        {
            bool isQuiet = mail.Ids("maildrop", "incoming", "active").Length == 0 && mail.QueueFiles("bounce").Count == 0;
            if (isQuiet && List(mail).GetProperty("behind_bytes").GetInt64() == 0 && List(mail).GetProperty("events").GetArrayLength() == 0)
                return true;
            mail.Master("webhooks", "retry", "ALL").Ok();
            return false;
        }, TimeSpan.FromSeconds(120));

        Assert.Empty(hooks.Wrong);
        // All that is to be sent came and was taken, but what was superseded; under the id of the event.
        EventKind[] wanted = [EventKind.Deferred, EventKind.Relayed, EventKind.Bounced];
        List<MailEvent> told = [.. Told(mail).Where(one => wanted.Contains(one.Kind)).DistinctBy(static one => one.Id)];
        Assert.Equal(Messages, told.Count(static one => one.Kind == EventKind.Relayed && one.Recipient!.StartsWith("yes", StringComparison.Ordinal)));
        JsonElement[] listed = [.. List(mail, "--all").GetProperty("events").EnumerateArray()];
        HashSet<string> superseded = [.. listed.Where(static one => one.GetProperty("state").GetString() == "superseded").Select(static one => one.GetProperty("id").GetString()!)];
        Assert.All(superseded, id => Assert.Contains(":deferred", id, StringComparison.Ordinal));
        Assert.All(listed, static one => Assert.Contains(one.GetProperty("state").GetString(), (string[])["delivered", "superseded"]));
        HashSet<string> taken = [.. hooks.Received.Where(static one => one.IsTaken).Select(static one => one.Id)];
        Assert.Empty(told.Select(static one => one.Id).Except(taken).Except(superseded));
        // By message, what came first came in the order in which it happened.
        Dictionary<string, int> place = told.Select(static (one, i) => (one.Id, i)).ToDictionary(static pair => pair.Id, static pair => pair.i);
        foreach (IGrouping<string, ReceivedEvent> message in hooks.Received.DistinctBy(static one => one.Id).GroupBy(static one => one.Event.GetProperty("queue_id").GetString()!))
        {
            int[] places = [.. message.Select(one => place[one.Id])];
            Assert.Equal(places.Order(), places);
        }
        // The same event is the same octets.
        Assert.All(hooks.Received.GroupBy(static one => one.Id), static same => Assert.Single(same.Select(static one => one.Event.GetRawText()).Distinct()));
    });

    [Fact]
    public void TheOperatorSeesWhatWaitsAndDecides() => MailSystem.Run((mail, receiver) =>
    {
        using WebhookReceiver hooks = new(mail);
        hooks.Answer = static _ => "500 Internal Server Error";
        receiver.SetRules("rcpt no* 550 5.1.1 no such user");
        Configure(mail, hooks, "allow_private = true\nevents = \"bounced\"\nbackoff = \"1h\"\n");
        mail.Start();
        mail.Submit(MailSystem.Message("one"), "-f", "one@origin.test", "no1@a.test");
        mail.WaitForLog(@"/webhooks\[\d+\]: warning: webhook shop: not delivered to hooks\.receiver\.test: status 500; it is tried again");
        mail.Submit(MailSystem.Message("two"), "-f", "two@origin.test", "no2@a.test");
        Wait.For("both to wait", () => List(mail).GetProperty("webhooks")[0].GetProperty("retried").GetInt32() == 2);
        string text = mail.Master("webhooks").Ok().Output;
        Assert.Matches(@"(?m)^shop +hooks\.receiver\.test +works +2 ", text);
        Assert.Matches(@"(?m)^1 +shop +bounced +\S+ +no1@a\.test +waiting +1 .*status 500", text);
        Assert.DoesNotContain("whsec_", text + string.Join('\n', mail.Log()) + mail.Master("config").Output, StringComparison.Ordinal);
        Assert.DoesNotContain("/shop", text, StringComparison.Ordinal);

        Assert.Equal("1 events\n", mail.Master("webhooks", "cancel", "2").Ok().Output);
        Assert.Equal(1, mail.Master("webhooks", "cancel", "2").Status);
        Assert.Matches("^not taken: status 500, ", mail.Master("webhooks", "test", "shop").Output);
        hooks.Answer = static _ => "204 No Content";
        CommandResult test = mail.Master("webhooks", "test", "shop");
        Assert.Equal(0, test.Status);
        Assert.Matches("^taken: status 204, ", test.Output);
        Assert.Equal("test", hooks.Received.Last().Event.GetProperty("event").GetString());
        Assert.Equal(69, mail.Master("webhooks", "test", "nobody").Status);
        Assert.Equal(64, mail.Master("webhooks", "eat", "1").Status);
        mail.Master("webhooks", "retry", "1").Ok();
        mail.WaitForLog("webhook shop: delivered again");
        Assert.Equal(["canceled", "delivered"], List(mail, "--all").GetProperty("events").EnumerateArray().Select(static one => one.GetProperty("state").GetString()));

        // Gone: nothing more is sent, over a reload too, until the operator says so.
        hooks.Answer = static _ => "410 Gone";
        mail.Submit(MailSystem.Message("three"), "-f", "three@origin.test", "no3@a.test");
        mail.WaitForLog("webhook shop: stopped, as hooks.receiver.test says that it is gone");
        hooks.Answer = static _ => "204 No Content";
        int[] before = mail.Pids("webhooks");
        mail.Master("reload").Ok();
        Wait.For("another process", () => mail.Pids("webhooks") is [var pid] && !before.Contains(pid));
        Assert.True(List(mail).GetProperty("webhooks")[0].GetProperty("stopped").GetBoolean());
        mail.Master("webhooks", "retry", "shop").Ok();
        Wait.For("it to come", () => hooks.Received.Any(static one => one.IsTaken && one.Event.TryGetProperty("recipient", out JsonElement recipient) && recipient.GetString() == "no3@a.test"));
        Assert.Empty(hooks.Wrong);
    });

    [Fact]
    public void APrivateAddressIsLeftAlone() => MailSystem.Run((mail, receiver) =>
    {
        using WebhookReceiver hooks = new(mail);
        Configure(mail, hooks, "");
        mail.Start();
        mail.Submit(MailSystem.Message("one"), "-f", "one@origin.test", "yes@a.test");
        mail.WaitForLog(@"webhook shop: not delivered to hooks\.receiver\.test: hooks\.receiver\.test has the address 127\.0\.0\.1, which is not public; it is tried again");
        mail.WaitForEmptyQueue();
        Assert.Empty(hooks.Received);
        Assert.Single(receiver.Messages);
    });

    [Fact]
    public void WhatIsWrongIsToldBeforeAStart() => MailSystem.Run(mail =>
    {
        using WebhookReceiver hooks = new(mail);
        Configure(mail, hooks, "");
        File.WriteAllText(mail.PathOf("hooks.secret"), "secret words");
        CommandResult refused = mail.Master("start");
        Assert.Equal(78, refused.Status);
        Assert.Contains("webhook.\"shop\".secret: ", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret words", refused.Error, StringComparison.Ordinal);
        mail.Set("events_enable", false);
        Assert.Contains("webhooks_enable: events are what is sent, and there are none without events_enable = true", mail.Master("start").Error, StringComparison.Ordinal);
    });
}
