using System.Globalization;
using PostfixNet.UnitTests.Milters;

namespace PostfixNet.SystemTests;

/// <summary>Milters look at mail before it is queued, by real processes: Debian's opendkim, and one that does what a script says.</summary>
public sealed class MailPassesMilters
{
    private const string ByPython = """
        import smtplib, sys
        s = smtplib.SMTP("127.0.0.1", int(sys.argv[1]))
        for subject in sys.argv[2:]:
            s.sendmail("alice@origin.test", ["bob@sink.test"], ("From: Alice <alice@origin.test>\r\nTo: bob@sink.test\r\nSubject: " + subject
                + "\r\nX-Folded: one\r\n\ttwo\r\n\r\n.dot\r\nbl\xc3\xa4tter " + subject + "  \r\n\r\n").encode("latin1"))
        s.quit()
        """;

    // Verifies each message with the public key of the test.
    private const string Verify = """
        import dkim, sys
        key = open(sys.argv[1]).read()
        for path in sys.argv[2:]:
            message = open(path, "rb").read()
            record = b"v=DKIM1; k=rsa; p=" + "".join(l for l in key.split("\n") if "-" not in l).encode()
            print(dkim.verify(message, dnsfunc=lambda name, timeout=5: record if name == b"test._domainkey.origin.test." else None))
        """;

