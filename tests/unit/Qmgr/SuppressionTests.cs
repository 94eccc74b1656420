using PostfixNet.Delivery;
using PostfixNet.Qmgr;
using PostfixNet.Queue;
using PostfixNet.Suppression;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>Mail to addresses on the suppression list is not tried. S3-46, S3-47.</summary>
public sealed class SuppressionTests : IDisposable
{
    private readonly QueueRig _rig = new("suppression_enable = true\nsuppression_automatic = true\n");

    public void Dispose() => _rig.Dispose();

    private SuppressionReply Add(params string[] addresses) =>
        _rig.Machine.Manager.Answer(new SuppressionRequest([.. addresses.Select(static address => SuppressionEntry.Of(address, "", "asked for it", 1, 0, "operator"))], []));

    private void Settle(string status, string reply)
    {
        foreach (FakeAgents agents in _rig.Machine.Agents.Values)
        {
            foreach (Entry entry in agents.UnderWay.ToArray())
                agents.Settle(entry, status, reply);
        }
        _rig.Run();
    }

    [Fact]
    public void A_recipient_on_the_list_is_returned_and_the_others_get_their_mail()
    {
        Assert.Equal((null, 1), (Add("user1@q.test") is var reply ? reply.Refusal : "", reply.Changed));
        QueueId id = _rig.Put(recipients: 3);
        _rig.Feed(QueueName.Incoming, id);
        Assert.Equal(["user0@q.test", "user2@q.test"], Assert.Single(_rig.Batches).Recipients);
        Assert.Contains("bounce append", _rig.Events);
        Assert.Contains(_rig.Events, line => line.StartsWith($"{id}: to=<user1@q.test>, relay=none, delay=", StringComparison.Ordinal)
            && line.EndsWith("dsn=5.7.1, status=bounced (recipient is on the suppression list: asked for it)", StringComparison.Ordinal));
        _rig.Finish();
        Assert.Contains($"{id}: removed", _rig.Events);
    }

    [Fact]
    public void A_notice_is_for_everybody()
    {
        Add("user0@q.test");
        _rig.Feed(QueueName.Incoming, _rig.Put(sender: ""));
        Assert.Single(_rig.Batches);
    }

    // The list holds for all that no agent has, before the operator has his answer.
    [Fact]
    public void Mail_that_waits_is_meant()
    {
        using QueueRig rig = new("suppression_enable = true\nsmtp_destination_concurrency_limit = 1\nsmtp_destination_recipient_limit = 1\n");
        QueueId id = rig.Put(recipients: 2);
        rig.Feed(QueueName.Incoming, id);
        Assert.Single(rig.Batches);
        _ = rig.Machine.Manager.Answer(new SuppressionRequest([SuppressionEntry.Of("user1@q.test", "", "", 1, 0, "operator")], []));
        rig.Run();
        rig.Finish();
        Assert.Single(rig.Batches);
        Assert.Contains(rig.Events, static line => line.Contains("to=<user1@q.test>", StringComparison.Ordinal) && line.EndsWith("(recipient is on the suppression list)", StringComparison.Ordinal));
        Assert.Contains($"{id}: removed", rig.Events);
    }

    [Fact]
    public void What_is_taken_off_the_list_gets_mail_again()
    {
        Add("user0@q.test");
        Assert.Equal(1, _rig.Machine.Manager.Answer(new SuppressionRequest([], [("", "user0@q.test")])).Changed);
        _rig.Feed(QueueName.Incoming, _rig.Put());
        Assert.Single(_rig.Batches);
    }

    [Fact]
    public void A_refused_address_is_on_the_list_at_once_and_told_in_the_log()
    {
        QueueId id = _rig.Start();
        Settle("5.1.1", "550 5.1.1 no such user");
        Assert.Contains($"{id}: <user0@q.test> put on the suppression list: 550 5.1.1 no such user", _rig.Events);
        _rig.Feed(QueueName.Incoming, _rig.Put());
        Assert.Single(_rig.Batches);
    }

    [Fact]
    public void Three_failures_in_turn_do_and_a_success_between_begins_anew()
    {
        string[] told = ["5.6.0", "5.6.0", "2.0.0", "5.6.0", "5.6.0", "5.6.0"];
        foreach (string status in told)
        {
            _rig.Start();
            Settle(status, status.StartsWith('2') ? "250 ok" : "554 5.6.0 no");
        }
        Assert.Equal(told.Length, _rig.Batches.Count);
        _rig.Feed(QueueName.Incoming, _rig.Put());
        Assert.Equal(told.Length, _rig.Batches.Count);
    }

