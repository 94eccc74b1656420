using System.Text.Json;

namespace PostfixNet.SystemTests;

/// <summary>"master config": what holds, what it means, and what will become of mail to a destination.</summary>
public sealed class SettingsInForce
{
    private static Dictionary<string, (string Value, string Because)> For(MailSystem mail, params string[] words)
    {
        using JsonDocument told = JsonDocument.Parse(mail.Master(["config", "--json", "--for", .. words]).Ok().Output);
        return told.RootElement.GetProperty("facts").EnumerateArray().ToDictionary(static fact => fact.GetProperty("name").GetString()!,
            static fact => (fact.GetProperty("value").GetString()!, fact.GetProperty("because").GetString()!));
    }

    [Fact]
    public void What_will_hold_for_a_destination_and_why() => MailSystem.Run(mail =>
    {
        mail.Start();
        mail.Set("relayhost", "[smtp.example.com]:587");
        mail.Set("relay_domains", "relay.test");
        mail.Set("smtp_sasl_auth_enable", true);
        mail.Set("relay_destination_concurrency_limit", 7);
        mail.AddTable("[smtp_sasl_password_maps]\n\"[smtp.example.com]:587\" = \"shop:geheim\"");
        mail.AddTable("[transport_maps]\n\"slow.test\" = \"relay:[10.0.0.1]:25\"\n\"gone.test\" = \"error:5.1.2 no such\"\n\"hop.test\" = \":[10.0.0.2]\"");
        mail.AddTable("[sender_dependent_relayhost_maps]\n\"news@golden.test\" = \"[news.example.com]\"");
        mail.AddTable("[smtp_tls_policy_maps]\n\"[10.0.0.1]:25\" = \"secure match=a.b.test\"");
        mail.AddTable("[destination.\"limited.test\"]\nconcurrency = 2\ntls = \"encrypt\"");

        var usual = For(mail, "example.org");
        Assert.Equal(("smtp", "default_transport"), usual["transport"]);
        Assert.Equal(("[smtp.example.com]:587", "relayhost"), usual["next hop"]);
        Assert.Equal(("none", "smtp_tls_security_level"), usual["TLS"]);
        Assert.Equal(("as shop, by password", "smtp_sasl_password_maps"), usual["login"]);
        Assert.Equal(("20", "default_destination_concurrency_limit"), usual["deliveries at once"]);
        Assert.Equal(("5d", "maximal_queue_lifetime"), usual["returned after"]);
        Assert.Equal("5d", For(mail, "example.org", "--from", "<>")["returned after"].Value);

        var slow = For(mail, "bob@slow.test");
        Assert.Equal(("relay", "transport_maps: relay:[10.0.0.1]:25"), slow["transport"]);
        Assert.Equal("secure, the certificate must match a.b.test", slow["TLS"].Value);
        Assert.Equal("none", slow["login"].Value);
        Assert.Equal(("7", "relay_destination_concurrency_limit"), slow["deliveries at once"]);

        Assert.Equal("5.1.2 no such", For(mail, "gone.test")["next hop"].Value);
        Assert.Equal(("smtp", "default_transport"), For(mail, "hop.test")["transport"]);
        Assert.Equal(("[10.0.0.2]", "transport_maps: :[10.0.0.2]"), For(mail, "hop.test")["next hop"]);
        Assert.Equal(("relay", "relay_transport, by relay_domains"), For(mail, "relay.test")["transport"]);
        Assert.Equal(("[news.example.com]", "sender_dependent_relayhost_maps"), For(mail, "example.org", "--from", "news@golden.test")["next hop"]);
        var limited = For(mail, "limited.test");
        Assert.Equal(("2", "[destination.\"limited.test\"]"), limited["deliveries at once"]);
        Assert.Equal(("encrypt", "[destination.\"limited.test\"]"), limited["TLS"]);
        Assert.DoesNotContain("geheim", mail.Master("config", "--for", "example.org").Ok().Output);

        mail.Master("pause", "destination", "example.org").Ok();
        Assert.Equal("master pause destination example.org", For(mail, "example.org")["paused"].Because);
    });

    [Fact]
    public void Settings_are_listed_as_main_toml_would_have_them() => MailSystem.Run(mail =>
    {
        mail.SetRaw("soft_bounce", "true");
        mail.AddTable("[smtp_sasl_password_maps]\n\"a\" = \"user:geheim\"");
        string changed = mail.Master("config", "--changed").Ok().Output;
        Assert.Contains("soft_bounce = true\n", changed);
        Assert.Contains("relayhost = [\"[127.0.0.1]:1\"]\n", changed);
        Assert.DoesNotContain("smtp_rset_timeout", changed);
        string all = mail.Master("config").Ok().Output;
        Assert.Contains("\nsmtp_rset_timeout = \"20s\"\n", all);
        Assert.DoesNotContain("geheim", all + changed);
        Assert.Contains("\nsoft_bounce = false\n", mail.Master("config", "--defaults").Ok().Output);
        foreach (string line in mail.Master("config", "--json").Ok().Lines)
        {
            using JsonDocument setting = JsonDocument.Parse(line);
            Assert.NotEqual("", setting.RootElement.GetProperty("meaning").GetString());
        }
        string described = mail.Master("config", "soft_bounce").Ok().Output;
        Assert.Matches("^soft_bounce = true\n  What would be returned is tried again\\.\n.*\n  default   false\n  given     .*main.toml:\\d+:\\d+\n$", described);
        CommandResult unknown = mail.Master("config", "relayhots");
        Assert.Equal((1, "master: fatal: there is no parameter \"relayhots\"; did you mean \"relayhost\"?\n"), (unknown.Status, unknown.Error));
    });
}
