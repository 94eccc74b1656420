namespace PostfixNet.SystemTests;

/// <summary>A recipient that is put off is tried again, alone.</summary>
public sealed class OneOfThreeDeferred
{
    // S1-29, S4-04
    [Fact]
    public void OnlyTheDeferredOneIsRetried() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt grey@dest.test 450 4.2.0 come back later");
        mail.Start();
        mail.Submit(MailSystem.Message("to three"), "-f", "alice@origin.test", "one@dest.test", "grey@dest.test", "two@dest.test");
        string line = mail.WaitForLog(@"to=<grey@dest\.test>, .*, dsn=4\.2\.0, status=deferred \(host 127\.0\.0\.1\[127\.0\.0\.1\] "
            + @"said: 450 4\.2\.0 come back later \(in reply to RCPT TO command\)\)$");
        Wait.For("the deferred file", () => mail.QueueFiles("deferred").Count == 1 && mail.QueueFiles("active").Count == 0);

        // Those that are done are marked in the file, one byte each, and nothing else changed.
        QueueFileRecords records = QueueFileRecords.Read(Assert.Single(mail.QueueFiles("deferred")));
        Assert.Equal(["grey@dest.test"], records.Recipients);
        Assert.Equal(["one@dest.test", "two@dest.test"], records.Done.Order());
        string listing = mail.Postqueue("-p").Ok().Output;
        Assert.Contains("grey@dest.test", listing);
        Assert.DoesNotContain("one@dest.test", listing);

        receiver.SetRules();
        Wait.For("the second delivery", () => receiver.Messages.Any(message => message.Recipients[0].Address == "grey@dest.test"));
        mail.WaitForEmptyQueue();
        Assert.Equal(["grey@dest.test", "one@dest.test", "two@dest.test"],
            receiver.Messages.SelectMany(message => message.Recipients).Select(recipient => recipient.Address).Order());
        Assert.NotEmpty(line);
    });
}
