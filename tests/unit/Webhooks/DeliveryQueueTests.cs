using System.Text.Json;
using PostfixNet.Events;
using PostfixNet.Sql;
using PostfixNet.Webhooks;

namespace PostfixNet.UnitTests.Webhooks;

/// <summary>Events that wait to be sent (S3-49): on record with the place of reading, in order by message, superseded, bounded, listed, canceled, tried again.</summary>
public sealed class DeliveryQueueTests : IDisposable
{
    private const string Bounced = "A:ann@a.test:bounced:0", Deferred = "A:ann@a.test:deferred:0", Relayed = "A:ann@a.test:relayed:0";

    private readonly WebhookRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void What_waits_outlives_the_process_with_the_place_of_reading()
    {
        _rig.Take(_rig.Event(EventKind.Bounced), _rig.Event(EventKind.Accepted));
        // In hand when the process is killed: it is sent again.
        Assert.Equal(Bounced, _rig.Queue.Next("shop")!.EventId);
        _rig.Open();
        Assert.Equal(new EventPosition(1, 100), _rig.Position);
        Assert.Equal(Bounced, _rig.Sent());
        _rig.Open();
        // The same step, told again.
        _rig.Take(_rig.Event(EventKind.Bounced));
        Assert.Equal("", _rig.Sent());
    }

    [Fact]
    public void The_next_event_of_a_message_waits_for_the_one_before_and_no_other_does()
    {
        _rig.Take(_rig.Event(EventKind.Bounced), _rig.Event(EventKind.Bounced, "B"), _rig.Event(EventKind.Relayed, recipient: "bob@a.test"), _rig.Event(EventKind.Report) with { NoticeFor = "A", QueueId = "C" });
        _rig.Fail();
        Assert.Equal("B:ann@a.test:bounced:0", _rig.Sent());
        _rig.Open();
        Assert.Equal("", _rig.Sent());
        _rig.Clock.Advance((int)TimeSpan.FromMinutes(1).TotalSeconds);
        Assert.Equal($"{Bounced} A:bob@a.test:relayed:0 A:ann@a.test:report:0", _rig.Sent());
    }

    [Fact]
    public void An_event_that_is_given_up_gives_its_turn_to_the_next()
    {
        _rig.Take(_rig.Event(EventKind.Bounced), _rig.Event(EventKind.Relayed, recipient: "bob@a.test"));
        _rig.Queue.GiveUp(_rig.Queue.Next("shop")!, "status 500");
        Assert.Equal("A:bob@a.test:relayed:0", _rig.Sent());
        Assert.Equal([$"{Bounced} failed", "A:bob@a.test:relayed:0 delivered"], _rig.States());
        // An operator wants it all the same.
        Assert.Equal(1, _rig.Queue.Retry("1"));
        Assert.Equal(Bounced, _rig.Sent());
    }

    [Theory]
    [InlineData(EventKind.Deferred, EventKind.Deferred, "ann@a.test", true)]
    [InlineData(EventKind.Deferred, EventKind.Relayed, "ann@a.test", true)]
    [InlineData(EventKind.Deferred, EventKind.Relayed, "bob@a.test", false)]
    [InlineData(EventKind.Deferred, EventKind.Deleted, null, true)]
    [InlineData(EventKind.Held, EventKind.Released, null, true)]
    [InlineData(EventKind.Relayed, EventKind.Deleted, null, false)]
    [InlineData(EventKind.Bounced, EventKind.Complaint, "ann@a.test", false)]
    public void A_newer_event_supersedes_one_that_tells_of_a_state_that_is_over(EventKind older, EventKind newer, string? recipient, bool isSuperseded)
    {
        _rig.Toml += "events = ['deferred', 'relayed', 'bounced', 'held', 'released', 'deleted', 'complaint']\n";
        _rig.Open();
        MailEvent first = _rig.Event(older, recipient: older == EventKind.Held ? null : "ann@a.test"), second = _rig.Event(newer, recipient: recipient, which: 1);
        _rig.Take(first);
        _rig.Fail();
        _rig.Take(second);
        Assert.Equal([$"{first.Id} {(isSuperseded ? "superseded" : "waiting")}", $"{second.Id} waiting"], _rig.States());
        Assert.Equal(isSuperseded ? second.Id : "", _rig.Sent());
    }

