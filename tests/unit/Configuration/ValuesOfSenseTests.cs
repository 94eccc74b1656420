using PostfixNet.Configuration;

namespace PostfixNet.UnitTests.Configuration;

/// <summary>Values that have the right type and cannot be meant: without a word, mail would go nowhere, or somewhere else.</summary>
public sealed class ValuesOfSenseTests
{
    private const string Destination = "is not a destination; give \"example.com\", \"[mail.example.com]\", \"[mail.example.com]:587\" or \"[192.0.2.1]\"";

    [Theory]
    [InlineData("relayhost = '[unclosed:25'", "1:13: relayhost: \"[unclosed:25\" " + Destination)]
    [InlineData("relayhost = 'smtp.example.com:99999'", "relayhost: \"smtp.example.com:99999\" " + Destination)]
    [InlineData("relayhost = 'smtp.example.com:smpt'", "relayhost: \"smtp.example.com:smpt\" " + Destination)]
    [InlineData("relayhost = 'smtp:[127.0.0.1]'", "relayhost: \"smtp:[127.0.0.1]\" " + Destination)]
    [InlineData("relayhost = '[300.1.2.3]'", "relayhost: \"[300.1.2.3]\" " + Destination)]
    [InlineData("relayhost = ['a.test', 'b..test']", "relayhost: \"b..test\" " + Destination)]
    [InlineData("relayhost = 'https://a.test'", "relayhost: \"https://a.test\" " + Destination)]
    [InlineData("smtp_fallback_relay = 'smtp:[x'", "smtp_fallback_relay: \"smtp:[x\" " + Destination)]
    [InlineData("default_transport = 'smtp:[x'", "default_transport: \"[x\" " + Destination)]
    [InlineData("best_mx_transport = 'smtp:x:y'", "best_mx_transport: \"x:y\" " + Destination)]
    [InlineData("myorigin = 'not a domain'", "myorigin: \"not a domain\" is not a domain; give e.g. \"example.com\", or the path of a file that holds one")]
    [InlineData("myorigin = '/nonexistent'", "myorigin: /nonexistent cannot be read: No such file or directory")]
    [InlineData("mydomain = 'a b'", "mydomain: \"a b\" is not a host name; give e.g. \"mail.example.com\"")]
    [InlineData("smtp_helo_name = ''", "smtp_helo_name: \"\" is not a host name; give e.g. \"mail.example.com\"")]
    [InlineData("smtp_helo_name = 'a b'", "smtp_helo_name: \"a b\" is not a host name; give e.g. \"mail.example.com\"")]
    [InlineData("smtp_helo_name = 'example..com'", "smtp_helo_name: \"example..com\" is not a host name")]
    [InlineData("smtp_helo_name = '[192.0.2.300]'", "smtp_helo_name: \"[192.0.2.300]\" is not a host name")]
    [InlineData("myhostname = '192.0.2.1'", "myhostname: \"192.0.2.1\" is not a host name")]
    [InlineData("double_bounce_sender = ''", "double_bounce_sender: \"\" is not the local part of an address")]
    [InlineData("smtp_tls_servername = 'a b'", "smtp_tls_servername: \"a b\" is not a host name; give one, \"hostname\" or \"nexthop\"")]
    [InlineData("lmtp_tls_servername = '..x'", "lmtp_tls_servername: \"..x\" is not a host name")]
    [InlineData("always_bcc = 'a b'", "always_bcc: \"a b\" is not an address; give one, without name and brackets: \"admin@example.com\"")]
    [InlineData("always_bcc = 'Admin <a@b.test>'", "always_bcc: \"Admin <a@b.test>\" is not an address")]
    [InlineData("double_bounce_sender = 'a b@x'", "double_bounce_sender: \"a b@x\" is not the local part of an address")]
    [InlineData("bounce_notice_recipient = 'a@b@c'", "bounce_notice_recipient: \"a@b@c\" is not an address")]
    [InlineData("error_notice_recipient = '@b.test'", "error_notice_recipient: \"@b.test\" is not an address")]
    [InlineData("smtp_discard_ehlo_keywords = 'pipelinig'", "smtp_discard_ehlo_keywords: \"pipelinig\" is not accepted; give one of \"8bitmime\"")]
    [InlineData("smtp_pix_workarounds = 'x'", "smtp_pix_workarounds: \"x\" is not accepted; give one of \"disable_esmtp\", \"delay_dotcrlf\"")]
    [InlineData("recipient_delimiter = '@'", "recipient_delimiter: \"@\" has a character that means something else in an address; give e.g. \"+\"")]
    // A line that was meant to stand above.
    [InlineData("[virtual_alias_maps]\n'a@b.test' = 'c@d.test'\nrelayhost = '[smtp.example.com]'", "3:13: virtual_alias_maps: \"relayhost\" is the name of a parameter, and belongs to the table here; put it above the first line with brackets")]
    [InlineData("[transport_maps]\nmail_owner = 'x'", "\"mail_owner\" is the name of a parameter")]
    [InlineData("[smtp_sasl_password_maps]\nsender_canonical_maps = 'hash:/x'", "\"sender_canonical_maps\" is the name of a parameter")]
    public void What_cannot_be_meant_is_refused(string toml, string problem) =>
        Assert.Contains(problem, Assert.Throws<ConfigurationException>(() => MainConfig.FromText(toml).Validate()).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("relayhost = '[2001:db8::1]:587'")]
    [InlineData("relayhost = 'unix:/run/lmtp'")]
    [InlineData("relayhost = 'm\u00fcnchen.test, inet:[10.0.0.1]:25'")]
    [InlineData("default_transport = 'error:all mail is returned: ask [the postmaster'")]
    [InlineData("smtp_discard_ehlo_keywords = 'PIPELINING, silent-discard'")]
    [InlineData("smtp_helo_name = '[192.0.2.1]'")]
    [InlineData("[virtual_alias_maps]\nbiff = 'a@b.test'")] // who is called so
    [InlineData("always_bcc = 'archive'")]
    public void What_can_be_meant_is_taken(string toml) => Assert.Empty(MainConfig.FromText(toml).Validate());

