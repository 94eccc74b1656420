using System.Diagnostics;
using System.Globalization;

namespace PostfixNet.SystemTests;

/// <summary>What a machine does to the mail system: small disks, odd file systems, limits, accounts, descriptors, a log that nobody reads.</summary>
public sealed class TroubledMachine
{
    // Has renameat2(2) with flags fail with EINVAL for the program that it becomes, and for all that this starts.
    private const string NoFlagsForRename = """
        import ctypes, os, struct, sys, platform
        nr, arch = {'x86_64': (316, 0xc000003e), 'aarch64': (276, 0xc00000b7)}[platform.machine()]
        def op(code, k, jt=0, jf=0): return struct.pack('HBBI', code, jt, jf, k)
        program = b''.join([op(0x20, 4), op(0x15, arch, 0, 4), op(0x20, 0), op(0x15, nr, 0, 2), op(0x20, 16 + 8 * 4), op(0x15, 0, 0, 1),
            op(6, 0x7fff0000), op(6, 0x00050000 | 22)])
        code = ctypes.create_string_buffer(program)
        class Prog(ctypes.Structure): _fields_ = [('len', ctypes.c_ushort), ('filter', ctypes.c_void_p)]
        libc = ctypes.CDLL(None, use_errno=True)
        prog = Prog(len(program) // 8, ctypes.addressof(code))
        assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.byref(prog)) == 0, os.strerror(ctypes.get_errno())
        os.execv(sys.argv[1], sys.argv[1:])
        """;

