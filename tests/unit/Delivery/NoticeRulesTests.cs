using PostfixNet.Delivery;
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
    [InlineData(false, false, false, "")]
    [InlineData(true, false, false, "boss")]
    [InlineData(true, false, true, "")]
    [InlineData(false, true, false, "boss")]
    public void A_notice_that_can_never_be_queued_is_the_postmasters(bool ofDoubleBounces, bool ofSoftware, bool refuseAll, string told)
    {
        using BounceRig rig = new();
        rig.Settings = rig.Settings with { TellPostmasterOfDoubleBounces = ofDoubleBounces, TellPostmasterOfSoftware = ofSoftware, DoubleBounceNoticeRecipient = "boss" };
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

    // S1-33, and S1-32 for what expires: nobody is told of mail that an operator deleted, or holds.
    [Theory]
    [InlineData(BounceRole.Bounce)]
    [InlineData(BounceRole.Trace)]
    [InlineData(BounceRole.Defer)]
    public void S1_33_Nothing_is_told_of_mail_that_was_taken_away_while_it_was_delivered(BounceRole role)
    {
        using BounceRig rig = new();
        Directory.CreateDirectory(rig.Queues.DirectoryOf(QueueName.Hold));
        QueueId held = rig.Message("4A0001"), deleted = rig.Message("4A0002");
        foreach (QueueId id in (QueueId[])[held, deleted])
            rig.Append(role, id, BounceRig.Failed("bob@q.test", Notify.Success | Notify.Failure));
        Assert.True(rig.Queues.Move(held, QueueName.Active, QueueName.Hold));
        File.Delete(rig.Queues.PathOf(QueueName.Active, deleted));
        Assert.True(rig.Ask(role, held));
        Assert.True(rig.Ask(role, deleted));
        Assert.Empty(rig.Submitter.Queued);
        Assert.Equal([$"{held}: moved to hold while it was delivered: its sender is not told now", $"{deleted}: deleted while it was delivered: its sender is not told"], rig.Log.Lines);
        // What was recorded waits for the message, or goes with it.
        string directory = rig.Queues.DirectoryOf(role switch { BounceRole.Bounce => QueueName.Bounce, BounceRole.Trace => QueueName.Trace, _ => QueueName.Defer });
        Assert.Equal([held.ToString()], Directory.EnumerateFiles(directory).Select(Path.GetFileName));
        Assert.True(rig.Queues.Move(held, QueueName.Hold, QueueName.Active));
        Assert.True(rig.Ask(role, held));
        Assert.Single(rig.Submitter.Queued);
    }

    // The message that is processed anew is without him: his failure is told now, or never.
    [Fact]
    public void Who_fails_while_his_message_is_requeued_is_told_of()
    {
        using BounceRig rig = new();
        QueueId id = rig.Message("4A0001");
        string log = rig.Queues.PathOf(QueueName.Bounce, id);
        RecipientLog.NoteRequeued(log);
        File.Delete(rig.Queues.PathOf(QueueName.Active, id));
        rig.Append(BounceRole.Bounce, id, BounceRig.Failed("bob@q.test"));
        Assert.True(rig.Ask(BounceRole.Bounce, id));
        Assert.Equal((1, false), (rig.TimesTold("bob@q.test"), File.Exists(log)));
        RecipientLog.NoteRequeued(log);
        Assert.True(rig.Ask(BounceRole.Bounce, id));
        Assert.Equal((1, false), (rig.TimesTold("bob@q.test"), File.Exists(log)));
    }

    // Review 20
    [Fact]
    public void Who_was_reached_after_he_was_put_off_is_not_told_of_as_failed()
    {
        using BounceRig rig = new();
        QueueId id = rig.Message("4A0001");
        using (QueueFile file = QueueFile.Open(rig.Queues.PathOf(QueueName.Active, id), write: true))
        {
            List<Recipient> open = [];
            file.ReadEnvelope(open, 10, out _);
            foreach (Recipient recipient in (Recipient[])[open[0], open[0] with { Address = "late@q.test", Offset = 0 }])
                rig.Append(BounceRole.Defer, id, new Outcome(recipient, new Dsn("4.4.1", "no answer", DsnAction.Delayed)));
            QueueFile.MarkDone(file.Handle, open[0].Offset);
        }
        Assert.True(rig.Ask(BounceRole.Defer, id));
        Assert.Equal(1, rig.TimesTold("late@q.test"));
        Assert.Single(rig.Submitter.Queued[0].Text.Split("\nFinal-Recipient: ").Skip(1));
    }

    // B03: a relay that cannot take the message for its SMTPUTF8 can take the notice.
    [Theory]
    [InlineData("alice@q.test", SmtpUtf8.None)]
    [InlineData("j\u00f6rg@q.test", SmtpUtf8.Requested | SmtpUtf8.Header | SmtpUtf8.Recipient)]
    public void A_notice_needs_SMTPUTF8_for_its_own_address_alone(string sender, SmtpUtf8 needs)
    {
        using BounceRig rig = new();
        QueueId id = rig.Message("4A0001");
        rig.Append(BounceRole.Bounce, id, BounceRig.Failed("bob@q.test"));
        Assert.True(rig.Ask(BounceRole.Bounce, id, sender: sender, utf8: SmtpUtf8.Requested | SmtpUtf8.Header));
        Assert.Equal(needs, Assert.Single(rig.Submitter.Queued).SmtpUtf8);
    }

    private static Notify Asked(string notify) => NotifyFlags.TryParse(notify, out Notify asked, out _) ? asked : Notify.Default;
}
