using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using PostfixNet.Delivery;
using PostfixNet.Events;
using PostfixNet.History;
using PostfixNet.Sql;
using PostfixNet.UnitTests.Smtp;

namespace PostfixNet.UnitTests.History;

/// <summary>What the history makes of events, in each kind of database (S3-48).</summary>
public abstract class HistoryTests : IDisposable
{
    private const long NoLimit = long.MaxValue;

    private readonly Steps _steps = new();
    private IDatabase? _database;
    private HistoryKeeper? _keeper;

    /// <summary>One with nothing in it; null: this kind is not here.</summary>
    private protected abstract IDatabase? NewDatabase();

    private protected LogRecord Log { get; } = new();

    private protected ManualClock Clock { get; } = new();

    private HistoryKeeper Keeper => _keeper!;

    private bool Open(TimeSpan? keep = null, long limit = NoLimit)
    {
        _database ??= NewDatabase();
        if (_database is null)
            return false;
        _keeper?.Dispose();
        _keeper = new HistoryKeeper(_database, keep ?? TimeSpan.FromDays(7), limit, Clock, new PostfixNet.History.Log(Log));
        _keeper.Open();
        return true;
    }

    private void Take(params MailEvent[] events) => Keeper.Take(events, new EventPosition(1, _steps.Now), 0);

    private Answer Ask(HistoryQuestion question) => new HistorySearch(_database!, TimeSpan.FromSeconds(30)).Ask(question);

    private string[] Lines(HistoryQuestion question) => [.. Ask(question).Pieces.Select(static piece => string.Join(" | ", piece.Cells))];

    private string[] Ids(HistoryQuestion question) => [.. Ask(question).Pieces.Select(static piece => piece.Cells[0])];

    private JsonElement Message(string id) => JsonDocument.Parse(Lines(new() { QueueId = id, IsJson = true })[0]).RootElement;

    private string State(string id) => Message(id).GetProperty("state").GetString()!;

