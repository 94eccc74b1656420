using System.Globalization;

namespace PostfixNet.SystemTests;

/// <summary>A password that is wrong: the relay hears of it once, however much mail waits, and locks nobody out.</summary>
public sealed class LoginsAreTriedOncePerPause
{
    private const int Messages = 40;

    [Fact]
    public void HoweverManyMessagesAndProcessesThereAre() => MailSystem.Run(mail =>
    {
        using LoginRelay relay = LoginRelay.Start(mail, "right");
        Configure(mail, relay.Port, "wrong");
        mail.Start();
        for (int i = 0; i < Messages; i++)
            mail.Submit(MailSystem.Message($"number {i}"), "-f", "alice@origin.test", $"bob@sink{i % 8}.test");
        Wait.For("all mail to be deferred", () => mail.Ids("deferred").Length == Messages);
        Assert.Equal(["shop wrong"], relay.Logins);
        Assert.Single(mail.Log(@"/logins\[\d+\]: warning: login shop at 127\.0\.0\.1 refused: 535 5\.7\.8 no; tried again in 300 s at the earliest"));
        Assert.NotEmpty(mail.Log(@"status=deferred \(SASL authentication failed; server .* said: 535 5\.7\.8 no\)"));
        Assert.NotEmpty(mail.Log(@"status=deferred \(SASL authentication failed; login shop at 127\.0\.0\.1 was refused at .*: 535 5\.7\.8 no; it is not tried again before"));

        // The attempts that an operator asks for do not make it more.
        mail.Master("flush").Ok();
        mail.Submit(MailSystem.Message("one more"), "-f", "alice@origin.test", "bob@another.test");
        Wait.For("it to be deferred, too", () => mail.Ids("deferred").Length == Messages + 1);
        Assert.Single(relay.Logins);

        // The right password is another login.
        Table(mail, "right");
        mail.Master("reload").Ok();
        mail.Master("flush").Ok();
        mail.WaitForEmptyQueue();
        Assert.Single(relay.Logins, "shop wrong");
    });

    // Mail of senders with a login of their own goes on.
    [Fact]
    public void OneSendersLoginKeepsNoOtherMail() => MailSystem.Run(mail =>
    {
        using LoginRelay relay = LoginRelay.Start(mail, "right");
        Configure(mail, relay.Port, "right");
        mail.Set("smtp_sender_dependent_authentication", true);
        File.AppendAllText(mail.PathOf("passwords"), "mallory@origin.test mallory:wrong\n");
        mail.Start();
        for (int i = 0; i < 10; i++)
        {
            mail.Submit(MailSystem.Message("hers"), "-f", "mallory@origin.test", "bob@sink.test");
            mail.Submit(MailSystem.Message("his"), "-f", "alice@origin.test", "bob@sink.test");
        }
        Wait.For("the good half to be sent", () => mail.Log("status=sent").Length == 10);
        Wait.For("the other half to be deferred", () => mail.Ids("deferred").Length == 10);
        Assert.Single(relay.Logins, "mallory wrong");
    });

    // A system whose master.toml is older than the service, or where it does not come up.
    [Fact]
    public void WithoutTheServiceMailGoesAllTheSame() => MailSystem.Run(mail =>
    {
        using LoginRelay relay = LoginRelay.Start(mail, "right");
        Configure(mail, relay.Port, "right");
        string master = Path.Combine(mail.ConfigDirectory, "master.toml");
        File.WriteAllText(master, File.ReadAllText(master).Replace("[service.logins]", "[service.other]", StringComparison.Ordinal));
        Assert.Contains("master.toml has no service logins", mail.Master("check").Error, StringComparison.Ordinal);
        mail.Start();
        mail.Submit(MailSystem.Message("goes"), "-f", "alice@origin.test", "bob@sink.test");
        mail.WaitForEmptyQueue();
        mail.WaitForLog("warning: private/logins: .*; logins that servers refuse are tried for each message");
    });

    private static void Configure(MailSystem mail, int port, string password)
    {
        Table(mail, password);
        mail.Set("relayhost", "");
        mail.AddTable(string.Create(CultureInfo.InvariantCulture, $"[transport_maps]\n\"*\" = \"smtp:[127.0.0.1]:{port}\"")
            + string.Concat(Enumerable.Range(0, 4).Select(i => $"\n\"sink{i}.test\" = \"smtp:127.0.0.1:{port}\"")));
        mail.Set("minimal_backoff_time", "300s");
        mail.Set("maximal_backoff_time", "4000s");
        mail.Set("smtp_sasl_auth_enable", true);
        mail.Set("smtp_sasl_security_options", "noanonymous");
        mail.Set("smtp_sasl_password_maps", $"texthash:{mail.PathOf("passwords")}");
    }

    private static void Table(MailSystem mail, string password)
    {
        string path = mail.PathOf("passwords");
        File.WriteAllText(path, $"127.0.0.1 shop:{password}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
