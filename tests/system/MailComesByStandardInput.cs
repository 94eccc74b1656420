using System.Diagnostics;
using System.Text;

namespace PostfixNet.SystemTests;

/// <summary>"sendmail -bs": a client on standard input and output, of any kind; its mail arrives, or the client knows that it does not.</summary>
public sealed class MailComesByStandardInput
{
    private const string Envelope = "MAIL FROM:<alice@origin.test>\r\nRCPT TO:<bob@sink.test>\r\n";

    // smtplib speaks over a socket that is the program's standard input and output.
    private const string OverSocket = """
        import smtplib, socket, subprocess, sys
        if sys.argv[1] == "unix":
            ours, theirs = socket.socketpair()
        else:
            listener = socket.create_server(("127.0.0.1", 0))
            ours = socket.create_connection(listener.getsockname())
            theirs, _ = listener.accept()
        program = subprocess.Popen(sys.argv[2:], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE)
        theirs.close()
        class Client(smtplib.SMTP):
            def _get_socket(self, host, port, timeout):
                return ours
        try:
            client = Client("here", 25, local_hostname="client.test")
            client.sendmail("alice@origin.test", ["bob@sink.test"], "Subject: socket\r\n\r\nHello.\r\n")
            client.quit()
        except smtplib.SMTPServerDisconnected:
            print("nobody there")
        print(program.wait(), program.stderr.read().decode())
        """;

