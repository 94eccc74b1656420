using PostfixNet.Configuration;
using PostfixNet.Mail;
using PostfixNet.Qmgr;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>Which transport and next hop an address gets.</summary>
public sealed class RoutingTests
{
    private const string Maps = """
        relayhost = "[relay.test]:2525"
        [transport_maps]
        "boss@vip.test" = "slow:[vip-host]"
        "vip.test" = "smtp:[10.0.0.1]:26"
        ".below.test" = "relay:"
        "below.test" = ":other.test"
        "gone.test" = "error:5.1.2 no such domain Here"
        """;

    [Theory]
    [InlineData("a@plain.test", "smtp", "[relay.test]:2525")]
    [InlineData("boss@vip.test", "slow", "[vip-host]")]
    [InlineData("BOSS@VIP.TEST", "slow", "[vip-host]")]
    [InlineData("clerk@vip.test", "smtp", "[10.0.0.1]:26")]
    [InlineData("a@deep.inside.below.test", "relay", "deep.inside.below.test")] // transport(5): without a next hop, that of the recipient
    [InlineData("a@below.test", "smtp", "other.test")]
    [InlineData("a@gone.test", "error", "5.1.2 no such domain Here")]
    [InlineData("\"odd@local\"@vip.test", "smtp", "[10.0.0.1]:26")]
    public void Most_specific_entry_wins(string address, string transport, string nextHop) =>
        Assert.Equal(new Route(transport, nextHop), new Routing(MainConfig.FromText(Maps), new Sites()).Of(address, ""));

    [Theory] // as Postfix's resolver, whatever relayhost and transport_maps say
    [InlineData("user@")]
    [InlineData("-x@plain.test")]
    [InlineData("u@a..test")]
    [InlineData("u@.test")]
    [InlineData("u@-a.test")]
    [InlineData("u@a-.test")]
    [InlineData("u@a b.test")]
    [InlineData("u@192.0.2.1")]
    [InlineData("u@[nothing]")]
    [InlineData("u@dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd.test")]
    [InlineData("u@\u00fc..test")]
    public void Addresses_that_cannot_be_are_returned(string address) =>
        Assert.Equal(new Route("error", "5.1.3 bad address syntax"), new Routing(MainConfig.FromText(Maps), new Sites()).Of(address, ""));

    [Theory]
    [InlineData("user")]
    [InlineData("")]
    [InlineData("u@plain.test.")]
    [InlineData("u@my_host.test")]
    [InlineData("u@1.test")]
    [InlineData("u@[192.0.2.1]")]
    [InlineData("u@[IPv6:2001:db8::1]")]
    [InlineData("u@B\u00fccher\u3002test")]
    public void Odd_ones_that_can_be_are_not(string address) =>
        Assert.Equal(new Route("smtp", "[relay.test]:2525"), new Routing(MainConfig.FromText("mydestination = []\n" + Maps), new Sites()).Of(address, ""));

    [Fact]
    public void A_dash_in_front_may_be_allowed() =>
        Assert.Equal("smtp", new Routing(MainConfig.FromText("allow_min_user = true\n" + Maps), new Sites()).Of("-x@plain.test", "").Transport);

    [Fact]
    public void Without_tables_mail_goes_to_the_domain_itself_in_lower_case() =>
        Assert.Equal(new Route("smtp", "example.com"), new Routing(MainConfig.FromText("myhostname = \"h.test\""), new Sites()).Of("A@Example.COM", ""));

    [Theory]
    [InlineData("a@own.test", "[relay.test]:2525\town.test")]
    [InlineData("a@sub.own.test", "[relay.test]:2525")]
    [InlineData("a@direct.test", "direct.test")]
    public void Mail_with_a_table_of_its_own_waits_apart_even_when_all_goes_to_one_relay(string address, string queue)
    {
        Routing routing = new(MainConfig.FromText("""
            relayhost = "[relay.test]:2525"
            [transport_maps]
            "direct.test" = "smtp:direct.test"
            [destination."own.test"]
            concurrency = 1
            [destination."*"]
            concurrency = 2
            """), new Sites());
        Assert.Equal(queue, routing.Of(address, "").Destination);
    }