    private static System.Diagnostics.Process StartSigner(TemporaryDirectory directory, int port)
    {
        Command.Run("openssl", ["genrsa", "-out", directory["key"], "2048"]).Ok();
        Command.Run("openssl", ["rsa", "-in", directory["key"], "-pubout", "-out", directory["public"]]).Ok();
        File.SetUnixFileMode(directory["key"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(directory["opendkim.conf"], $"""
            Socket inet:{port}@127.0.0.1
            Domain origin.test
            Selector test
            KeyFile {directory["key"]}
            Mode s
            InternalHosts 127.0.0.1
            Canonicalization relaxed/simple
            UserID root
            PidFile {directory["pid"]}
            RequireSafeKeys false
            Background no
            """);
        return Start("opendkim", port, "-f", "-x", directory["opendkim.conf"]);
    }

    // Waits until it listens.
    private static System.Diagnostics.Process Start(string program, int port, params string[] arguments)
    {
        System.Diagnostics.Process milter = Command.Start(program, arguments);
        Wait.For(program, () =>
        {
            using System.Net.Sockets.Socket socket = new(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
            try
            {
                socket.Connect(System.Net.IPAddress.Loopback, port);
                return true;
            }
            catch (System.Net.Sockets.SocketException)
            {
                return milter.HasExited ? throw new Xunit.Sdk.XunitException(milter.StandardError.ReadToEnd()) : false;
            }
        });
        return milter;
    }

    [Fact]
    public void WhatOpendkimSignsIsVerifiedAtTheReceiver()
    {
        if (!MailSystem.IsRoot)
            return;
        using TemporaryDirectory directory = new();
        int port = Ports.Take("127.0.0.1");
        using System.Diagnostics.Process signer = StartSigner(directory, port);
        MailSystem.Run((mail, receiver) =>
        {
            mail.Set("smtpd_milters", $"inet:127.0.0.1:{port}");
            mail.Set("non_smtpd_milters", $"inet:127.0.0.1:{port}");
            int smtp = mail.Serve();
            mail.Start();
            Command.Run("python3", ["-c", ByPython, smtp.ToString(CultureInfo.InvariantCulture), "first", "second"]).Ok();
            // Headers that cleanup completes are signed as they go out.
            mail.Submit("To: bob\nSubject: by command\n\nbody\n.\n\n\n", "-f", "alice@origin.test", "-F", "Alice", "-i", "bob@sink.test");
            Wait.For("three messages", () => receiver.Messages.Count == 3);
            string[] files = [.. receiver.Messages.Select(message =>
            {
                string path = directory[$"message-{message.Number}"];
                File.WriteAllBytes(path, message.Content);
                return path;
            })];
            Assert.All(receiver.Messages, static message => Assert.NotNull(message.Header("DKIM-Signature")));
            Assert.Equal("True\nTrue\nTrue\n", Command.Run("/usr/bin/python3", ["-c", Verify, directory["public"], .. files]).Ok().Output);
            // A look at the check itself.
            File.WriteAllText(files[0], File.ReadAllText(files[0]).Replace("Subject: ", "Subject: not ", StringComparison.Ordinal));
            Assert.Equal("False\n", Command.Run("/usr/bin/python3", ["-c", Verify, directory["public"], files[0]]).Ok().Output);
        });
        signer.Kill();
        signer.WaitForExit();
    }

    private const string Spam = """
        import smtplib, sys
        s = smtplib.SMTP("127.0.0.1", int(sys.argv[1]))
        for body in ("good", "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X", "good again"):
            try:
                print(s.sendmail("alice@origin.test", ["bob@sink.test"], "From: alice@origin.test\r\nSubject: s\r\n\r\n" + body + "\r\n"))
            except smtplib.SMTPDataError as e:
                print(e)
        s.quit()
        """;

    [Fact]
    public void RspamdsProxyRefusesSpamAndTakesTheRest()
    {
        if (!MailSystem.IsRoot)
            return;
        using TemporaryDirectory directory = new();
        int port = Ports.Take("127.0.0.1");
        // Without rules of its own it knows the test pattern; a short list of domains is compiled at once.
        File.WriteAllText(directory["tld"], "com\ntest\n");
        File.WriteAllText(directory["rspamd.conf"], $$"""
            options {
                pidfile = "{{directory["pid"]}}"; url_tld = "{{directory["tld"]}}"; hs_cache_dir = "{{directory.Path}}"; tempdir = "{{directory.Path}}"; filters = "";
                dns { nameserver = ["127.0.0.1:1"]; timeout = 0.1s; retransmits = 1; }
                disable_hyperscan = true; rrd = "";
            }
            logging { type = "console"; level = "warning"; }
            metric { name = "default"; actions { reject = 15; add_header = 6; } }
            worker "rspamd_proxy" {
                bind_socket = "127.0.0.1:{{port}}"; milter = yes; timeout = 20s; count = 1;
                upstream "local" { default = yes; self_scan = yes; }
            }
            """);
        using System.Diagnostics.Process rspamd = Start("rspamd", port, "-f", "-i", $"--var=DBDIR={directory.Path}", $"--var=RUNDIR={directory.Path}", $"--var=LOGDIR={directory.Path}", "-c", directory["rspamd.conf"]);
        MailSystem.Run((mail, receiver) =>
        {
            mail.Set("smtpd_milters", $"inet:127.0.0.1:{port}");
            int smtp = mail.Serve();
            mail.Start();
            Assert.Equal("{}\n(554, b'5.7.1 Gtube pattern')\n{}\n", Command.Run("python3", ["-c", Spam, smtp.ToString(CultureInfo.InvariantCulture)]).Ok().Output);
            Wait.For("two messages", () => receiver.Messages.Count == 2);
            mail.WaitForLog("milter-reject: END-OF-MESSAGE from localhost\\[127.0.0.1\\]: 5.7.1 Gtube pattern; from=<alice@origin.test> to=<bob@sink.test> proto=ESMTP helo=");
        });
        rspamd.Kill(entireProcessTree: true);
        rspamd.WaitForExit();
    }

    [Fact]
    public void WithoutTheSignerMailWaitsOrGoesAsItIsToldTo() => MailSystem.Run((mail, receiver) =>
    {
        int port = Ports.Take("127.0.0.1");
        mail.Set("non_smtpd_milters", $"inet:127.0.0.1:{port}");
        mail.Start();
        mail.Submit(MailSystem.Message("waits"), "-f", "alice@origin.test", "bob@sink.test");
        mail.WaitForLog($"warning: connect to Milter service inet:127.0.0.1:{port}: Connection refused");
        Assert.Single(mail.QueueFiles("maildrop"));
        Assert.Empty(receiver.Messages);
        mail.Set("milter_default_action", "accept");
        mail.Master("reload").Ok();
        mail.Master("flush").Ok();
        Wait.For("the message", () => receiver.Messages.Count == 1);
    });

    private const string Edits = "eom: insheader 0 X-First: one; chgheader 1 Subject: changed; chgheader 1 X-Folded:; addheader X-Last: two\\n\\tthree; chgfrom <carol@origin.test>; delrcpt <bob@sink.test>; "
        + "addrcpt <dave@sink.test>; addrcpt <erin@sink.test>; replbody new body\\r\\n..\\r\\nlast; quarantine to look at; continue";

    // All that reads queue files follows their pointers: listing, postcat, requeueing, delivery, notices.
    [Fact]
    public void AChangedFileIsReadByAllPrograms() => MailSystem.Run((mail, receiver) =>
    {
        using ScriptedMilter milter = new(Edits);
        mail.Set("smtpd_milters", milter.Name);
        int smtp = mail.Serve();
        mail.Start();
        Command.Run("python3", ["-c", ByPython, smtp.ToString(CultureInfo.InvariantCulture), "held"]).Ok();
        string path = Assert.Single(mail.QueueFiles("hold"));
        string id = Path.GetFileName(path);
        mail.WaitForLog($"{id}: milter-hold: END-OF-MESSAGE from localhost\\[127.0.0.1\\]: to look at; from=<carol@origin.test> to=<bob@sink.test> proto=ESMTP helo=");
        Assert.Matches($"{id}! .* carol@origin.test\n +dave@sink.test\n +erin@sink.test\n", mail.Postqueue("-p").Ok().Output);
        string[] shown = Command.Run("postcat", ["-c", PostfixDirectory(mail), path]).Ok().Lines;
        Assert.Contains("sender: carol@origin.test", shown);
        Assert.Contains("canceled_recipient: bob@sink.test", shown);
        Assert.Contains("recipient: erin@sink.test", shown);
        Assert.Contains("X-Last: two", shown);
        Assert.DoesNotContain(shown, static line => line.Contains("X-Folded", StringComparison.Ordinal) || line.Contains(".dot", StringComparison.Ordinal));
        mail.Postsuper(["-H", "ALL"]).Ok();
        Wait.For("the message", () => receiver.Messages.Count == 1);
        Receiver.ReceivedMessage got = Assert.Single(receiver.Messages);
        Assert.Equal("carol@origin.test", got.Sender);
        Assert.Equal(["dave@sink.test", "erin@sink.test"], got.Recipients.Select(static recipient => recipient.Address).Order());
        Assert.StartsWith("X-First: one\r\nReceived: ", got.Text, StringComparison.Ordinal);
        Assert.Contains("\r\nSubject: changed\r\n", got.Text, StringComparison.Ordinal);
        Assert.EndsWith("\r\nX-Last: two\r\n\tthree\r\n\r\nnew body\r\n..\r\nlast\r\n", got.Text, StringComparison.Ordinal);
        mail.WaitForEmptyQueue();
    });

    [Fact]
    public void AChangedFileIsRequeuedAndReturnedAsItIs() => MailSystem.Run((mail, receiver) =>
    {
        using ScriptedMilter milter = new(Edits.Replace("chgfrom <carol@origin.test>; ", "", StringComparison.Ordinal));
        mail.Set("smtpd_milters", milter.Name);
        int smtp = mail.Serve();
        mail.Start();
        Command.Run("python3", ["-c", ByPython, smtp.ToString(CultureInfo.InvariantCulture), "held"]).Ok();
        Assert.Single(mail.QueueFiles("hold"));
        mail.Postsuper(["-r", "ALL"]).Ok();
        mail.Submit(MailSystem.Message("wakes pickup"), "-f", "alice@origin.test", "frank@sink.test");
        Wait.For("the messages", () => receiver.Messages.Count == 2);
        Receiver.ReceivedMessage got = receiver.Messages.Single(static message => !message.Text.Contains("pickup", StringComparison.Ordinal));
        Assert.EndsWith("\r\n\r\nnew body\r\n..\r\nlast\r\n", got.Text, StringComparison.Ordinal);
        Assert.Equal(["dave@sink.test", "erin@sink.test"], got.Recipients.Select(static recipient => recipient.Address).Order());
        Command.Run("python3", ["-c", ByPython, smtp.ToString(CultureInfo.InvariantCulture), "again"]).Ok();
        Wait.For("the held message", () => mail.QueueFiles("hold").Count == 1);
        mail.Set("relayhost", "");
        mail.Set("default_transport", "error:5.1.2 nowhere");
        mail.Stop();
        mail.Start();
        mail.Postsuper(["-H", "ALL"]).Ok();
        mail.WaitForLog("to=<erin@sink.test>.*status=bounced \\(nowhere");
    });

    // The connections of its sessions are broken, or not: nothing is half done, and nobody else notices.
    [Fact]
    public void CleanupDiesWhileAMilterIsAtWork() => MailSystem.Run((mail, receiver) =>
    {
        using ScriptedMilter milter = new("eom: wait 3; continue");
        mail.Set("smtpd_milters", milter.Name);
        int smtp = mail.Serve();
        mail.Start();
        using System.Diagnostics.Process client = Command.Start("python3", ["-c", ByPython, smtp.ToString(CultureInfo.InvariantCulture), "killed"]);
        Wait.For("the end of the message", () => milter.Story.EndsWith("\nE", StringComparison.Ordinal));
        foreach (int pid in mail.Pids("cleanup"))
            RunningPrograms.Kill(pid);
        client.WaitForExit();
        Assert.NotEqual(0, client.ExitCode);
        Command.Run("python3", ["-c", ByPython, smtp.ToString(CultureInfo.InvariantCulture), "whole"]).Ok();
        Wait.For("the other message", () => receiver.Messages.Count == 1);
        Assert.Contains("Subject: whole", receiver.Messages[0].Text, StringComparison.Ordinal);
        Assert.Empty(mail.Ids("incoming", "active", "deferred", "hold"));
    });

    private static string PostfixDirectory(MailSystem mail)
    {
        string directory = mail.PathOf("postfix");
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "main.cf"), $"compatibility_level = 3.6\nqueue_directory = {mail.QueueDirectory}\n");
        return directory;
    }
}