    // pickup adds who submitted it, as to all mail of users.
    [Fact]
    public void ItIsDeliveredWithBothTraces() => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        CommandResult result = mail.Sendmail($"EHLO client.test\r\n{Envelope}DATA\r\nFrom: alice@origin.test\r\nSubject: by standard input\r\n\r\nHello.\r\n..dot\r\n.\r\nQUIT\r\n", "-bs");
        Assert.Equal((0, ""), (result.Ok().Status, result.Error));
        mail.WaitForEmptyQueue();
        ReceivedMessage message = Assert.Single(receiver.Messages);
        Assert.Equal(("alice@origin.test", "bob@sink.test"), (message.Sender, Assert.Single(message.Recipients).Address));
        Assert.Matches($@"^Received: by mta\.golden\.test \(Postfix, from userid {PostfixNet.Native.Users.RealUid}\)\r\n\tid \w+; .*\r\n"
            + @"Received: from client\.test \(localhost \[127\.0\.0\.1\]\)\r\n\tby mta\.golden\.test \(Postfix\) with ESMTP id \w+\r\n\tfor <bob@sink\.test>; ", message.Text);
        Assert.EndsWith("\r\n\r\nHello.\r\n.dot\r\n", message.Text, StringComparison.Ordinal);
        // Headers of a user's mail are completed.
        Assert.NotNull(message.Header("Date"));
        Assert.NotNull(message.Header("Message-Id"));
        Assert.Matches(@"/smtpd\[\d+\]: \w+: client=localhost\[127\.0\.0\.1\], uid=\d+$", mail.Log("client=")[0]);
        mail.Stop();
    });

    // The system is down, and the mail waits for it.
    [Fact]
    public void AnyAccountMaySpeak() => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        mail.Stop();
        string[] asStranger = MailSystem.IsRoot ? ["setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups"] : ["env"];
        CommandResult result = Command.Run(asStranger[0], [.. asStranger[1..], Repository.Program("sendmail"), "-C", mail.ConfigDirectory, "-bs"],
            Encoding.ASCII.GetBytes($"EHLO client.test\r\n{Envelope}DATA\r\nSubject: s\r\n\r\n.\r\nQUIT\r\n"));
        Assert.Contains("queued as", result.Ok().Output);
        mail.Start();
        mail.WaitForEmptyQueue();
        if (MailSystem.IsRoot)
            Assert.Contains("from userid 12345)", Assert.Single(receiver.Messages).Text);
        mail.Stop();
    });

    [Theory]
    [InlineData("unix", "0")]
    [InlineData("inet", "nobody there")]
    public void StandardInputMayBeASocketOfThisHost(string kind, string said) => MailSystem.Run(mail =>
    {
        mail.Start();
        mail.Stop();
        CommandResult result = Command.Run("python3", ["-c", OverSocket, kind, Repository.Program("sendmail"), "-C", mail.ConfigDirectory, "-bs"]).Ok();
        Assert.StartsWith(said, result.Output, StringComparison.Ordinal);
        Assert.Equal(kind == "unix" ? 1 : 0, mail.Ids("maildrop").Length);
        if (kind == "inet")
            Assert.Contains("77 smtpd: fatal: the SMTP server is started by master, not by a network super-server", result.Output, StringComparison.Ordinal);
    });

    [Fact]
    public void StandardInputMayBeATerminal() => MailSystem.Run(mail =>
    {
        mail.Start();
        mail.Stop();
        CommandResult result = Command.Run("script", ["-qec", $"{Repository.Program("sendmail")} -C {mail.ConfigDirectory} -bs", "/dev/null"],
            Encoding.ASCII.GetBytes($"EHLO client.test\n{Envelope.Replace("\r", "", StringComparison.Ordinal)}DATA\nSubject: s\n\n.\nQUIT\n"));
        Assert.Contains("queued as", result.Ok().Output, StringComparison.Ordinal);
        Assert.Single(mail.Ids("maildrop"));
    });

    [Theory]
    [InlineData("< /dev/null")]
    [InlineData("<&-")]
    [InlineData("< /dev/null >&-")]
    public void WithoutClientItEnds(string streams) => MailSystem.Run(mail =>
    {
        mail.Start();
        mail.Stop();
        CommandResult result = Command.Run("sh", ["-c", $"\"$@\" {streams}", "sh", Repository.Program("sendmail"), "-C", mail.ConfigDirectory, "-bs"]);
        Assert.Equal((0, ""), (result.Status, result.Error));
        Assert.Empty(mail.QueueFiles("maildrop"));
    });

    // S1-16: of a message that is not complete nothing stays, whatever ends it, and wherever.
    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    [InlineData("HUP")]
    [InlineData("KILL")]
    [InlineData("")] // the end of input
    public void HalfAMessageLeavesNothing(string signal) => MailSystem.Run(mail =>
    {
        mail.Start();
        mail.Stop();
        using Process process = Command.Start("env", ["--default-signal=HUP", Repository.Program("sendmail"), "-C", mail.ConfigDirectory, "-bs"]);
        process.StandardInput.Write($"EHLO client.test\r\n{Envelope}DATA\r\n");
        process.StandardInput.Flush();
        while (process.StandardOutput.ReadLine() is { } line && !line.StartsWith("354", StringComparison.Ordinal))
        {
        }
        // More than is kept in memory: the file is there.
        process.StandardInput.Write($"Subject: half\r\n\r\n{string.Concat(Enumerable.Repeat(new string('x', 70) + "\r\n", 2000))}");
        process.StandardInput.Flush();
        Wait.For("a file", () => RunningPrograms.OpenFiles(process.Id).Any(path => path.StartsWith($"{mail.QueueDirectory}/maildrop/", StringComparison.Ordinal)));
        Assert.Empty(mail.QueueFiles("maildrop"));
        if (signal.Length > 0)
            Command.Run("kill", [$"-{signal}", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]).Ok();
        else
            process.StandardInput.Close();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Empty(mail.QueueFiles("maildrop"));
    });

    [Theory]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public void HalfAMessageOfSendmailLeavesNothing(string signal) => MailSystem.Run(mail =>
    {
        mail.Start();
        mail.Stop();
        using Process process = Command.Start("env", ["--default-signal=HUP", Repository.Program("sendmail"), "-C", mail.ConfigDirectory, "-f", "alice@origin.test", "bob@sink.test"]);
        process.StandardInput.Write($"Subject: half\n\n{string.Concat(Enumerable.Repeat(new string('x', 70) + "\n", 2000))}");
        process.StandardInput.Flush();
        Wait.For("a file", () => RunningPrograms.OpenFiles(process.Id).Any(path => path.StartsWith($"{mail.QueueDirectory}/maildrop/", StringComparison.Ordinal)));
        Assert.Empty(mail.QueueFiles("maildrop"));
        Command.Run("kill", [$"-{signal}", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]).Ok();
        process.WaitForExit();
        Assert.Empty(mail.QueueFiles("maildrop"));
    });

    [Fact]
    public void AFullDiskIsToldAndTheSessionGoesOn() => MailSystem.Run(mail =>
    {
        mail.Start();
        mail.Stop();
        // More than the system lets the file have; then one that fits.
        string large = string.Concat(Enumerable.Repeat(new string('x', 70) + "\r\n", 20_000));
        CommandResult result = Command.Run("sh", ["-c", "ulimit -f 100; exec \"$@\"", "sh", Repository.Program("sendmail"), "-C", mail.ConfigDirectory, "-bs"],
            Encoding.ASCII.GetBytes($"EHLO client.test\r\n{Envelope}DATA\r\n{large}.\r\n{Envelope}DATA\r\nSubject: small\r\n\r\n.\r\nQUIT\r\n"));
        Assert.Contains("\r\n552 5.3.4 Error: message file too big\r\n250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 ", result.Ok().Output, StringComparison.Ordinal);
        Assert.Single(mail.QueueFiles("maildrop"));
        if (!MailSystem.IsRoot || Command.Run("mount", ["-t", "tmpfs", "-o", "size=1m,mode=1777", "tmpfs", Path.Combine(mail.QueueDirectory, "maildrop")]).Status != 0)
            return; // only root can mount, and not everywhere
        try
        {
            result = mail.Sendmail($"EHLO client.test\r\n{Envelope}DATA\r\n{large}.\r\n{Envelope}DATA\r\nSubject: small\r\n\r\n.\r\nQUIT\r\n", "-bs");
            Assert.Contains("\r\n451 4.3.0 Error: queue file write error\r\n250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 ", result.Ok().Output, StringComparison.Ordinal);
            Assert.Contains("queued as", result.Output, StringComparison.Ordinal);
            Assert.Single(mail.QueueFiles("maildrop"));
        }
        finally
        {
            Command.Run("umount", ["-l", Path.Combine(mail.QueueDirectory, "maildrop")]).Ok();
        }
    });

    // -bv: nobody gets anything, and the sender gets a report of what would have been.
    [Fact]
    public void AddressesAreVerifiedByMail() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt bad@sink.test 550 5.1.1 no such user");
        mail.AddTable("[transport_maps]\n\"closed.test\" = \"error:5.1.2 closed\"\n\"later.test\" = \"retry:4.3.2 later\"\n\"gone.test\" = \"discard:\"");
        mail.Start();
        CommandResult result = mail.Sendmail("", "-bv", "-f", "alice@origin.test", "good@sink.test", "bad@sink.test", "x@closed.test", "x@later.test", "x@gone.test").Ok();
        Assert.Equal("Mail Delivery Status Report will be mailed to <alice@origin.test>.\n", result.Output);
        mail.WaitForEmptyQueue();
        ReceivedMessage notice = Assert.Single(receiver.Messages);
        Assert.Equal(("", "alice@origin.test"), (notice.Sender, Assert.Single(notice.Recipients).Address));
        ParsedNotice report = Python.Parse(notice);
        Assert.Equal(["rfc822; bad@sink.test undeliverable", "rfc822; good@sink.test deliverable", "rfc822; x@closed.test undeliverable", "rfc822; x@gone.test deliverable", "rfc822; x@later.test undeliverable"],
            report.RecipientFields.Select(static fields => $"{fields["final-recipient"]} {fields["action"]}").Order(StringComparer.Ordinal));
        Assert.Equal("probe", report.Original["subject"]);
        mail.Stop();
    });

    [Fact]
    public void DeliveriesAreReportedByMail() => MailSystem.Run((mail, receiver) =>
    {
        mail.AddTable("[transport_maps]\n\"closed.test\" = \"error:5.1.2 closed\"\n\"gone.test\" = \"discard:\"");
        mail.Start();
        mail.Sendmail(MailSystem.Message("told of"), "-v", "-f", "alice@origin.test", "good@sink.test", "x@closed.test", "x@gone.test").Ok();
        mail.WaitForEmptyQueue();
        ParsedNotice[] reports = [.. receiver.Messages.Where(static message => message.Sender.Length == 0).Select(Python.Parse)];
        ParsedNotice status = Assert.Single(reports, static report => report.RecipientFields.Length == 3);
        Assert.Equal(["rfc822; good@sink.test relayed", "rfc822; x@closed.test failed", "rfc822; x@gone.test delivered"],
            status.RecipientFields.Select(static fields => $"{fields["final-recipient"]} {fields["action"]}").Order(StringComparer.Ordinal));
        // And what failed is returned as without it.
        Assert.Equal("failed", Assert.Single(Assert.Single(reports, report => report != status).RecipientFields)["action"]);
        mail.Stop();
    });

    // S1-20: the client has nobody else to tell it.
    [Fact]
    public void TheClientHearsOfMailThatIsOnStableStorage() => MailSystem.Run(mail =>
    {
        mail.Start();
        mail.Stop();
        Command.Run("strace", ["-f", "-qq", "-yy", "-s", "1000", "-e", "trace=fsync,syncfs,linkat,write", "-o", mail.PathOf("calls.1"), Repository.Program("sendmail"), "-C", mail.ConfigDirectory, "-bs"],
            Encoding.ASCII.GetBytes($"EHLO client.test\r\n{Envelope}DATA\r\nSubject: s\r\n\r\n.\r\nQUIT\r\n")).Ok();
        string id = Assert.Single(mail.Ids("maildrop"));
        string[] calls = [.. SystemCalls.Read(mail).Select(static call => $"{call.Name}({call.Arguments}")];
        int named = Array.FindIndex(calls, call => call.StartsWith("linkat(", StringComparison.Ordinal) && call.Contains($"/maildrop/{id}\"", StringComparison.Ordinal));
        // strace calls it by what it was before it had a name.
        int file = Array.FindIndex(calls, Math.Max(named, 0), static call => call.StartsWith("fsync(", StringComparison.Ordinal) && call.Contains("/maildrop/", StringComparison.Ordinal));
        int directory = Array.FindIndex(calls, Math.Max(file, 0), static call => call.Contains("sync", StringComparison.Ordinal) && call.Contains("/maildrop>", StringComparison.Ordinal));
        int told = Array.FindIndex(calls, call => call.StartsWith("write(1<", StringComparison.Ordinal) && call.Contains($"queued as {id}", StringComparison.Ordinal));
        Assert.True(0 <= named && named < file && file < directory && directory < told, string.Join('\n', calls));
    });

    [Theory]
    [InlineData("DATA\r\nSubject: s\r\n\r\nx\r\n.\r\n")]
    [InlineData("BDAT 14\r\nSubject: s\r\n\r\nBDAT 3 LAST\r\nx\r\n")]
    public void CutAtAnyOctetItIsWholeOrNotThere(string content) => MailSystem.Run(mail =>
    {
        mail.Start();
        mail.Stop();
        for (int length = 0; length <= content.Length; length++)
        {
            CommandResult result = mail.Sendmail($"EHLO client.test\r\n{Envelope}{content[..length]}", "-bs").Ok();
            Assert.Equal(length == content.Length, result.Output.Contains("queued as", StringComparison.Ordinal));
            Assert.Equal(length == content.Length ? 1 : 0, mail.QueueFiles("maildrop").Count);
        }
    });

    [Fact]
    public void DaemonModeStartsTheSystem() => MailSystem.Run(mail =>
    {
        mail.Sendmail("", "-bd", "-q15m").Ok();
        Assert.True(mail.IsRunning);
        mail.Stop();
    });
}
