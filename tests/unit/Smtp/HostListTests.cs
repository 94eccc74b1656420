using System.Net;
using PostfixNet.Configuration;
using PostfixNet.Dns;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Smtp;

public sealed class HostListTests
{
    private static readonly SmtpOptions s_options = SmtpRig.Usual with { RandomizeAddresses = false };

    // S3-24
    [Theory] // next hop, domain, port, MX lookup, IP address; "-": malformed
    [InlineData("example.com", "example.com", 25, true, null)]
    [InlineData("example.com.", "example.com", 25, true, null)]
    [InlineData("example.com:587", "example.com", 587, true, null)]
    [InlineData("[example.com]", "example.com", 25, false, null)]
    [InlineData("[example.com]:submission", "example.com", 587, false, null)]
    [InlineData("[192.0.2.1]", "192.0.2.1", 25, false, "192.0.2.1")]
    [InlineData("[192.0.2.1]:2525", "192.0.2.1", 2525, false, "192.0.2.1")]
    [InlineData("192.0.2.1", "192.0.2.1", 25, false, "192.0.2.1")]
    [InlineData("[2001:db8::1]:26", "2001:db8::1", 26, false, "2001:db8::1")]
    [InlineData("[IPv6:2001:db8::1]", "2001:db8::1", 25, false, "2001:db8::1")]
    [InlineData("2001:db8::1", "2001:db8::1", 25, false, "2001:db8::1")]
    [InlineData("123", "123", 25, true, null)]
    [InlineData("[example.com", "-", 0, false, null)]
    [InlineData("[]", "-", 0, false, null)]
    [InlineData("", "-", 0, false, null)]
    [InlineData("example.com:", "-", 0, false, null)]
    [InlineData("example.com:0", "-", 0, false, null)]
    [InlineData("example.com:65536", "-", 0, false, null)]
    [InlineData("example.com:what", "-", 0, false, null)]
    [InlineData("[example.com]587", "-", 0, false, null)]
    public void Next_hops(string text, string domain, int port, bool mx, string? address)
    {
        NextHop? hop = NextHop.Parse(text, s_options);
        Assert.Equal(domain == "-" ? null : new NextHop(domain, port, mx, address is null ? null : IPAddress.Parse(address)), hop);
    }

    // S1-49, S4-05
    [Fact]
    public void Equal_preference_gets_every_order_but_preference_holds()
    {
        HashSet<string> orders = [];
        Random random = new(7);
        for (int i = 0; i < 500; i++)
        {
            List<HostAddress> hosts = [Host(20, "192.0.2.9"), Host(10, "192.0.2.1"), Host(10, "192.0.2.2"), Host(10, "192.0.2.3")];
            HostList.Sort(hosts, SmtpRig.Usual, random);
            Assert.Equal(20, hosts[3].Preference);
            orders.Add(string.Join(' ', hosts.Select(h => h.Address)));
        }
        Assert.Equal(6, orders.Count);
    }

    [Theory]
    [InlineData("Any", "6a 4a 6b 4b")]
    [InlineData("IPv4", "4a 4b 6a 6b")]
    [InlineData("IPv6", "6a 6b 4a 4b")]
    public void Address_preference(string preference, string want)
    {
        List<HostAddress> hosts = [Host(1, "2001:db8::a"), Host(1, "192.0.2.10"), Host(1, "2001:db8::b"), Host(1, "192.0.2.11")];
        HostList.Sort(hosts, s_options with { AddressPreference = Enum.Parse<AddressPreference>(preference) }, new Random(1));
        Assert.Equal(want, string.Join(' ', hosts.Select(Short)));
    }

    [Fact]
    public void Both_protocols_get_a_place_within_the_limit()
    {
        List<HostAddress> hosts = [.. Enumerable.Range(0, 6).Select(i => Host(1, $"2001:db8::{i + 1}")), Host(2, "192.0.2.1"), Host(3, "192.0.2.2"), Host(4, "192.0.2.3")];
        HostList.Sort(hosts, s_options, new Random(1));
        Assert.Equal(9, hosts.Count);
        Assert.Equal(2, hosts.Take(5).Count(h => !h.IsIPv6));
        Assert.Equal(["2001:db8::1", "2001:db8::2", "2001:db8::3"], hosts.Take(3).Select(h => h.Address.ToString()));
    }

    // S1-49, S4-16
    [Fact]
    public void The_list_is_cut_where_we_are_ourselves()
    {
        FakeResolver names = new();
        names.Mx("d.test", (10, "a.d.test"), (20, "b.d.test"), (20, "self.d.test"), (30, "c.d.test"));
        names.A("a.d.test", "192.0.2.1");
        names.A("b.d.test", "192.0.2.2");
        names.A("self.d.test", "127.0.0.1");
        names.A("c.d.test", "192.0.2.3");
        HostList list = Lookup(names).Find(NextHop.Parse("d.test", s_options)!);
        Assert.Equal(["192.0.2.1"], list.Hosts.Select(h => h.Address.ToString()));
        Assert.True(list.IAmMx);
        // Another port is another service: nothing is cut.
        Assert.Equal(4, Lookup(names).Find(NextHop.Parse("d.test:2525", s_options)!).Hosts.Count);
    }

