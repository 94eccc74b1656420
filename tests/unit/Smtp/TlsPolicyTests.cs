using System.Security.Authentication;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Smtp;
using PostfixNet.Tls;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>Which policy holds for a next hop, and what main.toml may say of TLS.</summary>
public sealed class TlsPolicyTests
{
    private const string Table = """
        smtp_tls_security_level = "may"
        [smtp_tls_policy_maps]
        "example.com" = "encrypt"
        ".example.com" = "verify"
        "[relay.test]:587" = "secure match=relay.test:.relays.test protocols=>=TLSv1.3 servername=hostname"
        "[relay.test]" = "fingerprint match=aa:bb|cc:dd match=ee:ff"
        "none.test" = "none"
        "ciphers.test" = "encrypt ciphers=high exclude=kRSA:SHA1 connection_reuse=yes"
        """;

    [Theory]
    [InlineData("example.com", "encrypt", "")]
    [InlineData("EXAMPLE.com", "encrypt", "")]
    [InlineData("mx.example.com", "verify", "hostname")]
    [InlineData("a.b.example.com", "verify", "hostname")]
    [InlineData("notexample.com", "may", "")]
    [InlineData("example.com:26", "may", "")] // only what is written counts
    [InlineData("[example.com]", "may", "")]
    [InlineData("[mx.example.com]:25", "may", "")]
    [InlineData("[relay.test]:587", "secure", "relay.test .relays.test")]
    [InlineData("[relay.test]", "fingerprint", "AA:BB CC:DD EE:FF")]
    [InlineData("relay.test", "may", "")]
    [InlineData("none.test", "none", "")]
    public void A_next_hop_has_the_policy_of_its_entry(string written, string level, string match)
    {
        TlsPolicy policy = Read(Table)!.For(written, "domain.test");
        Assert.Equal((level, match), (TlsPolicy.WordFor(policy.Level), string.Join(' ', policy.Match)));
    }

    [Theory] // next hop, level of the destination's table, what holds
    [InlineData("none.test", "secure", "secure", "nexthop dot-nexthop")]
    [InlineData("example.com", "verify", "verify", "hostname")]
    [InlineData("[relay.test]", "encrypt", "fingerprint", "AA:BB CC:DD EE:FF")]
    [InlineData("other.test", "none", "none", "")]
    public void A_table_and_an_entry_hold_by_the_stricter(string written, string level, string holds, string match)
    {
        TlsPolicy policy = Read(Table)!.For(written, "domain.test", TlsPolicy.LevelOf(level));
        Assert.Equal((holds, match), (TlsPolicy.WordFor(policy.Level), string.Join(' ', policy.Match)));
    }

    [Fact]
    public void Attributes_take_the_place_of_parameters()
    {
        TlsPolicies policies = Read("""
            smtp_tls_mandatory_protocols = ">=TLSv1.2"
            smtp_tls_protocols = "TLSv1.2"
            smtp_tls_exclude_ciphers = "DHE"
            smtp_tls_mandatory_exclude_ciphers = "AES128"
            smtp_tls_servername = "nexthop"
            """ + "\n" + Table)!;
        TlsPolicy relay = policies.For("[relay.test]:587", "relay.test");
        Assert.Equal((SslProtocols.Tls13, "hostname", "DHE AES128"), (relay.Protocols, relay.ServerName, string.Join(' ', relay.ExcludedCiphers)));
        TlsPolicy usual = policies.For("other.test", "other.test");
        Assert.Equal((SslProtocols.Tls12, "nexthop", "DHE"), (usual.Protocols, usual.ServerName, string.Join(' ', usual.ExcludedCiphers)));
        TlsPolicy ciphers = policies.For("ciphers.test", "ciphers.test");
        Assert.Equal((SslProtocols.Tls12 | SslProtocols.Tls13, "kRSA SHA1"), (ciphers.Protocols, string.Join(' ', ciphers.ExcludedCiphers)));
    }

