using System.Net;

namespace PostfixNet.SystemTests;

/// <summary>Mail for a server that is down waits, tells why, and goes out when told to.</summary>
public sealed class DeferredAndFlushed
{
    // S1-29, S1-37, S3-10, S5-03, S5-20, S5-22
    [Fact]
    public void MailWaitsForItsNextAttemptAndFlushSendsItAtOnce()
    {
        int port = Ports.Take("127.0.0.1");
        MailSystem.Run(mail =>
        {
            mail.Set("relayhost", $"[127.0.0.1]:{port}");
            mail.Set("minimal_backoff_time", "300s");
            mail.Set("maximal_backoff_time", "4000s");
            mail.Start();
            mail.Submit(MailSystem.Message("later"), "-f", "alice@origin.test", "bob@sink.test");
            mail.WaitForLog($@"/smtp\[\d+\]: \w+: to=<bob@sink\.test>, relay=none, delay=.*, dsn=4\.4\.1, "
                + $@"status=deferred \(connect to 127\.0\.0\.1\[127\.0\.0\.1\]:{port}: Connection refused\)$");
            Wait.For("the deferred file", () => mail.QueueFiles("deferred").Count == 1 && mail.QueueFiles("active").Count == 0);

            // S5: the next attempt is the file's time; the first wait is minimal_backoff_time, or up to a quarter more.
            string path = Assert.Single(mail.QueueFiles("deferred"));
            double wait = (MailSystem.ModifiedAt(path) - DateTime.UtcNow).TotalSeconds;
            Assert.InRange(wait, 260, 376);
            string listing = mail.Postqueue("-p").Ok().Output;
            Assert.Contains($"(connect to 127.0.0.1[127.0.0.1]:{port}: Connection refused)\n", listing);
            Assert.Contains(" bob@sink.test\n", listing);
            Assert.Contains(Path.GetFileName(path), listing);

            using var receiver = new SmtpReceiver(new ReceiverOptions { Listen = new IPEndPoint(IPAddress.Loopback, port) });
            Assert.Equal("", mail.Postqueue("-f").Ok().Output);
            mail.WaitForEmptyQueue();
            Assert.Equal("later", Assert.Single(receiver.Messages).Header("Subject"));
            mail.WaitForLog(Path.GetFileName(path) + ": removed$");
            Assert.Equal("Mail queue is empty\n", mail.Postqueue("-p").Ok().Output);
            Assert.Empty(mail.QueueFiles("bounce", "defer", "trace"));
        });
    }

    // S3-10, S5-07
    [Fact]
    public void MailOfOneSiteIsTriedThoughTheSiteSeemedDead()
    {
        int port = Ports.Take("127.0.0.1");
        MailSystem.Run(mail =>
        {
            mail.Set("relayhost", $"[127.0.0.1]:{port}");
            mail.Set("minimal_backoff_time", "300s");
            mail.Set("maximal_backoff_time", "4000s");
            mail.Start();
            foreach (string site in (string[])["one", "two", "one"])
                mail.Submit(MailSystem.Message("later"), "-f", "alice@origin.test", $"bob@{site}.test");
            Wait.For("three deferred messages", () => mail.Ids("deferred").Length == 3);
            using var receiver = new SmtpReceiver(new ReceiverOptions { Listen = new IPEndPoint(IPAddress.Loopback, port) });
            Assert.Equal("", mail.Postqueue("-s", "ONE.test").Ok().Output);
            Wait.For("the mail of this site", () => receiver.Messages.Count == 2 && mail.Ids("incoming", "active").Length == 0);
            Assert.All(receiver.Messages, message => Assert.Equal("bob@one.test", message.Recipients[0].Address));
            Assert.Single(mail.Ids("deferred"));
            Command.Run(Repository.Program("sendmail"), ["-C", mail.ConfigDirectory, "-qRtwo.test"]).Ok();
            mail.WaitForEmptyQueue();
        });
    }

    [Fact]
    public void OnlyTheUsersThatMayListAndFlush() => MailSystem.Run(mail =>
    {
        if (!MailSystem.IsRoot)
            return; // takes two users
        const string Other = "4711";
        mail.Set("authorized_mailq_users", "root");
        mail.Set("authorized_flush_users", "!unknown, static:anyone");
        mail.Start();
        foreach (string option in (string[])["-p", "-j", "-f", "-s x.test", "-i ABCDEF"])
        {
            string[] arguments = ["--reuid", Other, "--clear-groups", Repository.Program("postqueue"), "-c", mail.ConfigDirectory, .. option.Split(' ')];
            CommandResult refused = Command.Run("setpriv", arguments);
            Assert.Equal(77, refused.Status);
            Assert.Contains($"User unknown({Other}) is not allowed to {(option is "-p" or "-j" ? "view" : "flush")} the mail queue", refused.Error);
            if (option.Length == 2)
                mail.Postqueue(option).Ok();
        }
    });

    // S3-15
    [Fact]
    public void MailIsRetriedByItselfWhenItsTimeHasCome()
    {
        int port = Ports.Take("127.0.0.1");
        MailSystem.Run(mail =>
        {
            mail.Set("relayhost", $"[127.0.0.1]:{port}");
            mail.Start();
            mail.Submit(MailSystem.Message("again"), "-f", "alice@origin.test", "bob@sink.test");
            mail.WaitForLog("status=deferred");
            using var receiver = new SmtpReceiver(new ReceiverOptions { Listen = new IPEndPoint(IPAddress.Loopback, port) });
            Wait.For("the message", () => receiver.Messages.Count == 1);
            mail.WaitForEmptyQueue();
        });
    }

    [Fact]
    public void MailSubmittedWhileTheSystemIsDownGoesOutAfterTheStart() => MailSystem.Run((mail, receiver) =>
    {
        mail.Start(); // makes the queue directories
        mail.Stop();
        mail.Submit(MailSystem.Message("night"), "-f", "alice@origin.test", "bob@sink.test");
        Assert.Single(mail.QueueFiles("maildrop"));
        mail.Start();
        mail.WaitForEmptyQueue();
        Assert.Equal("night", Assert.Single(receiver.Messages).Header("Subject"));
    });
}