    [Fact] // B06
    public void AFileSystemWithoutRenameFlagsIsGoodEnough() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt later@dest.test 450 4.2.0 later");
        mail.Set("queue_run_delay", "1h");
        CommandResult Run(string program, byte[]? input, params string[] arguments) =>
            Command.Run("python3", ["-c", NoFlagsForRename, Repository.Program(program), .. arguments], input);
        // What the filter is for.
        Assert.Contains("Invalid argument", Command.Run("python3", ["-c", NoFlagsForRename, Command.Find("python3"), "-c",
            "import ctypes,os;l=ctypes.CDLL(None,use_errno=True);l.syscall(316 if os.uname().machine=='x86_64' else 276,-100,b'/',-100,b'/x',1);print(os.strerror(ctypes.get_errno()))"]).Ok().Output);
        Run("master", null, "-c", mail.ConfigDirectory, "start").Ok();
        Run("sendmail", "Subject: one\n\nx\n"u8.ToArray(), "-C", mail.ConfigDirectory, "-f", "alice@origin.test", "bob@dest.test").Ok();
        Wait.For("the message", () => receiver.Messages.Count == 1);
        Run("sendmail", "Subject: two\n\nx\n"u8.ToArray(), "-C", mail.ConfigDirectory, "-f", "alice@origin.test", "later@dest.test").Ok();
        mail.WaitForLog("to=<later@dest.test>.*status=deferred");
        Wait.For("the deferred message", () => mail.Ids("deferred").Length == 1);
        receiver.SetRules();
        Assert.Contains("Requeued: 1 message", Run("postsuper", null, "-c", mail.ConfigDirectory, "-r", "ALL").Ok().Error);
        // Else pickup looks in a minute.
        Run("sendmail", "Subject: three\n\nx\n"u8.ToArray(), "-C", mail.ConfigDirectory, "-f", "alice@origin.test", "bob@dest.test").Ok();
        Wait.For("the others", () => receiver.Messages.Count == 3);
        mail.WaitForEmptyQueue();
        Assert.Empty(mail.Log("Invalid argument"));
    });

    [Fact] // B11
    public void ALogThatNobodyReadsStopsNothing() => MailSystem.Run((mail, receiver) =>
    {
        mail.Set("maillog_file", "/dev/stdout");
        // A shell between them, so that nothing but the pipe's own room is there; its writer is told when something was lost.
        using Process master = Command.Start(Repository.Program("master"), ["-c", mail.ConfigDirectory, "start-fg"]);
        Wait.For("the mail system", () => mail.IsRunning);
        // What fills the pipe: each line of the log names all 40 recipients' addresses.
        string[] recipients = [.. Enumerable.Range(0, 40).Select(static i => $"{new string('r', 50)}{i}@dest.test")];
        for (int i = 0; i < 20; i++)
            mail.Submit(MailSystem.Message($"message {i}"), ["-f", "alice@origin.test", .. recipients]);
        Wait.For("all messages", () => receiver.Messages.SelectMany(static m => m.Recipients).Count() == 800);
        mail.WaitForEmptyQueue();
        mail.Master("stop").Ok();
        Assert.True(master.WaitForExit(TimeSpan.FromSeconds(10)));
        Assert.InRange(master.StandardOutput.ReadToEnd().Length, 60_000, 70_000); // it was full
    });

    [Fact] // a container
    public void WithoutSyslogTheLogGoesToStandardOutput() => MailSystem.Run((mail, receiver) =>
    {
        if (File.Exists("/dev/log"))
            return; // there is one
        mail.Set("maillog_file", "");
        using Process master = Command.Start(Repository.Program("master"), ["-c", mail.ConfigDirectory, "start-fg"]);
        Wait.For("the mail system", () => mail.IsRunning);
        mail.Submit(MailSystem.Message("logged"), "-f", "alice@origin.test", "bob@dest.test");
        Wait.For("the message", () => receiver.Messages.Count == 1);
        mail.WaitForEmptyQueue();
        mail.Master("stop").Ok();
        string log = master.StandardOutput.ReadToEnd();
        Assert.Contains(" mta postfix/master[", log);
        Assert.Matches(@"postfix/smtp\[\d+\]: \w+: to=<bob@dest\.test>, .*status=sent", log);
    });

    [Fact] // a missing directory, e.g. after somebody tidied /var/log
    public void ALogFileThatCannotBeMadeIsNamed() => MailSystem.Run(mail =>
    {
        mail.Set("maillog_file", mail.PathOf("none/log"));
        CommandResult check = mail.Master("check");
        Assert.Equal(78, check.Status);
        Assert.Matches(@"main\.toml:\d+:\d+: maillog_file: write .*/none: No such file or directory\n$", check.Error);
        Assert.Equal(78, mail.Master("start").Status);
    });

    [Fact] // B42
    public void ALimitOfFileSizeIsAnError() => MailSystem.Run(mail =>
    {
        mail.Start();
        CommandResult result = Command.Run("sh", ["-c", "ulimit -f 100; exec \"$@\"", "sh", Repository.Program("sendmail"), "-C", mail.ConfigDirectory, "-f", "alice@origin.test", "bob@dest.test"],
            new byte[1 << 20]);
        Assert.Equal(75, result.Status);
        Assert.Matches("^sendmail: fatal: .*: message file too big\n$", result.Error);
        Assert.Empty(mail.QueueFiles("maildrop"));
        mail.Stop();
    });

    [Fact] // B15
    public void ANumberWithoutAccountHasASender() => MailSystem.Run((mail, receiver) =>
    {
        if (!MailSystem.IsRoot)
            return; // only root can be somebody else
        mail.Start();
        Command.Run("chmod", ["a+rx", mail.Root, mail.ConfigDirectory, mail.QueueDirectory]).Ok();
        foreach (string[] variables in (string[][])[["LOGNAME=web"], ["USER=app"], [], ["LOGNAME=a b"]])
            Command.Run("setpriv", ["--reuid", "412345", "--regid", "412345", "--clear-groups", "env", "-i", .. variables,
                Repository.Program("sendmail"), "-C", mail.ConfigDirectory, "bob@dest.test"], "x\n"u8.ToArray()).Ok();
        Wait.For("the messages", () => receiver.Messages.Count == 4);
        Assert.Equal(["412345@golden.test", "412345@golden.test", "app@golden.test", "web@golden.test"],
            receiver.Messages.Select(static m => m.Sender).Order(StringComparer.Ordinal));
        mail.Stop();
    });

    [Fact] // a jail of a web server
    public void WithoutProcMailIsTaken() => MailSystem.Run((mail, receiver) =>
    {
        if (!MailSystem.IsRoot)
            return; // only root can take /proc away
        mail.Start();
        Command.Run("unshare", ["--mount", "sh", "-c", "mount -t tmpfs none /proc && exec \"$@\"", "sh",
            Repository.Program("sendmail"), "-C", mail.ConfigDirectory, "-f", "alice@origin.test", "bob@dest.test"], "x\n"u8.ToArray()).Ok();
        Wait.For("the message", () => receiver.Messages.Count == 1);
        mail.Stop();
    });

    [Theory] // N03: what has the number of a stream then is a file that the runtime opened
    [InlineData("<&-")]
    [InlineData("<&- >&-")]
    [InlineData("<&- >&- 2>&-")]
    public void ClosedStreamsAreEmpty(string closed) => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        CommandResult Closed(string program, params string[] arguments) =>
            Command.Run("sh", ["-c", $"\"$@\" {closed}; exit $?", "sh", Repository.Program(program), .. arguments]);
        Closed("sendmail", "-C", mail.ConfigDirectory, "-f", "alice@origin.test", "bob@dest.test").Ok();
        Wait.For("the empty message", () => receiver.Messages.Count == 1);
        Assert.DoesNotContain("\r\n\r\n.", receiver.Messages[0].Text);
        Assert.True(receiver.Messages[0].Content.Length < 1000);
        Closed("postsuper", "-c", mail.ConfigDirectory, "-d", "-").Ok();
        Closed("postqueue", "-c", mail.ConfigDirectory, "-p").Ok();
        Closed("master", "-c", mail.ConfigDirectory, "status").Ok();
        Closed("master", "-c", mail.ConfigDirectory, "stop").Ok();
        Closed("master", "-c", mail.ConfigDirectory, "start").Ok();
        mail.Submit("x\n", "-f", "alice@origin.test", "bob@dest.test");
        Wait.For("a message of the system that was started so", () => receiver.Messages.Count == 2);
        mail.Stop();
    });

    [Fact]
    public void AnIncompleteInstallationIsToldInOneLine() => MailSystem.Run(mail =>
    {
        mail.Start();
        mail.Stop();
        string bin = mail.PathOf("bin");
        Directory.CreateDirectory(bin);
        foreach (string path in Directory.GetFiles(Path.GetDirectoryName(Repository.Program("master"))!))
        {
            if (!path.EndsWith("/libMono.Unix.so", StringComparison.Ordinal))
                File.CreateSymbolicLink(Path.Join(bin, Path.GetFileName(path)), path);
        }
        // A link would lead to the place of the programs that are complete.
        foreach (string program in (string[])["master", "postsuper", "postqueue", "sendmail"])
        {
            File.Delete(Path.Join(bin, program));
            File.Copy(Repository.Program(program), Path.Join(bin, program));
        }
        foreach ((string program, string[] arguments) in ((string, string[])[])[("master", ["check"]), ("master", ["start"]), ("postsuper", ["-s"]), ("postqueue", ["-p"])])
        {
            CommandResult result = Command.Run(Path.Join(bin, program), ["-c", mail.ConfigDirectory, .. arguments]);
            Assert.NotEqual(134, result.Status);
            Assert.Matches($"^({program}: warning: .*\n)?({program}: fatal: .*/libMono\\.Unix\\.so: cannot be loaded; it belongs beside the programs\n)+$", result.Error);
            Assert.DoesNotContain("   at ", result.Error);
        }
        // It needs nothing of it.
        Assert.Equal(0, Command.Run(Path.Join(bin, "sendmail"), ["-C", mail.ConfigDirectory, "-f", "alice@origin.test", "bob@dest.test"], "x\n"u8.ToArray()).Status);
    });

    [Fact] // B07, B42, S1-12
    public void AFullDiskLosesNothing() => MailSystem.Run((mail, receiver) =>
    {
        if (!MailSystem.IsRoot || Command.Run("mount", ["-t", "tmpfs", "-o", "size=3m,mode=0755", "tmpfs", mail.QueueDirectory]).Status != 0)
            return; // only root can mount, and not everywhere
        try
        {
            mail.Set("maillog_file", mail.PathOf("maillog"));
            mail.Start();
            int accepted = 0, refused = 0;
            mail.Master("pause").Ok();
            string body = string.Concat(Enumerable.Repeat(new string('x', 76) + "\n", 1300)); // 100 kB
            for (int i = 0; i < 60; i++)
            {
                CommandResult result = mail.Sendmail(MailSystem.Message($"message {i}", body), "-f", "alice@origin.test", "bob@dest.test");
                if (result.Status == 0)
                    accepted++;
                else
                    Assert.Equal((75, true), (result.Status, result.Error.Contains("No space left on device") && ++refused > 0));
            }
            Assert.InRange(accepted, 5, 40);
            Assert.InRange(refused, 20, 55);
            mail.Set("queue_minfree_percent", 50);
            Assert.Matches("mail is not accepted: \\d+ of \\d+ bytes free, less than queue_minfree_percent = 50\n", mail.Master("status").Error);
            Assert.Contains("mail is not accepted: ", mail.Master("check").Error);
            mail.Master("reload").Ok();
            string id = "";
            Wait.For("an explanation", () => mail.Sendmail(MailSystem.Message("no room"), "-f", "alice@origin.test", "bob@dest.test") is var small
                && mail.QueueFiles("maildrop") is [var file, ..] && (id = Path.GetFileName(file)).Length > 0
                && mail.Postqueue("explain", id).Output.Contains("(no_room)", StringComparison.Ordinal));
            // One of those that were accepted may wait there, too, for room in incoming.
            mail.Postsuper(["-d", "ALL", "--match", "size<10K", "maildrop"]).Ok();
            mail.Set("queue_minfree_percent", 0);
            mail.Master("reload").Ok();
            mail.Master("resume").Ok();
            Wait.For("what was accepted", () => receiver.Messages.Count == accepted, TimeSpan.FromSeconds(60));
            mail.WaitForEmptyQueue();
            Assert.Equal(accepted, receiver.Messages.Select(static m => m.Text.Split("Subject: ")[1].Split('\r')[0]).Distinct().Count());
            mail.Stop();
        }
        finally
        {
            RunningPrograms.KillAll(mail.Root);
            Command.Run("umount", ["-l", mail.QueueDirectory]);
        }
    });

    [Fact]
    public void TwoUsersDoNotReachEachOthersMail() => MailSystem.Run((mail, receiver) =>
    {
        if (!MailSystem.IsRoot)
            return; // only root can be somebody else
        mail.Start();
        mail.Stop();
        Command.Run("chmod", ["a+rx", mail.Root, mail.ConfigDirectory, mail.QueueDirectory]).Ok();
        CommandResult As(int uid, string program, params string[] arguments) => Command.Run("setpriv",
            ["--reuid", uid.ToString(CultureInfo.InvariantCulture), "--regid", uid.ToString(CultureInfo.InvariantCulture), "--clear-groups", program, .. arguments], "Subject: secret\n\nx\n"u8.ToArray());
        As(412346, Repository.Program("sendmail"), "-C", mail.ConfigDirectory, "-f", "one@origin.test", "bob@dest.test").Ok();
        string path = Assert.Single(mail.QueueFiles("maildrop"));
        // The other knows its name by chance.
        Assert.NotEqual(0, As(412347, "cat", path).Status);
        Assert.NotEqual(0, As(412347, "ls", Path.GetDirectoryName(path)!).Status);
        Assert.NotEqual(0, As(412347, "rm", "-f", path).Status);
        Assert.NotEqual(0, As(412347, "mv", path, path + "A").Status);
        Assert.NotEqual(0, As(412347, "sh", "-c", "echo x >>\"$0\"", path).Status);
        Assert.NotEqual(0, As(412347, "chmod", "600", path).Status);
        // Another name for it, where the system lets him make one, does not make two messages of it, nor his own.
        As(412347, "ln", path, Path.Join(Path.GetDirectoryName(path), "2ABCD12345"));
        foreach (string other in mail.QueueFiles("maildrop").Where(other => other != path))
            File.Delete(other);
        // Junk of his, in plenty.
        As(412347, "sh", "-c", "cd \"$0\" && i=0; while [ $i -lt 300 ]; do mkdir x$i 2>/dev/null; echo junk >J$i; chmod 700 J$i; i=$((i+1)); done; mkfifo F; ln -s /etc/shadow S; chmod 700 F", Path.GetDirectoryName(path)!).Ok();
        mail.Start();
        Wait.For("the mail of the first user", () => receiver.Messages.Count == 1);
        As(412346, Repository.Program("sendmail"), "-C", mail.ConfigDirectory, "-f", "one@origin.test", "bob@dest.test").Ok();
        Wait.For("more mail of his", () => receiver.Messages.Count == 2);
        Assert.All(receiver.Messages, static m => Assert.Equal("one@origin.test", m.Sender));
        mail.Stop();
    });
}
