using System.Net;
using PostfixNet.Configuration;

namespace PostfixNet.UnitTests.Configuration;

/// <summary>The tables [destination."NAME"] of main.toml.</summary>
public sealed class DestinationRulesTests
{
    private static DestinationRules Rules(string toml) => MainConfig.FromText(toml).Destinations;

    [Fact]
    public void Without_tables_nothing_is_found()
    {
        DestinationRules rules = Rules("");
        Assert.True(rules.IsEmpty);
        Assert.False(rules.HasSites);
        Assert.Null(rules.ForMail("example.com", "example.com"));
        Assert.Null(rules.ForSite("mx.example.com"));
        Assert.Null(rules.Any);
    }

    [Fact]
    public void Every_key_is_read()
    {
        DestinationRule rule = Rules("""
            smtp_sasl_auth_enable = true
            [destination."Example.COM"]
            concurrency = 3
            rate = "100/1m"
            delay = "2s"
            recipients = 10
            retry = ["5m", "15m", 3600, "4h", "fail"]
            retry_unreachable = "postfix"
            jitter = 0
            tls = "encrypt"
            tls_certificate = "/c.pem"
            tls_key = "/k.pem"
            source = ["192.0.2.1", "2001:db8::1"]
            login = "newsletter"
            """).Named("example.com")!;
        Assert.Equal((3, 10, 0), (rule.Concurrency, rule.Recipients, rule.Jitter));
        Assert.Equal((100, TimeSpan.FromMinutes(1)), (rule.RateMessages, rule.RatePeriod));
        Assert.Equal(TimeSpan.FromSeconds(2), rule.Delay);
        Assert.Equal([300, 900, 3600, 14_400], rule.Retry!.Pauses.Select(pause => (int)pause.TotalSeconds));
        Assert.True(rule.Retry.ThenFails);
        Assert.Equal(RetryLaw.Postfix, rule.RetryUnreachable!.Law);
        Assert.Equal(("encrypt", "newsletter"), (rule.Tls, rule.Login));
        Assert.Equal("concurrency = 3, rate = 100/60s, delay = 2s, recipients = 10, retry = 300s 900s 3600s 14400s fail, retry_unreachable = postfix, "
            + "jitter = 0, tls = encrypt, tls_certificate = /c.pem, tls_key = /k.pem, source = 192.0.2.1, source = 2001:db8::1, login = newsletter", rule.Describe());
        Assert.Equal((IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1")), (rule.SourceIPv4, rule.SourceIPv6));
        // As "master config" prints it, it is the same rule.
        Assert.Equal(rule.Describe(), Rules($"smtp_sasl_auth_enable = true\nsmtp_sasl_password_maps = \"inline:{{a=b:c}}\"\n{PostfixNet.Master.ConfigCommand.Table(rule)}").Named("example.com")!.Describe());
    }

    [Theory] // S3-20: the first that is there, from the most exact on
    [InlineData("example.com", "example.com", "example.com")]
    [InlineData("a.example.com", "a.example.com", ".example.com")]
    [InlineData("b.a.example.com", "[relay.example.org]:587", ".a.example.com")]
    [InlineData("other.test", "[relay.example.org]:587", "[relay.example.org]:587")]
    [InlineData("other.test", "[relay.example.org]:25", "relay.example.org")]
    [InlineData("other.test", "relay.example.org:25", "relay.example.org")]
    [InlineData("other.test", "other.test", null)]
    [InlineData("notexample.com", "notexample.com", null)]
    public void The_most_exact_table_holds(string domain, string nextHop, string? name) =>
        Assert.Equal(name, Rules("""
            [destination."*"]
            [destination."example.com"]
            [destination.".example.com"]
            [destination.".a.example.com"]
            [destination."[relay.example.org]:587"]
            [destination."relay.example.org"]
            [destination."mx:example.com"]
            """).ForMail(domain, nextHop)?.Name);

    [Theory]
    [InlineData("example.com", "mx:example.com")]
    [InlineData("MX1.mail.Example.com.", "mx:example.com")]
    [InlineData("mx2.example.com", "mx:mx2.example.com")]
    [InlineData("mx.notexample.com", null)]
    public void A_site_is_a_server_or_all_servers_below_a_domain(string exchanger, string? name)
    {
        DestinationRules rules = Rules("""
            [destination."mx:example.com"]
            [destination."mx:mx2.example.com"]
            """);
        Assert.True(rules.HasSites);
        Assert.Equal(name, rules.ForSite(exchanger)?.Name);
    }

    [Fact]
    public void What_a_table_does_not_say_the_general_one_says()
    {
        DestinationRules rules = Rules("""
            [destination."example.com"]
            concurrency = 2
            retry = "doubling"
            [destination."*"]
            concurrency = 9
            tls = "may"
            retry_unreachable = "1h"
            """);
        DestinationRule rule = rules.Named("example.com")!;
        Assert.Equal((2, "may"), (rule.Concurrency, rule.Tls));
        // Its own schedule is for both kinds of trouble, else half of it would be the general one's.
        Assert.Equal(RetryLaw.Doubling, rule.Retry!.Law);
        Assert.Null(rule.RetryUnreachable);
        Assert.Equal(9, rules.Any!.Concurrency);
    }

    [Fact]
    public void Values_may_name_parameters() => Assert.Equal(IPAddress.Loopback, Rules("""
        out_address = "127.0.0.1"
        [destination."example.com"]
        source = "$out_address"
        """).Named("example.com")!.SourceIPv4);

    [Theory]
    [InlineData("[destination.\"a.test\"]\nconcurency = 1", "main.toml:2:1: destination.\"a.test\": unknown key \"concurency\"; known are concurrency, rate")]
    [InlineData("[destination.a.test]\nrate = \"1/1m\"", "unknown table \"test\"; a name with dots needs quotes")]
    [InlineData("destination = \"a.test\"", "main.toml:1:15: destination: a string is not accepted; give tables")]
    [InlineData("[destination]\n\"a.test\" = 5", "main.toml:2:12: destination.\"a.test\": an integer is not accepted; give a table")]
    [InlineData("[destination.\"joe@a.test\"]", "no name of a destination")]
    [InlineData("[destination.\"*.a.test\"]", "no name of a destination")]
    [InlineData("[destination.\"\"]", "no name of a destination")]
    [InlineData("[destination.\"a.test\"]\n[destination.\"A.test\"]", "occurs twice")]
    [InlineData("[destination.\"a.test\"]\nconcurrency = 0", "main.toml:2:15: destination.\"a.test\".concurrency: 0 is out of range; accepted are 1 to")]
    [InlineData("[destination.\"a.test\"]\nconcurrency = \"2\"", "a string is not accepted; give a whole number")]
    [InlineData("[destination.\"a.test\"]\nrate = \"100\"", "\"100\" is not a rate; give messages per time")]
    [InlineData("[destination.\"a.test\"]\nrate = \"0/1m\"", "not a rate")]
    [InlineData("[destination.\"a.test\"]\nrate = \"5/0s\"", "not a rate")]
    [InlineData("[destination.\"a.test\"]\ndelay = \"soon\"", "\"soon\" is not a time")]
    [InlineData("[destination.\"a.test\"]\ndelay = true", "a boolean is not accepted")]
    [InlineData("[destination.\"a.test\"]\nretry = \"cubic\"", "\"cubic\" is not understood; give \"postfix\", \"doubling\", \"quadratic\"")]
    [InlineData("[destination.\"a.test\"]\nretry = \"fail\"", "\"fail\" is not understood")]
    [InlineData("[destination.\"a.test\"]\nretry = []", "0 pauses; give")]
    [InlineData("[destination.\"a.test\"]\nretry = [\"0s\"]", "the time is out of range")]
    [InlineData("[destination.\"a.test\"]\nretry = [\"5m\", \"fail\", \"5m\"]", "\"fail\" is not understood")]
    [InlineData("[destination.\"a.test\"]\njitter = 101", "out of range")]
    [InlineData("[destination.\"a.test\"]\ntls = \"strict\"", "\"strict\" is not accepted; give one of \"none\"")]
    [InlineData("[destination.\"a.test\"]\nsource = \"mail.test\"", "\"mail.test\" is not an IP address")]
    [InlineData("[destination.\"a.test\"]\nsource = \"192.0.2.1, 192.0.2.2\"", "a second address of its kind")]
    [InlineData("[destination.\"a.test\"]\nlogin = \"\"", "empty")]
    [InlineData("[destination.\"a.test\"]\nlogin = \"x\"", "there are no logins without smtp_sasl_auth_enable")]
    [InlineData("[destination.\"a.test\"]\ntls = \"half-dane\"", "\"half-dane\" is not accepted")]
    [InlineData("[destination.\"mx:a.test\"]\ntls = \"encrypt\"", "destination.\"mx:a.test\".tls: not accepted for an MX site")]
    [InlineData("[destination.\"mx:a.test\"]\ntls_certificate = \"/c.pem\"", "destination.\"mx:a.test\".tls_certificate: not accepted for an MX site")]
    [InlineData("[destination.\"a.test\"]\ntls_certificate = \"c.pem\"", "main.toml:2:19: destination.\"a.test\".tls_certificate: \"c.pem\" is not accepted; give the path of a file")]
    [InlineData("[destination.\"a.test\"]\ntls_key = \"/k.pem\"", "main.toml:2:11: destination.\"a.test\".tls_key: of no use without tls_certificate")]
    public void Mistakes_are_one_line_with_their_place(string toml, string expected)
    {
        MainConfig config = MainConfig.FromText(toml);
        string message = Assert.Throws<ConfigurationException>(config.Validate).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.StartsWith("main.toml:", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void A_misspelt_table_is_pointed_out() => Assert.Equal(
        ["main.toml:1:2: unknown table \"destinations\"; did you mean \"destination\"?"],
        MainConfig.FromText("[destinations.\"a.test\"]\nrate = \"1/1m\"").Validate());
}