    [Theory] // the filter's record; default_filter_nexthop; where the mail goes
    [InlineData("scan:[127.0.0.1]:10025", "", "scan", "[127.0.0.1]:10025")]
    [InlineData("scan:[127.0.0.1]:10025", "[other.test]", "scan", "[127.0.0.1]:10025")]
    [InlineData("scan", "", "scan", "vip.test")] // neither transport_maps nor relayhost
    [InlineData("scan:", "", "scan", "vip.test")]
    [InlineData("scan:", "[Filter.test]:25", "scan", "[filter.test]:25")]
    [InlineData("scan:unix:/run/Scan", "", "scan", "unix:/run/Scan")]
    [InlineData("error:5.7.1 No", "[filter.test]", "error", "5.7.1 No")]
    public void Mail_goes_through_its_filter_whatever_its_own_way_is(string filter, string usual, string transport, string nextHop)
    {
        Routing routing = new(MainConfig.FromText($"myhostname = 'h.test'\ndefault_filter_nexthop = '{usual}'\n{Maps}"), new Sites());
        Assert.Equal(new Route(transport, nextHop), routing.Own(filter, "boss@Vip.test"));
        Assert.Equal(nextHop == "vip.test" ? "h.test" : nextHop, routing.Own(filter, "boss").NextHop);
    }

    [Theory]
    [InlineData("scan:[f.test]", null, "scan [f.test]")]
    [InlineData("scan:[f.test]", "quarantine@safe.test", "smtp safe.test")]
    public void Who_gets_mail_in_place_of_all_gets_it_without_the_filter(string filter, string? redirect, string way)
    {
        using Machine machine = new("");
        machine.Feed(QueueName.Incoming, machine.Put(QueueName.Incoming, ["a@gone.test"], redirect: redirect, filter: filter));
        machine.Clock.RunFor(0);
        Entry entry = Assert.Single(machine.Started);
        Assert.Equal(way, $"{entry.Job.Transport.Name} {entry.Destination.NextHop}");
    }

    [Fact]
    public void A_filter_is_not_asked_what_would_become_of_mail()
    {
        using Machine machine = new("");
        machine.Feed(QueueName.Incoming, machine.Put(QueueName.Incoming, ["a@plain.test"], filter: "scan:[f.test]", isProbe: true));
        machine.Clock.RunFor(0);
        Assert.Equal("smtp", Assert.Single(machine.Started).Job.Transport.Name);
    }

    [Fact] // Mail of a queue that was taken over: REDIRECT of header_checks
    public void A_redirected_message_goes_to_one_address_only()
    {
        using Machine machine = new("qmgr_message_recipient_minimum = 2\nqmgr_message_recipient_limit = 8\n");
        QueueId id = machine.Put(QueueName.Incoming, ["a@gone.test", "b@plain.test", "c@plain.test"], redirect: "quarantine@safe.test");
        Message message = machine.Feed(QueueName.Incoming, id)!;
        machine.Clock.RunFor(0);
        Entry entry = Assert.Single(machine.Started);
        Recipient recipient = Assert.Single(entry.Recipients);
        Assert.Equal(("safe.test", "quarantine@safe.test", 1), (entry.Destination.NextHop, recipient.Address, message.Open));
        // The others are done with it, those still in the file too.
        Assert.Null(message.Unread);
        machine.Agents["smtp"].Deliver(entry);
        machine.Clock.RunFor(0);
        Assert.Null(machine.Queues.Locate(id));
    }

    // Review 19
    [Fact]
    public void A_redirected_message_that_stays_is_not_delivered_for_its_other_recipients_later()
    {
        using Machine machine = new("qmgr_message_recipient_minimum = 2\nqmgr_message_recipient_limit = 8\n");
        QueueId id = machine.Put(QueueName.Incoming, [.. Enumerable.Range(0, 30).Select(i => $"r{i}@plain.test")], redirect: "quarantine@safe.test");
        _ = machine.Feed(QueueName.Incoming, id);
        machine.Clock.RunFor(0);
        machine.Trace.Fails = true;
        File.WriteAllText(machine.Queues.PathOf(QueueName.Trace, id), "*\n");
        machine.Agents["smtp"].Deliver(Assert.Single(machine.Started));
        machine.Clock.RunFor(0);
        Assert.Equal(QueueName.Deferred, machine.Queues.Locate(id));
        machine.Trace.Fails = false;
        machine.Clock.RunFor(5000);
        Assert.Single(machine.Started);
        Assert.Null(machine.Queues.Locate(id));
    }

    [Fact]
    public void Domains_of_one_site_get_its_table_once_their_exchanger_is_known()
    {
        Routing routing = new(MainConfig.FromText("""
            [destination."mx:site.test"]
            concurrency = 1
            [destination."own.test"]
            concurrency = 2
            """), new Sites());
        Assert.Null(routing.Of("a@one.test", "").Rule);
        Assert.True(routing.Learn("one.test", "mx1.site.test"));
        Assert.False(routing.Learn("one.test", "mx2.site.test"));
        Assert.False(routing.Learn("two.test", "mx.elsewhere.test"));
        Assert.True(routing.Learn("own.test", "mx1.site.test"));
        Assert.Equal("mx:site.test", routing.Of("a@one.test", "").Rule?.Name);
        Assert.Null(routing.Of("a@two.test", "").Rule);
        Assert.Equal("own.test", routing.Of("a@own.test", "").Rule?.Name);
        Assert.True(routing.Learn("one.test", "mx.moved.test"));
        Assert.Null(routing.Of("a@one.test", "").Rule);
    }

