namespace PostfixNet.SystemTests;

/// <summary>"master check" looks at the host, and says how to mend what it finds.</summary>
public sealed class ChecksOfTheHost
{
    private static string[] Findings(MailSystem mail, int status)
    {
        CommandResult check = mail.Master("check");
        Assert.True(check.Status == status, check.Error);
        // Whether the clock of the test's machine is kept is not ours.
        return [.. check.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static line => !line.Contains("clock", StringComparison.Ordinal))];
    }

    [Fact]
    public void Errors_are_told_apart_from_warnings_with_how_to_mend_them() => MailSystem.Run(mail =>
    {
        mail.Start();
        mail.Stop();
        Assert.Empty(Findings(mail, 0));
        mail.Place("corrupt/4jbXXX1111z1abcd", "nothing"u8.ToArray());
        Assert.Matches("^master: warning: 1 damaged file in .*/corrupt: \"postcat\" shows them, \"postsuper -u ALL\" takes back", Assert.Single(Findings(mail, 0)));
        string active = Path.Combine(mail.QueueDirectory, "active");
        File.SetUnixFileMode(active, (UnixFileMode)0b111_101_101);
        Assert.Contains(Findings(mail, 1), static line => line.EndsWith("/active: others have access, mode 755; \"master set-permissions\" mends it", StringComparison.Ordinal) && line.StartsWith("master: error: ", StringComparison.Ordinal));
        mail.Master("set-permissions").Ok();
        Assert.Single(Findings(mail, 0));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(mail.QueueDirectory, "pid"), ".*"));
    });

    [Fact]
    public void A_queue_in_memory_is_told() => MailSystem.Run(mail =>
    {
        string memory = $"/dev/shm/{Path.GetFileName(mail.Root)}";
        Directory.CreateDirectory(memory);
        try
        {
            mail.Set("queue_directory", memory + "/queue");
            Assert.Contains($"master: warning: queue_directory: {memory}/queue is in memory (tmpfs): queued mail is lost with a restart of the machine; put it on a disk", Findings(mail, 0));
        }
        finally
        {
            Directory.Delete(memory, recursive: true);
        }
    });

    [Fact]
    public void Names_that_nobody_knows_are_told() => MailSystem.Run(mail =>
    {
        using var dns = new NameServer(("golden.test", "other IN A 127.0.0.33\n"), ("relays.test", "good IN A 127.0.0.34\nmail IN MX 5 good\n"));
        mail.Start();
        mail.Stop();
        mail.Set("disable_dns_lookups", false);
        mail.Set("dns_nameservers", $"127.0.0.1:{dns.Port}");
        mail.Set("relayhost", "[good.relays.test]");
        Assert.Equal(["master: warning: myhostname: \"mta.golden.test\" has no address in the DNS: many servers refuse mail from it; give it an address record, or set myhostname to a name that has one"], Findings(mail, 0));
        mail.Set("myhostname", "other.golden.test");
        mail.Set("relayhost", "mail.relays.test");
        Assert.Empty(Findings(mail, 0));
        mail.Set("relayhost", "[mial.relays.test]:587");
        Assert.Equal(["master: error: relayhost: the DNS does not know mial.relays.test: mail for it is not delivered; correct its name"], Findings(mail, 1));
        mail.Set("dns_nameservers", $"127.0.0.1:{Ports.Take("127.0.0.1")}");
        Assert.Matches("^master: error: no name server answers \\(127.0.0.1:\\d+\\): mail for all domains waits; see /etc/resolv.conf or dns_nameservers$", Assert.Single(Findings(mail, 1)));
    });

    [Fact]
    public void A_clock_that_was_set_back_is_told() => MailSystem.Run(mail =>
    {
        File.SetLastWriteTimeUtc(Path.Combine(mail.ConfigDirectory, "main.toml"), DateTime.UtcNow.AddDays(2));
        CommandResult check = mail.Master("check");
        Assert.Equal(1, check.Status);
        Assert.Matches("master: error: the clock is behind the time of .*/main.toml: dates of mail and times of attempts are wrong; set it\n", check.Error);
    });
}
