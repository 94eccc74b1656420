using PostfixNet.Cleanup;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Cleanup;

/// <summary>alias_maps, owner- aliases and luser_relay: what names of this host stand for.</summary>
public sealed class LocalAliasesTests
{
    private const string Usual = """
        myhostname = 'host.test'
        myorigin = 'host.test'
        mydestination = ['host.test', 'localhost']
        recipient_delimiter = '+'

        """;

    private const string Aliases = """
        [alias_maps]
        "root" = "admin@example.com"
        "Postmaster" = "root"
        "team" = "ann@a.test, bob, root"
        "bob" = "bob@b.test"
        "self" = "self, copy@c.test"
        "loop1" = "loop2"
        "loop2" = "loop1, x@x.test"
        "mapped" = "v@virtual.test, c@canon.test"
        "twice" = "team, ann@a.test, bob"
        "exact+tag" = "tagged@t.test"
        "list" = "m1@m.test, m2@m.test"
        "owner-list" = "keeper@k.test"
        "outer" = "o@o.test, list"
        "odd name" = "odd@o.test"

        """;

    private static List<string> Queued(MailFlow flow) => [.. flow.Names(QueueName.Incoming)
        .Select(id => MailFlow.Records($"{flow.Queues.DirectoryOf(QueueName.Incoming)}/{id}"))
        .Select(records => $"{records.First(r => r.Type == 'S').Payload}: {string.Join(' ', records.Where(r => r.Type is 'R' or 'D').Select(r => (r.Type == 'D' ? "done " : "") + r.Payload))}")
        .Order(StringComparer.Ordinal)];

    private static CleanupReply.Ended Send(MailFlow flow, string settings, string records)
    {
        flow.Options = CleanupOptions.From(MainConfig.FromText(Usual + settings));
        using CleanupClient client = CleanupClient.Begin(flow.Connect(), new CleanupRequest(IsInternal: false));
        client.Send(MailFlow.Encode(records));
        return client.Finish();
    }

    [Theory] // recipient; sender and recipients of what is queued
    [InlineData("root", "s@s.test: admin@example.com")]
    [InlineData("ROOT@LocalHost", "s@s.test: admin@example.com")]
    [InlineData("root+cron", "s@s.test: admin@example.com")]
    [InlineData("exact+tag", "s@s.test: tagged@t.test")]
    [InlineData("postmaster", "s@s.test: admin@example.com")]
    [InlineData("team", "s@s.test: ann@a.test bob@b.test admin@example.com")]
    [InlineData("twice", "s@s.test: ann@a.test bob@b.test admin@example.com")]
    [InlineData("self", "s@s.test: self@host.test copy@c.test")] // a mailbox, of which there is none
    [InlineData("nobody", "s@s.test: nobody@host.test")] // the queue manager returns it
    [InlineData("root@elsewhere.test", "s@s.test: root@elsewhere.test")]
    [InlineData("mapped", "s@s.test: real1@r.test admin@example.com c@canonical.test")]
    [InlineData("odd name@host.test", "s@s.test: odd@o.test")]
    public void Names_of_this_host_become_addresses(string recipient, string queued)
    {
        using MailFlow flow = new();
        string maps = "virtual_alias_maps = { 'v@virtual.test' = 'real1@r.test, root' }\nrecipient_canonical_maps = { '@canon.test' = '@canonical.test' }\n";
        Assert.Equal(new CleanupReply.Ended(CleanupVerdict.Accepted), Send(flow, maps + Aliases, $"Ss@s.test|R{recipient}|M|NX: y|N|X|E"));
        Assert.Equal([queued], Queued(flow));
        Assert.All(flow.Incoming().Where(r => r.Type == 'O'), r => Assert.Equal(recipient, r.Payload));
    }

    [Theory] // a setting, recipient, who gets it
    [InlineData("luser_relay = 'all+$local@c.test'", "nobody+x", "all+nobody+x@c.test")]
    [InlineData("luser_relay = '$user@${recipient_delimiter}x.test'", "nobody+y", "nobody@+x.test")]
    [InlineData("luser_relay = 'x-$extension@$domain.elsewhere.test'", "nobody+y", "x-y@host.test.elsewhere.test")]
    [InlineData("luser_relay = 'root'", "nobody", "admin@example.com")]
    [InlineData("luser_relay = 'nobody'", "nobody", "nobody@host.test")]
    [InlineData("luser_relay = 'all@c.test'", "root", "admin@example.com")]
    [InlineData("luser_relay = 'all@c.test'", "self", "all@c.test copy@c.test")]
    [InlineData("luser_relay = 'all@c.test'\nlocal_transport = 'lmtp:unix:/run/lmtp'", "nobody", "nobody@host.test")]
    [InlineData("propagate_unmatched_extensions = 'alias'", "root+cron", "admin+cron@example.com")]
    [InlineData("mydestination = ''", "root", "root@host.test")]
    public void Who_has_no_alias_may_have_somebody_else(string settings, string recipient, string queued)
    {
        using MailFlow flow = new();
        string usual = settings.StartsWith("mydestination", StringComparison.Ordinal) ? Usual.Replace("mydestination = ['host.test', 'localhost']", "", StringComparison.Ordinal) : Usual;
        flow.Options = CleanupOptions.From(MainConfig.FromText($"{usual}{settings}\n{Aliases}"));
        using CleanupClient client = CleanupClient.Begin(flow.Connect(), new CleanupRequest(IsInternal: false));
        client.Send(MailFlow.Encode($"Ss@s.test|R{recipient}|M|NX: y|N|X|E"));
        Assert.Equal(new CleanupReply.Ended(CleanupVerdict.Accepted), client.Finish());
        Assert.Equal([$"s@s.test: {queued}"], Queued(flow));
    }

