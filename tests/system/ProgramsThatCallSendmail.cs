using System.Text;

namespace PostfixNet.SystemTests;

/// <summary>Programs that people have, each as it is by default, with our sendmail in the place of /usr/sbin/sendmail: their mail arrives.</summary>
public sealed class ProgramsThatCallSendmail
{
    private const string Symfony = """
        require '/usr/share/php/Symfony/Component/Mailer/autoload.php';
        $mailer = new Symfony\Component\Mailer\Mailer(Symfony\Component\Mailer\Transport::fromDsn(getenv('MAILER_DSN')));
        foreach (['one', 'two'] as $subject)
            $mailer->send((new Symfony\Component\Mime\Email())->from('alice@origin.test')->to('bob@sink.test')->bcc('hidden@sink.test')->subject($subject)->text("Hello.\n.dot\n.\nmore\n"));
        """;

    private const string Patch = """
        From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
        From: Alice <alice@origin.test>
        Date: Thu, 1 Jan 2026 00:00:00 +0000
        Subject: [PATCH] a change

        Hello.
        ---
         file | 1 +

        diff --git a/file b/file
        --- a/file
        +++ b/file
        @@ -0,0 +1 @@
        +x
        --

        """;

    private static readonly string s_sendmail = Repository.Program("sendmail");

    [ProgramFact("bsd-mailx")]
    public void BsdMailx() => Arrives("bsd", (mail, environment) =>
    {
        File.WriteAllText(mail.PathOf("rc"), $"set sendmail={s_sendmail}\n");
        Run("bsd-mailx", ["-s", "bsd", "-b", "hidden@sink.test", "-r", "alice@origin.test", "bob@sink.test"], "Hello.\n", [.. environment, ("MAILRC", mail.PathOf("rc"))]);
    });

    [ProgramFact("s-nail")]
    public void SNail() => Arrives("snail", static (mail, environment) =>
        Run("s-nail", ["-n", "-S", $"mta=file://{s_sendmail}", "-r", "alice@origin.test", "-s", "snail", "-b", "hidden@sink.test", "bob@sink.test"], "Hello.\n", environment));

    [ProgramFact("mutt")]
    public void Mutt() => Arrives("mutt", static (mail, environment) =>
    {
        // Its default has -oem -oi.
        File.WriteAllText(mail.PathOf("rc"), $"set sendmail=\"{s_sendmail} -oem -oi\"\nset from=alice@origin.test\nset use_envelope_from\nset copy=no\n");
        Run("mutt", ["-n", "-F", mail.PathOf("rc"), "-s", "mutt", "-b", "hidden@sink.test", "-a", mail.PathOf("rc"), "--", "bob@sink.test"], "Hello.\n", environment);
    });

    [ProgramFact("git")]
    public void GitSendEmail() => Arrives("[PATCH] a change", static (mail, environment) =>
    {
        File.WriteAllText(mail.PathOf("0001.patch"), Patch);
        Run("git", ["send-email", $"--smtp-server={s_sendmail}", "--from=alice@origin.test", "--envelope-sender=alice@origin.test", "--to=bob@sink.test", "--bcc=hidden@sink.test", "--confirm=never", "--suppress-cc=all", "--quiet", mail.PathOf("0001.patch")],
            "", [.. environment, ("GIT_COMMITTER_NAME", "Alice"), ("GIT_COMMITTER_EMAIL", "alice@origin.test"), ("GIT_AUTHOR_NAME", "Alice"), ("GIT_AUTHOR_EMAIL", "alice@origin.test")]);
    });

    [ProgramFact("php")]
    public void PhpMail() => Arrives("php", static (mail, environment) => Run("php", ["-d", $"sendmail_path={s_sendmail} -t -i -f alice@origin.test", "-r",
        "exit(mail('bob@sink.test', 'php', \"Hello.\\n.\\nmore\\n\", \"From: alice@origin.test\\r\\nBcc: hidden@sink.test\") ? 0 : 1);"], "", environment));

    // Its mail() says "true" of 0 and of 75.
    [ProgramFact("php")]
    public void PhpHearsOfErrors() => MailSystem.Run(mail =>
    {
        CommandResult result = Command.Run("php", ["-d", $"sendmail_path={s_sendmail} -t -i", "-r", "exit(mail('', 'nobody', 'Hello.') ? 0 : 1);"], [], ("MAIL_CONFIG", mail.ConfigDirectory));
        Assert.Equal(1, result.Status);
    });

    // sendmail://default, and so Laravel, calls "/usr/sbin/sendmail -bs".
    [ProgramTheory("/usr/share/php/Symfony/Component/Mailer/autoload.php")]
    [InlineData("-bs")]
    [InlineData("-t -i")]
    public void SymfonyMailer(string options) => Arrives("one", (mail, environment) =>
        Run("php", ["-r", Symfony], "", [.. environment, ("MAILER_DSN", $"sendmail://default?command={Uri.EscapeDataString($"{s_sendmail} {options}")}")]), messages: 2);

    // cron of Debian: "-i -FCronDaemon -B8BITMIME -oem USER".
    [Fact]
    public void Cron() => Arrives("Cron <bob@host> true", static (mail, environment) => Run(s_sendmail, ["-i", "-FCronDaemon", "-B8BITMIME", "-oem", "-falice@origin.test", "bob@sink.test", "hidden@sink.test"],
        "From: root (Cron Daemon)\nTo: bob@sink.test\nSubject: Cron <bob@host> true\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\nHello.\n", environment));

    private static void Run(string program, string[] arguments, string input, (string Name, string Value)[] environment) =>
        Command.Run(program, arguments, Encoding.UTF8.GetBytes(input), environment).Ok();

    // From alice to bob, and to one whom nobody is to see.
    private static void Arrives(string subject, Action<MailSystem, (string Name, string Value)[]> send, int messages = 1) => MailSystem.Run((mail, receiver) =>
    {
        mail.Start();
        send(mail, [("MAIL_CONFIG", mail.ConfigDirectory), ("HOME", mail.Root), ("USER", "alice"), ("TERM", "dumb")]);
        // Some do not wait for it.
        Wait.For("the mail", () => receiver.Messages.Count == messages);
        foreach (ReceivedMessage message in receiver.Messages)
        {
            Assert.Equal("alice@origin.test", message.Sender);
            Assert.Equal(["bob@sink.test", "hidden@sink.test"], message.Recipients.Select(static recipient => recipient.Address).Order(StringComparer.Ordinal));
            Assert.DoesNotContain("hidden@sink.test", message.Text, StringComparison.Ordinal);
            Assert.Contains("Hello.", message.Text, StringComparison.Ordinal);
        }
        Assert.Contains(receiver.Messages, message => message.Header("Subject") == subject);
        mail.Stop();
    });
}

/// <summary>A test with a program of others; skipped, with the reason, where it is not installed.</summary>
internal sealed class ProgramFactAttribute : FactAttribute
{
    public ProgramFactAttribute(string program) => Skip = OtherPrograms.WhyNot(program);
}

/// <summary>Likewise, for several rows.</summary>
internal sealed class ProgramTheoryAttribute : TheoryAttribute
{
    public ProgramTheoryAttribute(string program) => Skip = OtherPrograms.WhyNot(program);
}

internal static class OtherPrograms
{
    internal static string? WhyNot(string program)
    {
        bool isThere = program == "git" ? File.Exists("/usr/lib/git-core/git-send-email")
            : program.StartsWith('/') ? File.Exists(program) : File.Exists($"/usr/bin/{program}");
        return isThere ? null : $"{program} is not installed: run ./test.sh as root once";
    }
}
