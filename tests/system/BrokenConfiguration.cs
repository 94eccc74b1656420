using System.Text.RegularExpressions;

namespace PostfixNet.SystemTests;

/// <summary>A mistake in the configuration is named with its place, and nothing starts.</summary>
public sealed class BrokenConfiguration
{
    [Theory]
    [InlineData("a string that does not end", "relayhost = \"[127.0.0.1]", 1)]
    [InlineData("no value", "relayhost =", 1)]
    [InlineData("no equals sign", "relayhost", 1)]
    [InlineData("the same parameter twice", "mydomain = \"a.test\"\nmydomain = \"b.test\"", 2)]
    [InlineData("an escape that does not exist", "mydomain = \"a\\qb\"", 1)]
    [InlineData("a time without a number", "smtp_connect_timeout = \"soon\"", 1)]
    [InlineData("a time in an unknown unit", "smtp_connect_timeout = \"5 fortnights\"", 1)]
    [InlineData("a word for a number", "default_process_limit = \"many\"", 1)]
    [InlineData("a number below zero", "qmgr_message_active_limit = -1", 1)]
    [InlineData("a word for a boolean", "disable_dns_lookups = \"perhaps\"", 1)]
    [InlineData("a table where a string is wanted", "[relayhost]\na = 1", 1)]
    [InlineData("a boolean where a string is wanted", "\n\nmyorigin = true", 3)]
    [InlineData("a reference that goes round", "mydomain = \"$myorigin\"\nmyorigin = \"$mydomain\"", 0)]
    [InlineData("a name server without an address", "dns_nameservers = [\"nowhere\"]", 1)]
    [InlineData("a map of no known kind", "transport_maps = \"hush:/etc/x\"", 1)]
    [InlineData("a map file that is not there", "transport_maps = \"texthash:/nonexistent/transport\"", 1)]
    public void MainToml(string what, string text, int line) => MailSystem.Run(mail =>
    {
        string path = Path.Combine(mail.ConfigDirectory, "main.toml");
        string[] kept = mail.MainToml().Split('\n').Where(one => !Regex.IsMatch(one, "^(relayhost|mydomain|myorigin|disable_dns_lookups|smtp_connect_timeout) ")).ToArray();
        // A table ends the part where parameters stand, so the mistake comes last.
        File.WriteAllText(path, string.Join('\n', kept) + text + "\n");
        AssertNothingStarts(mail, what, path, line == 0 ? 0 : kept.Length - 1 + line);
    });

