using PostfixNet.Configuration;
using PostfixNet.Webhooks;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>Parameters of webhooks, and their tables.</summary>
public sealed class WebhooksRows
{
    private const string On = "events_enable = true\nwebhooks_enable = true\n";

    internal static readonly Row[] All =
    [
        new("webhooks_enable", "true", static toml => string.Join('\n', MasterConfig.FromText("[service.webhooks]\nwhen = 'webhooks_enable'\ncommand = 'webhooks'", MainConfig.FromText(toml)).Services.Select(static service => service.Name)), "webhooks"),
        new("webhooks_enable", "true", Seen, "webhooks_enable: events are what is sent, and there are none without events_enable = true"),
        new("webhooks_enable", "true", Seen, "webhooks_enable: nobody is told of events: there is no table [webhook.\"NAME\"]") { With = "events_enable = true\n" },
        new("webhooks_keep_time", "'1h'", Seen, "KeepTime = 01:00:00") { With = On },
        new("webhooks_queue_limit", "77", Seen, "QueueLimit = 77") { With = On },
        new("webhooks_queue_limit", "1", Seen, "webhooks_queue_limit: ") { With = On },
    ];

    private static string Seen(string toml)
    {
        try
        {
            MainConfig config = Row.Config("myhostname = 'mta.golden.test'", toml);
            return $"{WebhooksOptions.Read(config)}\n{string.Join('\n', config.Remarks)}";
        }
        catch (ConfigurationException e)
        {
            return e.Message;
        }
    }

    public static TheoryData<int, string> Cases => Row.Cases(All);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_changed_value_is_seen(int row, string parameter)
    {
        Assert.Equal(parameter, All[row].Parameter);
        All[row].Check();
    }

    private const string Good = "[webhook.shop]\nurl = 'https://hooks.test/a'\nsecret = 'file:/nowhere'\n";

    [Theory]
    [InlineData("webhook = 1", "main.toml:1:11: webhook: an integer is not accepted; give tables such as [webhook.\"shop\"]")]
    [InlineData("[webhook.shop]\nsecret = 'env:X'", "main.toml:1:1: webhook.\"shop\": url is missing")]
    [InlineData("[webhook.shop]\nurl = 'https://hooks.test/'", "main.toml:1:1: webhook.\"shop\": secret is missing: receivers know by its signature who sends")]
    [InlineData("[webhook.'7']\nurl = 'https://hooks.test/'", "webhook.\"7\": is no name for it")]
    [InlineData("[webhook.ALL]\nurl = 'https://hooks.test/'", "webhook.\"ALL\": is no name for it")]
    [InlineData("[webhook.shop]\nurl = 'http://hooks.test/'\nsecret = 'env:X'", "main.toml:2:7: webhook.\"shop\".url: is not an address that begins with https://")]
    [InlineData("[webhook.shop]\nurl = 'https://me:pw@hooks.test/'\nsecret = 'env:X'", "webhook.\"shop\".url: is not an address")]
    [InlineData("[webhook.shop]\nurl = 'https://127.0.0.1/'\nsecret = 'env:X'", "webhook.\"shop\".url: is not an address that begins with https:// and the name of a host")]
    [InlineData("[webhook.shop]\nurl = 'https://hooks.test/'\nsecret = 'whsec_abc'", "main.toml:3:10: webhook.\"shop\".secret: is not accepted; give its place")]
    [InlineData(Good + "colour = 1", "main.toml:4:1: webhook.\"shop\": unknown key \"colour\"")]
    [InlineData(Good + "events = ['bounced', 'eaten']", "main.toml:4:10: webhook.\"shop\".events: \"eaten\" is no kind of event; there are accepted, queued,")]
    [InlineData(Good + "senders = ['@a.test']", "webhook.\"shop\".senders: \"@a.test\" is not accepted; give addresses and domains")]
    [InlineData(Good + "allow_private = 'yes'", "main.toml:4:17: webhook.\"shop\".allow_private: a string is not accepted; give true or false")]
    [InlineData(Good + "timeout = '0s'", "webhook.\"shop\".timeout: is not accepted; give a time from 1s to 10m, such as \"60s\"")]
    [InlineData(Good + "expire = '3x'", "webhook.\"shop\".expire: is not accepted; give a time from 60s to 100d, such as \"3d\"")]
    [InlineData(Good + "CAfile = 'ca.pem'", "webhook.\"shop\".CAfile: \"ca.pem\" is not a path from the root")]
    [InlineData(Good + "[webhook.other]\nurl = 'https://hooks.test/a'\nsecret = 'env:X'", "main.toml:5:7: webhook.\"other\".url: is that of [webhook.\"shop\"], too")]
    public void A_table_that_is_wrong_is_refused_at_its_line(string toml, string problem)
    {
        MainConfig config = MainConfig.FromText(toml);
        ConfigurationException refusal = Assert.Throws<ConfigurationException>(() =>
        {
            _ = WebhooksOptions.Read(config);
            _ = config.Validate();
        });
        Assert.Contains(problem, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_with_a_name_like_it_is_pointed_out() =>
        Assert.Contains(MainConfig.FromText("[webhok.shop]\nurl = 'x'").Validate(), static warning => warning.Contains("unknown table \"webhok\"; did you mean \"webhook\"?", StringComparison.Ordinal));

    [Fact]
    public void Secrets_and_certificates_are_looked_at_by_a_check()
    {
        string secret = Path.GetTempFileName();
        File.WriteAllText(secret, "s3cret");
        PostfixNet.Native.FileSystem.ChangeMode(secret, 0x180 /* 0600 */);
        ConfigurationException refusal = Assert.Throws<ConfigurationException>(() =>
            WebhooksOptions.Read(MainConfig.FromText($"myhostname = 'a.test'\n[webhook.shop]\nurl = 'https://hooks.test/a'\nsecret = 'file:{secret}'\nCAfile = '/nowhere'\n")).Examine());
        Assert.Contains("webhook.\"shop\".secret: ", refusal.Problems[0], StringComparison.Ordinal);
        Assert.Contains("is no secret of webhooks: it has to be \"whsec_\" and the base64 of 24 to 64 octets", refusal.Problems[0], StringComparison.Ordinal);
        Assert.Contains("webhook.\"shop\".CAfile: ", refusal.Problems[1], StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", string.Join('\n', refusal.Problems), StringComparison.Ordinal);
        File.Delete(secret);
    }
}
