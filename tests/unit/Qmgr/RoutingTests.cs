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
    [InlineData("a@deep.inside.below.test", "relay", "[relay.test]:2525")]
    [InlineData("a@below.test", "smtp", "other.test")]
    [InlineData("a@gone.test", "error", "5.1.2 no such domain Here")]
    [InlineData("\"odd@local\"@vip.test", "smtp", "[10.0.0.1]:26")]
    public void Most_specific_entry_wins(string address, string transport, string nextHop) =>
        Assert.Equal(new Route(transport, nextHop), new Routing(MainConfig.FromText(Maps), new Sites()).Of(address));

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
        Assert.Equal(new Route("error", "5.1.3 bad address syntax"), new Routing(MainConfig.FromText(Maps), new Sites()).Of(address));

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
        Assert.Equal(new Route("smtp", "[relay.test]:2525"), new Routing(MainConfig.FromText(Maps), new Sites()).Of(address));

    [Fact]
    public void A_dash_in_front_may_be_allowed() =>
        Assert.Equal("smtp", new Routing(MainConfig.FromText("allow_min_user = true\n" + Maps), new Sites()).Of("-x@plain.test").Transport);

    [Fact]
    public void Without_tables_mail_goes_to_the_domain_itself_in_lower_case() =>
        Assert.Equal(new Route("smtp", "example.com"), new Routing(MainConfig.FromText("myhostname = \"h.test\""), new Sites()).Of("A@Example.COM"));

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
        Assert.Equal(queue, routing.Of(address).Destination);
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
        Assert.Null(routing.Of("a@one.test").Rule);
        Assert.True(routing.Learn("one.test", "mx1.site.test"));
        Assert.False(routing.Learn("one.test", "mx2.site.test"));
        Assert.False(routing.Learn("two.test", "mx.elsewhere.test"));
        Assert.True(routing.Learn("own.test", "mx1.site.test"));
        Assert.Equal("mx:site.test", routing.Of("a@one.test").Rule?.Name);
        Assert.Null(routing.Of("a@two.test").Rule);
        Assert.Equal("own.test", routing.Of("a@own.test").Rule?.Name);
        Assert.True(routing.Learn("one.test", "mx.moved.test"));
        Assert.Null(routing.Of("a@one.test").Rule);
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
}