    [Theory]
    [InlineData("sender", "x@1.2.3.4")]
    [InlineData("sender", "a@b..c")]
    [InlineData("sender_domain", "x@1.2.3.4")]
    [InlineData("sender_domain", "a@b..c")]
    [InlineData("sender", null)]
    public void A_sender_that_is_none_has_no_list_of_his_own(string scope, string? sender)
    {
        sender ??= $"{new string('a', 600)}@q.test";
        using QueueRig rig = new($"suppression_enable = true\nsuppression_automatic = true\nsuppression_scope = '{scope}'\n");
        rig.Start(sender: sender);
        foreach (FakeAgents agents in rig.Machine.Agents.Values)
            agents.Settle(Assert.Single(agents.UnderWay), "5.1.1", "550 5.1.1 no such user");
        rig.Run();
        SuppressionReply reply = rig.Machine.Manager.Answer(new SuppressionRequest([], [])
        {
            Results = [new ReportedResult(sender, "user0@q.test", "5.1.1", "550 5.1.1 no such user", false), new ReportedResult(sender, "user0@q.test", "", "complained", true)],
        });
        Assert.Null(reply.Refusal);
        rig.Feed(QueueName.Incoming, rig.Put(sender: sender));
        Assert.Equal(2, rig.Batches.Count);
    }

    [Fact]
    public void What_became_of_a_notice_says_nothing()
    {
        _rig.Start(sender: "");
        Settle("5.1.1", "550 5.1.1 no such user");
        _rig.Feed(QueueName.Incoming, _rig.Put());
        Assert.Equal(2, _rig.Batches.Count);
    }

    [Fact]
    public void Switched_off_nothing_is_asked_for_or_kept()
    {
        using QueueRig rig = new("suppression_automatic = true\n");
        Assert.True(rig.Machine.Manager.Answer(new SuppressionRequest([SuppressionEntry.Of("user0@q.test", "", "", 1, 0, "operator")], [])).IsOff);
        rig.Start();
        Assert.False(Assert.Single(rig.Machine.Started).Request(false, new Settings(rig.Machine.Configuration("suppression_automatic = true\n"))).WantsOutcomes);
        Assert.Empty(Directory.GetFiles(Path.Combine(rig.Queues.Root, "suppression")));
    }

    [Fact]
    public void A_list_that_cannot_be_had_stops_deliveries_until_it_can()
    {
        using QueueRig rig = new();
        SuppressionList other = SuppressionList.TryOpen(rig.Queues.Root, new AddressForm([]), 1)!;
        Assert.True(rig.Machine.Manager.Reload(rig.Machine.Configuration("suppression_enable = true\n")));
        rig.Feed(QueueName.Incoming, rig.Put());
        Assert.Empty(rig.Batches);
        Assert.Contains(rig.Events, static line => line.EndsWith("another process has the list: nothing is delivered", StringComparison.Ordinal));
        other.Dispose();
        rig.Clock.RunFor(2);
        Assert.Single(rig.Batches);
    }

    [Fact]
    public void Mail_sorted_without_the_list_is_held_against_it_when_a_question_finds_it_again()
    {
        using QueueRig rig = new();
        SuppressionList other = SuppressionList.TryOpen(rig.Queues.Root, new AddressForm([]), 1)!;
        other.Add(SuppressionEntry.Of("user0@q.test", "", "asked for it", 1, 0, "operator"), 1);
        Assert.True(rig.Machine.Manager.Reload(rig.Machine.Configuration("suppression_enable = true\n")));
        rig.Feed(QueueName.Incoming, rig.Put());
        other.Dispose();
        Assert.Null(rig.Machine.Manager.Answer(new SuppressionRequest([], [])).Refusal);
        rig.Run();
        Assert.Empty(rig.Batches);
        Assert.Contains(rig.Events, static line => line.EndsWith("(recipient is on the suppression list: asked for it)", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_entry_that_cannot_be_read_stops_deliveries(bool isMended)
    {
        Add("user0@q.test");
        string file = Path.Combine(_rig.Queues.Root, "suppression", "list");
        byte[] whole = File.ReadAllBytes(file), damaged = [.. whole];
        damaged.AsSpan(whole.AsSpan().IndexOf("user0"u8), 12).Clear();
        File.WriteAllBytes(file, damaged);
        _rig.Feed(QueueName.Incoming, _rig.Put());
        Assert.Empty(_rig.Batches);
        Assert.Contains(_rig.Events, static line => line.EndsWith("an entry cannot be understood any more: nothing is delivered", StringComparison.Ordinal));
        if (isMended)
            File.WriteAllBytes(file, whole);
        _rig.Clock.RunFor(2);
        Assert.Equal(isMended ? 0 : 1, _rig.Batches.Count);
        string told = isMended ? "(recipient is on the suppression list: asked for it)" : "suppression list: 1 lines cannot be understood, and count for nothing";
        Assert.Contains(_rig.Events, line => line.EndsWith(told, StringComparison.Ordinal));
    }
}
