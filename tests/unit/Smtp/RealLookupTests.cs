using PostfixNet.Configuration;
using PostfixNet.Dns;
using PostfixNet.Smtp;
using PostfixNet.UnitTests.Dns;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>What senders meet in the DNS, well made or not.</summary>
public sealed class MailZone() : NsdServer(
    ("mail.test", $"""
    two      MX 20 mx2
    two      MX 10 mx1
    equal    MX 10 mx1
    equal    MX 10 mx2
    mx1      A 192.0.2.1
    mx2      A 192.0.2.2
    mx_3     A 192.0.2.3
    six      AAAA 2001:db8::6
    four     A 192.0.2.4
    both     AAAA 2001:db8::7
    both     A 192.0.2.7
    alias    CNAME two
    aliased  MX 10 www
    www      CNAME web
    web      CNAME mx1
    null     MX 0 .
    nulls    MX 0 .
    nulls    MX 10 .
    partnull MX 0 .
    partnull MX 10 mx1
    nodata   TXT "nothing for mail"
    loop     CNAME loop2
    loop2    CNAME loop
    intoloop MX 10 loop
    ghost    MX 10 nobody
    ghosts   MX 10 nobody
    ghosts   MX 20 mx1
    literal  MX 10 192.0.2.9.
    under    MX 10 mx_3
    odd      MX 10 b\195\164d
    odd      MX 20 mx1
    allodd   MX 10 b\195\164d
    elsewhere MX 10 mx.broken.test.
    elsewhere MX 20 nobody
    foreign  MX 10 mx.unknown.test.
    xn--bcher-kva MX 10 mx1
    {string.Join("\n", Enumerable.Range(0, 300).Select(i => $"huge MX {i + 1} host{i}"))}
    {string.Join("\n", Enumerable.Range(0, 300).Select(i => $"host{i} A 198.51.100.{i % 250 + 1}"))}
    """),
    ("broken.test", ""));

/// <summary>From a domain to its servers, with a real name server.</summary>
public sealed class RealLookupTests(MailZone zone) : IClassFixture<MailZone>
{
    // S1-49, S1-50, S3-30, S4-05, S4-11
    [Theory] // next hop; the servers, or why there are none
    [InlineData("two.mail.test", "mx1.mail.test[192.0.2.1] mx2.mail.test[192.0.2.2]")]
    [InlineData("FOUR.Mail.Test", "FOUR.Mail.Test[192.0.2.4]")]
    [InlineData("[mx1.mail.test]", "mx1.mail.test[192.0.2.1]")]
    [InlineData("[two.mail.test]", "5.4.4 Host or domain name not found. Name service error for name=two.mail.test type=A: Host found but no data record of requested type")]
    [InlineData("alias.mail.test", "mx1.mail.test[192.0.2.1] mx2.mail.test[192.0.2.2]")]
    [InlineData("aliased.mail.test", "www.mail.test[192.0.2.1]")]
    [InlineData("six.mail.test", "six.mail.test[2001:db8::6]")]
    [InlineData("four.mail.test", "four.mail.test[192.0.2.4]")]
    [InlineData("both.mail.test", "both.mail.test[192.0.2.7] both.mail.test[2001:db8::7]")]
    [InlineData("null.mail.test", "5.1.0 Domain null.mail.test does not accept mail (nullMX)")]
    [InlineData("nulls.mail.test", "5.1.0 Domain nulls.mail.test does not accept mail (nullMX)")]
    [InlineData("partnull.mail.test", "mx1.mail.test[192.0.2.1]")]
    [InlineData("nodata.mail.test", "5.4.4 Host or domain name not found. Name service error for name=nodata.mail.test type=A: Host found but no data record of requested type")]
    [InlineData("nobody.mail.test", "5.4.4 Host or domain name not found. Name service error for name=nobody.mail.test type=A: Host not found")]
    [InlineData("mx.broken.test", "4.4.3 Host or domain name not found. Name service error for name=mx.broken.test type=MX: Host not found, try again")]
    [InlineData("unknown.test", "4.4.3 Host or domain name not found. Name service error for name=unknown.test type=MX: Host not found, try again")] // REFUSED
    [InlineData("loop.mail.test", "5.4.4 Host or domain name not found. Name service error for name=loop.mail.test type=A: Name server loop")]
    [InlineData("intoloop.mail.test", "5.4.4 Host or domain name not found. Name service error for name=loop.mail.test type=A: Name server loop")]
    [InlineData("ghost.mail.test", "5.4.4 Host or domain name not found. Name service error for name=nobody.mail.test type=A: Host not found")]
    [InlineData("ghosts.mail.test", "mx1.mail.test[192.0.2.1]")]
    [InlineData("literal.mail.test", "192.0.2.9[192.0.2.9]")]
    [InlineData("under.mail.test", "mx_3.mail.test[192.0.2.3]")]
    [InlineData("odd.mail.test", "mx1.mail.test[192.0.2.1]")]
    [InlineData("allodd.mail.test", "4.4.3 Host or domain name not found. Name service error for name=allodd.mail.test type=MX: Host not found, try again")]
    [InlineData("elsewhere.mail.test", "4.4.3 Host or domain name not found. Name service error for name=mx.broken.test type=A: Host not found, try again")]
    [InlineData("foreign.mail.test", "4.4.3 Host or domain name not found. Name service error for name=mx.unknown.test type=A: Host not found, try again")]
    [InlineData("b\u00fccher.mail.test", "mx1.mail.test[192.0.2.1]")]
    [InlineData("bad..mail.test", "5.4.4 Host or domain name not found. Name service error for bad..mail.test: invalid host or domain name")]
    [InlineData("-bad.mail.test", "5.4.4 Host or domain name not found. Name service error for -bad.mail.test: invalid host or domain name")]
    [InlineData("0x7f.1", "4.4.3 Host or domain name not found. Name service error for name=0x7f.1 type=MX: Host not found, try again")] // a name, no address
    public void Finds(string nextHop, string want) => Assert.Equal(want, Text(Lookup(SmtpRig.Usual with { RandomizeAddresses = false }).Find(Hop(nextHop))));