    // RFC 5321 section 3.9.2: a list is a new message, and who keeps it hears of its failures.
    [Theory]
    [InlineData("", "owner-list@host.test")]
    [InlineData("expand_owner_alias = true\n", "keeper@k.test")]
    public void A_list_with_an_owner_is_a_message_of_its_own(string settings, string owner)
    {
        using MailFlow flow = new();
        string records = "T1795242064 443314|Arewrite_context=local|FSome Body|Ss@s.test|Aenvelope_id=env1|Aret_flags=1|Anotify_flags=2|Adsn_orig_rcpt=rfc822;given@x.test|Router|Rplain@p.test|M|NSubject: s|N|Nbody|X|Aencoding=8bit|E";
        Assert.Equal(new CleanupReply.Ended(CleanupVerdict.Accepted), Send(flow, settings + Aliases, records));
        Assert.Equal(new[] { $"{owner}: m1@m.test m2@m.test", "s@s.test: o@o.test plain@p.test done outer@host.test" }.Order(StringComparer.Ordinal), Queued(flow));
        string incoming = flow.Queues.DirectoryOf(QueueName.Incoming);
        List<(char Type, string Payload)>[] both = [.. flow.Names(QueueName.Incoming).Select(id => MailFlow.Records($"{incoming}/{id}"))];
        List<(char Type, string Payload)> members = both.Single(file => file.Contains(('S', owner))), original = both.Single(file => file.Contains(('S', "s@s.test")));
        // The same content, and nothing of what was asked for the list.
        Assert.Equal(original.Where(r => r.Type is 'N' or 'L'), members.Where(r => r.Type is 'N' or 'L'));
        Assert.DoesNotContain(members, r => r.Payload.StartsWith("envelope_id", StringComparison.Ordinal) || r.Payload.StartsWith("ret_flags", StringComparison.Ordinal) || r.Payload.StartsWith("notify", StringComparison.Ordinal));
        Assert.Equal(["Adsn_orig_rcpt=rfc822;m1@m.test", "Om1@m.test", "Rm1@m.test", "Adsn_orig_rcpt=rfc822;m2@m.test", "Om2@m.test", "Rm2@m.test"],
            members.Select(r => r.Type + r.Payload).Where(r => r.Contains("@m.test", StringComparison.Ordinal)));
        Assert.Contains(('A', "encoding=8bit"), members);
        Assert.Contains(('T', "1795242064 443314"), members);
        Assert.Contains(('F', "Some Body"), members);
        // What the queue manager reads of it.
        using QueueFile file = QueueFile.Open($"{incoming}/{flow.Names(QueueName.Incoming).Single(id => MailFlow.Records($"{incoming}/{id}").Contains(('S', owner)))}");
        List<Recipient> read = [];
        Envelope envelope = file.ReadEnvelope(read, 10, out _);
        Assert.Equal((owner, 2), (envelope.Sender, read.Count));
        // RFC 3461 section 5.2.7.3: the alias is told of as expanded.
        Assert.Equal(["outer@host.test Expanded"], flow.Traced.Select(outcome => $"{outcome.Recipient.Address} {outcome.Dsn.Action}"));
        Assert.Contains(flow.Log, line => line.Contains("to=<outer@host.test>, orig_to=<outer>, relay=local,", StringComparison.Ordinal) && line.Contains("dsn=2.0.0, status=sent (forwarded as ", StringComparison.Ordinal));
    }

    // RFC 3461 section 5.2.7.2.
    [Fact]
    public void A_message_to_a_list_alone_is_delivered_to_the_list()
    {
        using MailFlow flow = new();
        Assert.Equal(CleanupVerdict.Accepted, Send(flow, Aliases, "Ss@s.test|M|NX: y|N|X|Anotify_flags=2|Rlist|Anotify_flags=2|Rlist@localhost|E").Verdict);
        Assert.Equal(["owner-list@host.test: m1@m.test m2@m.test", "s@s.test: done list@host.test done list@localhost"], Queued(flow));
        Assert.Equal(["list@host.test Delivered", "list@localhost Delivered"], flow.Traced.Select(outcome => $"{outcome.Recipient.Address} {outcome.Dsn.Action}"));
    }