    // B26: modes that an administrator changed, on the queue or above it.
    [Fact]
    public void AQueueThatItsOwnerCannotEnterIsRefusedInALine() => MailSystem.Run(mail =>
    {
        if (!MailSystem.IsRoot)
            return; // there is no other owner
        mail.Start();
        mail.Stop();
        File.SetUnixFileMode(mail.QueueDirectory, (UnixFileMode)0b111_000_000);
        foreach (string command in (string[])["check", "start"])
        {
            CommandResult result = mail.Master(command);
            Assert.NotEqual(0, result.Status);
            Assert.Matches($@"fatal: .*queue_directory: {Regex.Escape(mail.QueueDirectory)}: user {mail.OwnerUid} may not enter it, or a directory above it", result.Error);
            Assert.DoesNotContain("   at ", result.Error);
        }
        Assert.False(mail.IsRunning);
        File.SetUnixFileMode(mail.QueueDirectory, (UnixFileMode)0b111_101_101);
        // chmod -R 755: told, and no user could submit mail.
        File.SetUnixFileMode(Path.Combine(mail.QueueDirectory, "maildrop"), (UnixFileMode)0b111_101_101);
        File.SetUnixFileMode(Path.Combine(mail.QueueDirectory, "active"), (UnixFileMode)0b111_101_101);
        CommandResult start = mail.Master("start").Ok();
        Assert.Contains("/maildrop: mode 755, not 3733: users cannot submit mail", start.Error, StringComparison.Ordinal);
        Assert.Contains("/active: others have access, mode 755", start.Error, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData("syntax", "[service.qmgr\n", 1)]
    [InlineData("unknown type", "[service.odd]\ntype = \"pigeon\"\ncommand = \"qmgr\"\n", 2)]
    [InlineData("no command", "[service.odd]\ntype = \"unix\"\n", 1)]
    [InlineData("a program that is not there", "[service.odd]\ntype = \"unix\"\ncommand = \"no-such-program\"\n", 3)]
    [InlineData("a limit that is no number", "[service.odd]\ntype = \"unix\"\ncommand = \"smtp\"\nprocess_limit = \"two\"\n", 4)]
    [InlineData("a wake-up time that is none", "[service.odd]\ntype = \"unix\"\ncommand = \"smtp\"\nwakeup = \"often\"\n", 4)]
    public void MasterToml(string what, string text, int line) => MailSystem.Run(mail =>
    {
        string path = Path.Combine(mail.ConfigDirectory, "master.toml");
        string good = File.ReadAllText(path);
        File.WriteAllText(path, good + text);
        AssertNothingStarts(mail, what, path, good.Count(character => character == '\n') + line);
    });

    [Fact]
    public void MissingMainToml() => MailSystem.Run(mail =>
    {
        string path = Path.Combine(mail.ConfigDirectory, "main.toml");
        File.Delete(path);
        AssertNothingStarts(mail, "no main.toml", path, 0);
    });

    [Fact]
    public void MissingMasterTomlMeansTheOneThatComesWithThePrograms() => MailSystem.Run(mail =>
    {
        File.Delete(Path.Combine(mail.ConfigDirectory, "master.toml"));
        mail.Master("check").Ok();
        mail.Start();
        mail.Stop();
    });

    [Fact]
    public void MistakeInATextFileOfAMapNamesThatFile() => MailSystem.Run(mail =>
    {
        string map = mail.PathOf("transport");
        File.WriteAllText(map, "ok.test smtp:[127.0.0.1]\nlonely.test\n");
        mail.Set("transport_maps", "texthash:" + map);
        CommandResult check = mail.Master("check");
        Assert.Contains(map + ":2", check.Error);
    });

    [Fact]
    public void UnknownParameterIsAWarningThatNamesItsNeighbour() => MailSystem.Run(mail =>
    {
        mail.Set("quue_run_delay", "1s");
        CommandResult check = mail.Master("check").Ok();
        Assert.Matches(@"main\.toml:\d+:1: .*quue_run_delay.*queue_run_delay", check.Error);
    });

    [Theory] // what only a look around can find: a service that asks, the other file, the disk
    [InlineData("default_transport = \"nosuch\"", "default_transport: \"nosuch\": master.toml has no service \"nosuch\"; it has ")]
    [InlineData("queue_directory = \"/proc/nowhere/queue\"", "queue_directory: there is no directory /proc/nowhere")]
    [InlineData("maillog_file = \"/nowhere/log\"", "maillog_file: write /nowhere: No such file or directory")]
    [InlineData("maillog_file = \"/tmp\"", "maillog_file: /tmp is a directory")]
    [InlineData("[transport_maps]\n\"x.test\" = \"nosuch:\"", "transport_maps: \"nosuch:\": master.toml has no service \"nosuch\"; it has ")]
    public void ValuesThatLeadNowhere(string toml, string problem) => MailSystem.Run(mail =>
    {
        string path = Path.Combine(mail.ConfigDirectory, "main.toml");
        string name = toml.Split(' ')[0];
        File.WriteAllText(path, string.Join('\n', mail.MainToml().Split('\n').Where(line => !line.StartsWith(name + " ", StringComparison.Ordinal))) + toml + "\n");
        CommandResult check = mail.Master("check");
        Assert.Equal(78, check.Status);
        Assert.Matches($@"^master: fatal: {Regex.Escape(path)}:\d+:\d+: {Regex.Escape(problem)}.*\n$", check.Error);
        Assert.Equal(78, mail.Master("start").Status);
        Assert.Empty(mail.Processes());
    });

    [Theory]
    [InlineData("myhostname", "web1", "\"web1\" is a name that no other host knows: many servers refuse mail from it; ")]
    [InlineData("myhostname", "web1.localdomain", "\"web1.localdomain\" is a name that no other host knows")]
    [InlineData("authorized_mailq_users", "root, nosuchuser", "there is no user \"nosuchuser\" on this host")]
    [InlineData("hash_queue_names", "deferred, deferd", "there is no queue \"deferd\"")]
    [InlineData("virtual_alias_maps", "inline:{a=}", "the entry for a has no address: mail to it waits")]
    [InlineData("minimal_backoff_time", "6d", "longer than maximal_backoff_time: all attempts are that far apart")]
    [InlineData("minimal_backoff_time", "6d", "longer than maximal_queue_lifetime: mail is returned after its first attempt")]
    [InlineData("delay_warning_time", "6d", "longer than maximal_queue_lifetime: nobody is warned")]
    public void ValuesThatAreOddAreAWarning(string name, string value, string warning) => MailSystem.Run(mail =>
    {
        mail.Set(name, value);
        Assert.Matches($@"master: warning: \S*main\.toml:\d+:\d+: {name}: {Regex.Escape(warning)}", mail.Master("check").Ok().Error);
    });

    [Fact]
    public void WhatDoesNothingWithoutAnotherSettingIsAWarning() => MailSystem.Run(mail =>
    {
        mail.Set("suppression_automatic", true);
        mail.Set("events_keep_size", 1_000_000);
        Assert.Matches(@"(?m)suppression_automatic: has no meaning without suppression_enable = true$", mail.Master("check").Ok().Error);
        mail.Set("suppression_enable", true);
        mail.Set("events_enable", true);
        Assert.Matches(@"(?m)events_keep_size: less than events_segment_size: what is finished may go before anybody has read it$", mail.Master("check").Ok().Error);
    });

    // S1-05
    [Fact]
    public void AccountThatDoesNotExistIsNamed() => MailSystem.Run(mail =>
    {
        mail.Set("mail_owner", "no-such-user-here");
        if (!MailSystem.IsRoot)
        {
            mail.Master("check").Ok(); // everything runs as whoever starts it; nobody else is needed
            return;
        }
        CommandResult check = mail.Master("check");
        Assert.Equal(78, check.Status);
        Assert.Contains("no-such-user-here", Assert.Single(check.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal(78, mail.Master("start").Status);
        Assert.Empty(mail.Processes());
    });

    [Fact]
    public void BrokenConfigurationAtReloadLeavesTheSystemRunning() => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        string good = mail.MainToml();
        File.WriteAllText(Path.Combine(mail.ConfigDirectory, "main.toml"), good + "relayhost = \n");
        Assert.NotEqual(0, mail.Master("reload").Status);
        Assert.NotEmpty(mail.Pids("master"));
        File.WriteAllText(Path.Combine(mail.ConfigDirectory, "main.toml"), good);
        mail.Submit(MailSystem.Message("after all"), "-f", "alice@origin.test", "bob@sink.test");
        mail.WaitForEmptyQueue();
        Assert.Single(receiver.Messages);
    });

    [Fact]
    public void NoticeTemplates() => MailSystem.Run(mail =>
    {
        string path = Path.Combine(mail.ConfigDirectory, "bounce.cf");
        File.WriteAllText(path, "# ours\nfailure_template = <<EOF\nSubject: x\n\n$nonsense\nEOF\n");
        mail.Set("bounce_template_file", "bounce.cf");
        AssertNothingStarts(mail, "a name that is not defined", path, 5);
    });

    private static void AssertNothingStarts(MailSystem mail, string what, string path, int line)
    {
        foreach (string command in new[] { "check", "start" })
        {
            CommandResult result = mail.Master(command);
            string message = result.Error.TrimEnd('\n');
            Assert.True(result.Status == 78, $"{what}: master {command} ends with {result.Status}: {message}");
            Assert.DoesNotContain('\n', message);
            Assert.DoesNotContain("   at ", message);
            Assert.Contains(path, message);
            if (line > 0)
                Assert.True(Regex.IsMatch(message, Regex.Escape(path) + $":{line}:\\d+: \\S"), $"{what}: want line {line} in: {message}");
        }
        Assert.Empty(mail.Processes());
        Assert.Empty(Directory.GetFiles(mail.QueueDirectory, "*.pid", SearchOption.AllDirectories));
    }
}
