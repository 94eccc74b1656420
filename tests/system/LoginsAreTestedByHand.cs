using System.Globalization;
using System.Text;

namespace PostfixNet.SystemTests;

/// <summary>"master auth-test": a login for real, by the program that will do it, step by step, and no mail.</summary>
public sealed class LoginsAreTestedByHand
{
    private const string Password = "open-sesame-7c1f";

    [Fact]
    public void EachStepIsShownAndNoSecret() => MailSystem.Run(mail =>
    {
        using LoginRelay relay = LoginRelay.Start(mail, Password, "PLAIN XOAUTH2 GSSAPI", mail.Certificate("relay.test"));
        Configure(mail, relay.Port, Password);
        mail.Start();
        string hop = string.Create(CultureInfo.InvariantCulture, $"[127.0.0.1]:{relay.Port}");
        CommandResult result = mail.Master("auth-test", hop, "--conversation").Ok();
        Assert.Matches(@"(?m)^server +127\.0\.0\.1\[127\.0\.0\.1\]:\d+", result.Output);
        Assert.Matches(@"(?m)^TLS +TLSv1\.3 with cipher .*level encrypt", result.Output);
        Assert.Matches(@"(?m)^verified +no ", result.Output);
        Assert.Matches(@"(?m)^mechanism PLAIN +chosen", result.Output);
        Assert.Matches(@"(?m)^mechanism XOAUTH2 +not used +for tokens; the login has a password", result.Output);
        Assert.Matches(@"(?m)^mechanism GSSAPI +not used +not known here", result.Output);
        Assert.Matches(@"(?m)^> +AUTH PLAIN <hidden>", result.Output);
        Assert.Matches(@"(?m)^< +235 2\.7\.0 ok", result.Output);
        Assert.Matches(@"(?m)^login +shop, by password +smtp_sasl_password_maps, under 127\.0\.0\.1", result.Output);
        Assert.Matches(@"(?m)^result +accepted", result.Output);
        Assert.Equal([$"shop {Password}"], relay.Logins);
        Assert.Equal(0, relay.Mails);
        // The route of a domain leads there as well; programs read JSON.
        string json = mail.Master("auth-test", "sink.test", "--json", "--conversation").Ok().Output;
        Assert.Contains("{\"step\": \"result\", \"what\": \"accepted\", \"why\": \"\"}]", json, StringComparison.Ordinal);
        foreach (string secret in (string[])[Password, Convert.ToBase64String(Encoding.ASCII.GetBytes($"\0shop\0{Password}"))])
            Assert.DoesNotContain(secret, result.Output + result.Error + json + string.Join('\n', mail.Log()), StringComparison.Ordinal);
    });

    [Fact]
    public void WhatIsWrongIsSaidAndWhatIsRightAgainGoes() => MailSystem.Run(mail =>
    {
        using LoginRelay relay = LoginRelay.Start(mail, "another", "PLAIN", mail.Certificate("relay.test"));
        Configure(mail, relay.Port, Password);
        mail.Start();
        mail.Submit(MailSystem.Message("waits"), "-f", "alice@origin.test", "bob@sink.test");
        mail.WaitForLog("status=deferred");
        CommandResult refused = mail.Master("auth-test", "sink.test");
        Assert.Equal(1, refused.Status);
        Assert.Matches(@"(?m)^result +refused +SASL authentication failed; server .* said: 535 5\.7\.8 no", refused.Output);
        Assert.Equal(2, relay.Logins.Length);
        // The relay takes it now: its pause is over.
        relay.Accept(Password);
        mail.Master("auth-test", "sink.test").Ok();
        mail.Master("flush").Ok();
        mail.WaitForEmptyQueue();

        Table(mail, $"127.0.0.1:{relay.Port + 1} shop:{Password}");
        CommandResult none = mail.Master("auth-test", "sink.test");
        Assert.Equal(1, none.Status);
        Assert.Matches($@"(?m)^result +none +.*the one for 127\.0\.0\.1:{relay.Port + 1} is not it, though it looks alike", none.Output);
        relay.Stop();
        Assert.Equal(75, mail.Master("auth-test", "sink.test").Status);
    });

    private static void Configure(MailSystem mail, int port, string password)
    {
        Table(mail, $"127.0.0.1 shop:{password}");
        mail.Set("relayhost", $"[127.0.0.1]:{port}");
        mail.Set("minimal_backoff_time", "300s");
        mail.Set("maximal_backoff_time", "4000s");
        mail.Set("smtp_tls_security_level", "encrypt");
        mail.Set("smtp_sasl_auth_enable", true);
        mail.Set("smtp_sasl_tls_security_options", "noanonymous");
        mail.Set("smtp_sasl_password_maps", $"texthash:{mail.PathOf("passwords")}");
    }

    private static void Table(MailSystem mail, string text)
    {
        string path = mail.PathOf("passwords");
        File.WriteAllText(path, text + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
