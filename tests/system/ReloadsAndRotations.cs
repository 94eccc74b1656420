namespace PostfixNet.SystemTests;

/// <summary>"master reload" says what it did; "master logrotate" begins a new log without losing a line.</summary>
public sealed class ReloadsAndRotations
{
    // That passwords stand in main.toml is told each time.
    private static string Reload(MailSystem mail) => string.Concat(mail.Master("reload").Ok().Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(static line => !line.Contains("every user can read", StringComparison.Ordinal)).Select(static line => line + "\n"));

    [Fact]
    public void A_reload_says_what_has_changed_and_what_needs_a_restart() => MailSystem.Run(mail =>
    {
        mail.AddTable("[smtp_sasl_password_maps]\n\"a\" = \"user:geheim\"");
        mail.Start();
        Assert.Equal("master: no value has changed; tables and files are read anew\n", Reload(mail));
        mail.Set("relayhost", "[127.0.0.1]:2");
        mail.SetRaw("soft_bounce", "true");
        File.AppendAllText(Path.Combine(mail.ConfigDirectory, "master.toml"), "\n[service.slow]\nprocess_limit = 2\ncommand = \"smtp\"\n");
        Assert.Equal("master: changed: relayhost, soft_bounce, service slow\n", Reload(mail));
        Assert.Single(mail.Log(@"master\[\d+\]: reload: changed: relayhost, soft_bounce, service slow$"));
        // Passwords are compared, and not told.
        string path = Path.Combine(mail.ConfigDirectory, "main.toml");
        File.WriteAllText(path, mail.MainToml().Replace("geheim", "anders", StringComparison.Ordinal));
        Assert.Equal("master: changed: smtp_sasl_password_maps\n", Reload(mail));
        mail.Set("setgid_group", MailSystem.IsRoot ? "daemon" : "postdrop");
        Assert.EndsWith("master: warning: in force after a stop and a start only: setgid_group\n", Reload(mail));
        Assert.DoesNotContain(mail.Log(), static line => line.Contains("geheim", StringComparison.Ordinal) || line.Contains("anders", StringComparison.Ordinal));
    });

    [Fact]
    public void A_rotation_loses_no_line_and_compresses_the_log_before() => MailSystem.Run(mail =>
    {
        mail.Start();
        mail.Master("logrotate").Ok();
        string first = Assert.Single(Directory.EnumerateFiles(mail.Root, "maillog.2*"));
        Assert.Matches(@"maillog\.\d{8}-\d{6}$", first);
        Assert.Contains("daemon started", File.ReadAllText(first));
        mail.Submit(MailSystem.Message("x"), "-f", "alice@origin.test", "bob@sink.test");
        mail.WaitForLog("status=deferred");
        int lines = File.ReadAllLines(first).Length;
        UnixFileMode mode = File.GetUnixFileMode(first);
        Wait.For("another second", () => mail.Master("logrotate").Status == 0);
        string[] files = [.. Directory.EnumerateFiles(mail.Root, "maillog.2*").Order()];
        Assert.Equal(2, files.Length);
        Assert.Equal(first + ".gz", files[0]);
        Assert.Equal(lines, Command.Run("zcat", [files[0]]).Ok().Lines.Length);
        Assert.Contains("status=deferred", File.ReadAllText(files[1]));
        Assert.Equal(mode, File.GetUnixFileMode(files[0]));
    });

    [Fact]
    public void What_is_no_file_is_not_rotated() => MailSystem.Run(mail =>
    {
        mail.Set("maillog_file", "");
        CommandResult refused = mail.Master("logrotate");
        Assert.Equal((1, "master: fatal: maillog_file is empty: syslog has the log, and rotates it\n"), (refused.Status, refused.Error));
        mail.Set("maillog_file", "/dev/stdout");
        Assert.Equal(1, mail.Master("logrotate").Status);
    });
}
