using System.Globalization;
using System.Net.Sockets;
using System.Text;
using PostfixNet.Events;
using PostfixNet.Native;
using PostfixNet.UnitTests.Queue;
using PostfixNet.UnitTests.Smtp;

namespace PostfixNet.UnitTests.Events;

/// <summary>Writers and readers of one directory of events.</summary>
public sealed class EventLogTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly LogRecord _log = new();
    private readonly string _events;

    public EventLogTests()
    {
        _events = $"{_directory.Path}/events";
        Directory.CreateDirectory(_events);
    }

    public void Dispose() => _directory.Dispose();

    private EventOptions Options(long segmentSize = 1 << 20, long keepSize = 1 << 30, int keepSeconds = 604800) =>
        new("mta.golden.test", segmentSize, TimeSpan.FromSeconds(keepSeconds), keepSize) { Directory = _events };

    private EventLog Open(EventOptions? options = null, TimeProvider? clock = null) => EventLog.Open(options ?? Options(), "smtp", _log, clock)!;

    private static MailEvent Event(int number, string reply = "") =>
        new(EventKind.Delivered, string.Create(CultureInfo.InvariantCulture, $"Q:{number}:delivered")) { QueueId = "Q", Reply = reply };

    private string Segment(int number) => EventSegments.PathOf(_events, number);

    private string State => $"{_events}/{EventState.FileName}";

    private static List<MailEvent> Rest(EventReader reader)
    {
        List<MailEvent> events = [];
        while (reader.Next() is { } told)
            events.Add(told);
        return events;
    }

    private List<MailEvent> All()
    {
        using EventReader reader = new(_events, EventPosition.Beginning);
        return Rest(reader);
    }

    private static IEnumerable<string> Ids(IEnumerable<MailEvent> events) => events.Select(static told => told.Id);

    [Fact]
    public void Off_there_is_nothing()
    {
        Assert.Null(EventLog.Open(null, "smtp", _log));
        using EventLog idle = Open();
        Assert.Empty(Directory.GetFileSystemEntries(_events));
    }

    [Fact]
    public void Events_are_told_with_who_tells_them()
    {
        using (EventLog log = Open(clock: new ManualClock()))
        {
            log.Write(Event(1), Event(2) with { Time = 7 });
            log.WriteDurably(Event(3));
        }
        List<MailEvent> told = All();
        Assert.Equal(["Q:1:delivered", "Q:2:delivered", "Q:3:delivered"], Ids(told));
        Assert.All(told, static one => Assert.Equal(("mta.golden.test", "smtp", Environment.ProcessId), (one.Host, one.Service, one.Pid)));
        Assert.Equal(7, told[1].Time);
        Assert.Equal(new ManualClock().GetUtcNow().ToUnixTimeMilliseconds(), told[0].Time / 1000);
        Assert.Equal(EventSegments.Open, FileSystem.Status(Segment(1))!.Value.Mode);
        Assert.Equal(EventSegments.Open, FileSystem.Status(State)!.Value.Mode);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public void What_must_be_durable_is_flushed_before_the_call_ends_and_the_rest_is_not()
    {
        using EventLog log = Open();
        log.Write(Event(1));
        Assert.Equal(0, EventState.ReadOnly(_events).Flushed);
        log.WriteDurably(Event(2));
        Assert.Equal(new FileInfo(Segment(1)).Length, EventState.ReadOnly(_events).Flushed);
        // Another has flushed for this one: nothing is said anew.
        using EventLog other = Open();
        other.WriteDurably(Event(3));
        long flushed = EventState.ReadOnly(_events).Flushed;
        Assert.Equal(new FileInfo(Segment(1)).Length, flushed);
    }

    [Fact]
    public void Many_writers_share_flushes_and_lose_nothing()
    {
        const int Writers = 8, Each = 150;
        Parallel.For(0, Writers, new ParallelOptions { MaxDegreeOfParallelism = Writers }, writer =>
        {
            using EventLog log = Open(Options(segmentSize: 16 * 1024));
            for (int i = 0; i < Each; i++)
            {
                MailEvent told = Event(writer * Each + i, new string((char)('a' + writer), i));
                if (i % 3 == 0)
                    log.WriteDurably(told);
                else
                    log.Write(told);
            }
        });
        Assert.Empty(_log.Lines);
        using EventReader reader = new(_events, EventPosition.Beginning);
        List<MailEvent> told = Rest(reader);
        Assert.Equal(Enumerable.Range(0, Writers * Each).Select(static number => Event(number).Id).Order(), Ids(told).Distinct().Order());
        Assert.All(told, static one => Assert.True(one.Reply!.Length == 0 || one.Reply.Trim(one.Reply[0]).Length == 0));
        Assert.Equal((0, 0), (reader.DamagedLines, reader.MissedSegments));
        Assert.True(reader.Position.Segment > 5);
        for (int number = 1; number < reader.Position.Segment; number++)
            Assert.Equal(EventSegments.Finished, FileSystem.Status(Segment(number))!.Value.Mode);
        Assert.Equal(reader.Position.Segment, EventState.ReadOnly(_events).Segment);
    }

    // All the time readers read, and one begins where another was.
    [Fact]
    public void Readers_read_through_rotations()
    {
        const int Count = 3000;
        using Barrier barrier = new(3);
        Thread[] writers = [.. Enumerable.Range(0, 2).Select(half => new Thread(() =>
        {
            using EventLog log = Open(Options(segmentSize: 8192));
            barrier.SignalAndWait();
            for (int i = half; i < Count; i += 2)
                log.Write(Event(i));
        }))];
        foreach (Thread writer in writers)
            writer.Start();
        HashSet<string> seen = [];
        EventReader reader = new(_events, EventPosition.Beginning);
        barrier.SignalAndWait();
        Deadline end = Deadline.In(TimeSpan.FromSeconds(60));
        for (int reads = 1; seen.Count < Count && !end.IsOver; reads++)
        {
            if (reader.Next() is { } told)
                seen.Add(told.Id);
            if (reads % 100 != 0)
                continue;
            Assert.True(EventPosition.TryParse(reader.Position.ToString(), out EventPosition position));
            Assert.Equal((0, 0), (reader.DamagedLines, reader.MissedSegments));
            reader.Dispose();
            reader = new(_events, position);
        }
        reader.Dispose();
        foreach (Thread writer in writers)
            writer.Join();
        Assert.Equal(Count, seen.Count);
    }

    [Fact]
    public void A_part_of_a_line_takes_no_other_with_it()
    {
        using (EventLog log = Open())
            log.Write(Event(1));
        byte[] line = (Event(2) with { Time = 1 }).ToLine();
        File.AppendAllText(Segment(1), Encoding.UTF8.GetString(line)[..50]);
        using EventReader reader = new(_events, EventPosition.Beginning);
        Assert.Equal(["Q:1:delivered"], Ids(Rest(reader)));
        // Who opens the file ends the line.
        using (EventLog log = Open())
            log.Write(Event(3));
        Assert.Equal(["Q:3:delivered"], Ids(Rest(reader)));
        Assert.Equal(1, reader.DamagedLines);
        // Who had it open already cannot know.
        using (EventLog log = Open())
        {
            log.Write(Event(4));
            File.AppendAllText(Segment(1), Encoding.UTF8.GetString(line)[..70]);
            log.Write(Event(5));
        }
        Assert.Equal(["Q:4:delivered", "Q:5:delivered"], Ids(Rest(reader)));
        Assert.Equal(2, reader.DamagedLines);
        // As after a loss of power.
        using (FileStream file = new(Segment(1), FileMode.Append))
            file.Write(new byte[300_000]);
        using (EventLog log = Open())
            log.Write(Event(6));
        Assert.Equal(["Q:6:delivered"], Ids(Rest(reader)));
        Assert.Equal(3, reader.DamagedLines);
    }

    [Fact]
    public void Segments_end_with_their_size_and_go_with_their_time_or_when_they_are_too_much()
    {
        ManualClock clock = new();
        using EventLog log = Open(Options(segmentSize: 4096, keepSize: 20_000, keepSeconds: 4000), clock);
        using EventReader reader = new(_events, new EventPosition(1, 0));
        for (int i = 0; i < 100; i++)
            log.Write(Event(i, new string('x', 500)));
        List<long> numbers = EventSegments.Numbers(_events);
        Assert.InRange(numbers.Count, 4, 6);
        Assert.True(numbers[0] > 5);
        Assert.InRange(numbers.SkipLast(1).Sum(number => new FileInfo(Segment((int)number)).Length), 10_000, 20_000);
        // The reader had no chance, and knows.
        int seen = Rest(reader).Count;
        Assert.InRange(seen, 20, 60);
        Assert.Equal(numbers[0] - 1, reader.MissedSegments);
        // Nothing is removed before its time; the open one ends, too.
        long last = numbers[^1];
        foreach (long number in numbers.SkipLast(1))
            Assert.True(FileSystem.TrySetTime(Segment((int)number), clock.GetUtcNow().AddSeconds(-3990).ToUnixTimeMilliseconds() * 1_000_000));
        clock.Advance(1002);
        log.Write(Event(100));
        Assert.Equal(last + 1, EventSegments.Numbers(_events).Max());
        Assert.DoesNotContain(numbers[0], EventSegments.Numbers(_events));
        Assert.Contains(last, EventSegments.Numbers(_events));
        Assert.Equal(["Q:100:delivered"], Ids(Rest(reader)));
    }

    [Fact]
    public void A_directory_that_is_not_there_costs_events_and_not_mail()
    {
        Directory.Delete(_events);
        using EventLog log = Open();
        log.Write(Event(1));
        log.WriteDurably(Event(2), Event(3));
        Assert.Contains("warning: events are not recorded, only counted: ", Assert.Single(_log.Lines), StringComparison.Ordinal);
        Directory.CreateDirectory(_events);
        log.Write(Event(4));
        List<MailEvent> told = All();
        Assert.Equal(["Q:4:delivered", "mta.golden.test:gap:1"], Ids(told));
        Assert.Equal((EventKind.Gap, 3), (told[1].Kind, told[1].Count));
        log.WriteDurably(Event(5));
        Assert.Equal(3, All().Count);
        // Trouble anew is told anew.
        Directory.Delete(_events, recursive: true);
        log.WriteDurably(Event(6));
        Assert.Equal(2, _log.Lines.Count);
    }

    [Fact]
    public void What_is_written_is_not_counted_as_missing_when_what_comes_after_fails()
    {
        using EventLog log = Open(Options(segmentSize: 4096));
        log.Write(Event(1));
        // The file is full, and there is no place for the next one.
        Directory.Move(_events, $"{_directory.Path}/away");
        log.WriteDurably(Event(2, new string('x', 8000)));
        Assert.Contains("warning: events are written, but a loss of power may lose them: ", Assert.Single(_log.Lines), StringComparison.Ordinal);
        Directory.Move($"{_directory.Path}/away", _events);
        log.WriteDurably(Event(3));
        Assert.Equal(["Q:1:delivered", "Q:2:delivered", "Q:3:delivered"], Ids(All()));
    }

    // What a process could not write another tells; also when the first is no more.
    [Fact]
    public void A_full_disk_is_counted_and_told_once_there_is_room()
    {
        if (!OperatingSystem.IsLinux() || Users.EffectiveUid != 0 || !Mount())
            return;
        try
        {
            string filler = $"{_events}/filler";
            using (EventLog log = Open())
            {
                log.WriteDurably(Event(0));
                Fill(filler);
                for (int i = 1; i <= 40; i++)
                    log.WriteDurably(Event(i, new string('x', 1000)));
                Assert.NotEmpty(_log.Lines);
            }
            long lost = EventState.ReadOnly(_events).Lost;
            Assert.InRange(lost, 20, 40);
            File.Delete(filler);
            using EventLog next = Open();
            next.WriteDurably(Event(100));
            next.WriteDurably(Event(101));
            using EventReader reader = new(_events, EventPosition.Beginning);
            List<MailEvent> told = Rest(reader);
            Assert.Equal(lost, Assert.Single(told, static one => one.Kind == EventKind.Gap).Count);
            Assert.Equal(41 - lost + 3, told.Count);
            Assert.Contains("Q:100:delivered", Ids(told));
            Assert.Contains("Q:101:delivered", Ids(told));
            Assert.InRange(reader.DamagedLines, 0, 1);
            Assert.Equal(0, EventState.ReadOnly(_events).Lost);
        }
        finally
        {
            Run("umount", _events);
        }
    }

    private bool Mount() => Run("mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", _events);

    private static bool Run(string program, params string[] arguments)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static void Fill(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Create);
            while (true)
            {
                file.Write(new byte[1024]);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    [Theory]
    [InlineData("torn")]
    [InlineData("missing")]
    [InlineData("empty")]
    [InlineData("directory")]
    [InlineData("link")]
    [InlineData("linked")]
    [InlineData("other owner")]
    public void Nothing_depends_on_the_state(string damage)
    {
        using (EventLog log = Open())
            log.WriteDurably(Event(1));
        string elsewhere = _directory.File("elsewhere", "1234"u8);
        switch (damage)
        {
            case "torn":
                byte[] state = File.ReadAllBytes(State);
                state[20] ^= 1;
                File.WriteAllBytes(State, state);
                break;
            case "missing":
                File.Delete(State);
                break;
            case "empty":
                File.WriteAllText(State, "");
                break;
            case "directory":
                File.Delete(State);
                Directory.CreateDirectory(State);
                break;
            case "link":
                File.Delete(State);
                File.CreateSymbolicLink(State, elsewhere);
                break;
            case "linked":
                File.Delete(State);
                Assert.True(Run("ln", elsewhere, State));
                break;
            case "other owner" when Users.EffectiveUid == 0:
                FileSystem.ChangeOwner(State, 65534, 65534, FileKind.Regular);
                break;
        }
        using (EventLog log = Open())
        {
            log.WriteDurably(Event(2));
            using EventLog other = Open();
            other.WriteDurably(Event(3));
            log.WriteDurably(Event(4));
        }
        Assert.Equal([1, 2, 3, 4], All().Select(static told => int.Parse(told.Id.Split(':')[1], CultureInfo.InvariantCulture)));
        Assert.Empty(_log.Lines);
        Assert.Equal("1234", File.ReadAllText(elsewhere));
    }

    [Theory]
    [InlineData("link")]
    [InlineData("linked")]
    [InlineData("pipe")]
    [InlineData("directory")]
    [InlineData("other owner")]
    public void What_somebody_else_put_there_is_not_written_to(string what)
    {
        string elsewhere = _directory.File("elsewhere", "1234"u8);
        switch (what)
        {
            case "link":
                File.CreateSymbolicLink(Segment(7), elsewhere);
                break;
            case "linked":
                Assert.True(Run("ln", elsewhere, Segment(7)));
                break;
            case "pipe":
                Assert.True(Run("mkfifo", Segment(7)));
                break;
            case "directory":
                Directory.CreateDirectory(Segment(7));
                break;
            case "other owner":
                File.WriteAllText(Segment(7), "");
                if (Users.EffectiveUid == 0)
                    FileSystem.ChangeOwner(Segment(7), 65534, 65534, FileKind.Regular);
                else
                    FileSystem.ChangeMode(Segment(7), EventSegments.Finished);
                break;
        }
        using EventLog log = Open();
        log.WriteDurably(Event(1));
        log.WriteDurably(Event(2));
        Assert.Empty(_log.Lines);
        Assert.Equal("1234", File.ReadAllText(elsewhere));
        using EventReader reader = new(_events, new EventPosition(8, 0));
        Assert.Equal(2, Rest(reader).Count);
    }

    // What was read and is gone, by a loss of power, must not hide what comes in its place.
    [Fact]
    public void After_a_start_of_the_machine_there_is_a_new_segment()
    {
        using (EventLog log = Open())
            log.WriteDurably(Event(1), Event(2));
        using EventReader reader = new(_events, EventPosition.Beginning);
        Assert.Equal(2, Rest(reader).Count);
        EventPosition position = reader.Position;
        // Before it the second was not flushed; and it was another start.
        byte[] first = File.ReadAllBytes(Segment(1))[..(int)(position.Offset / 2)];
        File.WriteAllBytes(Segment(1), first);
        using (EventState state = EventState.TryOpen(_events)!)
            state.TryWrite(state.Read() with { Boot = 1 });
        using EventReader later = new(_events, position);
        Assert.Null(later.Next());
        using (EventLog log = Open())
            log.Write(Event(2));
        Assert.Equal(["Q:2:delivered"], Ids(Rest(later)));
        Assert.Equal(2, later.Position.Segment);
        // Not so when a directory was made anew.
        Directory.Delete(_events, recursive: true);
        Directory.CreateDirectory(_events);
        using (EventLog log = Open())
            log.Write(Event(3));
        using EventReader old = new(_events, later.Position), same = new(_events, new EventPosition(1, 100_000));
        Assert.Equal(["Q:3:delivered"], Ids(Rest(old)));
        Assert.Equal(["Q:3:delivered"], Ids(Rest(same)));
        Assert.Equal((1, 1), (old.MissedSegments, same.MissedSegments));
    }

    [Fact]
    public void A_segment_that_is_taken_away_is_not_written_to()
    {
        using EventLog log = Open();
        log.WriteDurably(Event(1));
        File.Delete(Segment(1));
        log.WriteDurably(Event(2));
        Assert.Equal(["Q:2:delivered"], Ids(All()));
        using EventReader reader = new(_events, new EventPosition(1, 10));
        Assert.Equal(["Q:2:delivered"], Ids(Rest(reader)));
        Assert.Equal(1, reader.MissedSegments);
    }

    // Whoever holds the lock was stopped: the others flush for themselves.
    [Fact]
    public void A_lock_that_is_kept_keeps_nobody()
    {
        using EventLog log = Open();
        log.WriteDurably(Event(1));
        using EventState holder = EventState.TryOpen(_events)!;
        Assert.True(holder.TryLock());
        log.WriteDurably(Event(2));
        Assert.Equal(2, All().Count);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public void The_journal_gets_each_event_with_its_fields()
    {
        string path = $"{_directory.Path}/journal";
        using (EventLog log = Open(Options() with { UsesJournal = true, JournalPath = path }))
        {
            log.Write(Event(1));
            Assert.Contains("the journal does not take events", Assert.Single(_log.Lines), StringComparison.Ordinal);
            using Socket journal = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            journal.Bind(new UnixDomainSocketEndPoint(path));
            log.Write(Event(2, "two\nlines=x") with { Remote = new("mx.test", "192.0.2.1", 25), Recipient = "a\udce9@x.test" });
            byte[] datagram = new byte[65536];
            string[] fields = Encoding.UTF8.GetString(datagram.AsSpan(0, journal.Receive(datagram))).Split('\n');
            Assert.Contains("PRIORITY=6", fields);
            Assert.Contains("SYSLOG_IDENTIFIER=postfix/smtp", fields);
            Assert.Contains("MAIL_EVENT=delivered", fields);
            Assert.Contains("MAIL_QUEUE_ID=Q", fields);
            Assert.Contains("MAIL_REMOTE_PORT=25", fields);
            Assert.Contains("MAIL_REPLY=two\\x0Alines=x", fields);
            Assert.Contains("MAIL_RECIPIENT=a\\xE9@x.test", fields);
            Assert.All(fields.SkipLast(1), static field => Assert.Matches("^[A-Z][A-Z_0-9]*=", field));
        }
        Assert.Equal(2, All().Count);
    }

    [Fact]
    public void The_end_is_after_the_last_whole_line()
    {
        Assert.Equal(EventPosition.Beginning, EventReader.End(_events));
        using EventLog log = Open();
        log.Write(Event(1));
        EventPosition end = EventReader.End(_events);
        Assert.Equal(new EventPosition(1, new FileInfo(Segment(1)).Length), end);
        File.AppendAllText(Segment(1), "{\"v\":");
        Assert.Equal(end, EventReader.End(_events));
        File.AppendAllText(Segment(1), "1}\n");
        log.Write(Event(2));
        using EventReader reader = new(_events, end);
        Assert.Equal(["Q:2:delivered"], Ids(Rest(reader)));
        Assert.Equal(1, reader.DamagedLines);
    }

    [Fact]
    public void A_line_without_an_end_takes_no_memory()
    {
        File.WriteAllBytes(Segment(1), [.. Enumerable.Repeat((byte)'x', 3_000_000), (byte)'\n', .. (Event(1) with { Time = 1 }).ToLine()]);
        using EventReader reader = new(_events, EventPosition.Beginning);
        Assert.Equal(["Q:1:delivered"], Ids(Rest(reader)));
        Assert.Equal(1, reader.DamagedLines);
    }

    [Theory]
    [InlineData("1:2", true)]
    [InlineData("", false)]
    [InlineData("1", false)]
    [InlineData("1:2:3", false)]
    [InlineData("-1:2", false)]
    [InlineData("1: 2", false)]
    [InlineData(null, false)]
    [InlineData("99999999999999999999:1", false)]
    public void Positions(string? text, bool isOne) => Assert.Equal(isOne, EventPosition.TryParse(text, out _));
}
