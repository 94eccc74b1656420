using PostfixNet.Configuration;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.UnitTests.Smtp.Sasl;

/// <summary>Whose login is used where.</summary>
public sealed class PasswordTableTests
{
    private const string Entries = """
        "mx.test" = "host:pw"
        "[relay.test]:587" = "hop:pw:with:colons"
        "ann@a.test" = "ann:pw"
        "@b.test" = "domain:pw"
        """;

    [Theory]
    [InlineData(false, "ann@a.test", "mx.test", "[relay.test]:587", "host")]
    [InlineData(false, "ann@a.test", "MX.Test", "x.test", "host")]
    [InlineData(false, "ann@a.test", "other.test", "[relay.test]:587", "hop")]
    [InlineData(false, "ann@a.test", "other.test", "relay.test", null)]
    [InlineData(true, "ann@a.test", "mx.test", "[relay.test]:587", "ann")]
    [InlineData(true, "ann+list@a.test", "mx.test", "x.test", "ann")]
    [InlineData(true, "bob@a.test", "mx.test", "x.test", "host")]
    [InlineData(true, "bob@b.test", "mx.test", "x.test", "domain")]
    [InlineData(true, "", "mx.test", "x.test", "host")]
    [InlineData(true, "bob@c.test", "other.test", "x.test", null)]
    public void Sender_if_wanted_then_host_then_next_hop(bool bySender, string sender, string host, string hop, string? want) =>
        Assert.Equal(want, Table(Entries, bySender).Find(sender, host, hop)?.User);

    [Fact]
    public void The_first_colon_ends_the_name() =>
        Assert.Equal("pw:with:colons", Table(Entries).Find("", "x", "[relay.test]:587")!.Password);

    [Fact]
    public void Only_a_login_of_ones_own_keeps_sessions_apart()
    {
        Assert.Equal("ann@a.test", Table(Entries, bySender: true).LoginSenderOf("ann@a.test"));
        Assert.Equal("", Table(Entries, bySender: true).LoginSenderOf("bob@a.test"));
        Assert.Equal("", Table(Entries).LoginSenderOf("ann@a.test"));
    }

    [Theory]
    [InlineData("no-colon-s3cret")]
    [InlineData(":no-name-s3cret")]
    [InlineData("a:b\\ts3cret")]
    [InlineData("a:b\\u0000s3cret")]
    [InlineData("a:token-command=relative s3cret")]
    [InlineData("a:token-command=")]
    public void A_bad_entry_is_an_error_that_shows_nothing_of_it(string value)
    {
        SaslException e = Assert.Throws<SaslException>(() => Table($"\"mx.test\" = \"{value}\"").Find("", "mx.test", "x"));
        Assert.Contains("smtp_sasl_password_maps", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_commands_token_is_kept_between_logins()
    {
        PasswordTable table = Table("\"mx.test\" = \"a:token-command=/bin/echo x\"");
        Assert.Same(table.Find("", "mx.test", "")!.Token, table.Find("", "mx.test", "")!.Token);
    }

    private static PasswordTable Table(string entries, bool bySender = false) => new(
        MainConfig.FromText($"[smtp_sasl_password_maps]\n{entries}\n").Get(Parameters.SmtpSaslPasswordMaps), bySender, "+",
        TimeSpan.FromSeconds(5), TimeProvider.System);
}