    public void Dispose()
    {
        _keeper?.Dispose();
        _database?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void A_message_goes_from_queued_by_deferred_to_its_end()
    {
        if (!Open())
            return;
        Take(_steps.Accepted("A1"));
        Assert.Equal("queued", State("A1"));
        Take(_steps.Queued("A1", 2), _steps.Of(EventKind.Delivered, "A1", "bob@dest.test", 100, 1), _steps.Of(EventKind.Deferred, "A1", "carol@dest.test", 200, 1, "450 later"));
        Assert.Equal("deferred", State("A1"));
        Take(_steps.Of(EventKind.Deferred, "A1", "carol@dest.test", 200, 2, "450 later"));
        Take(_steps.Of(EventKind.Bounced, "A1", "carol@dest.test", 200, reply: "550 no"));
        JsonElement message = Message("A1");
        Assert.Equal("failed", message.GetProperty("state").GetString());
        JsonElement carol = message.GetProperty("recipients")[1];
        Assert.Equal(("bounced", 3, "550 no", "mx.dest.test[192.0.2.25]:25"), (carol.GetProperty("state").GetString(), carol.GetProperty("attempts").GetInt32(), carol.GetProperty("reply").GetString(), carol.GetProperty("remote").GetString()));
        foreach (HistoryQuestion question in (HistoryQuestion[])[new() { State = "bounced" }, new() { Recipient = "CAROL@dest.test" }])
            Assert.Equal(["carol@dest.test +1", "bounced: 550 no"], Assert.Single(Ask(question).Pieces).Cells.Skip(4));
        Assert.Equal("bob@dest.test +1", Assert.Single(Ask(new() { Recipient = "dest.test" }).Pieces).Cells[4]);
        Take(_steps.Delivery("B1"));
        Assert.Equal("sent", State("B1"));
        Assert.Equal(["sent"], Ask(new() { Recipient = "bob@dest.test", State = "sent" }).Pieces.Select(static piece => piece.Cells[2]));
    }

    // A report came to a return path: it is about the recipient of another message.
    [Fact]
    public void Whom_a_report_is_about_is_no_recipient_of_it()
    {
        if (!Open())
            return;
        Take(_steps.Accepted("A1", sender: ""), _steps.Queued("A1", 1), _steps.Of(EventKind.Report, "A1", "bob@dest.test", 0), _steps.Of(EventKind.Delivered, "A1", "rxyz@bounces.test", 100, 1));
        Assert.Equal("sent", State("A1"));
        Assert.DoesNotContain("bob@dest.test", string.Concat(Lines(new() { QueueId = "A1" }).Where(static line => line.Contains("waiting", StringComparison.Ordinal))), StringComparison.Ordinal);
    }

    [Fact]
    public void An_event_that_is_told_again_changes_nothing()
    {
        if (!Open())
            return;
        MailEvent[] told = [_steps.Accepted("A1"), _steps.Queued("A1", 2), _steps.Of(EventKind.Deferred, "A1", "bob@dest.test", 100, 1), _steps.Of(EventKind.Delivered, "A1", "carol@dest.test", 200)];
        Take(told);
        string[] before = Lines(new() { QueueId = "A1", IsJson = true });
        Take(told);
        Take([.. told, .. told]);
        Assert.Equal(before, Lines(new() { QueueId = "A1", IsJson = true }));
        Assert.Equal(5, before.Length);
        Assert.Equal("deferred", State("A1"));
    }

    [Fact]
    public void A_position_is_kept_with_the_events_and_missing_ones_are_counted()
    {
        if (!Open())
            return;
        Keeper.Take([_steps.Accepted("A1"), new MailEvent(EventKind.Gap, "host:gap:1") { Count = 7, Time = _steps.Now }], new EventPosition(3, 77), 2);
        Assert.Equal(9, Keeper.Missed);
        // What became of it is not known; what follows is taken all the same.
        Take(_steps.Of(EventKind.Delivered, "B1", "bob@dest.test"));
        Keeper.Take([], new EventPosition(4, 5), 0);
        Open();
        Assert.Equal(9, Keeper.Missed);
        Assert.Equal(new EventPosition(4, 5), Keeper.Open());
        Assert.Equal("sent", State("B1"));
    }

    [Fact]
    public void A_queue_ID_that_comes_again_is_another_message()
    {
        if (!Open())
            return;
        Take(_steps.Delivery("A1"));
        _steps.Later(3600);
        Take(_steps.Accepted("A1", "zoe@origin.test"));
        Assert.Equal(["zoe@origin.test", "alice@origin.test"], Ask(new() { }).Pieces.Select(static piece => piece.Cells[3]));
        Take(_steps.Of(EventKind.Bounced, "A1", "bob@dest.test", reply: "550 no"));
        Assert.Equal(["failed", "sent"], Ask(new() { }).Pieces.Select(static piece => piece.Cells[2]));
    }

    [Fact]
    public void What_happens_to_a_message_as_a_whole_is_its_state()
    {
        if (!Open())
            return;
        Take(_steps.Accepted("A1"), _steps.Queued("A1", 1), _steps.Whole(EventKind.Held, "A1"));
        Assert.Equal("held", State("A1"));
        Take(_steps.Whole(EventKind.Released, "A1"));
        Assert.Equal("queued", State("A1"));
        Take(_steps.Whole(EventKind.Deleted, "A1"));
        Assert.Equal("deleted", State("A1"));
        Take(_steps.Accepted("B1"), _steps.Queued("B1", 1), _steps.Of(EventKind.Redirected, "B1", "eve@dest.test") with { OriginalRecipient = "bob@dest.test" });
        Assert.Equal("queued", State("B1"));
        Take(_steps.Of(EventKind.Delivered, "B1", "eve@dest.test", 300));
        Assert.Equal("sent", State("B1"));
        Assert.Equal(["redirected", "delivered"], Message("B1").GetProperty("recipients").EnumerateArray().Select(static recipient => recipient.GetProperty("state").GetString()));
    }

    // As a standing rule does it.
    [Fact]
    public void Who_gets_a_message_in_place_of_all_ends_it()
    {
        if (!Open())
            return;
        Take(_steps.Accepted("A1"), _steps.Queued("A1", 3), _steps.Of(EventKind.Delivered, "A1", "bob@dest.test"), _steps.Of(EventKind.Deferred, "A1", "carol@dest.test", 200, 1));
        Take(_steps.Whole(EventKind.Redirected, "A1") with { Recipient = "eve@dest.test" });
        Assert.Equal("queued", State("A1"));
        Take(_steps.Of(EventKind.Delivered, "A1", "eve@dest.test", 400));
        Assert.Equal("sent", State("A1"));
    }

    [Fact]
    public void A_notice_is_a_step_of_the_message_that_it_is_about()
    {
        if (!Open())
            return;
        Take([.. _steps.Delivery("A1"), new MailEvent(EventKind.Notice, "N1:notice") { Time = _steps.Now, QueueId = "N1", NoticeFor = "A1" }]);
        Assert.Contains(Lines(new() { QueueId = "A1" }), static line => line.EndsWith("a notice was queued as N1, about A1", StringComparison.Ordinal));
        Assert.Equal("A1", Message("N1").GetProperty("notice_for").GetString());
    }

    [Fact]
    public void Mail_is_found_by_what_is_known_of_it()
    {
        if (!Open())
            return;
        Take([.. _steps.Delivery("A1", "Bob@Dest.Test"), _steps.Accepted("B1", "", "<odd@x>"), _steps.Of(EventKind.Expanded, "B1", "list@lists.test"),
            _steps.Of(EventKind.Deferred, "B1", "carol@other.test", 200) with { OriginalRecipient = "c@lists.test" }]);
        long middle = _steps.Now;
        _steps.Later(10);
        Take(_steps.Accepted("C1", "alice@origin.test"));
        foreach ((HistoryQuestion question, string ids) in (IEnumerable<(HistoryQuestion, string)>)
        [
            (new() { }, "C1 B1 A1"),
            (new() { Recipient = "bob@dest.test" }, "A1"),
            (new() { Recipient = "dest.test" }, "A1"),
            (new() { Recipient = "@OTHER.test" }, "B1"),
            (new() { Recipient = "c@lists.test" }, "B1"),
            (new() { Recipient = "est.test" }, ""),
            (new() { Sender = "" }, "B1"),
            (new() { Sender = "ALICE@origin.test" }, "C1 A1"),
            (new() { Sender = "origin.test" }, "C1 A1"),
            (new() { MessageId = "odd@x" }, "B1"),
            (new() { MessageId = "<A1@origin.test>" }, "A1"),
            (new() { Since = middle }, "C1"),
            (new() { Until = middle }, "B1 A1"),
            (new() { State = "deferred" }, "B1"),
            (new() { State = "expanded" }, "B1"),
            (new() { State = "delivered", Sender = "origin.test" }, "A1"),
            (new() { Recipient = "' OR 1=1 --" }, ""),
        ])
            Assert.Equal(ids, string.Join(' ', Ids(question)));
    }

    [Fact]
    public void A_list_comes_in_pages()
    {
        if (!Open())
            return;
        for (int i = 0; i < 25; i++)
            Take(_steps.Delivery(string.Create(CultureInfo.InvariantCulture, $"A{i}")));
        List<string> seen = [];
        long? before = null;
        int pages = 0;
        do
        {
            Answer page = Ask(new() { Limit = 10, Before = before });
            seen.AddRange(page.Pieces.Select(static piece => piece.Cells[0]));
            before = page.End.More;
            pages++;
        }
        while (before is not null);
        Assert.Equal(3, pages);
        Assert.Equal(Enumerable.Range(0, 25).Reverse().Select(static i => string.Create(CultureInfo.InvariantCulture, $"A{i}")), seen);
    }

    [Fact]
    public void A_story_has_a_line_for_each_step()
    {
        if (!Open())
            return;
        Take(_steps.Accepted("A1"), _steps.Queued("A1", 1), _steps.Of(EventKind.Deferred, "A1", "bob@dest.test", 100, 1, "450 later\nand\u001b[2J more"), _steps.Of(EventKind.Delivered, "A1", "bob@dest.test", 100, 2));
        string[] lines = Lines(new() { QueueId = "A1" });
        Assert.Equal("A1: sent, from alice@origin.test, 1 recipient, 1234 bytes, message-id <A1@origin.test>", lines[0]);
        Assert.EndsWith("accepted from client.test[192.0.2.7] (smtp)", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("taken up by the queue manager, for 1 recipient", lines[2], StringComparison.Ordinal);
        Assert.EndsWith("bob@dest.test: put off by smtp at mx.dest.test[192.0.2.25]:25: 450 later?and?[2J more; attempt 1, 1.15 s after it came in", lines[3], StringComparison.Ordinal);
        Assert.EndsWith("bob@dest.test: delivered at mx.dest.test[192.0.2.25]:25: 250 2.0.0 Ok; attempt 2, 1.15 s after it came in", lines[4], StringComparison.Ordinal);
        Assert.Equal(5, lines.Length);
    }

    // What strangers choose goes in, is bounded, and comes out printable.
    [Fact]
    public void Hostile_text_does_no_harm()
    {
        if (!Open())
            return;
        string[] hostile = ["'; DROP TABLE messages; --", "a\0b@c\u001b[2J", "\ud800@lone.test", new string('x', 40_000), "\"@\\ü€😀", "\udc80\udcff@bytes.test", "%@_", ""];
        int number = 0;
        foreach (string text in hostile)
        {
            string id = string.Create(CultureInfo.InvariantCulture, $"H{number++}");
            Take(_steps.Accepted(id, text, $"<{text}>") with { EnvelopeId = text, Client = new(text, text), Origin = text },
                _steps.Of(EventKind.Bounced, id, text, reply: text) with { OriginalRecipient = text, NextHop = text, Transport = text, Dsn = text, Remote = new(text, text, 1) });
            string[] lines = [.. Lines(new() { QueueId = id }), .. Lines(new() { QueueId = id, IsJson = true }), .. Lines(new() { Sender = text, Limit = 1 })];
            Assert.True(lines.Length >= 6);
            Assert.DoesNotContain(lines, static line => line.Any(char.IsControl));
        }
        Assert.Empty(Log.Lines);
        Assert.Equal(hostile.Length, Ids(new() { }).Length);
        // An ID that cannot be the name of a file belongs to no message.
        Take(_steps.Accepted("../../x"));
        Assert.Equal(hostile.Length, Ids(new() { }).Length);
    }

    [Fact]
    public void What_is_too_old_goes()
    {
        if (!Open(TimeSpan.FromHours(1)))
            return;
        for (int i = 0; i < 30; i++)
            Take(_steps.Delivery(string.Create(CultureInfo.InvariantCulture, $"A{i}")));
        Take(_steps.Accepted("W1"), _steps.Of(EventKind.Deferred, "W1", "bob@dest.test", attempt: 1));
        Clock.Advance(3600);
        _steps.Later(3000);
        Take(_steps.Of(EventKind.Deferred, "W1", "bob@dest.test", attempt: 2));
        Keeper.Rest();
        Assert.InRange(Ids(new() { }).Length, 1, 32);
        Clock.Advance(1800);
        Keeper.Rest();
        // Of it was heard since.
        Assert.Equal(["W1"], Ids(new() { }));
        Assert.Equal(4, Lines(new() { QueueId = "W1", IsJson = true }).Length);
        Assert.Equal([0L, 1L], (long[])[Rows("steps WHERE message < 31"), Rows("recipients")]);
    }

    [Fact]
    public void What_is_too_much_goes_the_oldest_first()
    {
        const int Limit = 1024 * 1024;
        if (!Open(limit: Limit))
            return;
        string reply = new('r', 900);
        for (int i = 0; i < 2000; i++)
        {
            string id = string.Create(CultureInfo.InvariantCulture, $"A{i}");
            Take(_steps.Accepted(id), _steps.Of(EventKind.Delivered, id, "bob@dest.test", reply: reply));
        }
        Clock.Advance(60);
        Keeper.Rest();
        string[] left = Ids(new() { });
        Assert.InRange(left.Length, 50, 1000);
        Assert.Equal("A1999", left[0]);
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"A{2000 - left.Length}"), left[^1]);
        using DbConnection connection = _database!.Connect(toWrite: false);
        Assert.InRange(_database.UsedBytes(connection), 1, Limit);
        Assert.Contains("the history reached history_size_limit", Assert.Single(Log.Lines), StringComparison.Ordinal);
    }

