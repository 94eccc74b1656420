using PostfixNet.Configuration;
using PostfixNet.Smtp;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>Values for TLS with which mail would wait, found before it does; also where nobody is asked for TLS yet.</summary>
public sealed class TlsSettingsOfSenseTests
{
    [Theory]
    [InlineData("smtp_tls_protocols = '>=TLSv9'", "smtp_tls_protocols: ")]
    [InlineData("smtp_tls_mandatory_protocols = 'foo'", "smtp_tls_mandatory_protocols: ")]
    [InlineData("smtp_tls_ciphers = 'strong'", "smtp_tls_ciphers: \"strong\" is not accepted; give \"high\" or \"medium\"")]
    [InlineData("lmtp_tls_mandatory_ciphers = 'strong'", "lmtp_tls_mandatory_ciphers: \"strong\" is not accepted", "lmtp")]
    [InlineData("smtp_tls_verify_cert_match = 'hostnam'", "smtp_tls_verify_cert_match: \"hostnam\" is not accepted; give \"hostname\"")]
    [InlineData("smtp_tls_verify_cert_match = ['nexthop', 'a..b']", "smtp_tls_verify_cert_match: \"a..b\" is not accepted")]
    [InlineData("smtp_tls_verify_cert_match = '*.example.com'", "smtp_tls_verify_cert_match: \"*.example.com\" is not accepted")]
    [InlineData("smtp_tls_secure_cert_match = 'nexthop:dot_nexthop'", "smtp_tls_secure_cert_match: \"dot_nexthop\" is not accepted")]
    [InlineData("lmtp_tls_secure_cert_match = 'x'", "lmtp_tls_secure_cert_match: \"x\" is not accepted", "lmtp")]
    [InlineData("smtp_tls_wrappermode = true", "smtp_tls_wrappermode: requires smtp_tls_security_level = \"encrypt\", or stronger")]
    [InlineData("smtp_tls_wrappermode = true\nsmtp_tls_security_level = 'may'", "smtp_tls_wrappermode: requires smtp_tls_security_level = \"encrypt\", or stronger")]
    public void What_cannot_work_is_refused(string toml, string problem, string service = "smtp")
    {
        string message = Assert.Throws<ConfigurationException>(() => TlsConfig.Read(MainConfig.FromText(toml), service)).Message;
        Assert.StartsWith("main.toml:1:", message, StringComparison.Ordinal);
        Assert.Contains(problem, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("smtp_tls_security_level = 'fingerprint'", "smtp_tls_security_level: \"fingerprint\" without smtp_tls_fingerprint_cert_match: no certificate is good enough")]
    [InlineData("smtp_tls_fingerprint_cert_match = 'AA:BB'", "smtp_tls_fingerprint_cert_match: \"AA:BB\" is no sha256 fingerprint, of 64 hexadecimal digits: no certificate has it")]
    [InlineData("smtp_use_tls = false\nsmtp_tls_CAfile = '/nonexistent'", "smtp_tls_CAfile: there is no /nonexistent")]
    [InlineData("smtp_use_tls = false\nsmtp_tls_key_file = '/nonexistent'", "smtp_tls_key_file: there is no /nonexistent")]
    [InlineData("smtp_tls_policy_maps = { 'a.test' = 'foo' }", "smtp_tls_policy_maps: the entry for a.test: invalid security level \"foo\"")]
    [InlineData("smtp_tls_policy_maps = { 'a.test' = 'encrypt match=x' }", "the entry for a.test: attribute \"match\" is of no use at the security level \"encrypt\"; its mail waits")]
    public void What_would_hold_mail_up_is_remarked_on(string toml, string remark)
    {
        MainConfig config = MainConfig.FromText(toml);
        _ = TlsConfig.Read(config, "smtp");
        Assert.Contains(remark, Assert.Single(config.Remarks), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("smtp_tls_wrappermode = true\nsmtp_tls_security_level = 'encrypt'")]
    [InlineData("smtp_tls_verify_cert_match = ['hostname', 'example.com', '.example.com']\nsmtp_tls_secure_cert_match = 'nexthop:DOT-NEXTHOP:m\u00fcnchen.test'")]
    [InlineData("smtp_tls_wrappermode = true\nsmtp_tls_policy_maps = { 'a.test' = 'encrypt' }")]
    [InlineData("smtp_tls_policy_maps = { 'a.test' = 'secure match=nexthop servername=hostname', 'b.test' = 'none' }")]
    public void What_works_is_taken(string toml)
    {
        MainConfig config = MainConfig.FromText(toml);
        _ = TlsConfig.Read(config, "smtp");
        Assert.Empty(config.Remarks);
    }

    [Theory] // N04
    [InlineData("example..com")]
    [InlineData("..example.com")]
    [InlineData("!a!b")]
    [InlineData("-x.test")]
    [InlineData("*.example.com")]
    [InlineData("[mail.example.com]")]
    [InlineData("192.0.2.0/33")]
    public void A_peer_that_cannot_be_is_refused(string peer) => Assert.StartsWith(
        $"main.toml:1:19: debug_peer_list: \"{peer}\" is not accepted; give a host, a domain, an address, or network/bits",
        Assert.Throws<ConfigurationException>(() => SmtpConfig.Read(MainConfig.FromText($"debug_peer_list = '{peer}'"), "smtp")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("example.com")]
    [InlineData(".example.com")]
    [InlineData("!localhost")]
    [InlineData("192.0.2.0/24")]
    [InlineData("[::1]")]
    public void A_peer_that_can_be_is_taken(string peer) =>
        Assert.False(SmtpConfig.Read(MainConfig.FromText($"debug_peer_list = '{peer}'"), "smtp").Verbosity!.Has("other.test", null));

    // Found by the check, and not by the first server that offers TLS.
    [Theory]
    [InlineData("smtp_tls_CAfile = 'FILE'", "", "smtp_tls_CAfile: there is no certificate in FILE, in PEM format")]
    [InlineData("smtp_tls_CAfile = 'FILE'", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "smtp_tls_CAfile: there is no certificate in FILE, in PEM format")]
    [InlineData("smtp_tls_cert_file = 'FILE'", "no certificate", "smtp_tls_cert_file: ")]
    [InlineData("smtp_tls_chain_files = 'FILE'", "no certificate", "smtp_tls_chain_files: ")]
    public void Files_without_what_they_should_hold(string toml, string content, string problem)
    {
        using TemporaryDirectory directory = new();
        string path = directory.Path + "/x.pem";
        File.WriteAllText(path, content);
        MainConfig config = MainConfig.FromText(toml.Replace("FILE", path, StringComparison.Ordinal) + "\nsmtp_tls_security_level = 'may'");
        string message = Assert.Throws<ConfigurationException>(() => AgentSettings.Read(config, "smtp").Examine()).Message;
        Assert.StartsWith("main.toml:1:", message, StringComparison.Ordinal);
        Assert.Contains(problem.Replace("FILE", path, StringComparison.Ordinal), message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("inet_interfaces = 'loopback-onyl'", true)]
    [InlineData("proxy_interfaces = 'x'", true)]
    [InlineData("inet_interfaces = ['127.0.0.1', 'loopback-only', 'localhost', 'mail.example.com', '[::1]']", false)]
    public void Names_that_this_host_does_not_know(string toml, bool isOdd)
    {
        MainConfig config = MainConfig.FromText(toml);
        _ = AgentSettings.Read(config, "smtp");
        Assert.Equal(isOdd, config.Remarks.Any(static remark => remark.Contains("is a name that this host does not know", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("inet_interfaces = 'a..b'")]
    [InlineData("proxy_interfaces = '*'")]
    public void Names_that_cannot_be(string toml) => Assert.Contains("is not accepted; give addresses of this host, or its names",
        Assert.Throws<ConfigurationException>(() => AgentSettings.Read(MainConfig.FromText(toml), "smtp")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("smtp_bind_address = '192.0.2.77'", true)]
    [InlineData("smtp_bind_address = '127.0.0.77'", false)]
    public void A_source_address_that_this_host_has_not(string toml, bool isOdd)
    {
        MainConfig config = MainConfig.FromText(toml);
        _ = SmtpConfig.Read(config, "smtp");
        Assert.Equal(isOdd, config.Remarks.Any(static remark => remark.Contains("smtp_bind_address: 192.0.2.77 is no address of this host, now", StringComparison.Ordinal)));
    }
}