    // S1-49, S4-05
    [Fact]
    public void Servers_of_equal_preference_share_the_mail()
    {
        MxLookup lookup = Lookup(SmtpRig.Usual);
        string[] first = [.. Enumerable.Range(0, 100).Select(_ => lookup.Find(Hop("equal.mail.test")).Hosts[0].Host)];
        Assert.InRange(first.Count(h => h == "mx1.mail.test"), 20, 80);
        Assert.All(Enumerable.Range(0, 20), _ => Assert.Equal("mx1.mail.test", lookup.Find(Hop("two.mail.test")).Hosts[0].Host));
    }

    [Fact]
    public void Three_hundred_exchangers_are_an_answer_by_TCP_and_bounded_work()
    {
        HostList list = Lookup(SmtpRig.Usual).Find(Hop("huge.mail.test"));
        Assert.InRange(list.Hosts.Count, 5, 50);
        Assert.Equal(list.Hosts.OrderBy(h => h.Preference), list.Hosts);
    }

    [Theory]
    [InlineData(false, "www.mail.test[192.0.2.1]")]
    [InlineData(true, "mx1.mail.test[192.0.2.1]")]
    public void Alias_or_what_it_stands_for_is_the_name_of_the_server(bool overrides, string want) =>
        Assert.Equal(want, Text(Lookup(SmtpRig.Usual with { CnameOverridesServerName = overrides }).Find(Hop("aliased.mail.test"))));

    // S4-13, S4-15
    [Theory] // ignore_mx_lookup_error; disable_dns_lookups
    [InlineData("mx.broken.test", true, false, "4.4.3 Host or domain name not found. Name service error for name=mx.broken.test type=A: Host not found, try again")]
    [InlineData("loop.mail.test", true, false, "5.4.4 Host or domain name not found. Name service error for name=loop.mail.test type=A: Name server loop")]
    [InlineData("two.mail.test", false, true, "5.4.4 Host or domain name not found. Name service error for name=two.mail.test type=A: Host found but no data record of requested type")]
    [InlineData("mx1.mail.test", false, true, "mx1.mail.test[192.0.2.1]")]
    public void Lookups_that_are_forgiven_or_not_made(string nextHop, bool ignoreError, bool noDns, string want)
    {
        SmtpOptions options = SmtpRig.Usual with { IgnoreMxLookupError = ignoreError, DisableDnsLookups = noDns };
        Assert.Equal(want, Text(Lookup(options).Find(NextHop.Parse(nextHop, options)!)));
    }