    [Theory]
    [InlineData("", "invalid security level \"\"; known are none, may, dane, encrypt, dane-only, fingerprint, verify, secure")]
    [InlineData("sure", "invalid security level \"sure\"; known are none, may, dane, encrypt, dane-only, fingerprint, verify, secure")]
    [InlineData("half-dane", "invalid security level \"half-dane\"; known are none, may, dane, encrypt, dane-only, fingerprint, verify, secure")]
    [InlineData("encrypt protocols", "malformed attribute \"protocols\"; want name=value")]
    [InlineData("encrypt protocols=", "malformed attribute \"protocols=\"; want name=value")]
    [InlineData("encrypt protocols=TLSv9", "unknown protocol \"TLSv9\"; known are SSLv2, SSLv3, TLSv1, TLSv1.1, TLSv1.2, TLSv1.3")]
    [InlineData("encrypt protocols=SSLv3", "\"SSLv3\" leaves no version of TLS")]
    [InlineData("encrypt ciphers=null", "invalid cipher grade \"null\"")]
    [InlineData("encrypt exclude=ALL:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256", "all ciphers are excluded")]
    [InlineData("encrypt match=x.test", "attribute \"match\" is of no use at the security level \"encrypt\"")]
    [InlineData("secure mach=x.test", "invalid attribute name \"mach\"")]
    public void A_wrong_entry_puts_the_mail_off_and_says_why(string entry, string why)
    {
        using TlsRig tls = new(TlsRig.Usual);
        TlsSettings settings = Read($"[smtp_tls_policy_maps]\n\"dest.test\" = '{entry}'\n\"other.test\" = \"none\"")!.Settings;
        tls.Use(settings);
        DeliveryReport report = tls.Deliver();
        Assert.Equal("4.7.5 deferred (client TLS configuration problem)", tls.Result);
        Assert.Equal([$"warning: TLS policy for dest.test: {why}"], tls.OtherLines);
        Assert.NotNull(report.Trouble);
        Assert.Equal(0, tls.Server.Connections);
    }

    [Theory] // versions as the numbers behind the dot
    [InlineData("", "0 1 2 3")]
    [InlineData(">=TLSv1.2", "2 3")]
    [InlineData(">=TLSv1.2, <=TLSv1.2", "2")]
    [InlineData("<=tlsv1.2", "0 1 2")]
    [InlineData("!SSLv2, !SSLv3", "0 1 2 3")]
    [InlineData("!SSLv2:!SSLv3:!TLSv1:!TLSv1.1", "2 3")]
    [InlineData("TLSv1.3", "3")]
    [InlineData("TLSv1.2 TLSv1.3 SSLv3", "2 3")]
    [InlineData("!TLSv1.2", "3")] // a gap
    public void Protocols_are_read_in_both_ways(string text, string versions)
    {
        SslProtocols protocols = TlsProtocols.Parse(text);
        int[] bits = [192, 768, 3072, 12288];
        Assert.Equal(versions, string.Join(' ', Enumerable.Range(0, 4).Where(i => ((int)protocols & bits[i]) != 0)));
    }

    [Theory]
    [InlineData("", "may")]
    [InlineData("smtp_tls_security_level = \"\"", null)]
    [InlineData("smtp_tls_security_level = \"\"\nsmtp_use_tls = true", "may")]
    [InlineData("smtp_use_tls = false", null)]
    [InlineData("smtp_use_tls = false\nsmtp_enforce_tls = true", "verify")]
    [InlineData("smtp_use_tls = false\nsmtp_tls_security_level = \"may\"", "may")]
    [InlineData("smtp_tls_security_level = \"none\"", null)]
    [InlineData("smtp_tls_security_level = \"none\"\nsmtp_use_tls = true", null)]
    [InlineData("smtp_use_tls = true", "may")]
    [InlineData("smtp_enforce_tls = true", "verify")]
    [InlineData("smtp_enforce_tls = true\nsmtp_tls_enforce_peername = false", "encrypt")]
    [InlineData("smtp_tls_security_level = \"secure\"\nsmtp_use_tls = true", "secure")]
    [InlineData("smtp_tls_security_level = \"may\"\nlmtp_tls_security_level = \"encrypt\"", "may")]
    [InlineData("smtp_use_tls = false\n[destination.\"x.test\"]\ntls = \"none\"", null)]
    [InlineData("smtp_use_tls = false\n[destination.\"x.test\"]\ntls = \"encrypt\"", "none")] // for others
    public void The_level_comes_from_several_parameters(string main, string? level) =>
        Assert.Equal(level, Read(main) is { } policies ? TlsPolicy.WordFor(policies.Settings.SecurityLevel) : null);

    [Theory] // where nothing is said of it, it does as SMTP
    [InlineData("", "may")]
    [InlineData("smtp_tls_security_level = \"verify\"", "verify")]
    [InlineData("lmtp_use_tls = false", null)]
    [InlineData("smtp_use_tls = false", null)]
    [InlineData("smtp_use_tls = false\nlmtp_tls_security_level = \"may\"", "may")]
    public void Lmtp_may_have_a_level_of_its_own(string main, string? level) =>
        Assert.Equal(level, Read(main, "lmtp") is { } policies ? TlsPolicy.WordFor(policies.Settings.SecurityLevel) : null);

