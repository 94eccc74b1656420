namespace PostfixNet.SystemTests;

/// <summary>A refused recipient comes back to the sender as a report; the others get their mail.</summary>
public sealed class OneOfThreeRefused
{
    // S1-30, S1-57, S3-37, S5-13, S5-25
    [Fact]
    public void TwoAreDeliveredAndTheSenderIsTold() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt bad@dest.test 550 5.1.1 <bad@dest.test> no such user");
        mail.Start();
        mail.Submit(MailSystem.Message("to three", "The body.\n"), "-V", "envid-1", "-f", "alice@origin.test",
            "one@dest.test", "bad@dest.test", "two@dest.test");
        mail.WaitForEmptyQueue();

        ReceivedMessage[] messages = [.. receiver.Messages];
        Assert.Equal(["one@dest.test", "two@dest.test"],
            messages.Where(message => message.Sender == "alice@origin.test")
                .SelectMany(message => message.Recipients).Select(recipient => recipient.Address).Order());
        ReceivedMessage notice = Assert.Single(messages, message => message.Sender.Length == 0);
        Assert.Equal("alice@origin.test", Assert.Single(notice.Recipients).Address);

        ParsedNotice report = Python.Parse(notice);
        Assert.Empty(report.Defects);
        Assert.Equal("multipart/report", report.ContentType);
        Assert.Equal("delivery-status", report.ReportType);
        Assert.Equal(["text/plain", "message/delivery-status", "message/rfc822"], report.PartTypes);
        Assert.Equal("Undelivered Mail Returned to Sender", report.Headers["subject"]);
        Assert.Equal("auto-replied", report.Headers["auto-submitted"]);
        Assert.Equal("alice@origin.test", report.Headers["to"]);
        Assert.Equal("dns; mta.golden.test", report.MessageFields["reporting-mta"]);
        Assert.Equal("envid-1", report.MessageFields["original-envelope-id"]);
        Dictionary<string, string> recipient = Assert.Single(report.RecipientFields);
        Assert.Equal("rfc822; bad@dest.test", recipient["final-recipient"]);
        Assert.Equal("rfc822;bad@dest.test", recipient["original-recipient"]);
        Assert.Equal("failed", recipient["action"]);
        Assert.Equal("5.1.1", recipient["status"]);
        Assert.Contains("550 5.1.1 <bad@dest.test> no such user", Unfolded(recipient["diagnostic-code"]));
        Assert.Contains("<bad@dest.test>: host 127.0.0.1[127.0.0.1] said: 550 5.1.1", report.Text);
        Assert.Equal("to three", report.Original["subject"]);
        Assert.Contains("The body.", report.OriginalBody);

        mail.WaitForLog(@"to=<bad@dest\.test>, relay=127\.0\.0\.1\[127\.0\.0\.1\]:\d+, .*, dsn=5\.1\.1, status=bounced \(host 127\.0\.0\.1\[127\.0\.0\.1\] "
            + @"said: 550 5\.1\.1 <bad@dest\.test> no such user \(in reply to RCPT TO command\)\)$");
        mail.WaitForLog(@"/bounce\[\d+\]: \w+: sender non-delivery notification: \w+$");
        Wait.For("both removed lines", () => mail.Log(": removed$").Length == 2);
        Assert.Empty(mail.QueueFiles("bounce", "defer", "trace"));
    });

    private static string Unfolded(string value) =>
        string.Join(' ', value.Split([' ', '\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries));
}
