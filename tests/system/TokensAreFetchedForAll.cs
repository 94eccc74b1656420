using System.Globalization;

namespace PostfixNet.SystemTests;

/// <summary>Tokens of OAuth 2.0: one service fetches them, over HTTPS, for all processes of the SMTP client.</summary>
public sealed class TokensAreFetchedForAll
{
    [Fact]
    public void ManyProcessesFetchOneTokenAndKeepItOverARestart() => MailSystem.Run(mail =>
    {
        using TokenEndpoint endpoint = TokenEndpoint.Start(mail, lifetime: 3600);
        using LoginRelay relay = LoginRelay.Start(mail, "t1", "XOAUTH2");
        Configure(mail, endpoint, relay.Port, "scope = \"https://mail.test/.default\"");
        mail.Start();
        for (int i = 0; i < 20; i++)
            mail.Submit(MailSystem.Message($"number {i}"), "-f", "alice@origin.test", $"bob@sink{i}.test");
        mail.WaitForEmptyQueue();
        mail.Master("stop").Ok();
        mail.Start();
        mail.Submit(MailSystem.Message("after"), "-f", "alice@origin.test", "bob@sink.test");
        mail.WaitForEmptyQueue();
        Assert.Equal(["client_credentials - https://mail.test/.default"], endpoint.Requests);
        Assert.Equal(["shop t1"], relay.Logins.Distinct());
        // Nobody else may read it; nor does it stand in the log, or in what is shown.
        string kept = Path.Combine(mail.QueueDirectory, "logins", "office.json");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(kept));
        string shown = string.Join('\n', mail.Log()) + mail.Master("config").Output + mail.Master("auth-test", "sink.test", "--conversation").Ok().Output;
        Assert.DoesNotContain("s3cret", shown, StringComparison.Ordinal);
        Assert.Contains("[oauth.\"office\"]", shown, StringComparison.Ordinal);
    });

    // Each answer brings another refresh token, and the one before counts no more: it must not be lost with the process.
    [Fact]
    public void ARefreshTokenThatChangesOutlivesTheProcess() => MailSystem.Run(mail =>
    {
        using TokenEndpoint endpoint = TokenEndpoint.Start(mail, lifetime: 31, "r0");
        using LoginRelay relay = LoginRelay.Start(mail, "t1\nt2\nt3\nt4\nt5\nt6\nt7\nt8\nt9", "XOAUTH2 OAUTHBEARER");
        Secret(mail, "refresh", "r0");
        Configure(mail, endpoint, relay.Port, $"refresh_token = \"file:{mail.PathOf("refresh")}\"");
        mail.Start();
        for (int i = 0; i < 3; i++)
        {
            int before = endpoint.Requests.Length;
            // The token is good for a second.
            Wait.For("another token", () =>
            {
                mail.Submit(MailSystem.Message("one"), "-f", "alice@origin.test", "bob@sink.test");
                mail.WaitForEmptyQueue();
                return endpoint.Requests.Length > before;
            });
            RunningPrograms.Kill(Assert.Single(mail.Pids("logins")));
            Wait.For("it to be gone", () => mail.Pids("logins").Length == 0);
        }
        Assert.StartsWith("refresh_token r0 -|refresh_token r1 -|refresh_token r2 -", string.Join('|', endpoint.Requests), StringComparison.Ordinal);
        Assert.Empty(mail.Log("no token"));

        // Consent is withdrawn: mail waits, the operator is told, and nobody is hammered.
        endpoint.Refuse(true);
        Thread.Sleep(1100); // the life of a token
        int asked = endpoint.Requests.Length;
        for (int i = 0; i < 5; i++)
            mail.Submit(MailSystem.Message("waits"), "-f", "alice@origin.test", $"carol@sink{i}.test");
        mail.WaitForLog(@"warning: no token office: login\.oauth\.test: invalid_grant: AADSTS70008: expired.*; somebody has to mend that, mail waits; tried again in 300 s, or with another secret");
        Wait.For("all to be deferred", () => mail.Ids("deferred").Length == 5);
        Assert.Equal(asked + 1, endpoint.Requests.Length);
        endpoint.Refuse(false);
        endpoint.Issue("anew");
        Secret(mail, "refresh", "anew");
        mail.Master("reload").Ok();
        mail.Master("flush").Ok();
        mail.WaitForEmptyQueue();
        Assert.Contains("refresh_token anew -", endpoint.Requests);
    });

    [Fact]
    public void PasswordsMayBeElsewhere() => MailSystem.Run(mail =>
    {
        using LoginRelay relay = LoginRelay.Start(mail, "from a file\nfrom systemd\nfrom-the-environment");
        Secret(mail, "secret", "from a file");
        Directory.CreateDirectory(mail.PathOf("credentials"));
        Secret(mail, "credentials/relay", "from systemd");
        mail.SetRaw("import_environment", $"[\"CREDENTIALS_DIRECTORY={mail.PathOf("credentials")}\", \"RELAY_PASSWORD=from-the-environment\"]");
        mail.Set("relayhost", string.Create(CultureInfo.InvariantCulture, $"[127.0.0.1]:{relay.Port}"));
        mail.Set("smtp_sasl_auth_enable", true);
        mail.Set("smtp_sasl_security_options", "noanonymous");
        mail.Set("smtp_sender_dependent_authentication", true);
        mail.AddTable($"[smtp_sasl_password_maps]\n\"a@origin.test\" = \"a:password-file={mail.PathOf("secret")}\"\n\"b@origin.test\" = \"b:password-credential=relay\"\n\"c@origin.test\" = \"c:password-env=RELAY_PASSWORD\"");
        mail.Start();
        foreach (string sender in (string[])["a", "b", "c"])
            mail.Submit(MailSystem.Message("one"), "-f", $"{sender}@origin.test", "bob@sink.test");
        mail.WaitForEmptyQueue();
        Assert.Equal(["a from a file", "b from systemd", "c from-the-environment"], relay.Logins.Distinct().Order());
    });

    private static void Configure(MailSystem mail, TokenEndpoint endpoint, int port, string more)
    {
        Secret(mail, "client", "s3cret");
        mail.Set("relayhost", string.Create(CultureInfo.InvariantCulture, $"[127.0.0.1]:{port}"));
        mail.Set("smtp_sasl_auth_enable", true);
        mail.Set("smtp_sasl_security_options", "noanonymous");
        mail.AddTable(string.Create(CultureInfo.InvariantCulture, $"[smtp_sasl_password_maps]\n\"[127.0.0.1]:{port}\" = \"shop:oauth=office\"\n"));
        mail.AddTable($"[oauth.office]\ntoken_endpoint = \"{endpoint.Url}\"\nclient_id = \"me\"\nclient_secret = \"file:{mail.PathOf("client")}\"\nCAfile = \"{endpoint.CAfile}\"\n{more}\n");
    }

    // Root's alone, as an administrator has it.
    private static void Secret(MailSystem mail, string name, string text)
    {
        string path = mail.PathOf(name);
        File.WriteAllText(path, text + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
