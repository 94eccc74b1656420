namespace PostfixNet.SystemTests;

/// <summary>Who may send mail to where through a server of the whole system.</summary>
public sealed class StrangersMayNotRelay
{
    [Fact]
    public void AStrangerIsRefusedAndAPermittedClientIsServed() => MailSystem.Run((mail, receiver) =>
    {
        int port = mail.Serve();
        mail.Set("mynetworks", "127.0.0.1");
        mail.Set("smtpd_recipient_restrictions", "check_recipient_access inline:{held@example.test=HOLD}");
        mail.Start();
        string[] stranger = Talk("127.0.0.2", port, "EHLO stranger.test", "MAIL FROM:<a@stranger.test>", "RCPT TO:<user@example.test>", "RCPT TO:<user%example.test@[127.0.0.1]>", "DATA");
        Assert.Equal(["454 4.7.1", "454 4.7.1", "554 5.5.1"], stranger[^3..].Select(static reply => reply[..9]));
        mail.WaitForLog(@"NOQUEUE: reject: RCPT from .*\[127\.0\.0\.2\]: 454 4\.7\.1 <user@example\.test>: Relay access denied; from=<a@stranger\.test> to=<user@example\.test> proto=ESMTP helo=<stranger\.test>$");
        Assert.Empty(mail.Ids("incoming", "active", "deferred", "hold"));
        string[] permitted = Talk("127.0.0.1", port, "EHLO own.test", "MAIL FROM:<a@own.test>", "RCPT TO:<user@example.test>", "DATA", "Subject: s\r\n\r\nHello.\r\n.");
        Assert.StartsWith("250 2.0.0 Ok: queued as ", permitted[^1], StringComparison.Ordinal);
        mail.WaitForEmptyQueue();
        Assert.Equal("user@example.test", Assert.Single(Assert.Single(receiver.Messages).Recipients).Address);
        string[] held = Talk("127.0.0.1", port, "EHLO own.test", "MAIL FROM:<a@own.test>", "RCPT TO:<held@example.test>", "DATA", "Subject: s\r\n\r\nHello.\r\n.");
        Assert.Equal(held[^1]["250 2.0.0 Ok: queued as ".Length..], Assert.Single(mail.Ids("hold")));
        mail.Postsuper(["-H", "ALL"]).Ok();
        Wait.For("the message that was on hold", () => receiver.Messages.Count == 2);
    });

    // Mail that would be returned is not taken; what an alias has goes where that says, by whatever name of this host.
    [Fact]
    public void NobodyIsRefusedAndAnAliasIsServedAtAnAddressOfThisHostToo() => MailSystem.Run((mail, receiver) =>
    {
        int port = mail.Serve();
        mail.Set("mynetworks", "127.0.0.1");
        mail.Set("mydestination", "$myhostname");
        mail.AddTable("[alias_maps]\nroot = \"admin@example.com\"");
        mail.Start();
        string[] said = Talk("127.0.0.2", port, "EHLO stranger.test", "MAIL FROM:<a@stranger.test>", "RCPT TO:<nobody@mta.golden.test>", "RCPT TO:<nobody@[127.0.0.1]>", "RCPT TO:<root@[127.0.0.1]>",
            "DATA", "Subject: s\r\n\r\nHello.\r\n.");
        Assert.Equal(["550 5.1.1", "550 5.1.1", "250 2.1.5"], said[3..6].Select(static reply => reply[..9]));
        mail.WaitForLog(@"reject: RCPT from .*\[127\.0\.0\.2\]: 550 5\.1\.1 <nobody@mta\.golden\.test>: Recipient address rejected: User unknown in local recipient table; from=<a@stranger\.test> to=<nobody@mta\.golden\.test> proto=ESMTP helo=<stranger\.test>$");
        mail.WaitForLog(@"to=<admin@example\.com>, orig_to=<root@\[127\.0\.0\.1\]>, .*status=sent ");
        mail.WaitForEmptyQueue();
        Assert.Equal("admin@example.com", Assert.Single(Assert.Single(receiver.Messages).Recipients).Address);
        // By sendmail nobody is asked who exists: the sender hears of it by mail, from qmgr.
        mail.Submit(MailSystem.Message("to nobody"), "-f", "alice@origin.test", "nobody@[127.0.0.1]");
        mail.WaitForLog(@"to=<nobody@\[127\.0\.0\.1\]>, relay=none, .*dsn=5\.1\.1, status=bounced \(unknown user: ""nobody""\)$");
        mail.WaitForEmptyQueue();
    });

    // Each line is sent once the one before it is answered; the answers, the last line of each.
    private static string[] Talk(string from, int port, params string[] lines)
    {
        using SmtpDialogue client = new(port, from);
        return [client.Greeting, .. lines.Select(client.Say)];
    }
}
