using PostfixNet.Mail;
using PostfixNet.Notices;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Delivery;

/// <summary>Who hears what of an event: the tables of RFC 3461 sections 4.1, 4.3, 5.2 and 6.</summary>
public sealed class NoticeRulesTests
{
    // A0.3, S1-28, S5-16..S5-18. Each event with the record that its agent leaves; "-": no notice. Where the next hop has DSN
    // its agent leaves no record of a success (SessionTests: Success_is_traced_when_asked_for_and_the_server_will_not_tell).
    private const string Table = """
        NOTIFY                  failed   expired  delayed  relayed    delivered    expanded
        (none)                  failed   failed   delayed  -          -            -
        NEVER                   -        -        -        -          -            -
        SUCCESS                 -        -        -        relayed    delivered    expanded
        FAILURE                 failed   failed   -        -          -            -
        DELAY                   -        -        delayed  -          -            -
        SUCCESS,FAILURE         failed   failed   -        relayed    delivered    expanded
        SUCCESS,DELAY           -        -        delayed  relayed    delivered    expanded
        FAILURE,DELAY           failed   failed   delayed  -          -            -
        SUCCESS,FAILURE,DELAY   failed   failed   delayed  relayed    delivered    expanded
        """;

    private static readonly string[][] s_rows = [.. Table.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];

    public static TheoryData<string, string, int, string> Rules
    {
        get
        {
            TheoryData<string, string, int, string> rules = [];
            foreach (string[] row in s_rows[1..])
            {
                for (int column = 1; column < row.Length; column++)
                {
                    for (int ret = 0; ret <= 2; ret++)
                        rules.Add(row[0], s_rows[0][column], ret, row[column]);
                }
            }
            return rules;
        }
    }

    [Theory, MemberData(nameof(Rules))]
    public void Each_wish_is_honoured(string notify, string happened, int ret, string action)
    {
        using BounceRig rig = new();
        QueueId id = rig.Message("4A0001");
        (BounceRole role, bool isWarning, string status, string recorded) = happened switch
        {
            "failed" => (BounceRole.Bounce, false, "5.1.1", "failed"),
            "expired" => (BounceRole.Defer, false, "4.4.1", "delayed"),
            "delayed" => (BounceRole.Defer, true, "4.4.1", "delayed"),
            _ => (BounceRole.Trace, false, "2.0.0", happened),
        };
        rig.Append(role, id, BounceRig.Failed("bob@q.test", Asked(notify), DsnActions.Parse(recorded), status));
        Assert.True(rig.Ask(role, id, isWarning, ret: (DsnReturn)ret));
        if (action == "-")
        {
            Assert.Empty(rig.Submitter.Queued);
            return;
        }
        FakeDraft notice = Assert.Single(rig.Submitter.Queued);
        Assert.Equal(("", "alice@q.test"), (notice.Sender, notice.Recipient));
        Assert.Contains($"\nAction: {action}\n", notice.Text, StringComparison.Ordinal);
        Assert.Contains("\nAuto-Submitted: auto-replied\n", notice.Text, StringComparison.Ordinal);
        Assert.Contains($"\nStatus: {(happened == "expired" ? "4.4.7" : status)}\n", notice.Text, StringComparison.Ordinal);
        // RFC 3461 section 4.3: RET is for failures only; other reports never return the whole message.
        bool isFull = action == "failed" && ret != 2;
        Assert.Contains(isFull ? "\nContent-Type: message/rfc822\n" : "\nContent-Type: text/rfc822-headers\n", notice.Text, StringComparison.Ordinal);
        Assert.Equal(action == "delayed", notice.Text.Contains("\nWill-Retry-Until: ", StringComparison.Ordinal));
    }

    [Fact]
    public void Each_recipient_has_its_own_wish()
    {
        using BounceRig rig = new();
        QueueId id = rig.Message("4A0001");
        foreach (string[] row in s_rows[1..])
            rig.Append(BounceRole.Bounce, id, BounceRig.Failed($"{row[0].Trim('(', ')').Replace(',', '-')}@q.test", Asked(row[0])));
        Assert.True(rig.Ask(BounceRole.Bounce, id));
        string text = Assert.Single(rig.Submitter.Queued).Text;
        foreach (string[] row in s_rows[1..])
            Assert.Equal(row[1] == "failed", text.Contains($"\nFinal-Recipient: rfc822; {row[0].Trim('(', ')').Replace(',', '-')}@q.test\n", StringComparison.Ordinal));
    }

    [Fact] // confirm_delay_cleared
    public void The_end_of_a_delay_is_told_to_those_who_were_told_of_it()
    {
        using BounceRig rig = new();
        rig.Settings = rig.Settings with { ConfirmDelayCleared = true };
        Assert.True(QueueId.TryParse("4A0002", out QueueId id));
        File.Copy(Path.Combine(AppContext.BaseDirectory, "vectors", "delay-warning-sent.deferred"), rig.Queues.PathOf(QueueName.Active, id));
        rig.Append(BounceRole.Trace, id, BounceRig.Failed("bob@q.test", action: DsnAction.Relayed, status: "2.0.0"));
        rig.Append(BounceRole.Trace, id, BounceRig.Failed("carol@q.test", Notify.Failure, DsnAction.Relayed, "2.0.0"));
        Assert.True(rig.Ask(BounceRole.Trace, id));
        string text = Assert.Single(rig.Submitter.Queued).Text;
        Assert.Contains("\nSubject: Successful Mail Delivery Report\n", text, StringComparison.Ordinal);
        Assert.Equal((1, 0), (rig.TimesTold("bob@q.test"), rig.TimesTold("carol@q.test")));
    }

    // A0.4, S1-36: what cleanup will never take must not keep the message for ever, nor be lost without a word.
    [Theory]
    [InlineData(false, false, "")]
    [InlineData(true, false, "boss")]
    [InlineData(true, true, "")]
    public void A_notice_that_can_never_be_queued_is_the_postmasters(bool tellPostmaster, bool refuseAll, string told)
    {
        using BounceRig rig = new();
        rig.Settings = rig.Settings with { TellPostmasterOfDoubleBounces = tellPostmaster, DoubleBounceNoticeRecipient = "boss" };
        rig.Submitter.Refuses = recipient => refuseAll || recipient != "boss";
        QueueId id = rig.Message("4A0001");
        rig.Append(BounceRole.Bounce, id, BounceRig.Failed("bob@q.test"));
        Assert.True(rig.Ask(BounceRole.Bounce, id));
        Assert.Equal(told, string.Join(' ', rig.Submitter.Queued.Select(notice => notice.Recipient)));
        IReadOnlyList<string> warnings = [.. rig.Log.Lines.Where(line => line.StartsWith("warning: ", StringComparison.Ordinal))];
        Assert.Equal(refuseAll ? 2 : 1, warnings.Count);
        Assert.Equal($"warning: {id}: sender non-delivery notification to alice@q.test can never be queued, and is discarded: will never do", warnings[0]);
        Assert.Empty(Directory.EnumerateFiles(rig.Queues.DirectoryOf(QueueName.Bounce)));
    }

    private static Notify Asked(string notify) => NotifyFlags.TryParse(notify, out Notify asked, out _) ? asked : Notify.Default;
}
