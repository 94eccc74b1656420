using PostfixNet.Configuration;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>What is easily wrong in smtp_sasl_password_maps, told before mail waits for it.</summary>
public sealed class LoginTableTests
{
    private static IReadOnlyList<string> Remarks(string toml)
    {
        MainConfig config = MainConfig.FromText("smtp_sasl_auth_enable = true\n" + toml);
        _ = LoginSettings.Read(config, "smtp");
        return config.Remarks;
    }

    [Theory]
    [InlineData("[smtp_sasl_password_maps]\n'a.test' = 'user:pa$$w$myhostname${x'", "user:pa$$w$myhostname${x")]
    [InlineData("smtp_sasl_password_maps = 'inline:{a.test=user:pa$$word}'", "user:pa$$word")]
    [InlineData("smtp_sasl_password_maps = 'static:user:$1'", "user:$1")]
    public void A_dollar_in_a_password_is_a_dollar(string toml, string value) =>
        Assert.Equal(value, MainConfig.FromText(toml).Get(Parameters.SmtpSaslPasswordMaps).Find("a.test"));

    [Fact]
    public void The_path_of_a_table_of_passwords_is_expanded()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "a.test user:$x\n");
            Assert.Equal("user:$x", MainConfig.FromText($"place = '{path}'\nsmtp_sasl_password_maps = 'texthash:$place'").Get(Parameters.SmtpSaslPasswordMaps).Find("a.test"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("smtp_sasl_password_maps = 'hash:secret'", "main.toml:1:27: smtp_sasl_password_maps: \"hash:\" needs a path from the root; ")]
    [InlineData("smtp_sasl_password_maps = 'user:secret'", "main.toml:1:27: smtp_sasl_password_maps: this is not a lookup table; ")]
    [InlineData("smtp_sasl_password_maps = 'inline:{secret}'", "main.toml:1:27: smtp_sasl_password_maps: entry 1 of an inline table is not understood")]
    public void No_error_quotes_a_password(string toml, string problem)
    {
        string message = Assert.Throws<ConfigurationException>(() => MainConfig.FromText(toml).Get(Parameters.SmtpSaslPasswordMaps)).Message;
        Assert.StartsWith(problem, message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[smtp_sasl_password_maps]\n'a.test' = 'u:p'\n[destination.'b.test']\nlogin = 'A.test'", null)]
    [InlineData("[smtp_sasl_password_maps]\n'a.test' = 'u:p'\n[destination.'b.test']\nlogin = 'nosuch'", "main.toml:5:9: destination.\"b.test\".login: smtp_sasl_password_maps has no entry for \"nosuch\": mail waits")]
    [InlineData("[smtp_sasl_password_maps]\n'a.test' = 'u:password-file=/nonexistent/file'", "main.toml:2:1: smtp_sasl_password_maps: no password for a.test: open /nonexistent/file: No such file or directory: mail that needs it waits")]
    [InlineData("[smtp_sasl_password_maps]\n'a.test' = 'u:password-env=NO_SUCH_VARIABLE'", "no password for a.test: environment variable NO_SUCH_VARIABLE is not set")]
    [InlineData("[smtp_sasl_password_maps]\n'a.test' = 'u:password-credential=none'", "no password for a.test: credential none: ")]
    public void What_a_login_will_lack_is_told_by_a_check(string toml, string? remark)
    {
        MainConfig config = MainConfig.FromText("smtp_sasl_auth_enable = true\n" + toml);
        LoginSettings.Examine(config, "smtp");
        if (remark is null)
            Assert.Empty(config.Remarks);
        else
            Assert.Contains(remark, Assert.Single(config.Remarks), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("relayhost = '[a.test]:587'\n[smtp_sasl_password_maps]\n'[a.test]:465' = 'u:p'", "smtp_sasl_password_maps: has an entry for [a.test]:465, which is not that of relayhost, [a.test]:587: there is no login for it; the two must be written alike")]
    [InlineData("relayhost = 'a.test'\n[smtp_sasl_password_maps]\n'[a.test]' = 'u:p'", "smtp_sasl_password_maps: has an entry for [a.test], which is not that of relayhost, a.test")]
    [InlineData("[smtp_sasl_password_maps]\n'[a.test]' = 'user secret'", "smtp_sasl_password_maps: the entry for [a.test] is not \"user:password\"")]
    [InlineData("smtp_sasl_mechanism_filter = 'plian, !login'\nsmtp_sasl_password_maps = 'static:u:p'", "smtp_sasl_mechanism_filter: \"plian\" is no mechanism that is known here")]
    public void What_is_probably_not_meant_is_remarked_on(string toml, string remark)
    {
        string only = Assert.Single(Remarks(toml));
        Assert.Contains(remark, only, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", only, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("relayhost = '[a.test]:587'\n[smtp_sasl_password_maps]\n'smtp:[a.test]:587' = 'u:p'", "smtp:[a.test]:587, which is not that of relayhost, [a.test]:587")]
    [InlineData("relayhost = '[a.test]:587'\n[smtp_sasl_password_maps]\n'A.test.' = 'u:p'", "A.test., which is not that of relayhost, [a.test]:587")]
    [InlineData("smtp_fallback_relay = '[a.test]:587'\n[smtp_sasl_password_maps]\n'[a.test]' = 'u:p'", "[a.test], which is not that of smtp_fallback_relay, [a.test]:587")]
    public void A_key_that_nearly_matches_is_pointed_out(string toml, string want) => Assert.Contains(want, Assert.Single(Remarks(toml)), StringComparison.OrdinalIgnoreCase);

    [Theory]
    [InlineData("relayhost = '[a.test]:587'\n[smtp_sasl_password_maps]\n'[a.test]:587' = 'u:p'\n'b.test' = 'u:p'")]
    [InlineData("relayhost = '[a.test]:587'\n[smtp_sasl_password_maps]\n'a.test' = 'u:p'")] // the host's name counts too
    [InlineData("relayhost = '[a.test]:587'\n[smtp_sasl_password_maps]\n'b.test' = 'u:p'")] // perhaps it wants none
    [InlineData("smtp_sasl_mechanism_filter = '!gssapi, scram-sha-256, static:all'\nsmtp_sasl_password_maps = 'static:u:p'")]
    public void What_may_be_meant_is_not(string toml) => Assert.Empty(Remarks(toml));
}
