using System.Text;
using System.Text.RegularExpressions;
using PostfixNet.Ipc;
using PostfixNet.Native;

namespace PostfixNet.SystemTests;

/// <summary>What all services have in common: who starts them, as whom they run, what they promise.</summary>
public sealed class ServicesKeepTheirRules
{
    // S4-01
    [Theory]
    [InlineData("smtp")]
    [InlineData("qmgr")]
    [InlineData("cleanup")]
    [InlineData("pickup")]
    [InlineData("bounce")]
    public void NobodyStartsThemByHand(string program)
    {
        CommandResult result = Command.Run(Repository.Program(program), ["-v"]);
        Assert.Equal((64, $"{program}: fatal: this program is started by master, not by hand\n"), (result.Status, result.Error));
    }

    // S4-01
    [Fact]
    public void ArgumentsForSmtpAreRefused() => MailSystem.Run(mail =>
    {
        string master = Path.Combine(mail.ConfigDirectory, "master.toml");
        File.WriteAllText(master, File.ReadAllText(master).Replace("[service.smtp]\n", "[service.smtp]\nargs = [\"-x\"]\n", StringComparison.Ordinal));
        CommandResult start = mail.Master("start");
        Assert.Equal((78, "master: fatal: service smtp: unexpected argument \"-x\": smtp takes none and -o name=value\n"), (start.Status, start.Error));
        Assert.Empty(mail.Processes());
    });

    // S1-01, S1-04, S1-05, S1-06, S4-26
    [Fact]
    public void TheyRunAsTheMailOwnerInTheQueueAndOutliveSignals() => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        mail.Submit(MailSystem.Message("first"), "-f", "alice@origin.test", "bob@sink.test");
        Wait.For("the first message", () => receiver.Messages.Count == 1);
        RunningProgram[] services = mail.Processes().Where(process => process.Name != "master").ToArray();
        Assert.Superset(new HashSet<string> { "qmgr", "pickup", "cleanup", "smtp" }, services.Select(process => process.Name).ToHashSet());
        string queue = Command.Run("readlink", ["-f", mail.QueueDirectory]).Ok().Output.Trim();
        foreach (RunningProgram service in services)
        {
            string status = File.ReadAllText($"/proc/{service.Pid}/status");
            Assert.Equal($"{mail.OwnerUid} {mail.OwnerUid} {mail.OwnerUid} {mail.OwnerUid}",
                Regex.Match(status, @"^Uid:\t(.*)$", RegexOptions.Multiline).Groups[1].Value.Replace('\t', ' '));
            Assert.Matches(@"(?m)^NoNewPrivs:\s*1$", status);
            Assert.Equal(queue, Command.Run("readlink", [$"/proc/{service.Pid}/cwd"]).Ok().Output.Trim());
        }
        FileStatus directory = FileSystem.Status(Path.Combine(mail.QueueDirectory, "private"))!.Value;
        Assert.Equal((0b111_000_000, mail.OwnerUid), (directory.Mode, directory.Uid));