    [Fact]
    public void What_is_known_of_sites_is_bounded()
    {
        Sites sites = new();
        for (int i = 0; i < 30_000; i++)
            sites.Learn($"d{i}.test", "mx.test");
        Assert.Equal("mx.test", sites.ExchangerOf("d29999.test"));
        Assert.InRange(Enumerable.Range(0, 30_000).Count(i => sites.ExchangerOf($"d{i}.test") is not null), 1, 10_000);
    }

    // A0.2: how cleanup sends mail back that must not go on
    [Theory]
    [InlineData("error:5.4.6 too many hops", "error", "5.4.6 too many hops")]
    [InlineData("filter:[127.0.0.1]:10025", "filter", "[127.0.0.1]:10025")]
    [InlineData("filter:", "filter", "example.com")]
    public void Route_of_a_message_goes_before_all_others(string own, string transport, string nextHop) =>
        Assert.Equal(new Route(transport, nextHop), new Routing(MainConfig.FromText(""), new Sites()).Own(own, "A@Example.COM"));

    // S5-12
    [Theory]
    [InlineData("+=", "list@site.test", "bob@q.test", null, "list+bob=q.test@site.test")]
    [InlineData("-=", "list@site.test", "bob@q.test", "alias@al.test", "list-alias=al.test@site.test")]
    [InlineData(null, "list@site.test", "bob@q.test", null, "list@site.test")]
    [InlineData("+=", "", "bob@q.test", null, "")]
    public void With_verp_the_sender_tells_the_recipient(string? verp, string sender, string address, string? original, string expected)
    {
        Envelope envelope = new() { Verp = verp, Sender = sender };
        Message message = new(new ActiveQueue(new Settings(MainConfig.FromText(""))), default, envelope, active: 0);
        Assert.Equal(expected, message.SenderTo(new Recipient(address, original), "my.test"));
    }

    // What addresses are to this system, as Postfix's trivial-rewrite sorts them.
    private const string Classes = """
        myhostname = "host.test"
        mydomain = "test"
        relay_domains = ["branch.test"]
        virtual_alias_domains = ["names.test"]
        recipient_delimiter = "+"

        """;

    [Theory] // further settings, recipient, sender, transport, next hop
    [InlineData("", "u@host.test", "s@a.test", "error", "5.1.1 unknown user: \"u\"")]
    [InlineData("", "u", "", "error", "5.1.1 unknown user: \"u\"")]
    [InlineData("relayhost = '[relay.test]'", "u@LOCALHOST", "s@a.test", "error", "5.1.1 unknown user: \"u\"")]
    [InlineData("", "double-bounce@host.test", "", "discard", "2.0.0 undeliverable postmaster notification discarded")]
    [InlineData("local_transport = 'lmtp:unix:/run/lmtp'", "u@host.test", "", "lmtp", "unix:/run/lmtp")]
    [InlineData("local_transport = 'smtp:[mailstore.test]'\nrelayhost = '[relay.test]'", "u@host.test", "", "smtp", "[mailstore.test]")]
    [InlineData("local_transport = 'smtp'\nrelayhost = '[relay.test]'", "u@host.test", "", "smtp", "host.test")]
    [InlineData("local_transport = 'error:no mail here'", "u@host.test", "", "error", "no mail here")]
    [InlineData("transport_maps = { 'host.test' = 'smtp:[mailstore.test]' }", "u@host.test", "", "smtp", "[mailstore.test]")]
    [InlineData("transport_maps = { 'u@host.test' = 'smtp:[mailstore.test]' }", "u+x@host.test", "", "smtp", "[mailstore.test]")]
    [InlineData("transport_maps = { '*' = 'slow:' }", "u@names.test", "", "error", "5.1.1 User unknown in virtual alias table")]
    [InlineData("", "u@branch.test", "", "relay", "branch.test")]
    [InlineData("", "u@sub.branch.test", "", "relay", "sub.branch.test")]
    [InlineData("relayhost = '[relay.test]'", "u@branch.test", "", "relay", "[relay.test]")]
    [InlineData("relay_transport = 'smtp:[Inside.test]'\nrelayhost = '[relay.test]'", "u@branch.test", "", "smtp", "[inside.test]")]
    [InlineData("default_transport = 'slow:[out.test]'\nrelayhost = '[relay.test]'", "u@far.test", "", "slow", "[out.test]")]
    [InlineData("default_transport = 'slow'\nrelayhost = '[relay.test]'", "u@far.test", "", "slow", "[relay.test]")]
    public void The_class_of_the_domain_decides_where_no_table_does(string settings, string recipient, string sender, string transport, string nextHop) =>
        Assert.Equal(new Route(transport, nextHop), new Routing(MainConfig.FromText(Classes + settings), new Sites()).Of(recipient, sender));