    // Nobody can say that it did not arrive.
    [Fact]
    public void What_is_under_way_is_superseded_only_when_it_fails()
    {
        foreach (bool isTaken in (bool[])[true, false])
        {
            using WebhookRig rig = new();
            rig.Take(rig.Event(EventKind.Deferred));
            Waiting inHand = rig.Queue.Next("shop")!;
            rig.Take(rig.Event(EventKind.Relayed));
            if (isTaken)
                rig.Queue.Delivered(inHand);
            else
                rig.Queue.Failed(inHand, "status 500", TimeSpan.FromMinutes(1), isUnreached: false);
            Assert.Equal([$"{Deferred} {(isTaken ? "delivered" : "superseded")}", $"{Relayed} waiting"], rig.States());
            Assert.Equal(Relayed, rig.Sent());
        }
    }

    [Fact]
    public void Only_what_a_webhook_asks_for_is_sent_to_it()
    {
        _rig.Toml = "[webhook.all]\nurl = 'https://a.test/'\nsecret = 'env:X'\n[webhook.some]\nurl = 'https://b.test/'\nsecret = 'env:X'\nevents = 'bounced'\nsenders = ['B.test', '<>']\nrecipients = ['ann@a.test']\n";
        _rig.Open();
        MailEvent own = _rig.Event(EventKind.Bounced);
        _rig.Take(own, own with { Id = "1", Sender = "x@c.test" }, own with { Id = "2", Recipient = "bob@a.test" }, own with { Id = "3", Kind = EventKind.Relayed }, own with { Id = "4", Sender = "" },
            own with { Id = "5", Kind = EventKind.Queued }, new MailEvent(EventKind.Gap, "6") { Time = own.Time });
        Assert.Equal($"{own.Id} 6 1 2 3 4", string.Join(' ', _rig.Sent("all").Split(' ').OrderBy(static id => id is "6" ? 1 : id.Length > 1 ? 0 : 2)));
        Assert.Equal($"{own.Id} 6 4", string.Join(' ', _rig.Sent("some").Split(' ').OrderBy(static id => id is "6" ? 1 : id.Length > 1 ? 0 : 2)));
    }

    [Fact]
    public void Of_what_is_too_much_the_number_is_told_when_there_is_room()
    {
        using WebhookRig rig = new(limit: 10);
        rig.Take([.. Enumerable.Range(0, 15).Select(i => rig.Event(EventKind.Bounced, $"M{i}"))]);
        Assert.Contains("warning: webhook shop: 10 events wait (webhooks_queue_limit); of more, only the number is kept", rig.Log.Lines);
        rig.Open();
        Assert.Equal(10, rig.Sent().Split(' ').Length);
        rig.Take(rig.Event(EventKind.Bounced, "N"));
        Waiting gap = rig.Queue.Next("shop")!;
        MailEvent told = MailEvent.Parse(System.Text.Encoding.UTF8.GetBytes(gap.Body))!;
        Assert.Equal((EventKind.Gap, 5L), (told.Kind, told.Count));
        rig.Queue.Delivered(gap);
        Assert.Equal("N:ann@a.test:bounced:0", rig.Sent());
    }

    [Fact]
    public void That_files_of_events_are_missing_is_told()
    {
        _rig.Queue.Take([], new EventPosition(7, 0), 3);
        MailEvent told = MailEvent.Parse(System.Text.Encoding.UTF8.GetBytes(_rig.Queue.Next("shop")!.Body))!;
        Assert.Equal((EventKind.Gap, "3 files of events were removed before they were read"), (told.Kind, told.Reply));
    }

    [Fact]
    public void A_new_webhook_begins_with_the_last_minutes_and_one_that_is_gone_takes_what_waits_with_it()
    {
        MailEvent old = _rig.Event(EventKind.Bounced, "OLD");
        _rig.Clock.Advance((int)TimeSpan.FromMinutes(6).TotalSeconds);
        string before = _rig.Toml;
        _rig.Toml = before.Replace("shop", "new", StringComparison.Ordinal);
        _rig.Open();
        _rig.Take(old, _rig.Event(EventKind.Bounced));
        Assert.Equal([$"{Bounced} waiting"], _rig.States());
        _rig.Toml = before;
        _rig.Open();
        Assert.Empty(_rig.States());
    }

    [Fact]
    public void A_webhook_that_is_gone_for_good_stops_until_an_operator_or_another_url_makes_it_go_on()
    {
        foreach (bool hasOperator in (bool[])[true, false])
        {
            using WebhookRig rig = new();
            rig.Take(rig.Event(EventKind.Bounced));
            rig.Queue.Stop(rig.Queue.Next("shop")!, "status 410");
            rig.Take(rig.Event(EventKind.Bounced, "B"));
            rig.Open();
            Assert.Equal("", rig.Sent());
            if (hasOperator)
                _ = rig.Queue.Retry("shop");
            else
                rig.Toml = rig.Toml.Replace("test/a", "test/b", StringComparison.Ordinal);
            if (!hasOperator)
                rig.Open();
            Assert.Equal($"{Bounced} B:ann@a.test:bounced:0", rig.Sent());
        }
    }