    // Else each try would send the list again.
    [Fact]
    public void What_cannot_be_queued_leaves_no_list_behind()
    {
        using MailFlow flow = new();
        flow.Options = CleanupOptions.From(MainConfig.FromText(Usual + Aliases));
        using CleanupClient client = CleanupClient.Begin(flow.Connect(), new CleanupRequest(IsFromServer: true));
        string hold = flow.Queues.DirectoryOf(QueueName.Hold);
        File.WriteAllText($"{hold}/{client.Id}", "in the way");
        client.Send(MailFlow.Encode("Ss@s.test|Rlist|M|NX: y|N|X|fhold|E"));
        Assert.Equal(CleanupVerdict.TryAgain, client.Finish().Verdict);
        Assert.Equal([client.Id.ToString()], flow.Names(QueueName.Hold));
        Assert.Empty(flow.Names(QueueName.Incoming));
    }

    [Fact]
    public void Mail_that_goes_back_to_its_sender_goes_back_for_the_list_too()
    {
        using MailFlow flow = new();
        flow.Options = CleanupOptions.From(MainConfig.FromText($"{Usual}hopcount_limit = 1\n{Aliases}"));
        using CleanupClient client = CleanupClient.Begin(flow.Connect(), new CleanupRequest(IsInternal: false, IsReturned: true));
        client.Send(MailFlow.Encode("Ss@s.test|Rlist|M|NReceived: by x|N|X|E"));
        Assert.Equal(CleanupVerdict.Accepted, client.Finish().Verdict);
        Assert.Equal(["s@s.test: list@host.test"], Queued(flow));
    }

    [Theory] // recipient, alias of a pattern, what the log says
    [InlineData("loop1", "alias database loop for loop1")]
    [InlineData("p-x", "the alias p-x runs a command (|/bin/p x)")]
    public void Aliases_that_lead_nowhere_make_mail_wait(string recipient, string logged)
    {
        using MailFlow flow = new();
        string settings = recipient == "loop1" ? Aliases : "alias_maps = 'static:{\"|/bin/p x\"}'\n";
        Assert.Equal(new CleanupReply.Ended(CleanupVerdict.TryAgain, "alias expansion error") { Reply = "451 4.6.0 Alias expansion error" }, Send(flow, settings, $"Ss@s.test|R{recipient}|M|NX: y|N|X|E"));
        Assert.Contains(flow.Log, line => line.Contains(logged, StringComparison.Ordinal));
        Assert.Empty(flow.Names(QueueName.Incoming));
    }

    [Theory]
    [InlineData("'|/usr/bin/vacation ann'", "runs a command (|/usr/bin/vacation), and there is no local delivery: give addresses of another system")]
    [InlineData("'\"|/usr/bin/vacation ann\", x@y.test'", "runs a command (|/usr/bin/vacation ann)")]
    [InlineData("'/var/mail/archive'", "writes to a file (/var/mail/archive), and there is no local delivery")]
    [InlineData("'x@y.test, :include:/etc/list'", "has its members in a file of its own (:include:/etc/list), which is not read: list them here")]
    [InlineData("'\\ann'", "delivers to a mailbox here")]
    [InlineData("'()'", "stands for no address")]
    public void What_only_local_delivery_could_do_is_refused_at_its_line(string value, string problem)
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => CleanupOptions.From(MainConfig.FromText($"[alias_maps]\ngood = 'a@b.test'\nbad = {value}")));
        Assert.Contains("main.toml:3:", e.Message, StringComparison.Ordinal);
        Assert.Contains($"alias_maps: the alias bad {problem}", e.Message, StringComparison.Ordinal);
        using TemporaryDirectory directory = new();
        string path = $"{directory.Path}/aliases";
        File.WriteAllText(path, $"# comment\ngood: a@b.test\nbad: {value.Trim('\'')}\n");
        e = Assert.Throws<ConfigurationException>(() => CleanupOptions.From(MainConfig.FromText($"alias_maps = 'hash:{path}'")));
        Assert.Contains($"{path}:3: the alias bad {problem}", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("luser_relay = '$home/mbox'", "$home is not known here")]
    [InlineData("luser_relay = '|/bin/x'", "runs a command")]
    public void A_catch_all_that_is_no_address_is_refused(string toml, string problem) =>
        Assert.Contains(problem, Assert.Throws<ConfigurationException>(() => CleanupOptions.From(MainConfig.FromText(toml))).Message, StringComparison.Ordinal);
}