        foreach (RunningProgram service in services)
        {
            foreach (int signal in (int[])[Signals.HangUp, 2, Signals.Quit, 13, Signals.Terminate])
                RunningPrograms.Signal(service.Pid, signal);
        }
        mail.Submit(MailSystem.Message("second"), "-f", "alice@origin.test", "bob@sink.test");
        Wait.For("the second message", () => receiver.Messages.Count == 2);
        Assert.Subset(mail.Processes().ToHashSet(), services.ToHashSet());
    });

    // S1-16, S1-20, S3-08, S3-56
    [Fact]
    public void MailIsOnStableStorageBeforeItIsAccepted() => MailSystem.Run((mail, receiver) =>
    {
        SystemCalls.Trace(mail, "cleanup");
        mail.Start();
        mail.Submit(MailSystem.Message("kept"), "-f", "alice@origin.test", "bob@sink.test");
        Wait.For("the message", () => receiver.Messages.Count == 1);
        mail.Stop();
        string id = Assert.Single(mail.Log(@"/cleanup\[\d+\]: \w+: message-id=")).Split(": ")[1];
        string[] calls = [.. SystemCalls.Read(mail).Where(call => call.IsMainThread).Select(call => $"{call.Name}({call.Arguments}")];
        int written = Array.FindLastIndex(calls, call => Regex.IsMatch(call, $@"^p?writev?(64)?\(\d+<[^>]*/incoming/{id}>"));
        int file = Array.FindIndex(calls, call => Regex.IsMatch(call, $@"^fsync\(\d+<[^>]*/incoming/{id}>\) += 0"));
        int directory = Array.FindIndex(calls, call => Regex.IsMatch(call, @"^fsync\(\d+<[^>]*/incoming>\) += 0"));
        int accepted = Array.FindIndex(calls, call => Regex.IsMatch(call, @"^(write|sendto|sendmsg)\(\d+<UNIX.*status"));
        int woken = Array.FindIndex(calls, call => Regex.IsMatch(call, @"^connect\(.*public/qmgr"));
        Assert.True(written >= 0 && written < file && file < directory && directory < accepted && directory < woken,
            $"{written} {file} {directory} {accepted} {woken}\n{string.Join('\n', calls.Select(call => call.Length > 200 ? call[..200] : call))}");
    });

    // S1-20: of sendmail's success, nobody else will tell.
    [Fact]
    public void SendmailSucceedsOnlyWhenTheFileIsOnStableStorage() => MailSystem.Run(mail =>
    {
        mail.Start();
        mail.Stop();
        Command.Run("strace", ["-f", "-qq", "-yy", "-e", "trace=fsync,syncfs,linkat,write,pwrite64", "-o", mail.PathOf("calls.1"),
            Repository.Program("sendmail"), "-C", mail.ConfigDirectory, "-f", "alice@origin.test", "bob@sink.test"],
            Encoding.ASCII.GetBytes(MailSystem.Message("kept"))).Ok();
        string id = Assert.Single(mail.Ids("maildrop"));
        string[] calls = [.. SystemCalls.Read(mail).Where(call => call.Arguments.Contains("/maildrop", StringComparison.Ordinal)).Select(call => $"{call.Name}({call.Arguments}")];
        // strace calls the file by what it was before it had a name.
        Assert.Matches($@"^linkat\(.*/maildrop/{id}"".*\) += 0", calls[^3]);
        Assert.Matches(@"^fsync\(\d+<[^>]*/maildrop/(#\d+|\w+)>(\(deleted\))?\) += 0", calls[^2]);
        Assert.Matches(@"^(fsync|syncfs)\(\d+<[^>]*/maildrop(/\w+)?>\) += 0", calls[^1]);
    });

    // Else a loss of power, long after, sends all that have it another one.
    [Fact]
    public void WhoHasTheMessageIsOnStableStorageBeforeItWaitsForOthers() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt carol@sink.test 450 4.2.0 later");
        mail.Set("minimal_backoff_time", "300s");
        SystemCalls.Trace(mail, "qmgr");
        mail.Start();
        mail.Submit(MailSystem.Message("for two"), "-f", "alice@origin.test", "bob@sink.test", "carol@sink.test");
        mail.Submit(MailSystem.Message("for one"), "-f", "alice@origin.test", "carol@sink.test");
        Wait.For("both to wait", () => mail.Ids("deferred").Length == 2 && mail.Ids("maildrop", "incoming", "active").Length == 0);
        mail.Stop();
        string[] flushed = [.. SystemCalls.Read(mail).Where(call => call.Name == "fsync").Select(call => Regex.Match(call.Arguments, @"/active/(\w+)>").Groups[1].Value).Where(id => id.Length > 0)];
        Assert.Equal([mail.Log("bob@sink.test>.*status=sent")[0].Split(": ")[1]], flushed);
    });

    // S1-02
    [Theory]
    [InlineData("cleanup")]
    [InlineData("bounce")]
    [InlineData("smtp")]
    public void UnknownRequestsEndTheirConversationOnly(string service) => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        using (Channel channel = Channel.Connect(Path.Combine(mail.QueueDirectory, "private", service), service, TimeSpan.FromSeconds(20)))
        {
            channel.Send(new AttributeList().Add("request", "nonsense"));
            try
            {
                while (channel.Receive() is { } answer)
                    Assert.NotEqual(0, answer.Number("status", 1));
            }
            catch (IpcException)
            {
                // Closed while we read is as good.
            }
        }
        mail.WaitForLog($@"/{service}\[\d+\]: warning: ");
        mail.Submit(MailSystem.Message("after"), "-f", "alice@origin.test", "bob@sink.test");
        Wait.For("the message", () => receiver.Messages.Count == 1);
        Assert.Empty(mail.Log(@"/master\[\d+\]: warning: .*exit status"));
    });

    // S5-08, S5-11: only its notice is owed.
    [Fact]
    public void AMessageWithNobodyLeftToDeliverToIsFinished() => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        mail.Stop();
        byte[] file = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(File.ReadAllBytes(Repository.Vector("one-rcpt.incoming")))
            .Replace("R\rbob@sink.test", "D\rbob@sink.test", StringComparison.Ordinal));
        mail.Place("deferred/1/1BC7BB2A7B8", file);
        mail.Place("bounce/1BC7BB2A7B8", File.ReadAllBytes(Repository.Vector("partly-done.bouncelog")), 0b110_000_000);
        mail.Place("deferred/2/2BC7BB2A7B8", file);
        mail.Start();
        mail.WaitForEmptyQueue();
        Assert.NotEmpty(mail.Log("qmgr.*: 1BC7BB2A7B8: removed"));
        Assert.NotEmpty(mail.Log("qmgr.*: 2BC7BB2A7B8: removed"));
        ReceivedMessage notice = Assert.Single(receiver.Messages);
        Assert.Equal("", notice.Sender);
        Assert.Empty(mail.Log(@"BC7BB2A7B8: to="));
    });

    // S5-09, S5-33
    [Fact]
    public void EachTransportGetsAgentsThoughThoseOfAnotherHang() => MailSystem.Run((mail, receiver) =>
    {
        using SmtpReceiver slow = Ports.Receiver();
        slow.SetRules("greeting * delay 60s");
        mail.AddTable($"[transport_maps]\n\"slow.test\" = \"smtp:[127.0.0.1]:{slow.Port}\"\n\"fast.test\" = \"relay:[127.0.0.1]:{receiver.Port}\"\n");
        mail.Set("smtp_helo_timeout", "60s");
        mail.Set("default_process_limit", 2);
        mail.Start();
        for (int i = 0; i < 4; i++)
            mail.Submit(MailSystem.Message($"slow {i}"), "-f", "alice@origin.test", $"a{i}@slow.test");
        mail.Submit(MailSystem.Message("fast"), "-f", "alice@origin.test", "b@fast.test");
        Wait.For("the mail of the other transport", () => receiver.Messages.Count == 1);
        Assert.Empty(slow.Messages);
    });

    // S1-62
    [Fact]
    public void EachOfSeveralClientsGetsItsOwnAnswer() => MailSystem.Run(mail =>
    {
        mail.Start();
        for (int i = 0; i < 4; i++)
            mail.Submit(MailSystem.Message($"waits {i}"), "-f", "alice@origin.test", $"user{i}@sink.test");
        Wait.For("all to wait", () => mail.Ids("deferred").Length == 4);
        mail.Master("pause").Ok();
        string[] ids = mail.Ids("deferred", "active", "incoming");
        Assert.Equal(4, ids.Length);
        Parallel.ForEach([.. ids, .. ids, .. ids], id =>
            Assert.Equal([id], Regex.Matches(mail.Postqueue("-x", id).Ok().Output, @"^(\w+): \w+, ", RegexOptions.Multiline).Select(match => match.Groups[1].Value)));
    });
}