    [Fact]
    public void What_is_too_old_is_given_up_and_what_is_over_is_forgotten()
    {
        _rig.Take(_rig.Event(EventKind.Bounced));
        _rig.Fail();
        _rig.Clock.Advance(3 * 86400 + 60);
        _rig.Queue.Rest();
        Assert.Equal([$"{Bounced} failed"], _rig.States());
        Assert.Contains(_rig.Log.Lines, static line => line.Contains("given up: not delivered within 72 hours (1 events)", StringComparison.Ordinal));
        _rig.Clock.Advance((int)TimeSpan.FromHours(2).TotalSeconds);
        _rig.Queue.Rest();
        Assert.Empty(_rig.States());
    }

    [Fact]
    public void An_operator_cancels_and_retries()
    {
        _rig.Take(_rig.Event(EventKind.Bounced), _rig.Event(EventKind.Relayed, recipient: "bob@a.test"), _rig.Event(EventKind.Bounced, "B"));
        _rig.Fail(minutes: 60);
        Assert.Equal(0, _rig.Queue.Cancel("77"));
        Assert.Equal(1, _rig.Queue.Cancel("3"));
        Assert.Equal("", _rig.Sent());
        Assert.Equal(1, _rig.Queue.Retry("ALL"));
        Assert.Equal($"{Bounced} A:bob@a.test:relayed:0", _rig.Sent());
        Assert.Equal([$"{Bounced} delivered", "A:bob@a.test:relayed:0 delivered", "B:ann@a.test:bounced:0 canceled"], _rig.States());
    }

    [Fact]
    public void What_found_nobody_is_tried_as_soon_as_somebody_is_there()
    {
        _rig.Take(_rig.Event(EventKind.Bounced), _rig.Event(EventKind.Bounced, "B"));
        _rig.Fail("connection refused", minutes: 60, isUnreached: true);
        _rig.Fail("status 500", minutes: 60);
        _rig.Queue.RetryUnreached("shop");
        Assert.Equal(Bounced, _rig.Sent());
    }

    [Fact]
    public void A_damaged_database_is_begun_anew_with_the_events_that_are_kept()
    {
        MailEvent waits = _rig.Event(EventKind.Bounced);
        _rig.Take(waits);
        _rig.Queue.Dispose();
        File.WriteAllBytes(_rig.PathOfFile, [.. "SQLite format 3\0"u8, .. Enumerable.Repeat((byte)7, 50_000)]);
        File.Delete(_rig.PathOfFile + "-wal");
        _rig.Clock.Advance((int)TimeSpan.FromHours(5).TotalSeconds);
        _rig.Open();
        Assert.Equal(EventPosition.Beginning, _rig.Position);
        Assert.Contains(_rig.Log.Lines, static line => line.Contains("the database of webhooks is damaged", StringComparison.Ordinal));
        _rig.Take(waits);
        Assert.Equal(Bounced, _rig.Sent());
    }

    [Fact]
    public void A_file_that_is_none_of_its_own_is_not_written()
    {
        _rig.Queue.Dispose();
        File.Delete(_rig.PathOfFile);
        string other = _rig.PathOfFile + ".other";
        File.WriteAllText(other, "precious");
        File.CreateSymbolicLink(_rig.PathOfFile, other);
        Assert.Contains("is not a file of its own", Assert.Throws<DatabaseException>(_rig.Open).Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(other));
    }

    [Fact]
    public void The_list_tells_of_hosts_but_not_of_paths()
    {
        _rig.Toml = _rig.Toml.Replace("/a'", "/s3cret'", StringComparison.Ordinal);
        _rig.Open();
        _rig.Take(_rig.Event(EventKind.Bounced));
        string json = _rig.Queue.Json(withFinished: false, new EventLag(12, 3));
        JsonElement webhook = JsonDocument.Parse(json).RootElement.GetProperty("webhooks")[0];
        Assert.Equal(("hooks.test", 1), (webhook.GetProperty("host").GetString(), webhook.GetProperty("waiting").GetInt32()));
        Assert.DoesNotContain("s3cret", json, StringComparison.Ordinal);
    }
}