    [Theory]
    [InlineData("may", "none")]
    [InlineData("encrypt", "encrypt")]
    public void Nobody_is_on_the_way_to_a_socket_of_this_host(string level, string comesTo) => Assert.Equal(comesTo,
        TlsPolicy.WordFor(Read($"smtp_tls_security_level = \"{level}\"", "lmtp")!.For("unix:/run/lmtp", new NextHop("/run/lmtp", 0, UsesMx: false, null), null).Level));

    [Fact]
    public void Lmtp_has_parameters_of_its_own() =>
        Assert.Equal(TlsLevel.Encrypt, Read("smtp_tls_security_level = \"may\"\nlmtp_tls_security_level = \"encrypt\"", "lmtp")!.Settings.SecurityLevel);

    [Theory]
    [InlineData("smtp_tls_security_level = \"half-dane\"", "main.toml:1:27: smtp_tls_security_level: \"half-dane\" is not accepted; give one of \"none\", \"may\", \"dane\", \"encrypt\", \"dane-only\", \"fingerprint\", \"verify\", \"secure\"")]
    [InlineData("smtp_use_tls = true\nsmtp_tls_protocols = \"TLSv7\"", "main.toml:2:22: smtp_tls_protocols: unknown protocol \"TLSv7\"; known are SSLv2, SSLv3, TLSv1, TLSv1.1, TLSv1.2, TLSv1.3")]
    [InlineData("smtp_use_tls = true\nsmtp_tls_mandatory_protocols = \"!TLSv1.3, <=SSLv3\"", "main.toml:2:32: smtp_tls_mandatory_protocols: \"!TLSv1.3, <=SSLv3\" leaves no version of TLS")]
    [InlineData("smtp_use_tls = true\nsmtp_tls_ciphers = \"null\"", "main.toml:2:20: smtp_tls_ciphers: \"null\" is not accepted; give \"high\" or \"medium\"")]
    [InlineData("smtp_use_tls = true\nsmtp_tls_chain_files = \"/x /y\"", "main.toml:2:24: smtp_tls_chain_files: several files are not supported; give one, with one private key and its certificates")]
    [InlineData("smtp_use_tls = true\nsmtp_tls_CAfile = \"/nowhere/x\"", "main.toml:2:19: smtp_tls_CAfile: open /nowhere/x: No such file or directory")]
    [InlineData("smtp_use_tls = true\nsmtp_tls_CApath = \"/nowhere/x\"", "main.toml:2:19: smtp_tls_CApath: there is no such directory: /nowhere/x")]
    [InlineData("[destination.\"a.test\"]\ntls_certificate = \"/nowhere/x\"", "main.toml:2:19: destination.\"a.test\".tls_certificate: open /nowhere/x: No such file or directory")]
    public void What_cannot_be_is_refused_at_the_start(string main, string why) =>
        Assert.Equal(why, Assert.Throws<ConfigurationException>(() => Read(main)).Message);

    [Fact]
    public void A_destination_can_have_a_level_of_its_own()
    {
        using TlsRig tls = new(TlsRig.Usual, "{}");
        DeliveryRequest request = SmtpRig.Request("dest.test", "u@dest.test") with { Rule = new DeliveryRule("dest.test", "encrypt") };
        tls.Deliver(request);
        Assert.StartsWith("4.7.4 deferred", tls.Result, StringComparison.Ordinal);
    }

    [Theory] // a process that began before the destination had a level
    [InlineData("encrypt", "4.7.5 deferred (client TLS configuration problem)")]
    [InlineData("none", "2.0.0 sent (250 2.0.0 Ok: queued as SINK)")]
    public void A_level_that_comes_as_a_surprise_is_not_passed_over(string level, string result)
    {
        using TlsRig tls = new(TlsRig.Usual, "{}");
        tls.Rig.Options = tls.Rig.Options with { Tls = null };
        tls.Deliver(SmtpRig.Request("dest.test", "u@dest.test") with { Rule = new DeliveryRule("dest.test", level) });
        Assert.Equal(result, tls.Result);
    }

    [Fact]
    public void Names_are_compared_as_certificates_have_them()
    {
        TlsPolicy policy = Read("smtp_tls_security_level = \"secure\"")!.For("bücher.test", "bücher.test");
        Assert.Equal(["xn--bcher-kva.test", ".xn--bcher-kva.test"], policy.NamesFor(new SmtpPeer("mx.test", "192.0.2.1", 25)));
    }

    private static TlsPolicies? Read(string main, string service = "smtp") => TlsConfig.Read(MainConfig.FromText(main), service);
}
