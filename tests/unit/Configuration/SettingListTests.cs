using PostfixNet.Configuration;

namespace PostfixNet.UnitTests.Configuration;

/// <summary>What postconf and "master config" know of parameters.</summary>
public sealed class SettingListTests
{
    private static SettingList Of(string toml) => MainConfig.FromText(toml, "/etc/x/main.toml").AllSettings();

    [Fact]
    public void A_value_is_told_with_its_default_and_its_place()
    {
        Setting setting = Of("myhostname = \"a.b.test\"\nrelayhost = [\"[a]:25\", \"$mydomain\"]\n").Find("relayhost")!;
        Assert.Equal(new Setting("relayhost", SettingKind.List, "[a]:25, $mydomain", "", "/etc/x/main.toml:2:13", IsChanged: true, IsSupported: true) { Base = "relayhost" }, setting);
    }

    [Theory]
    [InlineData("soft_bounce = false", "soft_bounce", false)]
    [InlineData("soft_bounce = \"no\"", "soft_bounce", false)]
    [InlineData("soft_bounce = true", "soft_bounce", true)]
    [InlineData("minimal_backoff_time = \"5m\"", "minimal_backoff_time", false)]
    [InlineData("minimal_backoff_time = 301", "minimal_backoff_time", true)]
    [InlineData("defer_transports = []", "defer_transports", false)]
    [InlineData("hash_queue_names = [\"deferred\", \"defer\"]", "hash_queue_names", false)]
    [InlineData("slow_destination_rate_delay = 0", "slow_destination_rate_delay", false)]
    [InlineData("slow_destination_rate_delay = 1", "slow_destination_rate_delay", true)]
    [InlineData("smtp_tls_key_file = \"$smtp_tls_cert_file\"", "smtp_tls_key_file", false)]
    [InlineData("", "relayhost", false)]
    public void A_value_is_changed_when_it_comes_to_something_else(string toml, string name, bool changed) => Assert.Equal(changed, Of(toml).Find(name)!.IsChanged);

    [Fact]
    public void What_follows_another_parameter_is_expanded()
    {
        SettingList settings = Of("myhostname = \"mta.b.test\"\n");
        Assert.Equal("b.test", settings.Find("mydomain")!.Written);
        Assert.Equal("mta.b.test, localhost.b.test, localhost", settings.Expand(settings.Find("mydestination")!.Written));
        Assert.Equal("$no_such_name", settings.Expand("$no_such_name"));
    }

    [Fact]
    public void Tables_are_told_in_Postfixs_form() => Assert.Equal("inline:{ { a@b.test = c@d.test, e@f.test }, { g = h } }",
        Of("[virtual_alias_maps]\n\"a@b.test\" = [\"c@d.test\", \"e@f.test\"]\n\"g\" = \"h\"\n").Find("virtual_alias_maps")!.Written);

    [Theory]
    [InlineData("smtp_sasl_password_maps = \"static:user:geheim\"")]
    [InlineData("smtp_sasl_password_maps = \"inline:{a=user:geheim}\"")]
    [InlineData("smtp_sasl_password_maps = [\"texthash:/etc/passwords\", \"static:user:geheim\"]")]
    [InlineData("smtp_sasl_password_maps = \"unionmap:{static:geheim,texthash:/x}\"")]
    [InlineData("smtp_sasl_password_maps = \"geheim\"")]
    [InlineData("lmtp_sasl_password_maps = \"static:user:geheim\"")]
    [InlineData("[smtp_sasl_password_maps]\n\"a\" = \"user:geheim\"")]
    [InlineData("smtp_sasl_password_maps = { a = [\"user:geheim\"] }")]
    public void Passwords_are_not_told(string toml)
    {
        SettingList settings = Of(toml);
        foreach (Setting setting in settings.All())
            Assert.DoesNotContain("geheim", setting.ToString() + settings.Expand(setting.Written));
    }

    [Fact]
    public void Values_that_refer_to_each_other_stay_as_they_are() =>
        Assert.Equal("$relayhost", Of("relayhost = \"$default_transport\"\ndefault_transport = \"$relayhost\"\n").Find("default_transport")!.Written);

    [Fact]
    public void The_file_of_passwords_is_told() =>
        Assert.Equal("texthash:/etc/passwords", Of("smtp_sasl_password_maps = \"texthash:/etc/passwords\"").Find("smtp_sasl_password_maps")!.Written);

    [Fact]
    public void Names_that_nobody_knows_are_unused_and_others_made_up()
    {
        SettingList settings = Of("mine = \"x\"\nrelayhost = \"$mine\"\nother = \"y\"\n");
        Assert.Equal(["other"], settings.All().Where(settings.IsUnused).Select(static setting => setting.Name));
        Assert.True(SettingList.IsMadeUp(settings.Find("mine")!));
        Assert.Null(settings.Find("relayhots"));
        Assert.False(settings.Find("mail_spool_directory")!.IsSupported);
    }
}
