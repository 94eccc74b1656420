using System.Text;
using PostfixNet.Native;

namespace PostfixNet.SystemTests;

/// <summary>master passwd keeps the file of those who may log in.</summary>
public sealed class UsersOfTheServer
{
    // Types at a terminal, and prints what it shows: argv is the command, standard input the lines, one for each question.
    private const string Typist = """
        import os, pty, sys
        lines = sys.stdin.read().split("\n")[:-1]
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(sys.argv[1], sys.argv[1:])
        shown = b""
        for line in lines:
            seen = len(shown)
            while b": " not in shown[seen:]:
                shown += os.read(terminal, 1000)
            os.write(terminal, line.encode() + b"\n")
        try:
            while piece := os.read(terminal, 1000):
                shown += piece
        except OSError:
            pass
        sys.stdout.buffer.write(shown)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        """;

    [Fact]
    public void UsersAreMadeListedAndRemoved() => MailSystem.Run(mail =>
    {
        mail.Set("smtpd_sasl_password_file", "$config_directory/users");
        string path = Path.Combine(mail.ConfigDirectory, "users");
        Assert.Equal((0, "", ""), Outcome(Passwd(mail, "sesame\n", "shop")));
        Assert.Equal((0, "", ""), Outcome(Passwd(mail, "other\nsecond line", "--crypt", "bank@example.com")));
        Assert.Equal("shop\nbank@example.com\n", Passwd(mail, "", "--list").Ok().Output);
        FileStatus status = FileSystem.Status(path)!.Value;
        Assert.Equal(MailSystem.IsRoot ? (0b110_100_000, 0u, mail.OwnerGid) : (0b110_000_000, mail.OwnerUid, status.Gid), (status.Mode, status.Uid, status.Gid));
        string text = File.ReadAllText(path);
        Assert.Matches(@"(?m)^shop:SCRAM-SHA-256\$20000:\S+\$\S+:\S+$", text);
        Assert.Matches(@"(?m)^bank@example\.com:\$(y|6)\$\S+$", text);
        Assert.DoesNotContain("sesame", text, StringComparison.Ordinal);
        // Another password takes the place of the first.
        Passwd(mail, "tahini\n", "shop").Ok();
        Assert.NotEqual(text, File.ReadAllText(path));
        Assert.Equal(2, Passwd(mail, "", "--list").Ok().Lines.Length);
        Passwd(mail, "", "--delete", "shop").Ok();
        Assert.Equal("bank@example.com\n", Passwd(mail, "", "--list").Ok().Output);
        Assert.Equal((1, "", $"master: fatal: {path}: no user shop\n"), Outcome(Passwd(mail, "", "--delete", "shop")));
        Assert.DoesNotContain(Directory.GetFiles(mail.ConfigDirectory), static file => file.EndsWith(".new", StringComparison.Ordinal));
    });

    [Fact]
    public void APasswordIsTypedTwiceAndNotShown() => MailSystem.Run(mail =>
    {
        FileOf(mail);
        CommandResult typed = Type(mail, "sesame\nsesame\n");
        Assert.Equal((0, "Password: \r\nThe same again: \r\n"), (typed.Status, typed.Output));
        Assert.Equal("shop\n", Passwd(mail, "", "--list").Ok().Output);
        CommandResult other = Type(mail, "sesame\ntahini\n");
        Assert.Equal((1, "Password: \r\nThe same again: \r\nmaster: fatal: the two are not the same; nothing is changed\r\n"), (other.Status, other.Output));
        Assert.Equal((1, "Password: \r\nmaster: fatal: no password is given; nothing is changed\r\n"), (Type(mail, "\n").Status, Type(mail, "\n").Output));
    });

    [Theory]
    [InlineData("", "shop", 1, "no password: it is read from standard input, one line; nothing is changed")]
    [InlineData("\n", "shop", 1, "no password is given; nothing is changed")]
    [InlineData("a\tb\n", "shop", 1, "a password with a control character; nothing is changed")]
    [InlineData("x\n", "a:b", 64, "a name must have no \":\", no control characters, no \"#\" in front and no blanks around it")]
    [InlineData("x\n", "a\nb", 64, "a name must have no \":\", no control characters, no \"#\" in front and no blanks around it")]
    [InlineData("x\n", "", 64, "a user needs a name")]
    public void WhatCannotBeIsRefused(string input, string user, int status, string want) => MailSystem.Run(mail =>
    {
        string path = FileOf(mail);
        Assert.Equal((status, "", $"master: fatal: {want}\n"), Outcome(Passwd(mail, input, user)));
        Assert.False(File.Exists(path));
    });

    [Fact]
    public void WhatIsWrongIsOneLine() => MailSystem.Run(mail =>
    {
        CommandResult result = Passwd(mail, "x\n", "shop");
        Assert.Equal(78, result.Status);
        Assert.Contains("smtpd_sasl_password_file: is not set; give the path", result.Error);
        foreach (string[] words in (string[][])[[], ["a", "b"], ["--list", "a"], ["--delete"], ["--delete", "--crypt", "a"]])
        {
            result = Passwd(mail, "x\n", words);
            Assert.Equal(64, result.Status);
            Assert.StartsWith("master: fatal: passwd takes one user", Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        }
        string path = FileOf(mail);
        File.WriteAllText(path, "shop secret\n");
        Assert.Equal((78, "", $"master: fatal: {path}:1: no \":\"; a line is a user, a colon and a verifier\n"), Outcome(Passwd(mail, "x\n", "bank")));
        Assert.Equal("shop secret\n", File.ReadAllText(path));
    });

    private static string FileOf(MailSystem mail)
    {
        mail.Set("smtpd_sasl_password_file", "$config_directory/smtpd_passwd");
        return Path.Combine(mail.ConfigDirectory, "smtpd_passwd");
    }

    private static CommandResult Passwd(MailSystem mail, string input, params string[] words) =>
        Command.Run(Repository.Program("master"), ["-c", mail.ConfigDirectory, "passwd", .. words], Encoding.UTF8.GetBytes(input));

    private static CommandResult Type(MailSystem mail, string lines) =>
        Command.Run("python3", ["-c", Typist, Repository.Program("master"), "-c", mail.ConfigDirectory, "passwd", "shop"], Encoding.UTF8.GetBytes(lines));

    private static (int Status, string Output, string Error) Outcome(CommandResult result) => (result.Status, result.Output, result.Error);
}
