using System.Text.RegularExpressions;

namespace PostfixNet.SystemTests;

/// <summary>What scripts for Postfix call is there under its names, and says what Postfix's own programs say.</summary>
public sealed class PostfixsNames
{
    private static readonly string s_vectors = Path.Combine(Repository.Root, "tests", "vectors");

    // Postfix's programs call themselves as they were called; with -v they tell what they do themselves.
    private static string Errors(CommandResult result) => string.Join('\n', result.Error.Split('\n')
        .Select(static line => Regex.Replace(line, "^/[^ ]*/", "")).Where(static line => Regex.IsMatch(line, "warning: |fatal: |option")));

    /// <summary>Runs Postfix's program and ours with the same words, and compares all that they leave behind.</summary>
    private static void Same(MailSystem mail, string program, string[] words, byte[]? input = null)
    {
        CommandResult theirs = Command.Run(program, ["-c", Postfix(mail), .. words], input), ours = Command.Run(Repository.Program(program), ["-c", mail.ConfigDirectory, .. words], input);
        Assert.Equal($"{theirs.Name} {theirs.Status}\n{theirs.Output}\n{Errors(theirs)}", $"{theirs.Name} {ours.Status}\n{ours.Output}\n{Errors(ours)}");
    }

    private static string Postfix(MailSystem mail)
    {
        string directory = mail.PathOf("postfix");
        if (!Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory);
            File.WriteAllText(Path.Combine(directory, "main.cf"), $$"""
                compatibility_level = 3.6
                queue_directory = {{mail.QueueDirectory}}
                enable_long_queue_ids = yes
                myhostname = mta.golden.test
                myorigin = golden.test
                mydestination =
                relayhost = [127.0.0.1]:1
                minimal_backoff_time = 2s
                inet_interfaces = 127.0.0.1

                """);
            File.WriteAllText(Path.Combine(directory, "master.cf"), "");
        }
        return directory;
    }

    [Theory]
    [InlineData("")]
    [InlineData("-e")]
    [InlineData("-h")]
    [InlineData("-b")]
    [InlineData("-bh")]
    [InlineData("-v")]
    [InlineData("-do")]
    [InlineData("-rv")]
    public void Postcat_prints_real_queue_files_octet_by_octet(string options) => MailSystem.Run(mail =>
    {
        string[] words = options.Length == 0 ? [] : [options];
        string[] files = [.. Directory.EnumerateFiles(s_vectors).Where(static path => Path.GetExtension(path) is ".incoming" or ".maildrop" or ".deferred" or ".hold" or ".active").Order()];
        Assert.True(files.Length > 50);
        // Pointers lead to and fro in few files.
        foreach (string file in files.Where((path, i) => i % 5 == 0 || path.Contains("milter", StringComparison.Ordinal) || path.Contains("final", StringComparison.Ordinal)))
            Same(mail, "postcat", [.. words, file]);
    });

    [Fact]
    public void Postcat_finds_messages_in_the_queue_and_says_what_it_does_not_find() => MailSystem.Run(mail =>
    {
        mail.Start();
        mail.Submit(MailSystem.Message("waits"), "-f", "alice@origin.test", "bob@sink.test");
        mail.WaitForLog("status=deferred");
        Wait.For("the deferred file", () => mail.Ids("deferred").Length == 1);
        mail.Master("stop").Ok();
        string id = Assert.Single(mail.Ids("deferred"));
        Same(mail, "postcat", ["-q", id]);
        Same(mail, "postcat", ["-bh", "-q", id]);
        Same(mail, "postcat", ["-q", "NOSUCH"]);
        Same(mail, "postcat", ["-q", "../main.toml"]);
        // Postfix fails at the end of what is no file.
        Assert.Contains("recipient: bob@sink.test\n", Command.Run(Repository.Program("postcat"), [], File.ReadAllBytes(mail.FileOf(id, "deferred")!)).Ok().Output);
        Same(mail, "postcat", ["/etc/passwd"]);
        Same(mail, "postcat", ["/nonexistent"]);
        string cut = mail.PathOf("cut");
        File.WriteAllBytes(cut, File.ReadAllBytes(mail.FileOf(id, "deferred")!)[..100]);
        Same(mail, "postcat", [cut]);
    });

    [Fact]
    public void Postconf_prints_parameters_as_Postfix_does() => MailSystem.Run(mail =>
    {
        foreach (string words in (string[])["relayhost queue_directory minimal_backoff_time", "-h queue_directory", "-x mydestination mydomain myorigin smtp_helo_name", "-H relayhost",
            "-d relayhost mydestination maximal_queue_lifetime smtp_tls_key_file", "nosuch relayhost", "-n relayhost mydomain", "-nd", "-o relayhost=x relayhost", "-o x relayhost",
            "-df import_environment", "mail_spool_directory local_transport",
            "-d -x mydestination", "relayhost relayhost", "-dh smtp_sasl_password_maps"])
            Same(mail, "postconf", words.Split(' '));
        // What a main.cf may say is not written by us.
        CommandResult change = Command.Run(Repository.Program("postconf"), ["-c", mail.ConfigDirectory, "-e", "relayhost=x"]);
        Assert.Equal(1, change.Status);
        Assert.Matches("^postconf: fatal: -e: main.toml is not changed by this program;.*\n$", change.Error);
        Assert.Equal(mail.MainToml(), File.ReadAllText(Path.Combine(mail.ConfigDirectory, "main.toml")));
    });

    [Fact]
    public void Postconf_shows_tables_and_hides_passwords() => MailSystem.Run(mail =>
    {
        mail.AddTable("[virtual_alias_maps]\n\"a@golden.test\" = \"b@golden.test\"\n\"c@golden.test\" = [\"d@golden.test\", \"e@golden.test\"]");
        mail.AddTable("[smtp_sasl_password_maps]\n\"[127.0.0.1]:1\" = \"alice:geheim\"");
        string aliases = Command.Run(Repository.Program("postconf"), ["-c", mail.ConfigDirectory, "-h", "virtual_alias_maps"]).Ok().Output.Trim();
        // It is what postmap takes.
        foreach ((string key, string value) in ((string, string)[])[("a@golden.test", "b@golden.test\n"), ("c@golden.test", "d@golden.test, e@golden.test\n")])
            Assert.Equal(value, Command.Run(Repository.Program("postmap"), ["-c", mail.ConfigDirectory, "-q", key, aliases]).Ok().Output);
        foreach (string[] words in (string[][])[[], ["-n"], ["-x"], ["smtp_sasl_password_maps"], ["-o", "smtp_sasl_password_maps=static:x:geheim", "smtp_sasl_password_maps"]])
        {
            CommandResult all = Command.Run(Repository.Program("postconf"), ["-c", mail.ConfigDirectory, .. words]).Ok();
            Assert.Contains("smtp_sasl_password_maps = ", all.Output);
            Assert.DoesNotContain("geheim", all.Output + all.Error);
        }
    });

    [Fact]
    public void Postmap_asks_tables_and_makes_none() => MailSystem.Run(mail =>
    {
        string table = mail.PathOf("table");
        File.WriteAllText(table, "a b\nfoo@example.com\tbar baz\n");
        byte[] keys = "a\nnope\nfoo@example.com\n"u8.ToArray();
        Same(mail, "postmap", ["-q", "a", "texthash:" + table]);
        Same(mail, "postmap", ["-q", "nope", "texthash:" + table]);
        Same(mail, "postmap", ["-q", "-", "texthash:" + table], keys);
        Same(mail, "postmap", ["-q", "-", "texthash:" + table], "nope\n"u8.ToArray());
        Same(mail, "postmap", ["-q", "nope", "texthash:" + table, "static:z"]);
        Same(mail, "postmap", ["-q", "10.1.2.3", "inline:{ {10.1.2.3 = ok} }"]);
        Same(mail, "postmap", ["-q", "", "static:x"]);
        Same(mail, "postmap", ["-q", "root", "unix:passwd.byname"]);
        Assert.Equal("a\tb\nfoo@example.com\tbar baz\n", Command.Run(Repository.Program("postmap"), ["-s", table]).Ok().Output);
        foreach (string[] words in (string[][])[[table], ["hash:" + table], ["-d", "a", table], ["-i", table], ["-q", "a", "nosuch:" + table], ["-q", "a", "texthash:/nonexistent"]])
        {
            CommandResult refused = Command.Run(Repository.Program("postmap"), words, "x y\n"u8.ToArray());
            Assert.Equal((1, ""), (refused.Status, refused.Output));
            Assert.Matches("^postmap: fatal: [^\n]*\n$", refused.Error);
        }
        Assert.Equal(["table"], Directory.EnumerateFiles(mail.Root, "table*").Select(Path.GetFileName));
        File.WriteAllText(table, "root: admin@example.com, other@example.com\n");
        Assert.Equal("admin@example.com, other@example.com\n", Command.Run(Repository.Program("postalias"), ["-q", "root", table]).Ok().Output);
    });

    [Fact]
    public void Postlog_writes_lines_into_the_mail_log() => MailSystem.Run(mail =>
    {
        string postlog = Repository.Program("postlog");
        string[] at = ["-c", mail.ConfigDirectory];
        Assert.Equal("", Command.Run(postlog, [.. at, "hello", "world\t!"]).Ok().Output);
        Command.Run(postlog, [.. at, "-i", "-t", "postfix/smtpd", "-p", "warn"], "one\ntwo\n"u8.ToArray()).Ok();
        Command.Run(postlog, [.. at, "-p", "fatal", "the -end"]).Ok();
        Assert.Equal(1, Command.Run(postlog, [.. at, "-p", "bogus", "x"]).Status);
        Assert.Equal(["postfix/postlog[N]: hello world?!", "postfix/smtpd[N]: warning: one", "postfix/smtpd[N]: warning: two", "postfix/postlog[N]: fatal: the -end"],
            mail.Log().Select(static line => Regex.Replace(Regex.Replace(line, @"^\w+ [ \d]\d [\d:]+ mta ", ""), @"\[\d+\]", "[N]")));
    });

    [Fact]
    public void The_program_behind_the_names_can_be_called_itself()
    {
        Assert.Contains("texthash\n", Command.Run(Repository.Program("posttool"), ["postconf", "-m"]).Ok().Output);
        CommandResult wrong = Command.Run(Repository.Program("posttool"), ["x"]);
        Assert.Equal((64, "posttool: fatal: usage: posttool postconf|postcat|postmap|postalias|postlog ...\n"), (wrong.Status, wrong.Error));
    }
}
