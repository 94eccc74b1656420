using System.Net;
using PostfixNet.Configuration;
using PostfixNet.Dns;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Tables;

namespace PostfixNet.UnitTests.Smtpd;

/// <summary>What restrictions do beyond an answer, and what main.toml may say of them.</summary>
public sealed class AccessTests
{
    private static readonly string[] s_message = ["EHLO c.test", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "RCPT TO:<e@d.test>", "DATA", "Subject: s\r\n\r\nx\r\n."];

    [Theory]
    [InlineData("smtpd_recipient_restrictions = 'rejekt'", "main.toml:1:32: smtpd_recipient_restrictions: \"rejekt\" is not a restriction")]
    [InlineData("smtpd_client_restrictions = ['permit_mynetworks', 'reject_rbl_client x.test']", "smtpd_client_restrictions: \"reject_rbl_client\" is not supported")]
    [InlineData("smtpd_sender_restrictions = 'reject_unverified_sender'", "is not supported: addresses are not probed")]
    [InlineData("smtpd_recipient_restrictions = 'check_recipient_access'", "needs a lookup table after it")]
    [InlineData("smtpd_recipient_restrictions = 'check_recipient_access hush:/x'", "\"hush:/x\" is not a lookup table")]
    [InlineData("smtpd_recipient_restrictions = 'check_recipient_access inline:{ {a=FILTER smtp} }'", "\"FILTER smtp\", which needs a transport and a next hop")]
    [InlineData("smtpd_recipient_restrictions = 'check_recipient_access inline:{a=BOGUS}'", "\"BOGUS\", which is no action")]
    [InlineData("smtpd_data_restrictions = 'inline:{a=REJECT}'", "is a lookup table without a word that says what is looked up")]
    [InlineData("smtpd_recipient_restrictions = 'warn_if_reject'", "needs a restriction after it")]
    [InlineData("smtpd_recipient_restrictions = 'check_policy_service tcp:1'", "is no policy service")]
    [InlineData("smtpd_recipient_restrictions = 'check_policy_service {inet:127.0.0.1:9, speed = 3}'", "\"speed=3\" of the policy service inet:127.0.0.1:9 is not understood")]
    [InlineData("smtpd_relay_restrictions = 'permit_mynetworks'", "anybody could relay")]
    [InlineData("smtpd_restriction_classes = 'a'\na = 'a'", "\"a\" is a class that contains itself")]
    [InlineData("smtpd_restriction_classes = 'a'", "\"a\" is not given")]
    [InlineData("mynetworks = '10.0.0.1/8'", "mynetworks: \"10.0.0.1/8\" has bits of a host beyond its network; perhaps \"10.0.0.0/8\" is meant")]
    [InlineData("mynetworks = '[2001:db8::1]/32'", "perhaps \"[2001:db8::]/32\" is meant")]
    [InlineData("mynetworks = '10.0.0'", "\"10.0.0\" is not a host or network")]
    [InlineData("mynetworks = '10.0.0.0/40'", "\"10.0.0.0/40\" is not a host or network")]
    [InlineData("mynetworks = '/nowhere/list'", "/nowhere/list cannot be read")]
    [InlineData("relay_domains = 'a b/c'", "relay_domains: \"b/c\" is not a domain")]
    public void What_cannot_be_meant_is_refused_at_its_line(string toml, string message) =>
        Assert.Contains(message, Assert.Throws<ConfigurationException>(() => PostfixNet.Smtpd.SmtpdSettings.Read(MainConfig.FromText(toml))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("127.0.0.1", "", true)]
    [InlineData("127.9.9.9", "", true)]
    [InlineData("::1", "", true)]
    [InlineData("192.0.2.1", "", false)]
    [InlineData("::ffff:127.0.0.1", "", true)]
    [InlineData("2001:db8::1", "'[2001:db8::]/32'", true)]
    [InlineData("2001:db9::1", "'[2001:db8::]/32'", false)]
    [InlineData("10.1.2.3", "'!10.1.0.0/16, 10.0.0.0/8'", false)]
    [InlineData("10.2.2.3", "'!10.1.0.0/16, 10.0.0.0/8'", true)]
    [InlineData("10.2.2.3", "'inline:{10.2.2.3=x}'", true)]
    [InlineData("192.0.2.1", "'b.test'", true)] // a.b.test
    [InlineData("192.0.2.1", "'c.test'", false)]
    public void Networks_hold_what_they_say(string address, string networks, bool isIn) =>
        Assert.Equal(isIn, MainConfig.FromText(networks.Length == 0 ? "" : $"mynetworks = {networks}").Get(PostfixNet.Configuration.Parameters.MyNetworks).Contains("a.b.test", IPAddress.Parse(address)));

    [Fact]
    public void A_message_on_hold_is_in_no_other_queue()
    {
        using SmtpdRig rig = new("smtpd_recipient_restrictions = 'check_recipient_access inline:{c@d.test=HOLD}'");
        Assert.Matches("250 2.0.0 Ok: queued as", rig.Talk(s_message));
        Assert.Empty(rig.Queued);
        Assert.Contains("R c@d.test\n", Assert.Single(rig.In(QueueName.Hold)), StringComparison.Ordinal);
        Assert.DoesNotContain("f hold", rig.In(QueueName.Hold)[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("smtpd_recipient_restrictions = 'check_recipient_access fail:x'", "451 4.3.5 <c@d.test>: Recipient address rejected: Server configuration error")]
    [InlineData("smtpd_sender_restrictions = 'check_sender_access pcre:{{/^x(a+)+@/ OK}} check_sender_access fail:x'", "451 4.3.5 <a@b.test>: Sender address rejected: Server configuration error")]
    [InlineData("relay_domains = 'fail:x'\nmynetworks = '10.0.0.1'\nsmtpd_recipient_restrictions = 'reject_unauth_destination'", "451 4.3.0 <c@d.test>: Temporary lookup failure")]
    [InlineData("smtpd_recipient_restrictions = 'warn_if_reject check_recipient_access fail:x'", "451 4.3.5 <c@d.test>: Recipient address rejected: Server configuration error")]
    public void A_table_that_cannot_say_puts_mail_off(string toml, string reply)
    {
        using SmtpdRig rig = new(toml);
        Assert.EndsWith(reply, rig.Talk(s_message[..3]), StringComparison.Ordinal);
        rig.WaitForLog("fail:x lookup error");
    }

    [Fact]
    public void A_client_of_whom_a_table_cannot_say_what_it_may_do_is_sent_away()
    {
        using SmtpdRig rig = new("smtpd_client_event_limit_exceptions = 'fail:x'\nsmtpd_client_connection_count_limit = 1");
        Assert.EndsWith("421 4.3.0 mx.golden.test Error: temporary lookup failure", rig.Talk([]), StringComparison.Ordinal);
        rig.WaitForLog("localhost[127.0.0.1]: fail:x lookup error");
    }

    [Fact]
    public void A_table_may_be_a_servers()
    {
        using TableServerOfTests server = new(question => question == "15:access c@d.test," ? "17:OK REJECT from it," : "9:NOTFOUND ,");
        using SmtpdRig rig = new($"smtpd_recipient_restrictions = 'check_recipient_access socketmap:inet:127.0.0.1:{server.Port}:access'\nsmtpd_sender_login_maps = 'tcp:127.0.0.1:{server.Port}'");
        Assert.EndsWith("554 5.7.1 <c@d.test>: Recipient address rejected: from it", rig.Talk(s_message[..3]), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_discarded_leaves_nothing()
    {
        using SmtpdRig rig = new("smtpd_recipient_restrictions = 'check_recipient_access inline:{e@d.test=DISCARD}'");
        Assert.Matches("250 2.0.0 Ok: queued as [0-9A-Za-z]+$", rig.Talk(s_message));
        Assert.Empty(rig.Queued);
    }

    [Fact]
    public void Redirection_copies_and_headers_are_in_the_queue_file()
    {
        using SmtpdRig rig = new("smtpd_recipient_restrictions = 'check_recipient_access inline:{ {c@d.test=REDIRECT other} {e@d.test=PREPEND X-Test: yes} }, check_sender_access inline:{ {a@b.test=BCC copy@golden.test} }'"
            .Replace("REDIRECT other", "REDIRECT other@golden.test", StringComparison.Ordinal));
        rig.Talk(s_message);
        string file = Assert.Single(rig.Queued);
        Assert.Contains("M \nN X-Test: yes\nN Received: from c.test", file, StringComparison.Ordinal);
        Assert.Contains("> other@golden.test\n", file, StringComparison.Ordinal);
        Assert.Contains("A notify_flags=1\n", file, StringComparison.Ordinal);
        Assert.Contains("R copy@golden.test\n", file, StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_service_is_told_Postfixs_attributes_over_one_connection()
    {
        using PolicyServer policy = new();
        using SmtpdRig rig = new($"smtpd_recipient_restrictions = 'check_policy_service {{ inet:127.0.0.1:{policy.Port}, policy_context = mine }}'\nsmtpd_end_of_data_restrictions = 'check_policy_service inet:127.0.0.1:{policy.Port}'");
        Assert.Matches("250 2.0.0 Ok: queued as", rig.Talk(s_message));
        Assert.Equal(3, policy.Requests.Count);
        Assert.Equal(2, policy.Connections); // two services: their settings differ
        Assert.StartsWith("request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nclient_address=127.0.0.1\nclient_name=localhost\nclient_port=", policy.Requests[0], StringComparison.Ordinal);
        Assert.Contains("\nhelo_name=c.test\nsender=a@b.test\nrecipient=c@d.test\nrecipient_count=0\nqueue_id=\ninstance=", policy.Requests[0], StringComparison.Ordinal);
        Assert.Contains("\npolicy_context=mine\n", policy.Requests[0], StringComparison.Ordinal);
        Assert.Contains("protocol_state=END-OF-MESSAGE\n", policy.Requests[2], StringComparison.Ordinal);
        Assert.Contains("\nrecipient=\nrecipient_count=2\n", policy.Requests[2], StringComparison.Ordinal);
    }

    [Fact]
    public void What_only_warns_puts_nothing_off()
    {
        using SmtpdRig rig = new("smtpd_recipient_restrictions = 'warn_if_reject defer_if_permit, warn_if_reject check_recipient_access inline:{c@d.test=DEFER_IF_PERMIT}'");
        Assert.EndsWith("250 2.1.5 Ok", rig.Talk(s_message[..3]), StringComparison.Ordinal);
        Assert.StartsWith("NOQUEUE: reject_warning: RCPT from localhost[127.0.0.1]: 450 4.7.0 <c@d.test>: Recipient address rejected: defer_if_permit requested;", rig.WaitForLog("4.7.0"), StringComparison.Ordinal);
        rig.WaitForLog("reject_warning: RCPT from localhost[127.0.0.1]: 450 4.7.1 <c@d.test>: Recipient address rejected: Service unavailable");
    }

    [Fact]
    public void A_class_can_close_the_relay() =>
        PostfixNet.Smtpd.SmtpdSettings.Read(MainConfig.FromText("smtpd_restriction_classes = 'a b'\na = 'b'\nb = 'permit_mynetworks, reject'\nsmtpd_relay_restrictions = 'a'"));

    // Name; reverse name; temporary.
    [Theory]
    [InlineData("192.0.2.9 good.test", "good.test", "good.test", false)]
    [InlineData("192.0.2.9 good.test\n192.0.2.8 x.test", "good.test", "good.test", false)]
    public void Names_come_from_the_hosts_file(string hosts, string name, string reverse, bool isTemporary) =>
        Assert.Equal((name, reverse, isTemporary), NamesOf(new Names([]), hosts, out _));

    [Theory]
    [InlineData("9.2.0.192.in-addr.arpa=a.test;a.test=192.0.2.9", "a.test", "a.test", "")]
    [InlineData("9.2.0.192.in-addr.arpa=a.test;a.test=192.0.2.8", "unknown", "a.test", "hostname a.test does not resolve to address 192.0.2.9")]
    [InlineData("9.2.0.192.in-addr.arpa=a.test", "unknown", "a.test", "hostname a.test does not resolve to address 192.0.2.9: Name or service not known")]
    [InlineData("9.2.0.192.in-addr.arpa=192.0.2.9;192.0.2.9=192.0.2.9", "unknown", "unknown", "")]
    [InlineData("", "unknown", "unknown", "")]
    public void A_name_counts_when_it_leads_back(string records, string name, string reverse, string warning)
    {
        Assert.Equal((name, reverse, false), NamesOf(new Names(records.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(static record => record.Split('=')).ToDictionary(static pair => pair[0], static pair => pair[1])), "", out string log));
        Assert.Equal(warning.Length == 0 ? "" : $"warning: {warning}", log);
    }

    [Fact]
    public void A_DNS_that_does_not_answer_is_trouble_of_the_moment() => Assert.Equal(("unknown", "unknown", true), NamesOf(new MadeUpNames(DnsStatus.TryAgain), "", out _));

    private static (string Name, string Reverse, bool IsTemporary) NamesOf(IResolver resolver, string hosts, out string log)
    {
        using PostfixNet.Ipc.EventLoop loop = new();
        LogRecord lines = new();
        PostfixNet.Smtpd.NameLookups lookups = new(loop, new Lazy<IResolver>(resolver), new Lazy<HostsFile>(() => HostsFile.Parse(hosts)));
        PostfixNet.Smtpd.ClientNames names = new(looksUp: true, lookups, new PostfixNet.Smtpd.Log(lines, logsPort: false));
        PostfixNet.Smtpd.ClientInfo? found = null;
        _ = Find();
        loop.Run();
        log = string.Join('\n', lines.Lines);
        return (found!.Name, found.ReverseName, found.IsNameTemporary);

        async Task Find()
        {
            found = await names.Complete(new PostfixNet.Smtpd.ClientInfo { Address = IPAddress.Parse("192.0.2.9") });
            loop.Stop();
        }
    }

    /// <summary>Pointers and addresses.</summary>
    private sealed class Names(Dictionary<string, string> records) : IResolver
    {
        public DnsReply Query(string name, DnsType type)
        {
            if (!records.TryGetValue(name, out string? value))
                return new DnsReply(DnsStatus.NotFound, [], name, false);
            DnsRecord? record = type switch
            {
                DnsType.Ptr => new PtrRecord(name, 0, value),
                DnsType.A => new AddressRecord(name, 0, IPAddress.Parse(value)),
                _ => null,
            };
            return new DnsReply(record is null ? DnsStatus.NoData : DnsStatus.Ok, record is null ? [] : [record], name, false);
        }

        public IReadOnlyList<DnsReply> Query(string name, ReadOnlySpan<DnsType> types)
        {
            DnsReply[] replies = new DnsReply[types.Length];
            for (int i = 0; i < types.Length; i++)
                replies[i] = Query(name, types[i]);
            return replies;
        }
    }
}
