using PostfixNet.Cleanup;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Cleanup;

namespace PostfixNet.UnitTests.Checks;

/// <summary>What becomes of mail that no client waits for, and of mail of the system itself.</summary>
public sealed class MessageChecksTests
{
    private const string Message = "T1 0|Sa@b.test|Rc@d.test|M|NSubject: {0}|N|Ntext|X|E";

    private static MailFlow Flow(string checks) => new()
    {
        Options = CleanupOptions.From(MainConfig.FromText($"myhostname = 'mta.golden.test'\n{checks}")),
    };

    private static byte[] Of(string subject) => MailFlow.Encode(Message.Replace("{0}", subject, StringComparison.Ordinal));

    [Fact]
    public void What_a_user_sends_is_returned_with_the_text()
    {
        using MailFlow flow = Flow("header_checks = 'regexp:{{/^Subject: bad/ REJECT not here}}'");
        flow.Drop("ABC", Of("bad"));
        flow.RunPickup();
        List<(char Type, string Payload)> records = flow.Incoming(out string id);
        Assert.Contains(('L', "error:5.7.1 not here"), records);
        Assert.Contains(('N', "text"), records); // whole
        Assert.Contains($"{id}: reject: header Subject: bad from local; from=<a@b.test> to=<c@d.test>: 5.7.1 not here", flow.Log);
        Assert.Empty(flow.Names(QueueName.Maildrop));
    }

    [Fact]
    public void What_is_put_off_stays_in_maildrop()
    {
        using MailFlow flow = Flow("body_checks = 'regexp:{{/^text/ REJECT 4.7.1 later}}'");
        flow.Drop("ABC", Of("x"));
        flow.RunPickup();
        Assert.Empty(flow.Names(QueueName.Incoming));
        Assert.Equal(["ABC"], flow.Names(QueueName.Maildrop));
    }

    [Fact]
    public void A_refused_header_that_is_the_last_of_a_message_without_text_counts()
    {
        using MailFlow flow = Flow("header_checks = 'regexp:{{/^Subject: bad/ REJECT}}'");
        flow.Drop("ABC", MailFlow.Encode("T1 0|Sa@b.test|Rc@d.test|M|NSubject: bad|X|E"));
        flow.RunPickup();
        Assert.Contains(('L', "error:5.7.1 message content rejected"), flow.Incoming());
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("internal_mail_filter_classes = 'bounce'\n", true)]
    public void Notices_are_looked_at_only_when_that_is_wanted(string classes, bool isSeen)
    {
        using MailFlow flow = Flow($"{classes}header_checks = 'regexp:{{{{/^Subject:/ WARN seen}}}}'");
        using CleanupClient client = CleanupClient.Begin(flow.Connect(), new CleanupRequest(IsInternal: true));
        client.Send(Of("x"));
        Assert.Equal(CleanupVerdict.Accepted, client.Finish().Verdict);
        Assert.Equal(isSeen, flow.Log.Any(static line => line.Contains("warning: header Subject: x", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_table_that_cannot_say_puts_mail_off()
    {
        using MailFlow flow = Flow("header_checks = 'fail:gone'");
        using CleanupClient client = CleanupClient.Begin(flow.Connect(), new CleanupRequest(IsFromServer: true));
        client.Send(Of("x"));
        Assert.Equal(CleanupVerdict.TryAgain, client.Finish().Verdict);
        Assert.Empty(flow.Names(QueueName.Incoming));
    }

    [Fact]
    public void What_is_thrown_away_is_accepted_and_leaves_nothing()
    {
        using MailFlow flow = Flow("header_checks = 'regexp:{{/^Subject:/ DISCARD}}'\nbody_checks = 'regexp:{{/./ WARN}}'");
        flow.Drop("ABC", Of("x"));
        flow.RunPickup();
        Assert.Empty(flow.Names(QueueName.Incoming));
        Assert.Empty(flow.Names(QueueName.Maildrop));
        Assert.DoesNotContain(flow.Log, static line => line.Contains("warning: body", StringComparison.Ordinal));
    }

    [Fact] // A header cannot be made two by what it had in it.
    public void What_a_replacement_brings_from_further_lines_stays_in_its_header()
    {
        using MailFlow flow = Flow("header_checks = 'regexp:{{/^Subject: (one[^o]*)(o.*)/ REPLACE Subject: $$1$$2}}'");
        flow.Drop("ABC", MailFlow.Encode("T1 0|Sa@b.test|Rc@d.test|M|NSubject: one|N over|NX-After: a|N|X|E"));
        flow.RunPickup();
        Assert.Contains(('N', "Subject: one"), flow.Incoming());
    }

    [Fact]
    public void A_result_that_does_nothing_is_warned_of_beforehand()
    {
        MainConfig config = MainConfig.FromText("myhostname = 'x.test'\nheader_checks = 'regexp:{{/x/ REJETC}}'");
        _ = CleanupOptions.From(config);
        Assert.Contains("header_checks: nothing is done about what matches: unknown command in header_checks map: REJETC", string.Join('\n', config.Remarks), StringComparison.Ordinal);
    }
}
