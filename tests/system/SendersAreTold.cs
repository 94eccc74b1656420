namespace PostfixNet.SystemTests;

/// <summary>What senders hear, beyond a simple refusal.</summary>
public sealed class SendersAreTold
{
    // S5-12
    [Fact]
    public void EachRecipientOfAVerpListHasASenderOfItsOwn() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt bad@dest.test 550 5.1.1 no such user");
        mail.Start();
        mail.Submit(MailSystem.Message("to the list"), "-XV", "-f", "list@origin.test", "one@dest.test", "bad@dest.test");
        mail.WaitForEmptyQueue();
        Assert.Equal("list+one=dest.test@origin.test", Assert.Single(receiver.Messages, message => message.Sender.Length > 0).Sender);
        ReceivedMessage notice = Assert.Single(receiver.Messages, message => message.Sender.Length == 0);
        Assert.Equal("list+bad=dest.test@origin.test", Assert.Single(notice.Recipients).Address);
    });

    // S3-06: the server of the sender knows SMTPUTF8, or does not.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ANoticeHasTheFormThatItsServerUnderstands(bool knows) => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt * 550 5.1.1 no such user");
        using SmtpReceiver home = Ports.Receiver(new ReceiverOptions { Keywords = ["8BITMIME", "DSN", knows ? "SMTPUTF8" : "X-OTHER"] });
        mail.AddTable($"[transport_maps]\n\"origin.test\" = \"smtp:[127.0.0.1]:{home.Port}\"");
        mail.Start();
        // In Latin-1, octets as they are.
        mail.Submit(MailSystem.Message("j\u00c3\u00b6rg"), "-f", "alice@origin.test", "j\u00f6rg@dest.test");
        mail.WaitForEmptyQueue();
        string notice = System.Text.Encoding.UTF8.GetString(Assert.Single(home.Messages).Content);
        Assert.Contains(knows ? "\r\nContent-Type: message/global-delivery-status\r\n" : "\r\nContent-Type: message/delivery-status\r\n", notice, StringComparison.Ordinal);
        Assert.Contains(knows ? "\r\nFinal-Recipient: utf-8; j\u00f6rg@dest.test\r\n" : "\r\nFinal-Recipient: utf-8; j\\x{F6}rg@dest.test\r\n", notice, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Type: message/global\r\n", notice, StringComparison.Ordinal);
        Assert.Contains("\r\nSubject: j\u00f6rg\r\n", notice, StringComparison.Ordinal);
    });

    // A0.2, S1-31
    [Fact]
    public void MailThatGoesInACircleComesBack() => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        mail.Submit(string.Concat(Enumerable.Repeat("Received: from here by there\n", 50)) + MailSystem.Message("round"), "-f", "alice@origin.test", "bob@dest.test");
        mail.WaitForLog(@"to=<bob@dest\.test>, relay=none, .*dsn=5\.4\.6, status=bounced \(too many hops\)$");
        mail.WaitForEmptyQueue();
        ReceivedMessage notice = Assert.Single(receiver.Messages);
        ParsedNotice report = Python.Parse(notice);
        Assert.Equal(("alice@origin.test", "failed", "5.4.6"), (Assert.Single(notice.Recipients).Address, report.RecipientFields[0]["action"], report.RecipientFields[0]["status"]));
        Assert.Empty(mail.QueueFiles("corrupt"));
    });

    // S5-16
    [Fact]
    public void ExpansionOfAnAliasIsItsSuccess() => MailSystem.Run((mail, receiver) =>
    {
        mail.AddTable("[virtual_alias_maps]\n\"team@dest.test\" = [\"ann@dest.test\", \"bob@dest.test\"]");
        mail.Start();
        mail.Submit(MailSystem.Message("to the team"), "-N", "success,failure", "-f", "alice@origin.test", "team@dest.test");
        mail.WaitForEmptyQueue();
        ParsedNotice report = Python.Parse(Assert.Single(receiver.Messages, message => message.Sender.Length == 0));
        Assert.Equal("Successful Mail Delivery Report", report.Headers["subject"]);
        Dictionary<string, string> recipient = Assert.Single(report.RecipientFields);
        Assert.Equal(("rfc822; team@dest.test", "expanded", "2.0.0"), (recipient["final-recipient"], recipient["action"], recipient["status"]));
        Assert.Contains("<team@dest.test>: alias expanded", report.Text);
        Assert.Empty(mail.QueueFiles("trace"));
    });

    // S5-18
    [Fact]
    public void TheEndOfADelayIsTold() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt slow@dest.test 450 4.2.0 come back later");
        mail.Set("delay_warning_time", "1s");
        mail.Set("confirm_delay_cleared", true);
        mail.Start();
        mail.Submit(MailSystem.Message("slow"), "-f", "alice@origin.test", "slow@dest.test");
        mail.WaitForLog("sender delay notification: ");
        mail.Stop();
        mail.Start();
        int attempts = mail.Log("to=<slow@dest.test>, .*status=deferred").Length;
        mail.Postqueue("-f").Ok();
        Wait.For("another attempt after the restart", () => mail.Log("to=<slow@dest.test>, .*status=deferred").Length > attempts);
        receiver.SetRules();
        mail.Postqueue("-f").Ok();
        mail.WaitForLog("sender delivery status notification: ");
        mail.WaitForEmptyQueue();
        Assert.Single(mail.Log("sender delay notification: "));
        ParsedNotice[] reports = [.. receiver.Messages.Where(message => message.Sender.Length == 0).Select(Python.Parse)];
        Assert.Equal(["Delayed Mail (still being retried)", "Successful Mail Delivery Report"], reports.Select(report => report.Headers["subject"]));
        Assert.Equal(["delayed", "relayed"], reports.Select(report => Assert.Single(report.RecipientFields)["action"]));
    });

    // S5-31: the held notices are on disk, and the messages are gone; nothing else knows of the failures.
    [Fact]
    public void ManyFailuresBecomeOneReportThatSurvivesARestart() => MailSystem.Run((mail, receiver) =>
    {
        const int Messages = 9, Single = 2;
        receiver.SetRules("rcpt bad* 550 5.1.1 no such user");
        mail.Set("bounce_digest_limit", Single);
        mail.Set("bounce_digest_window", "15s");
        mail.Start();
        for (int i = 0; i < Messages; i++)
            mail.Submit(MailSystem.Message($"message {i}"), "-f", "alice@origin.test", $"bad{i}@dest.test");
        mail.Submit(MailSystem.Message("of somebody else"), "-f", "carol@origin.test", "bad@dest.test");
        Wait.For("all failures told or held", () => mail.Log(": removed$").Length >= Messages + 1 + Single + 1);
        RunningPrograms.Kill(Assert.Single(mail.Pids("master")));
        Wait.For("the end of the services", () => mail.Processes().Count == 0);
        mail.Start();
        Wait.For("the report", () => receiver.Messages.Count >= Single + 1 + 1);
        mail.WaitForEmptyQueue();

        Assert.Single(receiver.Messages, message => message.Recipients[0].Address == "carol@origin.test");
        ReceivedMessage[] notices = [.. receiver.Messages.Where(message => message.Recipients[0].Address == "alice@origin.test")];
        Assert.Equal(Single + 1, notices.Length);
        IEnumerable<string> told = notices.SelectMany(notice => Fields(notice, "Final-Recipient: rfc822; "));
        Assert.Equal(Enumerable.Range(0, Messages).Select(i => $"bad{i}@dest.test"), told.Order());
        Assert.Equal(Messages - Single, mail.Log("sender non-delivery notification: held for a digest$").Length);
        Assert.DoesNotContain(Directory.EnumerateFiles(Path.Combine(mail.QueueDirectory, "digest"), "*", SearchOption.AllDirectories),
            path => Path.GetFileName(path) != "window");
    });

    // S2-10
    [Fact]
    public void SoftBounceReturnsNothing() => MailSystem.Run((mail, receiver) =>
    {
        mail.Set("soft_bounce", true);
        mail.AddTable("[transport_maps]\n\"closed.test\" = \"error:5.1.2 closed\"");
        mail.Start();
        mail.Submit(MailSystem.Message("to be kept"), "-f", "alice@origin.test", "bob@closed.test");
        mail.WaitForLog(@"to=<bob@closed\.test>, relay=none, .*dsn=4\.1\.2, status=deferred \(closed\)$");
        Wait.For("the mail in deferred", () => mail.QueueFiles("deferred").Count == 1);
        Assert.Empty(receiver.Messages);
    });

    // S5-16, S5-17: mail whose success report cannot be sent does not expire, or the report would be lost with it.
    [Fact]
    public void MailDoesNotExpireBeforeItsSuccessIsReported() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt slow@dest.test 450 4.2.0 come back later");
        mail.Start();
        mail.Submit(MailSystem.Message("slow"), "-f", "alice@origin.test", "slow@dest.test");
        Wait.For("the mail in deferred", () => mail.QueueFiles("deferred").Count == 1);
        string id = Path.GetFileName(mail.QueueFiles("deferred")[0]);
        string log = Path.Combine(mail.QueueDirectory, "trace", id);
        Directory.CreateDirectory(log);
        mail.Postsuper(["-e", id]).Ok();
        mail.Postqueue("-f").Ok();
        Wait.For("the next attempt", () => mail.QueueFiles("deferred").Count == 1 && mail.Log($"{id}: to=<slow@dest.test>, .*status=deferred").Length >= 2);
        Assert.Empty(mail.Log("force-expired"));
        Directory.Delete(log);
        mail.Postqueue("-f").Ok();
        mail.WaitForLog($"{id}: from=<alice@origin.test>, status=force-expired, returned to sender$");
        mail.WaitForEmptyQueue();
        Assert.Equal("alice@origin.test", Assert.Single(Assert.Single(receiver.Messages).Recipients).Address);
    });

    private static IEnumerable<string> Fields(ReceivedMessage message, string name) =>
        System.Text.Encoding.Latin1.GetString(message.Content).Split("\r\n").Where(line => line.StartsWith(name, StringComparison.Ordinal)).Select(line => line[name.Length..]);
}