    // What the database refuses is left out, and what stands beside it is not.
    [Fact]
    public void One_event_that_is_not_taken_keeps_no_other_from_it()
    {
        if (!Open())
            return;
        using (DbConnection connection = _database!.Connect(toWrite: false))
        {
        }
        _keeper!.Dispose();
        _keeper = new HistoryKeeper(_database, TimeSpan.FromDays(7), NoLimit, Clock, new PostfixNet.History.Log(Log)) { Versions = [.. Schema.Versions, "CREATE UNIQUE INDEX odd ON messages (size)"] };
        _keeper.Open();
        Take(_steps.Accepted("A1") with { Size = 1 }, _steps.Accepted("B1") with { Size = 1 }, _steps.Accepted("C1") with { Size = 2 });
        Assert.Equal(["C1", "A1"], Ids(new() { }));
        Assert.Equal(1, Keeper.Missed);
        Assert.StartsWith("warning: event B1:accepted is not in the history: ", Assert.Single(Log.Lines), StringComparison.Ordinal);
        Assert.Equal(new EventPosition(1, _steps.Now), Keeper.Open());
    }

    [Fact]
    public void Tables_of_an_earlier_version_are_brought_up_to_date_and_newer_ones_are_left_alone()
    {
        if (!Open())
            return;
        Take(_steps.Delivery("A1"));
        _keeper!.Dispose();
        string[] next = [.. Schema.Versions, "ALTER TABLE messages ADD COLUMN colour TEXT DEFAULT 'blue'"];
        _keeper = new HistoryKeeper(_database!, TimeSpan.FromDays(7), NoLimit, Clock, new PostfixNet.History.Log(Log)) { Versions = next };
        Assert.Equal(new EventPosition(1, _steps.Now), _keeper.Open());
        Take(_steps.Delivery("B1"));
        Assert.Equal(["B1", "A1"], Ids(new() { }));
        Assert.Equal(2, Rows("messages WHERE colour = 'blue'"));
        _keeper.Dispose();
        _keeper = new HistoryKeeper(_database!, TimeSpan.FromDays(7), NoLimit, Clock, new PostfixNet.History.Log(Log));
        Assert.Contains("made by a newer program", Assert.Throws<DatabaseException>(() => _keeper.Open()).Message, StringComparison.Ordinal);
        Assert.Equal(["B1", "A1"], Ids(new() { }));
    }

    private long Rows(string of)
    {
        using DbConnection connection = _database!.Connect(toWrite: false);
        using DbCommand command = connection.CreateCommand();
        command.CommandText = $"SELECT COUNT(*) FROM {of}";
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }
}