    [Fact]
    public void Origin_may_be_the_first_line_of_a_file()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "mail.example.com\nsecond\n");
            Assert.Equal("mail.example.com", MainConfig.FromText($"myorigin = '{path}'").Get(Parameters.MyOrigin));
            File.WriteAllText(path, "not a domain\n");
            Assert.Equal($"main.toml:1:12: myorigin: the first line of {path} is not a domain",
                Assert.Throws<ConfigurationException>(() => MainConfig.FromText($"myorigin = '{path}'").Get(Parameters.MyOrigin)).Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("default_transport = 'nosuch'", "main.toml:1:21: default_transport: \"nosuch\": master.toml has no service \"nosuch\"; it has smtp, lmtp")]
    [InlineData("best_mx_transport = 'local'", "best_mx_transport: \"local\": master.toml has no service \"local\"")]
    [InlineData("defer_transports = ['smtp', 'nosuch']", "defer_transports: \"nosuch\": master.toml has no service \"nosuch\"")]
    [InlineData("[transport_maps]\n'x.test' = 'nosuch:y'", "transport_maps: \"nosuch:y\": master.toml has no service \"nosuch\"")]
    [InlineData("[transport_maps]\n'x.test' = 'smtp:[y'", "transport_maps: \"[y\" is not a destination")]
    public void Transports_that_do_not_exist_are_refused(string toml, string problem) => Assert.Contains(problem,
        Assert.Throws<ConfigurationException>(new TransportCheck(MainConfig.FromText(toml), ["smtp", "lmtp"]).Run).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("content_filter = 'nosuch:[127.0.0.1]:10025'", "main.toml:1:18: content_filter: \"nosuch:[127.0.0.1]:10025\": master.toml has no service \"nosuch\"; it has smtp, scan")]
    [InlineData("content_filter = 'scan:dummy'", "content_filter: \"scan:dummy\": service scan is to run a command, and there is no pipe here")]
    [InlineData("header_checks = 'regexp:{{/x/ FILTER scan:}}'", "header_checks: \"scan:\": service scan is to run a command")]
    [InlineData("header_checks = 'regexp:{{/x/ FILTER nosuch:y}}'", "header_checks: \"nosuch:y\": master.toml has no service")]
    public void Filters_that_do_not_exist_are_refused(string toml, string problem) => Assert.Contains(problem,
        Assert.Throws<ConfigurationException>(() => CheckFilters(toml)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("content_filter = 'smtp:[127.0.0.1]:10025'\nheader_checks = 'regexp:{{/x/ FILTER smtp:y}, {/y(.*)/ FILTER smtp:$$1}}'")]
    [InlineData("content_filter = 'smtp'")]
    public void Filters_that_exist_are_taken(string toml) => CheckFilters(toml);

    private static void CheckFilters(string toml)
    {
        MainConfig config = MainConfig.FromText(toml);
        TransportCheck check = new(config, ["smtp", "scan"], ["scan"]);
        check.RunContentFilter();
        check.RunFilters([(Parameters.HeaderChecks, config.Get(Parameters.HeaderChecks))]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("default_transport = 'lmtp:unix:/run/x'")]
    [InlineData("[transport_maps]\n'x.test' = ':[y]'\n'y.test' = 'error:no [such user'\n'z.test' = 'discard:'")]
    public void Transports_that_exist_are_taken(string toml) => new TransportCheck(MainConfig.FromText(toml), ["smtp", "lmtp"]).Run();
}
