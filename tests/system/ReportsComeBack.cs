namespace PostfixNet.SystemTests;

/// <summary>Mail with return paths of report_domain, and what comes back to them.</summary>
public sealed class ReportsComeBack
{
    // S3-47, S3-50
    [Fact]
    public void AFailureThatComesBackReachesTheSenderOnceAndSuppresses() => MailSystem.Run((mail, receiver) =>
    {
        mail.Set("events_enable", true);
        mail.Set("suppression_enable", true);
        mail.Set("suppression_automatic", true);
        mail.Set("report_domain", "bounces.test");
        mail.Set("report_senders", "dest.test");
        mail.Start();
        mail.Submit("Subject: one\n\nx\n", "-f", "alice@dest.test", "bob@dest.test", "carol@dest.test");
        Wait.For("both have it", () => receiver.Messages.Count(static message => message.Header("Subject") == "one") == 2);
        Dictionary<string, string> paths = receiver.Messages.ToDictionary(static message => Assert.Single(message.Recipients).Address, static message => message.Sender);
        Assert.All(paths.Values, static path => Assert.Matches("^r[a-z2-7]{39}@bounces\\.test$", path));
        Assert.NotEqual(paths["bob@dest.test"], paths["carol@dest.test"]);

        string report = "From: MAILER-DAEMON@mx.test\nSubject: came back\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nNo.\n"
            + "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\n\nFinal-Recipient: rfc822; victim@dest.test\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 who?\n--b--\n";
        string path = paths["bob@dest.test"].ToUpperInvariant();
        mail.Submit(report, "-f", "<>", path);
        mail.WaitForLog("relay=reports, .*status=sent \\(failure 5\\.1\\.1 of .* for <bob@dest\\.test>, forwarded to <alice@dest\\.test>\\)");
        Wait.For("the sender has it", () => receiver.Messages.Any(static message => message.Header("Subject") == "came back" && message.Sender.Length == 0 && message.Recipients[0].Address == "alice@dest.test"));
        mail.Submit(report, "-f", "<>", path);
        mail.WaitForLog("relay=reports, .*status=sent \\(replayed: ");
        mail.Submit(report, "-f", "<>", path.Replace("R", "RA", StringComparison.Ordinal));
        mail.WaitForLog("relay=reports, .*dsn=5\\.1\\.1, status=bounced \\(forged: ");
        Assert.Single(receiver.Messages, static message => message.Header("Subject") == "came back");
        // The report is told once, with the message that it is about; each end of mail to a return path is told, too.
        string[] events = File.ReadAllLines(Path.Combine(mail.QueueDirectory, "events", "0000000001.jsonl"));
        Assert.Matches("\"recipient\":\"bob@dest.test\".*\"status\":\"failed\".*\"notice_for\":\"", Assert.Single(events, static line => line.Contains("\"event\":\"report\"", StringComparison.Ordinal)));
        Assert.Equal(2, events.Count(static line => line.Contains("\"service\":\"reports\"", StringComparison.Ordinal) && line.Contains("\"event\":\"delivered\"", StringComparison.Ordinal)));
        Assert.Single(events, static line => line.Contains("\"service\":\"reports\"", StringComparison.Ordinal) && line.Contains("\"event\":\"bounced\"", StringComparison.Ordinal));

        Assert.Equal(0, mail.Master("suppress", "check", "bob@dest.test").Status);
        Assert.Equal(1, mail.Master("suppress", "check", "victim@dest.test").Status);
        mail.Submit("Subject: two\n\nx\n", "-f", "alice@dest.test", "bob@dest.test");
        mail.WaitForLog("to=<bob@dest\\.test>, relay=none, .*status=bounced \\(recipient is on the suppression list: 550 5\\.1\\.1 who\\?\\)");
    });
}
