using System.Globalization;
using PostfixNet.Client;
using PostfixNet.Events;
using PostfixNet.UnitTests.Queue;
using ClientEvent = PostfixNet.Client.MailEvent;
using MailEvent = PostfixNet.Events.MailEvent;
using Position = PostfixNet.Client.EventPosition;

namespace PostfixNet.UnitTests.ClientPackage;

/// <summary>The package reads what the programs write.</summary>
public sealed class EventsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _events;

    public EventsTests()
    {
        _events = $"{_directory.Path}/events";
        Directory.CreateDirectory(_events);
    }

    public void Dispose() => _directory.Dispose();

    private string Segment(int number) => Path.Join(_events, number.ToString("D10", CultureInfo.InvariantCulture) + ".jsonl");

    private static string Line(string id) => $$"""{"v":1,"id":"{{id}}","time":"2026-03-01T09:30:00.123456Z","event":"delivered","host":"h","service":"smtp","pid":1,"new":[{"x":1}]}""";

    private static List<ClientEvent> Rest(EventFiles files)
    {
        List<ClientEvent> all = [];
        while (files.Next() is { } next)
            all.Add(next);
        return all;
    }

    private IEnumerable<string> Ids(Position from)
    {
        using EventFiles files = new(_events, from);
        return [.. Rest(files).Select(static one => one.Id)];
    }

    [Fact]
    public void Each_field_is_as_it_was_written()
    {
        MailEvent written = new(EventKind.Deferred, "Q:312:deferred:5")
        {
            Time = 1_772_357_400_123_456,
            QueueId = "Q",
            MessageId = "<m@x>",
            Sender = "",
            Size = 310,
            EnvelopeId = "order 1",
            Recipient = "ann@sink.test",
            OriginalRecipient = "Ann@sink.test",
            Attempt = 2,
            Status = "deferred",
            Dsn = "4.4.1",
            Reply = "ü refused",
            Reason = "connect",
            NextAttempt = 1_772_357_700_000_000,
            Delays = new EventDelays(1, 2, 3, 4),
            Tls = new EventTls("may", null, null, null, null),
            Remote = new EventRemote("mx", "192.0.2.1", 25),
        };
        using (EventLog log = EventLog.Open(new EventOptions("mta.golden.test", 1 << 20, TimeSpan.FromDays(7), 1 << 30) { Directory = _events }, "smtp", new LogRecord())!)
            log.Write(written, new MailEvent(EventKind.Gap, "gap:1") { Count = 3 });
        using EventFiles files = new(_events, Position.Beginning);
        List<ClientEvent> read = Rest(files);
        Assert.Equal(2, read.Count);
        ClientEvent one = read[0];
        Assert.Equal(("Q:312:deferred:5", "deferred", "mta.golden.test", "smtp", "Q", "<m@x>", ""), (one.Id, one.Kind, one.Host, one.Service, one.QueueId, one.MessageId, one.Sender));
        Assert.Equal((310L, "order 1", "ann@sink.test", "Ann@sink.test", 2, "deferred", "4.4.1"), (one.Size, one.EnvelopeId, one.Recipient, one.OriginalRecipient, one.Attempt, one.Status, one.Dsn));
        Assert.Equal(("ü refused", "connect", false), (one.Reply, one.Reason, one.IsEnd));
        Assert.Equal(1_772_357_400_123_456, (one.Time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        Assert.Equal(1_772_357_700_000_000, (one.NextAttempt!.Value - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        Assert.Equal((ClientEvent.Gap, 3L), (read[1].Kind, read[1].Count));
        // The positions are those of the programs.
        using EventReader reader = new(_events, PostfixNet.Events.EventPosition.Beginning);
        _ = reader.Next();
        Assert.Equal(reader.Position.ToString(), one.Position.ToString());
        Assert.Equal(PostfixNet.Events.EventReader.End(_events).ToString(), EventFiles.End(_events).ToString());
    }

    [Fact]
    public void Ends_are_those_of_the_programs() =>
        Assert.All(Enum.GetValues<EventKind>(), static kind => Assert.Equal(kind.IsEnd(), new ClientEvent { Kind = kind.Word() }.IsEnd));

    [Fact]
    public void Reading_goes_on_where_it_was_over_files_and_parts_of_lines()
    {
        File.WriteAllText(Segment(1), $"{Line("a")}\n\nrubbish\n{Line("b")[..40]}{Line("c")}\n{Line("d")[..50]}");
        using EventFiles files = new(_events, Position.Beginning);
        List<ClientEvent> first = Rest(files);
        Assert.Equal(["a", "c"], first.Select(static one => one.Id));
        Assert.Equal(["c"], Ids(first[0].Position));
        // The rest of the line comes, and then another file.
        File.AppendAllText(Segment(1), $"{Line("d")[50..]}\n");
        Assert.Equal(["d"], Rest(files).Select(static one => one.Id));
        File.AppendAllText(Segment(1), $"{Line("e")}\n");
        File.WriteAllText(Segment(2), $"{new string('x', 300_000)}\n{Line("f")}\n");
        Assert.Equal(["e", "f"], Rest(files).Select(static one => one.Id));
        Assert.True(Position.TryParse(first[1].Position.ToString(), out Position kept));
        Assert.Equal(["d", "e", "f"], Ids(kept));
        Assert.Empty(Ids(EventFiles.End(_events)));
    }

    [Fact]
    public void What_is_no_longer_there_is_a_gap()
    {
        File.WriteAllText(Segment(5), $"{Line("a")}\n");
        Assert.Equal(["a"], Ids(Position.Beginning));
        Assert.Equal(["gap:5", "a"], Ids(new Position(3, 100)));
        using EventFiles files = new(_events, Position.Beginning);
        Assert.Single(Rest(files));
        File.WriteAllText(Segment(8), $"{Line("b")}\n");
        Assert.Equal(["gap:8", "b"], Rest(files).Select(static one => one.Id));
        // A directory that was made anew.
        Assert.Equal(["gap:5", "a", "gap:8", "b"], Ids(new Position(20, 5)));
        Assert.Empty(Ids(new Position(8, new FileInfo(Segment(8)).Length)));
        Assert.Equal(["gap:8", "b"], Ids(new Position(8, 100_000)));
    }

    [Fact]
    public async Task A_subscriber_gets_what_comes_until_he_cancels()
    {
        MailEvents events = new(new PostfixNetOptions { Socket = "/s", EventsDirectory = _events });
        Assert.Equal(Position.Beginning, events.Latest());
        using CancellationTokenSource cancel = new();
        List<string> seen = [];
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await File.WriteAllTextAsync(Segment(1), $"{Line("a")}\n");
            await foreach (ClientEvent one in events.ReadAsync(events.Latest() with { Offset = 0 }, cancel.Token))
            {
                seen.Add(one.Id);
                if (seen.Count == 1)
                    await File.AppendAllTextAsync(Segment(1), $"{Line("b")}\n");
                else
                    await cancel.CancelAsync();
            }
        });
        Assert.Equal(["a", "b"], seen);
        MailEvents none = new(new PostfixNetOptions { Socket = "/s" });
        Assert.Throws<MailQueueNotSupportedException>(() => none.Latest());
    }
}