    [Theory] // resolv.conf; what a name is by the system's own lookup
    [InlineData("search nowhere.test mail.test", "mx1", "mx1.mail.test[192.0.2.1]")]
    [InlineData("domain mail.test.", "mx1", "mx1.mail.test[192.0.2.1]")]
    [InlineData("search mail.test\noptions ndots:5", "mx1.mail.test", "mx1.mail.test[192.0.2.1]")]
    [InlineData("search test\noptions ndots:5", "mx1.mail", "mx1.mail.test[192.0.2.1]")]
    [InlineData("search test", "mx1.mail", "mx1.mail.test[192.0.2.1]")] // last, with one dot
    [InlineData("search broken.test mail.test", "mx1", "mx1.mail.test[192.0.2.1]")]
    [InlineData("search mail.test", "nobody", "4.4.3 Host or domain name not found. Name service error for name=nobody type=A: Host not found, try again")] // the root is not served
    [InlineData("search mail.test", "nobody.mail.test", "5.4.4 Host or domain name not found. Name service error for name=nobody.mail.test type=A: Host not found")]
    public void Native_lookups_complete_names(string resolvConf, string name, string want)
    {
        SmtpOptions options = SmtpRig.Usual with { NativeLookups = true, DnsBeforeHostsFile = false };
        Surroundings surroundings = new(options, new(new LogRecord()), TimeProvider.System, PostfixNet.Net.StopSignal.None);
        MxLookup lookup = new(zone.Resolver, HostsFile.Parse(""), new OwnAddresses(static () => [], TimeProvider.System), surroundings, ResolvConf.Parse(resolvConf).Search);
        Assert.Equal(want, Text(lookup.Find(Hop($"[{name}]"))));
        // Names of mail are complete.
        HostList plain = Lookup(SmtpRig.Usual).Find(Hop("[mx1]"));
        Assert.NotNull(plain.Why);
    }

    // S4-13: smtp_host_lookup
    [Theory] // DNS before hosts(5); what "mx1.mail.test" and "only.in.file" are
    [InlineData(true, "mx1.mail.test[192.0.2.1]", "only.mail.test[203.0.113.2]")]
    [InlineData(false, "mx1.mail.test[203.0.113.1]", "only.mail.test[203.0.113.2]")]
    public void Hosts_file_and_DNS_in_order(bool dnsFirst, string known, string only)
    {
        HostsFile file = HostsFile.Parse("203.0.113.1 mx1.mail.test\n203.0.113.2 only.mail.test\n203.0.113.3 mx.broken.test\n");
        MxLookup lookup = Lookup(SmtpRig.Usual with { DnsBeforeHostsFile = dnsFirst }, file);
        Assert.Equal(known, Text(lookup.Find(Hop("[mx1.mail.test]"))));
        Assert.Equal(only, Text(lookup.Find(Hop("[only.mail.test]"))));
        Assert.Equal("192.0.2.2", lookup.Find(Hop("[mx2.mail.test]")).Hosts.Single().Address.ToString());
        // What the DNS may tell later is not replaced.
        Assert.Equal(dnsFirst ? 0 : 1, lookup.Find(Hop("[mx.broken.test]")).Hosts.Count);
    }

    private MxLookup Lookup(SmtpOptions options, HostsFile? hosts = null) => SmtpRig.Lookup(zone.Resolver, options, hosts);

    private static NextHop Hop(string text) => NextHop.Parse(text, SmtpRig.Usual)!;

    private static string Text(HostList list) =>
        list.Why is null ? string.Join(' ', list.Hosts.Select(h => $"{h.Host}[{h.Address}]")) : $"{list.Why.Status} {list.Why.Reason}";
}
