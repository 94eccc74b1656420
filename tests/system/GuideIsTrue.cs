using System.Text.RegularExpressions;

namespace PostfixNet.SystemTests;

/// <summary>docs/guide.md, part by part: its settings are accepted, its commands do what they say and end with 0.</summary>
public sealed partial class GuideIsTrue
{
    private const string ConfigDirectory = "/etc/postfix.net", ExampleId = "4jWmwf2GDkz1j6Yk";

    private static readonly string[] s_parts = File.ReadAllText(Path.Combine(Repository.Root, "docs", "guide.md")).Split("\n## ");

    /// <summary>The titles.</summary>
    public static TheoryData<string> Parts => [.. s_parts.Skip(1).Select(static part => part.Split('\n')[0])];

    [Theory]
    [MemberData(nameof(Parts))]
    public void AsItSays(string title) => MailSystem.Run(mail =>
    {
        string part = s_parts.Single(part => part.StartsWith(title + "\n", StringComparison.Ordinal));
        int port = Ports.Take("127.0.0.1");
        mail.Start();
        mail.Master("pause").Ok();
        mail.Submit(MailSystem.Message("receipt"), "-f", "shop@example.com", "ann@example.org");
        mail.Submit(MailSystem.Message("other"), "-f", "other@example.com", "bob@example.net");
        Wait.For("the messages", () => mail.Ids("incoming", "active", "deferred").Length == 2 && mail.Ids("maildrop").Length == 0);
        string id = Regex.Match(mail.Postqueue("-j").Ok().Output, "\"queue_id\": \"(\\w+)\"").Groups[1].Value;
        int commands = 0;
        foreach (Match block in Block().Matches(part))
        {
            string text = block.Groups[2].Value.Replace(ConfigDirectory, mail.ConfigDirectory, StringComparison.Ordinal).Replace(ExampleId, id, StringComparison.Ordinal)
                .Replace("/var/backups/mail", mail.PathOf("backups"), StringComparison.Ordinal)
                .Replace("127.0.0.1:25", $"127.0.0.1:{port}", StringComparison.Ordinal);
            switch (block.Groups[1].Value)
            {
                case "toml":
                    Set(mail, text);
                    break;
                case "toml master.toml":
                    File.AppendAllText(Path.Combine(mail.ConfigDirectory, "master.toml"), "\n" + text);
                    break;
                default:
                    CommandResult result = Command.Run("sh", ["-exc", text], null,
                        ("PATH", Repository.Programs + ":/usr/bin:/bin"), ("MAIL_CONFIG", mail.ConfigDirectory));
                    Assert.True(result.Status == 0, $"{text}{result.Output}{result.Error}");
                    commands++;
                    break;
            }
        }
        Assert.InRange(commands, 1, 10);
        Assert.InRange(mail.Master("check").Status, 0, 1);
        Assert.True(mail.IsRunning);
    });

    // Settings stand before tables.
    private static void Set(MailSystem mail, string toml)
    {
        int tables = toml.StartsWith('[') ? 0 : toml.IndexOf("\n[", StringComparison.Ordinal) + 1;
        string settings = tables > 0 ? toml[..tables] : toml.StartsWith('[') ? "" : toml;
        foreach (string line in settings.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            mail.SetRaw(line[..line.IndexOf(' ', StringComparison.Ordinal)], line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..].Trim());
        if (settings.Length < toml.Length)
            mail.AddTable(toml[settings.Length..]);
    }

    [Fact]
    public void EveryBoxIsRun() => Assert.Equal(Fence().Count(File.ReadAllText(Path.Combine(Repository.Root, "docs", "guide.md"))),
        2 * s_parts.Sum(static part => Block().Count(part)));

    [GeneratedRegex("^```(sh|toml|toml master\\.toml)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("^```", RegexOptions.Multiline)]
    private static partial Regex Fence();
}
