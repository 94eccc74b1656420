using System.Text;

namespace PostfixNet.SystemTests;

/// <summary>An operator has conversations logged line by line, for a while and without a reload (master verbose, S1-39).</summary>
public sealed class ConversationsAreLogged
{
    private static readonly string s_secret = Convert.ToBase64String(Encoding.ASCII.GetBytes("\0shop\0sesame"));

    [Fact]
    public void FromTheNextOneOnAndWithoutSecrets() => MailSystem.Run((mail, receiver) =>
    {
        mail.AllowShop();
        mail.Set("smtpd_tls_auth_only", false);
        int port = mail.Serve();
        mail.Start();
        Talk(port);
        mail.Master("verbose", "smtpd", "--peer", "127.0.0.2").Ok();
        Talk(port);
        Wait.For("two sessions", () => mail.Log("disconnect from").Length == 2);
        Assert.Empty(mail.Log("[<>] localhost"));

        mail.Master("verbose", "smtpd", "--peer", "127.0.0.0/29", "--for", "10m").Ok();
        Assert.Matches("smtpd with 127\\.0\\.0\\.0/29 for (599|600) s more", mail.Master("verbose").Ok().Output);
        Talk(port);
        mail.WaitForLog("< localhost\\[127\\.0\\.0\\.1\\]: QUIT");
        foreach (string line in (string[])["> localhost[127.0.0.1]: 220 mta.golden.test", "< localhost[127.0.0.1]: EHLO x.test", "> localhost[127.0.0.1]: 250-", "< localhost[127.0.0.1]: AUTH PLAIN (not shown)",
            "> localhost[127.0.0.1]: 334 (not shown)", "> localhost[127.0.0.1]: 235 2.7.0", "characters that are no command)"])
            Assert.Contains(mail.Log(), logged => logged.Contains(line, StringComparison.Ordinal));

        mail.Master("verbose", "off").Ok();
        Assert.Equal("", mail.Master("verbose").Ok().Output);
        int before = mail.Log("[<>] localhost").Length;
        Talk(port);
        Wait.For("another session", () => mail.Log("disconnect from").Length == 4);
        Assert.Equal(before, mail.Log("[<>] localhost").Length);

        mail.Master("verbose", "smtp").Ok();
        mail.Submit(MailSystem.Message("x"), "-f", "alice@origin.test", "bob@sink.test");
        Wait.For("the message", () => receiver.Messages.Count == 1);
        Assert.NotEmpty(mail.Log($@"/smtp\[\d+\]: > \S+\[127\.0\.0\.1\]:{receiver.Port}: MAIL FROM:"));
        Assert.Empty(mail.Log(s_secret));
        Assert.Empty(mail.Log("c2VzYW1l"));
        Assert.Equal(64, mail.Master("verbose", "nosuch").Status);
        Assert.Equal(64, mail.Master("verbose", "smtp", "--for", "soon").Status);
    });

    // The password comes with the command, in an answer, and by mistake in the place of a command.
    private static void Talk(int port)
    {
        using SmtpDialogue dialogue = new(port);
        dialogue.Say("EHLO x.test");
        Assert.StartsWith("334", dialogue.Say("AUTH LOGIN"), StringComparison.Ordinal);
        dialogue.Say("*");
        Assert.StartsWith("334", dialogue.Say("AUTH PLAIN"), StringComparison.Ordinal);
        dialogue.Say("*");
        dialogue.Say("c2VzYW1l");
        Assert.StartsWith("235", dialogue.Say($"AUTH\tPLAIN\t{s_secret}"), StringComparison.Ordinal);
        dialogue.Say("QUIT");
    }
}
