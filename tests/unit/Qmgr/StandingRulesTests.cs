using PostfixNet.Delivery;
using PostfixNet.Native;
using PostfixNet.Qmgr;
using PostfixNet.Queue;
using PostfixNet.Selection;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>An operator's orders for all mail that a filter means. S3-45, A0.9.</summary>
public sealed class StandingRulesTests : IDisposable
{
    private readonly QueueRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData("hold")]
    [InlineData("discard")]
    public void Mail_that_comes_and_mail_that_waits_is_meant(string action)
    {
        QueueId waits = Put(QueueName.Deferred, "spam@bad.test"), other = Put(QueueName.Deferred, "good@q.test");
        _rig.Machine.SetDue(QueueName.Deferred, waits, 3000);
        _rig.Machine.SetDue(QueueName.Deferred, other, 3000);
        _rig.Record(QueueName.Defer, waits);
        Assert.Null(Add("r1", action, "sender=spam@bad.test").Refusal);
        _rig.Run();
        QueueId comes = Put(QueueName.Incoming, "spam@bad.test");
        _rig.Machine.Trigger("I");
        _rig.Run();
        QueueName? want = action == "hold" ? QueueName.Hold : null;
        Assert.Equal((want, want, QueueName.Deferred, 0), (Where(waits), Where(comes), Where(other), _rig.Batches.Count));
        // Of held mail the reason of the last attempt is still to be seen.
        Assert.Equal(action == "hold", File.Exists(_rig.Queues.PathOf(QueueName.Defer, waits)) && !_rig.Events.Contains("defer remove"));
        Assert.Equal(2, _rig.Machine.Manager.Answer(new RuleRequest.List()).Rules[0].Count);
        string done = action == "hold" ? "placed on hold" : "discarded";
        Assert.Contains($"{comes}: from=<spam@bad.test>, {done} by standing rule r1", _rig.Events);
    }

    [Fact]
    public void Mail_on_its_way_is_meant_but_for_what_an_agent_has()
    {
        QueueRig rig = new("smtp_destination_concurrency_limit = 1\nsmtp_destination_recipient_limit = 1\n");
        using (rig)
        {
            QueueId id = rig.Machine.Put(QueueName.Incoming, ["a@q.test", "b@q.test", "c@q.test"]);
            rig.Feed(QueueName.Incoming, id);
            Assert.Single(rig.Batches);
            Assert.Null(Add(rig, "stop", "hold", "recipient=c@q.test").Refusal);
            rig.Run();
            Assert.Equal(QueueName.Active, rig.Queues.Locate(id)); // the delivery that has begun is not interrupted
            rig.Finish();
            Assert.Equal((QueueName.Hold, 1), (rig.Queues.Locate(id), rig.Batches.Count));
            Assert.Equal(2, rig.EnvelopeOf(QueueName.Hold, id).PendingRecipients);
        }
    }

    [Fact]
    public void What_was_delivered_before_a_rule_could_act_is_removed_as_ever()
    {
        QueueId id = _rig.Start();
        Add("stop", "hold", "sender=alice@q.test");
        _rig.Finish();
        Assert.Null(Where(id));
        Assert.Contains($"{id}: removed", _rig.Events);
    }

    // A message is never to two places, and to the new one once.
    [Fact]
    public void A_redirection_is_written_down_and_goes_once()
    {
        QueueId waits = _rig.Machine.Put(QueueName.Deferred, ["a@bad.test", "b@bad.test", "c@bad.test"]);
        _rig.Machine.SetDue(QueueName.Deferred, waits, 3000);
        Assert.Null(Add("to-post", "redirect", "domain=bad.test", "post@q.test").Refusal);
        _rig.Run();
        Assert.Equal(["post@q.test"], Assert.Single(_rig.Batches).Recipients);
        Assert.Equal("post@q.test", _rig.EnvelopeOf(QueueName.Active, waits).Redirect);
        Assert.Contains($"{waits}: from=<alice@q.test>, redirected to <post@q.test> by standing rule to-post", _rig.Events);
        _rig.Finish(deferred: true);
        // Without the rule it does not go back to the others, who are done with it.
        Assert.Null(_rig.Machine.Manager.Answer(new RuleRequest.Remove("to-post")).Refusal);
        _rig.Machine.Feed(QueueName.Deferred, waits, NotDue.All);
        _rig.Run();
        Assert.Equal(["post@q.test"], _rig.Batches[1].Recipients);
        _rig.Finish();
        Assert.Equal((null, 2), (Where(waits), _rig.Batches.Count));
    }

    [Fact]
    public void Mail_that_a_redirection_means_again_goes_on()
    {
        Add("one", "redirect", "sender=alice@q.test", "post@q.test");
        Add("two", "redirect", "sender=alice@q.test", "else@q.test");
        QueueId id = Put(QueueName.Incoming, "alice@q.test");
        _rig.Machine.Trigger("I");
        _rig.Run();
        Assert.Equal(["post@q.test"], Assert.Single(_rig.Batches).Recipients); // the first rule alone
        _rig.Finish();
        Assert.Null(Where(id));
    }

    // Whatever is killed after the answer.
    [Theory]
    [InlineData(QueueName.Incoming)]
    [InlineData(QueueName.Active)]
    [InlineData(QueueName.Deferred)]
    public void A_rule_that_was_acknowledged_holds_in_the_next_process(QueueName queue)
    {
        Assert.Null(Add("r1", "hold", "sender=spam@bad.test").Refusal);
        QueueId id = Put(queue, "spam@bad.test");
        if (queue == QueueName.Deferred)
            _rig.Machine.SetDue(queue, id, 3000);
        _ = new QueueManager(_rig.Machine.Configuration(""), _rig.Queues, _rig.Machine);
        _rig.Run();
        Assert.Equal((QueueName.Hold, 0), (Where(id), _rig.Batches.Count));
    }

    [Fact]
    public void What_is_released_while_the_rule_stands_is_held_again_and_stays_held_without_it()
    {
        Add("r1", "hold", "sender=spam@bad.test");
        QueueId id = Put(QueueName.Deferred, "spam@bad.test");
        _rig.Machine.Trigger("D");
        _rig.Run();
        Assert.Equal(QueueName.Hold, Where(id));
        Assert.True(_rig.Queues.Move(id, QueueName.Hold, QueueName.Deferred));
        _rig.Machine.Trigger("D");
        _rig.Run();
        Assert.Equal(QueueName.Hold, Where(id));
        Assert.Null(_rig.Machine.Manager.Answer(new RuleRequest.Remove("r1")).Refusal);
        _rig.Machine.Trigger("D");
        _rig.Run();
        Assert.Equal(QueueName.Hold, Where(id));
        _rig.Queues.Move(id, QueueName.Hold, QueueName.Deferred);
        _rig.Machine.Trigger("D");
        _rig.Run();
        Assert.Single(_rig.Batches);
    }

    [Fact]
    public void A_rule_ends_by_itself()
    {
        long end = (long)_rig.Clock.Seconds + 100;
        Assert.Null(_rig.Machine.Manager.Answer(new RuleRequest.Add(StandingRule.Of("r1", "hold", "", "sender=alice@q.test", 1, end))).Refusal);
        QueueId before = Put(QueueName.Incoming, "alice@q.test");
        _rig.Machine.Trigger("I");
        _rig.Clock.RunFor(200);
        QueueId after = Put(QueueName.Incoming, "alice@q.test");
        _rig.Machine.Trigger("I");
        _rig.Run();
        Assert.Equal((QueueName.Hold, QueueName.Active), (Where(before), Where(after)));
        // and its name is free
        Assert.Null(Add("r1", "hold", "sender=nobody@q.test").Refusal);
        Assert.Single(StandingRules.Read(_rig.Queues.Root).Rules);
    }

    [Fact]
    public void All_of_the_filter_must_hold_and_the_null_sender_is_one_of_its_own()
    {
        Add("r1", "hold", "sender=*@bad.test and domain=q.test");
        QueueId both = Put(QueueName.Incoming, "spam@bad.test"), one = Put(QueueName.Incoming, "alice@q.test"), none = Put(QueueName.Incoming, "");
        _rig.Machine.Trigger("I");
        _rig.Run();
        Assert.Equal((QueueName.Hold, QueueName.Active, QueueName.Active), (Where(both), Where(one), Where(none)));
    }

    [Fact]
    public void Rules_that_cannot_be_read_stop_all_deliveries_until_they_can()
    {
        Add("r1", "hold", "sender=spam@bad.test");
        string file = Path.Combine(_rig.Queues.Root, "rules", "standing");
        byte[] good = File.ReadAllBytes(file);
        foreach (byte[] bad in (byte[][])[good[..^1], good[..40], [.. good, .. "x"u8], [.. good, .. "x\thold\t\t1\t0\tnonsense\n"u8], []])
        {
            File.WriteAllBytes(file, bad);
            FileSystem.ChangeMode(file, QueueFileMode.Building);
            Assert.NotNull(StandingRules.Read(_rig.Queues.Root).Problem);
        }
        Put(QueueName.Incoming, "spam@bad.test");
        Machine machine = _rig.Machine;
        QueueManager next = new(machine.Configuration(""), _rig.Queues, machine);
        _rig.Run();
        Assert.Empty(_rig.Batches);
        Assert.NotNull(next.Answer(new RuleRequest.List()).Refusal);
        Assert.Contains(_rig.Events, line => line.EndsWith("not a file of rules, or not whole: nothing is delivered", StringComparison.Ordinal));
        File.WriteAllBytes(file, good);
        FileSystem.ChangeMode(file, 0x1B6 /* 0666 */);
        Assert.Contains("others than its owner", StandingRules.Read(_rig.Queues.Root).Problem, StringComparison.Ordinal);
        FileSystem.ChangeMode(file, QueueFileMode.Building);
        Assert.True(next.Reload(machine.Configuration("")));
        _rig.Run();
        Assert.Null(next.Answer(new RuleRequest.List()).Refusal);
        Assert.Single(_rig.Queues.Scan(QueueName.Hold));
    }

    [Theory]
    [InlineData("a b", "hold", "", "age>1h", "is no name of a rule")]
    [InlineData("a", "bounce", "", "age>1h", "is nothing that a rule does: hold, discard, redirect ADDRESS")]
    [InlineData("a", "redirect", "nobody", "age>1h", "is no address to redirect to")]
    [InlineData("a", "hold", "", "age>x", "--match: column 5: ")]
    [InlineData("a", "hold", "", "state=deferred", "state and next are not for rules")]
    public void What_is_no_rule_is_told(string name, string action, string target, string filter, string why) =>
        Assert.Contains(why, Assert.Throws<FormatException>(() => StandingRule.Of(name, action, target, filter, 1, 0)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_name_is_given_once_and_what_is_not_there_is_not_removed()
    {
        Assert.Null(Add("r1", "hold", "sender=a").Refusal);
        Assert.Equal("there is a rule r1 already: hold: sender=a", Add("r1", "discard", "sender=b").Refusal);
        Assert.Equal("there is no rule r2", _rig.Machine.Manager.Answer(new RuleRequest.Remove("r2")).Refusal);
        RuleReply list = RuleReply.From(_rig.Machine.Manager.Answer(new RuleRequest.List().ToAttributes()));
        Assert.Equal(("r1", RuleAction.Hold, "sender=a"), (list.Rules[0].Rule.Name, list.Rules[0].Rule.Action, list.Rules[0].Rule.Filter.Text));
    }

    // The disk does not take it: nothing is promised, and nothing is as if it had been.
    [Fact]
    public void A_rule_that_cannot_be_written_is_refused()
    {
        string directory = Path.Combine(_rig.Queues.Root, "rules");
        Directory.Delete(directory);
        Assert.StartsWith("not known to be on stable storage: ", Add("r1", "hold", "sender=alice@q.test").Refusal, StringComparison.Ordinal);
        QueueId id = Put(QueueName.Incoming, "alice@q.test");
        _rig.Machine.Trigger("I");
        _rig.Run();
        Assert.Equal(QueueName.Active, Where(id));
    }

    // A sender who is to be told of other recipients is told first.
    [Fact]
    public void What_is_discarded_owes_no_notice()
    {
        QueueId id = Put(QueueName.Deferred, "alice@q.test");
        _rig.Record(QueueName.Bounce, id);
        _rig.Bounce.Fails = true;
        _rig.Machine.SetDue(QueueName.Deferred, id, 3000);
        Add("r1", "discard", "sender=alice@q.test");
        _rig.Run();
        Assert.Equal(QueueName.Deferred, Where(id));
        _rig.Bounce.Fails = false;
        _rig.Machine.Feed(QueueName.Deferred, id, NotDue.All);
        _rig.Run();
        Assert.Null(Where(id));
        Assert.False(File.Exists(_rig.Queues.PathOf(QueueName.Bounce, id)));
    }

    private RuleReply Add(string name, string action, string filter, string target = "") => Add(_rig, name, action, filter, target);

    private static RuleReply Add(QueueRig rig, string name, string action, string filter, string target = "") =>
        rig.Machine.Manager.Answer(new RuleRequest.Add(StandingRule.Of(name, action, target, filter, 1, 0)));

    private QueueId Put(QueueName queue, string sender) => _rig.Machine.Put(queue, ["bob@q.test"], sender);

    private QueueName? Where(QueueId id) => _rig.Queues.Locate(id);
}