    [Theory] // statuses of the two exchangers' addresses: what becomes of the mail
    [InlineData(DnsStatus.NotFound, DnsStatus.NotFound, "5.4.4")]
    [InlineData(DnsStatus.TryAgain, DnsStatus.NotFound, "4.4.3")]
    [InlineData(DnsStatus.NotFound, DnsStatus.TryAgain, "4.4.3")]
    [InlineData(DnsStatus.NoData, DnsStatus.Refused, "4.4.3")]
    [InlineData(DnsStatus.NoData, DnsStatus.NoData, "5.4.4")]
    public void Temporary_trouble_with_one_exchanger_defers(DnsStatus a, DnsStatus b, string status)
    {
        FakeResolver names = new();
        names.Mx("d.test", (10, "a.d.test"), (20, "b.d.test"));
        names.Fails("a.d.test", DnsType.A, a);
        names.Fails("b.d.test", DnsType.A, b);
        Assert.Equal(status, Lookup(names).Find(NextHop.Parse("d.test", s_options)!).Why!.Status);
    }

    [Fact]
    public void An_exchanger_without_address_does_not_hide_the_others()
    {
        FakeResolver names = new();
        names.Mx("d.test", (10, "a.d.test"), (20, "b.d.test"));
        names.Fails("a.d.test", DnsType.A, DnsStatus.TryAgain);
        names.A("b.d.test", "192.0.2.2");
        HostList list = Lookup(names).Find(NextHop.Parse("d.test", s_options)!);
        Assert.Equal(["b.d.test"], list.Hosts.Select(h => h.Host));
        Assert.Null(list.Why);
    }

    // A0.2, S1-31
    [Theory]
    [InlineData("[127.0.0.1]", "5.4.6")]
    [InlineData("self.d.test", "5.4.6")]
    public void Our_own_address_is_a_loop(string nextHop, string status)
    {
        FakeResolver names = new();
        names.A("self.d.test", "127.0.0.1");
        Assert.Equal(status, Lookup(names).Find(NextHop.Parse(nextHop, s_options)!).Why!.Status);
    }

    [Fact]
    public void Addresses_that_lead_back_here_by_another_way()
    {
        OwnAddresses own = new(() => [IPAddress.Loopback], TimeProvider.System);
        Assert.True(own.Contain(IPAddress.Parse("::ffff:127.0.0.1")));
        Assert.True(own.Contain(IPAddress.Any));
        Assert.True(own.Contain(IPAddress.IPv6Any));
        Assert.False(own.Contain(IPAddress.Parse("127.0.0.2")));
    }

    [Fact]
    public void Own_addresses_are_looked_for_again_after_a_minute()
    {
        ManualClock clock = new();
        int looks = 0;
        OwnAddresses own = new(() => [IPAddress.Parse($"192.0.2.{++looks}")], clock);
        Assert.True(own.Contain(IPAddress.Parse("192.0.2.1")));
        clock.Advance(60);
        Assert.False(own.Contain(IPAddress.Parse("192.0.2.2")));
        clock.Advance(1);
        Assert.True(own.Contain(IPAddress.Parse("192.0.2.2")));
    }

    [Fact]
    public void Slow_name_servers_of_many_exchangers_are_not_waited_for_without_end()
    {
        ManualClock clock = new();
        FakeResolver names = new();
        names.Mx("d.test", [.. Enumerable.Range(1, 50).Select(i => (i, $"mx{i}.d.test"))]);
        int asked = 0;
        names.WhenAsked = () =>
        {
            asked++;
            clock.Advance(30);
        };
        HostList list = SmtpRig.Lookup(names, s_options with { UseIPv6 = false }, clock: clock).Find(NextHop.Parse("d.test", s_options)!);
        Assert.Equal(("4.4.3", "the name servers of the mail exchangers of d.test are too slow"), (list.Why?.Status, list.Why?.Reason));
        Assert.Equal(1 + 4, asked);
    }

    // S4-16
    [Fact]
    public void All_exchangers_are_looked_up_however_few_will_be_tried()
    {
        FakeResolver names = new();
        names.Mx("d.test", (10, "six.d.test"), (20, "four.d.test"), (30, "self.d.test"));
        names.A("six.d.test", [.. Enumerable.Range(1, 6).Select(i => $"2001:db8::{i}")]);
        names.A("four.d.test", "192.0.2.1");
        names.A("self.d.test", "127.0.0.1");
        HostList list = Lookup(names, s_options).Find(NextHop.Parse("d.test", s_options)!);
        Assert.Contains(list.Hosts.Take(5), h => !h.IsIPv6);
        Assert.True(list.IAmMx);
    }

    private static MxLookup Lookup(FakeResolver names) => Lookup(names, s_options with { UseIPv6 = false });

    private static MxLookup Lookup(FakeResolver names, SmtpOptions options) => SmtpRig.Lookup(names, options, own: [IPAddress.Loopback]);

    private static HostAddress Host(int preference, string address) => new("h", IPAddress.Parse(address), preference);

    private static string Short(HostAddress host) => host.Address.ToString() switch
    {
        "2001:db8::a" => "6a",
        "2001:db8::b" => "6b",
        "192.0.2.10" => "4a",
        _ => "4b",
    };
}
