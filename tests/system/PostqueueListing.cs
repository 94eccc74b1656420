using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PostfixNet.SystemTests;

/// <summary>The listing of the queue, column for column as scripts know it.</summary>
public sealed class PostqueueListing
{
    // S1-40, S3-54
    [Fact]
    public void EveryStateIsListedInItsForm() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt hang@* hang", "rcpt *@later.test 450 4.2.0 same reason for all", "rcpt \"a 450 4.2.0 with a blank");
        mail.Set("minimal_backoff_time", "1000s");
        mail.Start();
        mail.Submit(MailSystem.Message("one"), "-f", "alice@origin.test", "one@later.test", "two@later.test");
        mail.Submit(MailSystem.Message("two"), "-f", "", "three@later.test");
        Wait.For("two deferred messages", () => mail.Ids("deferred").Length == 2);
        string held = mail.Ids("deferred").First(id => QueueFileRecords.Read(mail.FileOf(id, "deferred")!).Sender.Length == 0);
        mail.Postsuper(["-h", held]).Ok();
        mail.Submit(MailSystem.Message("three"), "-f", "bob@origin.test", "hang@stuck.test");
        Wait.For("the hanging delivery", () => mail.Ids("active").Length == 1 && mail.Ids("maildrop", "incoming").Length == 0);

        string listing = mail.Postqueue("-p").Ok().Output;
        string deferred = Assert.Single(mail.Ids("deferred"));
        string active = Assert.Single(mail.Ids("active"));
        const string Reason = "(host 127.0.0.1[127.0.0.1] said: 450 4.2.0 same reason for all (in reply to RCPT TO command))";
        string expected =
            "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------\n"
            + Line(mail, active, "active", "*", "bob@origin.test")
            + new string(' ', 47) + "hang@stuck.test\n"
            + "\n"
            + Line(mail, deferred, "deferred", "", "alice@origin.test")
            + Reason.PadLeft(78) + "\n"
            + new string(' ', 47) + "one@later.test\n"
            + new string(' ', 47) + "two@later.test\n"
            + "\n"
            + Line(mail, held, "hold", "!", "MAILER-DAEMON")
            + Reason.PadLeft(78) + "\n"
            + new string(' ', 47) + "three@later.test\n"
            + "\n";
        Assert.StartsWith(expected, listing);
        Assert.Matches(@"^-- \d+ Kbytes in 3 Requests\.\n$", listing[expected.Length..]);

        JsonElement[] json = [.. mail.Postqueue("-j").Ok().Lines.Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(["active", "deferred", "hold"], json.Select(message => message.GetProperty("queue_name").GetString()));
        Assert.Equal(["queue_name", "queue_id", "arrival_time", "message_size", "forced_expire", "sender", "recipients"],
            json[0].EnumerateObject().Select(property => property.Name));
        Assert.Equal(deferred, json[1].GetProperty("queue_id").GetString());
        Assert.Equal(Reason[1..^1], json[1].GetProperty("recipients")[1].GetProperty("delay_reason").GetString());
        Assert.Equal("MAILER-DAEMON", json[2].GetProperty("sender").GetString());
        Assert.False(json[0].GetProperty("recipients")[0].TryGetProperty("delay_reason", out _));
        Assert.Matches("^\\{\"queue_name\": \"active\", \"queue_id\": \"", mail.Postqueue("-j").Output);

        // mailq and sendmail -bp say the same
        Assert.Equal(listing, Command.Run(Repository.Program("sendmail"), ["-C", mail.ConfigDirectory, "-bp"]).Ok().Output);
        Assert.Equal(listing, Command.Run(Repository.Program("mailq"), ["-C", mail.ConfigDirectory]).Ok().Output);
    });

    [Fact]
    public void EmptyQueueHasOneLineAndNoJson() => MailSystem.Run(mail =>
    {
        mail.Start();
        Assert.Equal("Mail queue is empty\n", mail.Postqueue("-p").Ok().Output);
        Assert.Equal("", mail.Postqueue("-j").Ok().Output);
    });

    [Fact]
    public void StoppedSystemIsReported() => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        mail.Stop();
        CommandResult flush = mail.Postqueue("-f");
        Assert.Equal(69, flush.Status);
        Assert.Contains("postqueue: fatal: Cannot flush mail queue - mail system is down\n", flush.Error);
        mail.Submit(MailSystem.Message("waiting"), "-f", "alice@origin.test", "bob@sink.test");
        CommandResult listing = mail.Postqueue("-p").Ok();
        Assert.Contains("postqueue: warning: Mail system is down -- accessing queue directly", listing.Error);
        Assert.Contains("bob@sink.test", listing.Output);
    });

    [Theory]
    [InlineData("-x")]
    [InlineData("-s")]
    [InlineData("extra")]
    [InlineData("")]
    public void WrongUsageIsAnsweredWithTheUsage(string arguments) => MailSystem.Run(mail =>
    {
        CommandResult result = mail.Postqueue(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.NotEqual(0, result.Status);
        Assert.Contains("usage: postqueue", result.Error);
        Assert.DoesNotContain("   at ", result.Error);
    });

    private static string Line(MailSystem mail, string id, string queue, string flag, string sender)
    {
        QueueFileRecords records = QueueFileRecords.Read(mail.FileOf(id, queue)!);
        int size = int.Parse(Regex.Match(records.Records[0].Value, @"\d+").Value, CultureInfo.InvariantCulture);
        long seconds = long.Parse(Regex.Match(records.Records.First(record => record.Type == 'T').Value, @"\d+").Value, CultureInfo.InvariantCulture);
        DateTimeOffset time = DateTimeOffset.FromUnixTimeSeconds(seconds);
        string date = time.ToString("ddd MMM ", CultureInfo.InvariantCulture) + $"{time.Day,2}" + time.ToString(" HH:mm:ss", CultureInfo.InvariantCulture);
        return $"{id + flag,-17} {size,8} {date} {sender}\n";
    }
}
