using PostfixNet.Configuration;

namespace PostfixNet.UnitTests.Configuration;

/// <summary>Parameters of Postfix that this system has not: nothing that changes what becomes of mail is passed over in silence.</summary>
public sealed class UnsupportedParametersTests
{
    [Theory]
    [InlineData("mailbox_command_maps = 'hash:/x'", "main.toml:1:1: mailbox_command_maps: not supported: there is no local delivery; leave it out")]
    [InlineData("[fallback_transport_maps]\n'a@b' = 'c@d'", "main.toml:1:2: fallback_transport_maps: not supported: there is no local")]
    [InlineData("\n\n mailbox_transport = 'lmtp:unix:/x'", "main.toml:3:2: mailbox_transport: not supported: there is no local delivery; leave it out")]
    [InlineData("virtual_mailbox_maps = 'texthash:/x'", "virtual_mailbox_maps: not supported: there is no local delivery")]
    [InlineData("virtual_mailbox_domains = '$mydomain'", "virtual_mailbox_domains: not supported")]
    [InlineData("smtp_reply_filter = 'pcre:/x'", "smtp_reply_filter: not supported")]
    [InlineData("lmtp_reply_filter = 'pcre:/x'", "lmtp_reply_filter: not supported")]
    [InlineData("use_srv_lookup = 'submission'", "use_srv_lookup: not supported: mail goes where transport_maps, relayhost")]
    [InlineData("mailbox_transport_maps = 'texthash:/x'", "mailbox_transport_maps: not supported")]
    [InlineData("mail_spool_directory = '/var/spool/mail'", "mail_spool_directory: not supported: there is no local delivery")]
    [InlineData("smtpd_etrn_restrictions = 'reject'", "smtpd_etrn_restrictions: not supported")]
    [InlineData("smtp_dns_reply_filter = 'texthash:/x'", "smtp_dns_reply_filter: not supported")]
    [InlineData("smtp_dns_resolver_options = 'res_defnames'", "smtp_dns_resolver_options: not supported")]
    [InlineData("smtp_sasl_type = 'dovecot'", "smtp_sasl_type: not supported")]
    [InlineData("smtp_tls_per_site = 'texthash:/x'", "smtp_tls_per_site: not supported")]
    [InlineData("smtp_tls_eccert_file = '/x'", "smtp_tls_eccert_file: not supported")]
    [InlineData("info_log_address_format = 'internal'", "info_log_address_format: not supported")]
    [InlineData("force_mime_input_conversion = true", "force_mime_input_conversion: not supported")]
    [InlineData("qmgr_clog_warn_time = 0", "qmgr_clog_warn_time: not supported")]
    public void What_can_change_mail_or_the_log_is_refused_at_its_line(string toml, string message)
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => MainConfig.FromText(toml).Validate());
        Assert.Contains(message, Assert.Single(e.Problems), StringComparison.Ordinal);
        Assert.StartsWith("main.toml:", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postscreen_greet_banner = 'x'", "main.toml:1:1: postscreen_greet_banner: has no meaning here: there is no such server")]
    [InlineData("x = '$biff'\nbiff = false", "main.toml:2:1: biff: has no meaning here: there is no local delivery")]
    [InlineData("qmqpd_timeout = '10s'", "main.toml:1:1: qmqpd_timeout: has no meaning here: there is no such server")]
    [InlineData("fast_flush_domains = 'example.com'", "main.toml:1:1: fast_flush_domains: has no meaning here: postqueue -s looks through the queue itself, whatever the domain")]
    [InlineData("slow_time_limit = '1h'", "main.toml:1:1: slow_time_limit: has no meaning here: no transport runs commands")]
    [InlineData("slow_extra_recipient_limit = 5", "main.toml:1:1: slow_extra_recipient_limit: has no meaning here: memory is shared by all transports: default_extra_recipient_limit")]
    public void What_nobody_would_notice_is_a_warning(string toml, string warning) =>
        Assert.Equal(warning, MainConfig.FromText(toml).Validate()[^1]);

    [Theory] // as people's configurations have them
    [InlineData("mail_spool_directory = '/var/mail'")]
    [InlineData("alias_database = 'hash:/etc/aliases'")]
    [InlineData("mailbox_size_limit = 51200000")]
    [InlineData("smtpd_relay_restrictions = 'permit_mynetworks permit_sasl_authenticated defer_unauth_destination'")]
    [InlineData("smtpd_relay_restrictions = ['permit_mynetworks', 'permit_sasl_authenticated', 'defer_unauth_destination']")]
    [InlineData("strict_8bitmime = false")]
    [InlineData("strict_8bitmime = 'no'")]
    [InlineData("qmgr_clog_warn_time = '5m'")]
    [InlineData("qmgr_clog_warn_time = 300")]
    [InlineData("mime_header_checks = '$header_checks'")]
    [InlineData("mime_header_checks = ''")]
    [InlineData("[mailbox_transport_maps]")]
    [InlineData("lmtp_reply_filter = ''")]
    [InlineData("smtpd_banner = '$myhostname ESMTP $mail_name'")]
    [InlineData("slow_time_limit = 1000")]
    public void A_default_is_accepted(string toml) => Assert.Empty(MainConfig.FromText(toml).Validate());

    [Fact]
    public void Each_is_accepted_as_it_is_and_not_otherwise()
    {
        Assert.True(UnsupportedParameters.All.Count > 300);
        foreach (UnsupportedParameter parameter in UnsupportedParameters.All)
        {
            Assert.Null(KnownNames.ParameterFor(parameter.Name));
            Assert.NotEmpty(parameter.Reason);
            foreach (string value in parameter.Defaults)
                Assert.Empty(MainConfig.FromText($"{parameter.Name} = \"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"").Validate());
            MainConfig other = MainConfig.FromText($"{parameter.Name} = \"something else\"");
            if (parameter.IsRefused)
                Assert.StartsWith($"main.toml:1:1: {parameter.Name}: not supported", Assert.Throws<ConfigurationException>(other.Validate).Message, StringComparison.Ordinal);
            else
                Assert.StartsWith($"main.toml:1:1: {parameter.Name}: has no meaning here", Assert.Single(other.Validate()), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Their_names_can_be_used_in_other_values()
    {
        MainConfig config = MainConfig.FromText("mail_name = '$mail_spool_directory ${mailbox_transport?filtered}${mailbox_transport:plain} $smtpd_banner'\nmyhostname = 'a.test'\nsmtpd_banner = 'x'");
        Assert.Equal("/var/mail plain x", config.Get(Parameters.MailName));
    }
}