    private const string BySender = """
        relayhost = "[relay.test]"
        sender_dependent_relayhost_maps = { "ann@a.test" = "[Anns.test]:587", "@b.test" = "[bs.test]", "bob@b.test" = "DUNNO", "<>" = "[nobodys.test]", "carl" = "[carls.test]" }
        sender_dependent_default_transport_maps = { "ann@a.test" = "slow", "@c.test" = "slow:[cs.test]", "dora@d.test" = "dunno", "<>" = "error:no notices" }
        transport_maps = { "own.test" = "smtp:[own-host.test]", "plain.test" = "smtp:", "same.test" = ":" }
        """;

    [Theory] // sender, recipient, transport, next hop
    [InlineData("ann@a.test", "u@far.test", "slow", "[anns.test]:587")]
    [InlineData("ann+x@a.test", "u@far.test", "slow", "[anns.test]:587")]
    [InlineData("zoe@b.test", "u@far.test", "smtp", "[bs.test]")]
    [InlineData("bob@b.test", "u@far.test", "smtp", "[relay.test]")]
    [InlineData("zoe@c.test", "u@far.test", "slow", "[cs.test]")]
    [InlineData("carl@host.test", "u@far.test", "smtp", "[carls.test]")]
    [InlineData("dora@d.test", "u@far.test", "smtp", "[relay.test]")]
    [InlineData("", "u@far.test", "error", "no notices")]
    [InlineData("", "u@branch.test", "relay", "[nobodys.test]")]
    [InlineData("ann@a.test", "u@branch.test", "relay", "[anns.test]:587")]
    [InlineData("ann@a.test", "u@host.test", "error", "5.1.1 unknown user: \"u\"")]
    [InlineData("ann@a.test", "u@own.test", "smtp", "[own-host.test]")]
    [InlineData("ann@a.test", "u@plain.test", "smtp", "plain.test")]
    [InlineData("ann@a.test", "u@same.test", "slow", "[anns.test]:587")]
    [InlineData("zoe@e.test", "u@same.test", "smtp", "[relay.test]")]
    public void A_sender_may_have_a_relay_and_a_transport_of_his_own(string sender, string recipient, string transport, string nextHop)
    {
        Routing routing = new(MainConfig.FromText(Classes + BySender), new Sites());
        Assert.Equal(new Route("smtp", "[relay.test]"), routing.Of(recipient[..2] + "same.test", "zoe@e.test"));
        Assert.Equal(new Route(transport, nextHop), routing.Of(recipient, sender));
    }

    [Theory]
    [InlineData("empty_address_relayhost_maps_lookup_key", "u@branch.test", "[nulls.test]")]
    [InlineData("empty_address_default_transport_maps_lookup_key", "u@far.test", "[nulls.test]")]
    public void Mail_without_a_sender_has_a_key_of_its_own(string parameter, string recipient, string nextHop)
    {
        string tables = "sender_dependent_relayhost_maps = { 'nobody' = '[nulls.test]' }\nsender_dependent_default_transport_maps = { 'nobody' = 'smtp:[nulls.test]' }\n";
        Assert.NotEqual(nextHop, new Routing(MainConfig.FromText(Classes + tables), new Sites()).Of(recipient, "").NextHop);
        Assert.Equal(nextHop, new Routing(MainConfig.FromText($"{Classes}{tables}{parameter} = 'nobody'"), new Sites()).Of(recipient, "").NextHop);
    }

    [Theory]
    [InlineData("gone@far.test", "5.1.6 User has moved to new@else.test, or by phone")]
    [InlineData("gone+x@far.test", "5.1.6 User has moved to new@else.test, or by phone")]
    [InlineData("all@closed.test", "5.1.6 User has moved to nowhere")]
    [InlineData("local@host.test", "5.1.6 User has moved to here")]
    public void Mail_for_those_who_have_moved_is_returned_with_their_address(string recipient, string text) =>
        Assert.Equal(new Route("error", text), new Routing(MainConfig.FromText(Classes
            + "relocated_maps = { 'gone@far.test' = 'new@else.test, or by phone', '@closed.test' = 'nowhere', 'local' = 'here' }\ntransport_maps = { 'far.test' = 'smtp:[x]' }"), new Sites()).Of(recipient, "s@a.test"));
}
