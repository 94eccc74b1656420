using PostfixNet.Configuration;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>From main.toml to the settings of finding servers.</summary>
public sealed class SmtpConfigTests
{
    [Theory] // a setting that cannot be; the start of the error
    [InlineData("best_mx_transport = \"error:no\"", "main.toml:1:21: best_mx_transport: \"error:no\" is not accepted; give the name of a delivery service")]
    [InlineData("best_mx_transport = \":host\"", "main.toml:1:21: best_mx_transport: \":host\" is not accepted")]
    [InlineData("best_mx_transport = \"../x\"", "main.toml:1:21: best_mx_transport: \"../x\" is not accepted")]
    [InlineData("inet_protocols = []", "main.toml:1:18: inet_protocols: empty")]
    [InlineData("smtp_bind_address = \"2001:db8::1\"", "main.toml:1:21: smtp_bind_address: \"2001:db8::1\" is not an IPv4 address")]
    [InlineData("debug_peer_list = \"hash:/x\"", "main.toml:1:19: debug_peer_list: \"hash:/x\" is not accepted; give a host")]
    public void Refused(string toml, string error) =>
        Assert.StartsWith(error, Assert.Throws<ConfigurationException>(() => Read(toml, "smtp")).Message);

    // S4-13
    [Theory] // settings; no MX lookups, hosts(5) asked, DNS first
    [InlineData("", false, false, true)]
    [InlineData("smtp_host_lookup = \"native\"", false, true, false)]
    [InlineData("smtp_host_lookup = \"native, dns\"", false, true, true)] // the order of the words means nothing in Postfix
    [InlineData("disable_dns_lookups = true", true, true, false)]
    [InlineData("disable_dns_lookups = true\nsmtp_dns_support_level = \"enabled\"", false, false, true)]
    [InlineData("smtp_dns_support_level = \"disabled\"", true, true, false)]
    [InlineData("smtp_dns_support_level = \"dnssec\"", false, false, true)]
    public void Ways_to_look_up(string toml, bool noDns, bool native, bool dnsFirst)
    {
        SmtpOptions options = Read(toml, "smtp");
        Assert.Equal((noDns, native, dnsFirst), (options.DisableDnsLookups, options.NativeLookups, options.DnsBeforeHostsFile));
    }

    [Theory] // inet_interfaces, smtp_bind_address; addresses to come from
    [InlineData("all", "", null, null)]
    [InlineData("192.0.2.1", "", "192.0.2.1", null)]
    [InlineData("192.0.2.1, [2001:db8::1]", "", "192.0.2.1", "2001:db8::1")]
    [InlineData("192.0.2.1, 192.0.2.2, 2001:db8::1", "", null, "2001:db8::1")]
    [InlineData("192.0.2.1, mail.test", "", null, null)]
    [InlineData("127.0.0.1", "", null, null)]
    [InlineData("192.0.2.1", "192.0.2.9", "192.0.2.9", null)]
    public void Source_addresses(string interfaces, string bind, string? four, string? six)
    {
        SmtpOptions options = Read($"inet_interfaces = \"{interfaces}\"\nsmtp_bind_address = \"{bind}\"", "smtp");
        Assert.Equal((four, six), (options.BindAddress?.ToString(), options.BindAddress6?.ToString()));
    }

    // S4-10
    [Theory]
    [InlineData("smtp", "relay:[192.0.2.1]", "relay:[192.0.2.1]")]
    [InlineData("relay", "relay:[192.0.2.1]", "")] // to itself, for ever
    [InlineData("smtp", "smtp", "")]
    [InlineData("lmtp", "relay", "")] // finds no loops
    public void A_service_hands_on_to_others_only(string service, string setting, string want) =>
        Assert.Equal(want, Read($"best_mx_transport = \"{setting}\"", service).BestMxTransport);

    private static SmtpOptions Read(string toml, string service) => SmtpConfig.Read(MainConfig.FromText(toml), service);
}
