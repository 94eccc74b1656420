using System.Globalization;
using System.Text;

namespace PostfixNet.SystemTests;

/// <summary>What smtpd is short of, or given too much of: clients are told to come again, nothing is lost, nothing is left behind.</summary>
public sealed class SmtpUnderPressure
{
    private static readonly string s_body = string.Concat(Enumerable.Repeat(new string('x', 76) + "\r\n", 1300)); // 100 kB

    [Fact]
    public void AFullDiskRefusesForNow() => MailSystem.Run((mail, receiver) =>
    {
        if (!MailSystem.IsRoot || Command.Run("mount", ["-t", "tmpfs", "-o", "size=3m,mode=0755", "tmpfs", mail.QueueDirectory]).Status != 0)
            return; // only root can mount, and not everywhere
        try
        {
            int port = mail.Serve();
            mail.Set("queue_minfree", 0);
            mail.Set("queue_minfree_percent", 0);
            mail.Set("message_size_limit", 1000000);
            mail.Start();
            mail.Master("pause").Ok();
            using SmtpDialogue client = new(port);
            client.Say("EHLO client.test");
            List<string> taken = [];
            HashSet<string> refusals = [];
            for (int i = 0; i < 60; i++)
            {
                string answer = client.Send($"Subject: message {i}\r\n\r\n{s_body}");
                if (answer.StartsWith("250 2.0.0 Ok: queued as ", StringComparison.Ordinal))
                    taken.Add($"message {i}\r");
                else
                    refusals.Add(answer);
                client.Say("RSET");
            }
            Assert.InRange(taken.Count, 5, 35);
            Assert.Equal(["451 4.3.0 Error: queue file write error"], refusals);
            Assert.Equal(taken.Count, mail.QueueFiles("incoming", "active", "deferred").Count);
            Command.Run("mount", ["-o", "remount,size=30m", mail.QueueDirectory]).Ok();
            Assert.StartsWith("250 ", client.Send("Subject: there is room\r\n\r\n"), StringComparison.Ordinal);
            mail.Master("resume").Ok();
            mail.WaitForEmptyQueue();
            Wait.For("what was taken", () => receiver.Messages.Count == taken.Count + 1);
            Assert.All(taken, subject => Assert.Single(receiver.Messages, message => message.Text.Contains(subject, StringComparison.Ordinal)));
            mail.Stop();
        }
        finally
        {
            RunningPrograms.KillAll(mail.Root);
            Command.Run("umount", ["-l", mail.QueueDirectory]);
        }
    });

    // Sessions that are there already are served, as soon as there is a descriptor for their message.
    [Fact]
    public void WithoutDescriptorsClientsComeAgain() => MailSystem.Run((mail, receiver) =>
    {
        int port = mail.Serve(more: "process_limit = 1\nargs = [\"-o\", \"smtpd_sessions_per_process=300\"]");
        Command.Run("sh", ["-c", "ulimit -n 100; exec \"$0\" -c \"$1\" start", Repository.Program("master"), mail.ConfigDirectory]).Ok();
        using SmtpDialogue client = new(port);
        client.Say("EHLO client.test");
        List<System.Net.Sockets.TcpClient> silent = [];
        try
        {
            for (int i = 0; i < 200; i++)
                silent.Add(new System.Net.Sockets.TcpClient("127.0.0.1", port));
            mail.WaitForLog("smtpd\\[\\d+\\]: warning: accept connection: Too many open files \\(\\d+ clients are served\\)$");
            Assert.StartsWith("451 4.3.0 ", client.Send("Subject: s\r\n\r\n"), StringComparison.Ordinal);
        }
        finally
        {
            silent.ForEach(static one => one.Dispose());
        }
        client.Say("RSET");
        Wait.For("a descriptor", () => client.Send("Subject: s\r\n\r\n").StartsWith("250 ", StringComparison.Ordinal) || client.Say("RSET").Length == 0);
        Wait.For("the message", () => receiver.Messages.Count == 1);
        Assert.Single(mail.Pids("smtpd"));
        Assert.Single(mail.Log("accept connection"));
    });

    // PFN_OVERSIZE_MB makes it 10 GB.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AMessageFarBeyondTheLimitTakesNoRoom(bool isChunked) => MailSystem.Run(mail =>
    {
        int port = mail.Serve();
        mail.Set("message_size_limit", 1000000);
        mail.Start();
        using SmtpDialogue client = new(port);
        client.Say("EHLO client.test");
        Assert.StartsWith("250 ", client.Send("Subject: first\r\n\r\n"), StringComparison.Ordinal);
        mail.WaitForLog("status=sent|status=deferred");
        long before = PeakMemory(mail, "smtpd") + PeakMemory(mail, "cleanup");
        client.Say("MAIL FROM:<alice@origin.test>");
        client.Say("RCPT TO:<bob@sink.test>");
        int megabytes = int.Parse(Environment.GetEnvironmentVariable("PFN_OVERSIZE_MB") ?? "200", CultureInfo.InvariantCulture);
        byte[] megabyte = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(new string('x', 126) + "\r\n", 8192)));
        if (isChunked)
            client.Stream.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"BDAT {(long)megabytes * megabyte.Length} LAST\r\n")));
        else
            client.Say("DATA");
        for (int i = 0; i < megabytes; i++)
            client.Stream.Write(megabyte);
        string answer = isChunked ? client.Answer() : client.Say(".");
        Assert.Equal(isChunked ? "552 5.3.4 Chunk exceeds message size limit" : "552 5.3.4 Error: message file too big", answer);
        Assert.Single(mail.QueueFiles("incoming", "active", "deferred", "maildrop"));
        Assert.InRange(PeakMemory(mail, "smtpd") + PeakMemory(mail, "cleanup") - before, 0, 8 << 10);
        Assert.StartsWith("250 ", client.Send("Subject: second\r\n\r\n"), StringComparison.Ordinal);
    });

    // Kilobytes.
    private static long PeakMemory(MailSystem mail, string program) => mail.Pids(program).Sum(static pid => File.ReadLines($"/proc/{pid}/status")
        .Where(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Sum(static line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)));
}
