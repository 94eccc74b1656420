using System.Globalization;
using System.Text.RegularExpressions;
using PostfixNet.Native;

namespace PostfixNet.SystemTests;

/// <summary>Parameters whose effect only whole processes show: each test changes some and sees the system behave as it would
/// not otherwise. All other parameters have their rows in tests/unit/Parameters.</summary>
public sealed class ParametersOfProcesses
{
    private static readonly string[] s_services = ["pickup", "cleanup", "qmgr", "bounce", "defer", "trace", "showq"];

    // Whoever asks for one under its usual name finds nobody.
    [Fact]
    public void EachServiceCanHaveAnotherName() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt bad@dest.test 550 5.1.1 no such user", "rcpt slow@dest.test 450 4.2.0 later");
        foreach (string parameter in (string[])["pickup_service_name", "cleanup_service_name", "showq_service_name", "bounce_service_name", "defer_service_name", "trace_service_name"])
            mail.Set(parameter, $"my{parameter[..parameter.IndexOf('_')]}");
        mail.Set("queue_service_name", "myqmgr");
        // Nobody finds mail by chance.
        mail.Set("queue_run_delay", "300s");
        string path = Path.Combine(mail.ConfigDirectory, "master.toml");
        File.WriteAllText(path, Regex.Replace(File.ReadAllText(path), $@"\[service\.({string.Join('|', s_services)})\]", "[service.my$1]"));
        mail.Start();
        mail.Submit(MailSystem.Message("one"), "-f", "alice@origin.test", "-v", "good@dest.test", "bad@dest.test", "slow@dest.test");
        Wait.For("the mail, its notice and its report", () => receiver.Messages.Count == 3);
        Assert.Equal(["", "", "alice@origin.test"], receiver.Messages.Select(message => message.Sender).Order());
        Assert.Contains(receiver.Messages, message => message.Header("Subject") == "Undelivered Mail Returned to Sender");
        Assert.Contains(receiver.Messages, message => message.Header("Subject") == "Mail Delivery Status Report");
        Wait.For("the reason in the listing", () => mail.Postqueue("-p").Ok() is { Error: "" } listing && listing.Output.Contains("450 4.2.0 later", StringComparison.Ordinal));
        receiver.SetRules();
        mail.Master("flush").Ok();
        mail.WaitForLog(@"to=<slow@dest\.test>, .*status=sent");
        mail.WaitForEmptyQueue();
    });

    [Fact]
    public void ProgramsAndCommandsComeFromTheirDirectories() => MailSystem.Run(mail =>
    {
        string programs = mail.PathOf("programs"), commands = mail.PathOf("commands"), starts = mail.PathOf("starts"), checks = mail.PathOf("checks");
        LinkPrograms(programs);
        Script(programs, "smtp", $"case \"$*\" in *--check*) exit 0;; esac\nenv >> {starts}\nexit 1\n");
        Script(commands, "postsuper", $"echo \"$@\" > {checks}\n");
        mail.Set("daemon_directory", programs);
        mail.Set("command_directory", commands);
        mail.Set("import_environment", "OF_OPERATORS_CHOICE=yes");
        mail.Set("service_throttle_time", "1s");
        mail.Set("mail_version", "9.8.7");
        mail.Start();
        Assert.Single(mail.Log(@"/master\[\d+\]: daemon started -- version 9\.8\.7, "));
        mail.Submit(MailSystem.Message("one"), "-f", "alice@origin.test", "bob@dest.test");
        // By the default it would be a minute from one start to the next.
        Wait.For("the program to be started again and again", () => File.Exists(starts) && File.ReadLines(starts).Count(line => line == "OF_OPERATORS_CHOICE=yes") >= 3);
        // Master has its queue looked through when the first rush is over.
        Wait.For("postsuper", () => File.Exists(checks), TimeSpan.FromSeconds(60));
    });

    [Fact]
    public void AProgramThatCannotBeStartedIsTriedAgain() => MailSystem.Run(mail =>
    {
        string programs = mail.PathOf("programs");
        LinkPrograms(programs);
        mail.Set("daemon_directory", programs);
        mail.Set("fork_attempts", 2);
        mail.Set("fork_delay", "4s");
        mail.Set("service_throttle_time", "60s");
        mail.Start();
        File.Delete(Path.Combine(programs, "smtp"));
        mail.Submit(MailSystem.Message("one"), "-f", "alice@origin.test", "bob@dest.test");
        mail.WaitForLog("bad command startup -- throttling$");
        string[] failures = mail.Log(@"/master\[\d+\]: warning: service smtp: ");
        Assert.Equal(2, failures.Length);
        // The log has whole seconds; three of them cannot pass within the second that is the default.
        Assert.True(TimeOf(failures[1]) - TimeOf(failures[0]) >= TimeSpan.FromSeconds(3), string.Join('\n', failures));
    });

    [Fact]
    public void AProcessEndsAfterItsClients() => MailSystem.Run((mail, receiver) =>
    {
        mail.Set("max_use", 1);
        mail.Start();
        for (int i = 1; i <= 3; i++)
        {
            mail.Submit(MailSystem.Message($"message {i}"), "-f", "alice@origin.test", "bob@dest.test");
            Wait.For("the message", () => receiver.Messages.Count == i);
        }
        Assert.Equal(3, Pids(mail, @"/cleanup\[(\d+)\]: \w+: message-id=").Count());
    });

    [Fact]
    public void AProcessEndsWhenNobodyComes() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("rcpt slow@other.test 450 4.2.0 later");
        mail.AddTable($"[transport_maps]\n\"other.test\" = \"relay:[127.0.0.1]:{receiver.Port}\"");
        mail.Set("max_idle", "1s");
        mail.Set("ipc_idle", "1h");
        mail.Start();
        mail.Submit(MailSystem.Message("one"), "-f", "alice@origin.test", "bob@dest.test");
        Wait.For("the message", () => receiver.Messages.Count == 1);
        mail.WaitForLog("to=<bob@dest.test>");
        // The queue manager keeps its line to the process, for an hour. With the default it would let it go after 5 s, and the
        // process be gone a second later: before these attempts have been made.
        int agent = Assert.Single(Pids(mail, @"/smtp\[(\d+)\]: \w+: to=<bob@dest\.test>"));
        mail.Submit(MailSystem.Message("slow"), "-f", "alice@origin.test", "slow@other.test");
        Wait.For("several attempts", () => mail.Log("to=<slow@other.test>, .*status=deferred").Length >= 5);
        Assert.Contains(agent, mail.Pids("smtp"));
        // To defer nobody keeps a line: it waits for a second only, not for a hundred.
        Wait.For("the end of defer", () => mail.Pids("defer").Length == 0);
    });

    [Fact]
    public void AServiceThatDoesNotAnswerIsGivenUp() => MailSystem.Run(mail =>
    {
        mail.Set("defer_service_name", "silent");
        mail.Set("defer_transports", "smtp");
        mail.Set("qmgr_ipc_timeout", "1s");
        mail.Start();
        string path = Path.Combine(mail.QueueDirectory, "private", "silent");
        using Descriptor silent = Descriptor.ListenUnix(path, 0b110_110_110);
        mail.Submit(MailSystem.Message("one"), "-f", "alice@origin.test", "bob@dest.test");
        mail.WaitForLog(@"/qmgr\[\d+\]: warning: private/silent: no answer for 1 s$");
    });

    // With the default the delivery would end, and be told of.
    [Fact]
    public void AStopWithoutPatienceLeavesMailForLater() => MailSystem.Run((mail, receiver) =>
    {
        receiver.SetRules("dot * delay 5s");
        mail.Set("debug_peer_list", "127.0.0.1");
        mail.Set("application_event_drain_time", "0s");
        mail.Start();
        mail.Submit(MailSystem.Message("one"), "-f", "alice@origin.test", "bob@dest.test");
        mail.WaitForLog(@"/smtp\[\d+\]: < 127\.0\.0\.1\S*: 354 ");
        mail.Stop();
        Assert.Empty(mail.Log("status=sent"));
        Assert.Single(mail.Ids("active", "incoming", "deferred"));
    });

    private static IEnumerable<int> Pids(MailSystem mail, string pattern) =>
        mail.Log(pattern).Select(line => int.Parse(Regex.Match(line, pattern).Groups[1].Value, CultureInfo.InvariantCulture)).Distinct();

    private static TimeSpan TimeOf(string line) => TimeSpan.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2], CultureInfo.InvariantCulture);

    private static void LinkPrograms(string directory)
    {
        Directory.CreateDirectory(directory);
        foreach (string program in (string[])["anvil", "logins", "mtasts", "tlsrpt", "reports", "history", "metrics", "web", "webhooks", "pickup", "cleanup", "qmgr", "bounce", "defer", "smtp", "postqueue"])
            File.CreateSymbolicLink(Path.Combine(directory, program), Repository.Program(program));
    }

    private static void Script(string directory, string name, string text)
    {
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, name);
        File.Delete(path);
        File.WriteAllText(path, $"#!/bin/sh\n{text}");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
    }
}
