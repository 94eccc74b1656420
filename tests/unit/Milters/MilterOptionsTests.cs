using PostfixNet.Configuration;
using PostfixNet.Milter;
using PostfixNet.UnitTests.Smtpd;

namespace PostfixNet.UnitTests.Milters;

/// <summary>How milters are named, and what is no milter.</summary>
public sealed class MilterOptionsTests
{
    private static IReadOnlyList<MilterOptions> Read(string toml)
    {
        MainConfig config = MainConfig.FromText(toml);
        return MilterSettings.Read(config).List(config, Parameters.SmtpdMilters);
    }

    [Theory]
    [InlineData("inet:localhost:8891", null, "localhost", 8891)]
    [InlineData("inet:8891", null, "localhost", 8891)]
    [InlineData("inet:[::1]:8891", null, "::1", 8891)]
    [InlineData("inet6:[2001:db8::1]:8891", null, "2001:db8::1", 8891)]
    [InlineData("unix:/run/x.sock", "/run/x.sock", "", 0)]
    [InlineData("local:private/x", "private/x", "", 0)]
    public void A_place_is_understood(string text, string? path, string host, int port) => Assert.Equal(new MilterEndpoint(path, host, port), MilterEndpoint.Parse(text));

    [Fact]
    public void Each_milter_can_have_settings_of_its_own()
    {
        IReadOnlyList<MilterOptions> milters = Read("smtpd_milters = ['inet:a.test:1', '{ inet:b.test:2, connect_timeout=1s, command_timeout = 2s, { content_timeout = 3s } default_action = accept, protocol = { 4 no_header_reply } }, unix:c']\nmilter_default_action = 'reject'");
        Assert.Equal(["inet:a.test:1", "inet:b.test:2", "unix:c"], milters.Select(static milter => milter.Name));
        Assert.Equal(["reject", "accept", "reject"], milters.Select(static milter => milter.DefaultAction));
        Assert.Equal([30, 1, 30], milters.Select(static milter => (int)milter.ConnectTimeout.TotalSeconds));
        Assert.Equal([30, 2, 30], milters.Select(static milter => (int)milter.CommandTimeout.TotalSeconds));
        Assert.Equal([300, 3, 300], milters.Select(static milter => (int)milter.ContentTimeout.TotalSeconds));
        Assert.Equal([6u, 4u, 6u], milters.Select(static milter => milter.Version));
        Assert.Equal(MilterProtocol.Version4 | MilterProtocol.SilentHeader, milters[1].Offered);
    }

    [Theory]
    [InlineData("smtpd_milters = 'nowhere'", "main.toml:1:17: smtpd_milters: \"nowhere\" is no milter; give \"inet:host:port\"")]
    [InlineData("smtpd_milters = 'inet:host'", "\"inet:host\" is no milter")]
    [InlineData("smtpd_milters = 'inet:host:0'", "\"inet:host:0\" is no milter")]
    [InlineData("smtpd_milters = 'inet:host:65536'", "is no milter")]
    [InlineData("smtpd_milters = 'unix:'", "is no milter")]
    [InlineData("smtpd_milters = '{ }'", "\"{ }\" is no milter")]
    [InlineData("\nsmtpd_milters = '{ inet:h:1, default_action = panic }'", "main.toml:2:17: smtpd_milters: \"default_action=panic\" of the milter inet:h:1 is not understood")]
    [InlineData("smtpd_milters = '{ inet:h:1, command_timeout = soon }'", "\"command_timeout=soon\" of the milter")]
    [InlineData("smtpd_milters = '{ inet:h:1, protocol = 6 4 }'", "is not understood")]
    [InlineData("milter_protocol = 'no_header_reply'", "milter_protocol: must have one version")]
    [InlineData("milter_protocol = '5'", "\"5\" is not accepted")]
    [InlineData("milter_macro_defaults = 'name'", "milter_macro_defaults: \"name\" is not understood")]
    [InlineData("milter_default_action = 'bounce'", "\"bounce\" is not accepted")]
    public void What_is_wrong_is_refused_at_its_line(string toml, string message) => Assert.Contains(message, Assert.Throws<ConfigurationException>(() => Read(toml)).Message, StringComparison.Ordinal);

    [Fact]
    public void More_than_can_be_handed_over_are_refused() => Assert.Contains("65 milters are too many; give 64 at most",
        Assert.Throws<ConfigurationException>(() => Read($"smtpd_milters = '{string.Join(' ', Enumerable.Repeat("inet:h:1", 65))}'")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_table_with_what_is_no_milter_is_refused()
    {
        MainConfig config = MainConfig.FromText("smtpd_milter_maps = { '192.0.2.1' = 'nowhere' }");
        Assert.Contains("smtpd_milter_maps: entry of 192.0.2.1: \"nowhere\" is no milter", Assert.Throws<ConfigurationException>(() => PostfixNet.Smtpd.MilterChoice.Read(config)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("negotiate", "SMFIC_OPTNEG")]
    [InlineData("connect", "SMFIC_CONNECT")]
    [InlineData("helo", "SMFIC_HELO")]
    [InlineData("mail", "SMFIC_MAIL")]
    [InlineData("data", "SMFIC_DATA")]
    [InlineData("header", "SMFIC_HEADER")]
    [InlineData("eoh", "SMFIC_EOH")]
    [InlineData("body", "SMFIC_BODY")]
    [InlineData("eom", "SMFIC_BODYEOB")]
    public void A_milter_that_stalls_is_left_at_each_stage(string stage, string told)
    {
        using ScriptedMilter milter = new($"{stage}: silence");
        using SmtpdRig rig = new($"smtpd_milters = '{milter.Name}'\nmilter_command_timeout = 1\nmilter_content_timeout = 1\nmilter_default_action = 'accept'");
        Assert.Contains("queued as", rig.Talk("EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", "Subject: s\r\n\r\nx\r\n."), StringComparison.Ordinal);
        rig.WaitForLog($"can't read {told} reply packet header: Connection timed out");
        Assert.Single(rig.Queued);
    }
}
